"""The component resources of the PHI stack, one per file.

A component doesn't depend on this stack: its `Args` list all its inputs, so another program can use it by itself.

They share facts about AWS with the policy pack and the client, so they need the distribution phi-buckets installed, or
this checkout and its folder `policy` on the path.
"""
