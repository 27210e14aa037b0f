"""The component resources of the PHI stack, one per file. Each lists its inputs, so a program can use a single one.

They share facts about AWS with the policy pack and the client, so they need the distribution phi-buckets installed, or
this checkout and its folder `policy` on the path.
"""
