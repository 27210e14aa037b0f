"""The properties of each resource type: those that the readers read, and those that need no reading, with reasons."""
