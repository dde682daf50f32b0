"""Readers whose libraries are not hardened against untrusted files: each runs in a restricted process."""
