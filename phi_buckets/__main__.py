"""Entry point of `python -m phi_buckets`, which is the command `phi`."""

from phi_buckets.cli import main

main()
