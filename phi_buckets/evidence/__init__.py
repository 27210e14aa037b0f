"""The evidence of an audit: one model and its output formats."""
