"""Processes of `multiprocessing` that end with the process that started them, however that one ends."""

import multiprocessing
import os
import threading


def end_with_parent() -> None:
    """End this process with the one that started it, even while it computes; to be called by a child process."""
    parent = multiprocessing.parent_process()
    assert parent is not None, "only a child process has a parent"  # noqa: S101

    def watch() -> None:
        parent.join()  # returns when the parent's end of a pipe closes
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
