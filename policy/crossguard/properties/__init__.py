"""The account of properties: by type of resource, which inputs the readers read, and which need no reading and why."""
