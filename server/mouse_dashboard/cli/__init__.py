"""The command line. Each command imports its dependencies lazily."""
