"""Field names of other libraries, and what they prove."""

import re
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from mouse.mapping.target import TARGETS

NEXT = re.compile(r"^(next|new)[._/]|[._/](next|new)$")
"""How a name says that a field is of the next state."""
LATER = re.compile(r"(?<=[a-z])_?(2|tp1|prime|p)(?=_|$)|(?<![a-z0-9])n_?(?=[a-z])")
"""What others add to the name of a field for the next state of it: `s2`, `obs_tp1`, `s_prime`, `sp`, `ns`; or for
another thing, so that values must prove it or the owner is asked."""
IN_GROUP = re.compile(r"(.*(?:[./$]_?))([A-Za-z_]+)")
"""A group and a name in it: `_meta.act`, `data/action`, `$store$_action`."""
STEP_TYPE_NAMES = ("step_type", "step_types")
"""What dm_env calls the place of a step in its episode."""
_OTHERS = {
    "action": ("action", "actions", "act", "acts"),
    "reward": ("next.reward", "reward", "rewards", "rew", "rews"),
    "terminated": (
        "next.terminated",
        "terminated",
        "terminateds",
        "terminations",
        "terminals",
        "terminal",
        "is_terminal",
    ),
    "truncated": ("next.truncated", "truncated", "truncateds", "truncations", "timeouts", "timeout"),
    "done": ("next.done", "done", "dones", "episode_terminals", "is_last", *STEP_TYPE_NAMES),
    "time": ("time", "timestep", "timesteps", "step_count"),
    "importance_weight": (
        *("importance_weight", "importance_weights", "is_weight", "is_weights"),
        *("weight", "weights", "_weight", "_weights"),
    ),
    "gamma_n": ("gamma_n", "n_step_discount", "discounts"),
}
RUNNING_NAMES = {
    "done": ("not_done", "not_dones", "notdone", "notdones"),
    "terminated": (
        *("nonterminal", "nonterminals", "non_terminal", "non_terminals", "not_terminal", "not_terminated"),
        *("cont", "conts", "continue", "continues"),
    ),
}
"""Names of flags that are 0 where an episode ends, by the end that their opposite tells of."""
CUT = re.compile(r"(trunc(ated|ation)?s?|time_?outs?|time_?limits?)$", re.IGNORECASE)
"""How the name of a flag says that it marks time limits."""
START_NAMES = (
    *("episode_start", "episode_starts", "is_first", "is_init", "first", "firsts", "start", "starts"),
    *("is_start", "resets", "reset"),
)
"""Names of flags that are set in the first row of an episode: the step that led there ended the one before."""
MASK_NAMES = ("mask", "masks", "discount")
"""They do so in some libraries, beside another field of ends."""
HEAD_NAMES = {
    "dqn": ("q_values", "q_value", "action_values", "action_value", "qvalues", "q_vals", "q_online", "q"),
    "dqn_target": (
        *("dqn_target_next", "next_dqn_target", "q_target_next", "next_q_target", "target_q_next", "next_target_q"),
        *("target_q_values", "q_target_values", "q_values_target", "target_action_value", "q_target", "target_q"),
    ),
    "sp": ("logits", "policy_logits", "action_logits", "pi_logits"),
    "q_star": ("optimal_q_values", "optimal_q", "q_optimal", "qstar"),
}
"""Names that others give to heads, with a value per action, the surest first."""
ALIASES = {target: _OTHERS.get(target, (target,)) for target in TARGETS}
"""Names of each field, the surest first; most are known by their own alone."""
SEQUENCES = (
    "sequence",
    "sequence_id",
    "episode",
    "episode_id",
    "traj_ids",
    "collector.traj_ids",
    "trajectory",
    "episode_index",
    "eps_id",
)
STEPS = ("step", "steps", "step_id", "t", "frame_index")
ENVIRONMENTS = ("env", "worker", "actor", "agent")
"""Parts of names of what numbers environments, where values leave two answers."""
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
    Convention(
        "LeRobot", frozenset({"episode_index", "frame_index"}), frozenset({"next.reward", "next.done"}), "next."
    ),
    Convention("TorchRL", frozenset(), frozenset({"next.reward", "next.done", "next.terminated"}), "next."),
    Convention("Minari", frozenset({"rewards", "terminations", "truncations"}), frozenset({"episode"})),
    Convention("D4RL", frozenset({"rewards", "terminals"}), frozenset({"timeouts", "next_observations"})),
    Convention("d3rlpy", frozenset({"rewards", "terminals"}), frozenset({"episode_terminals"})),
    Convention("d3rlpy", frozenset({"actions", "rewards", "terminated"}), frozenset({"num_episodes"})),
    Convention("RLlib", frozenset({"rewards", "terminateds"}), frozenset({"new_obs", "eps_id"})),
    Convention("Tianshou", frozenset({"act", "rew", "terminated", "truncated"}), frozenset({"obs_next"})),
)


