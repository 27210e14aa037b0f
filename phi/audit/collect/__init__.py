"""A file for each service: the calls it makes, and the facts it makes of the answers."""
