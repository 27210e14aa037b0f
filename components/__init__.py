"""The component resources of the PHI bucket stack, a file each, and its settings."""
