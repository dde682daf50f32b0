"""`python -m server` is the command `mouse`."""

from server.cli import main

main()
