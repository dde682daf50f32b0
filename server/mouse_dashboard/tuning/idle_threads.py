"""How torch's threads wait for work, which decides how fast a machine is that others use too."""

import os


def let_idle_threads_sleep() -> None:
    """Let a thread without work sleep at once; it must be said before torch is imported, and what the user says holds.

    By default OpenMP's threads spin for some milliseconds after each parallel operation, in case another follows.
    Beside a browser or a training loop that takes the cores from those who have work: on two busy ones an evaluation of
    four thousand transitions took 19 ms instead of 3. On an idle machine to wake them costs some microseconds.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
