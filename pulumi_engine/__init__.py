"""The Pulumi engine and its AWS plugin, built from package registries only."""
