"""Timing of alternatives side by side on a machine that others use too."""

import statistics
import time
from collections.abc import Callable, Mapping, Sequence


def interleaved(
    calls: Mapping[str, Callable[[], object]],
    seconds: float,
    of: Callable[[Sequence[float]], float] = statistics.median,
) -> dict[str, float]:
    """Seconds of each call: the median `of` its times, or another choice.

    The calls take turns, so that a busy moment strikes all of them alike.
    """
    times: dict[str, list[float]] = {name: [] for name in calls}
    for call in calls.values():
        call()
    begin = time.perf_counter()
    while time.perf_counter() - begin < seconds * len(calls) or min(map(len, times.values())) < 3:
        for name, call in calls.items():
            start = time.process_time()
            call()
            times[name].append(time.process_time() - start)
    return {name: of(measured) for name, measured in times.items()}
