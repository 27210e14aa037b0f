"""The live account, read into the facts that the pack's rules judge."""
