"""The outputs of the model that a loss may train: those that the batch marks, else all fields that are no data."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from mouse.diagnosis.flow import Flow

FIXED = re.compile(r"(^|_)(target|targ|old)(_|$)")
"""Outputs that are values of another time or network: a gradient does not belong there."""
MAYBE_FIXED = re.compile(r"(^|_)(next|prev|previous|ref|reference|behavior|behaviour|teacher|ema|frozen)(_|$)")
"""Outputs that may go without a gradient."""
_BEFORE = r"^(?:(?:b|mb|batch|norm|normed|normalized|normalised|gae|mc|n_?step|discounted|group|episode|mean)_)*"
_AFTER = r"(?:_(?:norm|normalized|normalised|gae|mc|to_go|t|n|b|mb|batch|buf))*$"
NEVER_TRAINED = re.compile(
    _BEFORE
    + r"(?:advs?|advantages?|rets?|returns?|gaes?|td_?errors?|deltas?|masks?|dones?|term(?:inated|inals?)|truncated"
    r"|weights?|importance_weights?|is_weights?|discounts?|gammas?|priorit(?:y|ies))" + _AFTER
)
"""Data that no model puts out."""
SELDOM_TRAINED = re.compile(_BEFORE + r"(?:rewards?|rews?|costs?|obs|observations?|states?|actions?|acts?)" + _AFTER)
"""Data as a rule, but the output of a model of rewards, of an environment, or of a policy without chance."""
KNOWN = re.compile(
    r"^(?:(?:new|curr?|current|policy|action|actor|critic|b|mb)_)*"
    r"(?:logits?|log_?p|log_?probs?|log_?pi|probs|probability|probabilities|values?|v|v(?:alue)?_?preds?|q|q_?\d|qf_?\d?"
    r"|q_?values?|quantiles|means?|mu|std|log_?std|sigma|entropy|entropies|ratio)"
    r"(?:_(?:\d|a|new|pi|head|pred|actions?|taken))*$"
)
"""Outputs of a policy or a value function."""


@dataclass(frozen=True)
class Outputs:
    """Fields that may be the model's outputs."""

    serials: Mapping[str, int]
    guessed: bool
    """Whether their names alone say so, because the batch marks none that the function reads."""
    only_data: frozenset[int]
    """Fields that are data by name, and values from which gradients lead to nothing else."""

    @property
    def known(self) -> frozenset[str]:
        """Those that are outputs for certain."""
        return frozenset(name for name in self.serials if not self.guessed or KNOWN.search(name))


def outputs_of(flow: Flow, marked: Collection[str]) -> Outputs:
    """Find the outputs among the fields that a gradient can reach; `marked` are those that the batch says are some."""
    serials = {name: serial for serial, name in flow.heads.items()}
    certain = {name: serial for name, serial in serials.items() if name in marked}
    if certain == serials or flow.on_the_way & set(certain.values()):
        return Outputs(certain, guessed=False, only_data=frozenset())
    data = {name for name in serials if is_data(name)}
    others = {name: serial for name, serial in serials.items() if name not in data}
    return Outputs(others, guessed=True, only_data=_only_data(flow, {serials[name] for name in data}))


def is_data(name: str) -> bool:
    """Whether a field of this name is most likely no output that a loss trains."""
    return never_trained(name) or bool(SELDOM_TRAINED.search(name))


def never_trained(name: str) -> bool:
    """Whether a field of this name is certainly none."""
    return any(pattern.search(name) for pattern in (FIXED, MAYBE_FIXED, NEVER_TRAINED))


def _only_data(flow: Flow, data: set[int]) -> frozenset[int]:
    """Serials of these fields, and of the values all of whose gradients end at them."""
    found = set(data)
    for value in flow.values:
        varying = {serial for serial in value.inputs if flow.may_vary(serial)}
        if value.requires_grad and varying and varying <= found:
            found.add(value.serial)
    return frozenset(found)
