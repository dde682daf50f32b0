"""`python -m mouse_dashboard` is the command `mouse`."""

from mouse_dashboard.cli.main import main

main()
