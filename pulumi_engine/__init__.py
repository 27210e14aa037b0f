"""The Pulumi engine and its AWS plugin, from package registries alone."""
