"""Exports from the shown configs: a Python script, and every term as a file."""
