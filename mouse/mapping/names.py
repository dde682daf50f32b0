"""What other libraries call things, and what their names prove."""

from collections.abc import Iterable
from typing import NamedTuple

from mouse.mapping.target import TARGETS

_OTHERS = {
    "action": ("action", "actions", "act", "acts"),
    "reward": ("next.reward", "reward", "rewards", "rew", "rews"),
    "terminated": ("next.terminated", "terminated", "terminations", "terminals", "terminal"),
    "truncated": ("next.truncated", "truncated", "truncations", "timeouts", "timeout"),
    "done": ("next.done", "done", "dones"),
    "time": ("time", "timestep", "timesteps", "step_count"),
}
ALIASES = {target: _OTHERS.get(target, (target,)) for target in TARGETS}
"""Names of each field, the surest first; most are known by their own alone."""
SEQUENCES = ("sequence", "sequence_id", "episode", "episode_id", "traj_ids", "collector.traj_ids", "trajectory")
STEPS = ("step", "steps", "step_id", "t")
CURSORS = ("pos", "ptr", "cursor", "position", "index", "insertion_idx", "insertion_index", "next_idx", "write_index")
"""Where a ring buffer writes its next row, the oldest one."""
PREFIXES = ("step_stream.", "step_stream/", "out.", "out/")
"""What may stand before a name of mouse's own."""


class Convention(NamedTuple):
    """A library known by its names, which stores a transition with the state that it leaves."""

    name: str
    """Who writes such files."""
    all_of: frozenset[str]
    """Names that are all there."""
    one_of: frozenset[str]
    """Names of which one is there, at least."""
    prefix: str = ""
    """What stands before the names of a transition."""

    def fits(self, names: Iterable[str]) -> bool:
        """Whether a file of these names is such a library's."""
        have = set(names)
        return self.all_of <= have and not self.one_of.isdisjoint(have)

    def among(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """Those of a field's names that the library uses: with the prefix, where there are some with it."""
        return tuple(name for name in names if self.prefix and name.startswith(self.prefix)) or names


CONVENTIONS = (
    Convention("TorchRL", frozenset(), frozenset({"next.reward", "next.done", "next.terminated"}), "next."),
    Convention("Minari", frozenset({"rewards", "terminations", "truncations"}), frozenset({"episode"})),
    Convention("D4RL", frozenset({"rewards", "terminals"}), frozenset({"timeouts", "next_observations"})),
)


def bare(name: str) -> str:
    """A name without a prefix of mouse's own."""
    return next((name[len(prefix) :] for prefix in PREFIXES if name.startswith(prefix)), name)
