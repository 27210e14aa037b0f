"""The Pulumi engine and its AWS plugin, built from Go modules."""