def strip_prefix(name: str) -> str:
    """A name without a prefix of mouse's own."""
    return next((name[len(prefix) :] for prefix in PREFIXES if name.startswith(prefix)), name)


def current_state_name(name: str) -> str | None:
    """Name of the field that a field of the next state belongs to; None where it is of no next state.

    Example:
        >>> current_state_name("next_observations")
        'observations'
    """
    path, dot, last = name.rpartition(".")
    for before, own in ((f"{path}{dot}", last), ("", name)):
        found = NEXT.sub("", own)
        if found != own:
            return before + found
    return None


def may_be_next(name: str, own: str) -> bool:
    """Whether a name is that of another field with something added that may stand for the next state.

    Example:
        >>> may_be_next("obs2_buf", "obs_buf"), may_be_next("obs_tp1", "obs_t"), may_be_next("done", "obs")
        (True, True, False)
    """
    short, of = name.lower(), own.lower()
    without = LATER.sub("", short)
    return without != short and without in {of, of.removesuffix("_t")}


def negated_end(name: str) -> str | None:
    """The end that has not come where a flag of this name is set; None for other names.

    Example:
        >>> negated_end("steps.not_done"), negated_end("masks"), negated_end("done")
        ('done', 'terminated', None)
    """
    short = strip_prefix(name).lower().rpartition(".")[2]
    by_name = (end for end, names in RUNNING_NAMES.items() if short in names)
    return next(by_name, "terminated" if short in MASK_NAMES else None)


def names_time_limit(name: str) -> bool:
    """Whether a flag of this name marks ends by a time limit, as `info/TimeLimit.truncated`.

    Example:
        >>> names_time_limit("extras/truncation"), names_time_limit("truncated.count"), names_time_limit("dones")
        (True, False, False)
    """
    return CUT.search(name) is not None


def names_start(name: str) -> bool:
    """Whether a flag of this name is set in the first row of an episode.

    Example:
        >>> names_start("buffer.episode_starts"), names_start("dones")
        (True, False)
    """
    return strip_prefix(name).lower().rpartition(".")[2] in START_NAMES


def short_names(names: Iterable[str]) -> dict[str, str]:
    """Names by what they are behind mouse's own prefixes, and behind the group in which the steps lie.

    Example:
        >>> short_names(["_size", "_meta.act", "_meta.rew"])["act"]
        '_meta.act'
    """
    names = list(names)
    group = _group(names)
    inside = {name.removeprefix(group): name for name in names if name.startswith(group)} if group else {}
    return {strip_prefix(name).replace("/", "."): name for name in names} | inside


def _group(names: list[str]) -> str:
    """What stands before the names of the steps, where they all lie in one group; nothing where that is not certain."""
    known = {name for target in ("action", "reward", "done", "terminated", "truncated") for name in ALIASES[target]}
    if not known.isdisjoint(map(strip_prefix, names)):
        return ""
    found = (IN_GROUP.fullmatch(name) for name in names if current_state_name(name) is None)
    groups = Counter(each[1] for each in found if each is not None and each[2] in known)
    most = groups.most_common(2)
    return most[0][0] if most and most[0][1] > 1 and len(most) == len({count for _, count in most}) else ""
