"""Readers whose libraries were not written for files of strangers: each runs in a process of few rights."""
