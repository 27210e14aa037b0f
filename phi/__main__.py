"""Entry point of `python -m phi`."""

from phi.cli import main

main()
