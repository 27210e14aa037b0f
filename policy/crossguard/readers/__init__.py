"""The readers of each service, which turn Pulumi resources into facts."""
