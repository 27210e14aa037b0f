"""Reads a live AWS account into facts and evaluates the policy pack's rules on them."""
