"""The command line; each command imports what it needs where it is used."""
