"""Make `multiprocessing` children exit with their parent, however it ends."""

import multiprocessing
import os
import threading


def end_with_parent() -> None:
    """Exit this process when its parent exits, even while it computes. Call it in the child."""
    parent = multiprocessing.parent_process()
    assert parent is not None, "only a child process has a parent"  # noqa: S101

    def watch() -> None:
        parent.join()  # returns when the parent's end of a pipe closes
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
