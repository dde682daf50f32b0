"""The doctor on the command line, in four formats, and over HTTP."""
