"""Evidence of an audit: one model, and its renderings."""
