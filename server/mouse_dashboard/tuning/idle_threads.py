"""Tune how torch's idle threads wait, which matters on a busy machine."""

import os


def let_idle_threads_sleep() -> None:
    """Let idle OpenMP threads sleep at once. Call before importing torch; the user's own setting takes precedence.

    By default OpenMP's threads spin for some milliseconds after each parallel operation, in case another follows.
    Beside a browser or a training loop that takes the cores from those who have work: on two busy ones an evaluation of
    four thousand transitions took 19 ms instead of 3. On an idle machine to wake them costs some microseconds.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
