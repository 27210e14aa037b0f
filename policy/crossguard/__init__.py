"""Pulumi's side of the gate: resources → facts, and verdicts → policies."""
