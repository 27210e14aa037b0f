"""Estimate of the stack's monthly cost for given volumes, from dated prices with sources. It is not a quote."""
