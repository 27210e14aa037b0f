"""The component resources of the PHI stack, a file each, and its settings."""
