"""`mouse doctor` on the command line: one command, four formats."""
