"""Match fields of a file to mouse's fields by name, as far as shape and values allow."""

from collections.abc import Mapping as Mapped

from torch import Tensor

from mouse.errors import BatchError
from mouse.mapping.ends import ENDS
from mouse.mapping.flags import RARE
from mouse.mapping.names import (
    ALIASES,
    HEAD_NAMES,
    STEP_TYPE_NAMES,
    Convention,
    current_state_name,
    negated_end,
    short_names,
    strip_prefix,
)
from mouse.mapping.step_types import LAST, are_in_order, are_step_types
from mouse.mapping.target import FLAGS
from mouse.mapping.values import convert

ALWAYS_SCALAR = ("reward", *ENDS, "time", "xformed_reward")
"""Fields of one number a step, whose shape is that of the rows."""


def own_names(named: Mapped[str, str]) -> bool:
    """Whether every name is mouse's own."""
    return all(strip_prefix(source) == target and target not in FLAGS for target, source in named.items())


def named_fields(fields: Mapped[str, Tensor], library: Convention | None, notes: list[str]) -> dict[str, str]:
    """Source of each target that a name is known for."""
    by_name = {
        short: name for short, name in short_names(fields).items() if fields[name].dim() and fields[name].numel()
    }
    named: dict[str, str] = {}
    for target, names in ALIASES.items():
        known = names if library is None else library.among(names)
        found = next((by_name[name] for name in known if name in by_name), None)
        if found is not None:
            named[target] = found
    if all(flag in named for flag in FLAGS):
        named.pop("done", None)
    if strip_prefix(named.get("done", "")) in STEP_TYPE_NAMES and not are_in_order(fields[named["done"]]):
        del named["done"]
    if "action" in named and not _discrete(fields[named["action"]]):
        notes.append(
            f"`{named['action']}` holds no discrete actions: it is kept, and no loss that needs discrete actions runs."
        )
        del named["action"]
    return named | _heads(fields, by_name, named)


def _heads(fields: Mapped[str, Tensor], by_name: Mapped[str, str], named: Mapped[str, str]) -> dict[str, str]:
    """Source of each head that others have a name for, where it holds a value for every action."""
    scalar = next((fields[named[target]] for target in ALWAYS_SCALAR if target in named), None)
    if scalar is None or "action" not in named:  # two critics of a continuous action look like two actions
        return {}
    rank = scalar.dim() - int(scalar.dim() > 1 and scalar.shape[-1] == 1)
    if rank > 1 and own_names(named):  # a batch as it is, whose fields keep their names
        return {}
    actions = fields[named["action"]]
    most = int(actions.double().max()) if actions.dim() <= scalar.dim() else actions.shape[-1] - 1
    fitting = {
        target: [by_name[name] for name in names if name in by_name and _per_action(fields[by_name[name]], rank, most)]
        for target, names in HEAD_NAMES.items()
        if target not in named
    }
    return {target: found[0] for target, found in fitting.items() if found}


def _per_action(value: Tensor, rank: int, most: int) -> bool:
    """Whether a field has a number for every action, of which `most` is the last one taken."""
    return value.dim() == rank + 1 and value.is_floating_point() and value.shape[-1] > max(1, most)


def _discrete(value: Tensor) -> bool:
    """Whether values are actions, in whichever layout."""
    for rank in range(1, min(2, value.dim()) + 1):
        try:
            convert(value.flatten(0, rank - 1), "action", "", lambda _note: None)
        except BatchError:
            continue
        return True
    return False


def inverted_fields(fields: Mapped[str, Tensor], named: Mapped[str, str]) -> tuple[str, ...]:
    """Mapped ends whose name says the opposite, as `not_done`, and which are set in most rows."""
    ends = [named[target] for target in ENDS if target in named]
    return tuple(name for name in ends if negated_end(name) and float((fields[name] != 0).double().mean()) > RARE)


def step_type_fields(fields: Mapped[str, Tensor], named: Mapped[str, str]) -> tuple[str, ...]:
    """Mapped ends of another library that hold step types, not codes: by their name, else by their order."""
    ends = [named[target] for target in ENDS if target in named and strip_prefix(named[target]) != target]
    called = [
        name for name in ends if strip_prefix(name) in STEP_TYPE_NAMES and bool(are_step_types(fields[name]).all())
    ]
    ordered = [name for name in ends if are_in_order(fields[name]) and bool((fields[name] == LAST).any())]
    return tuple(name for name in ends if name in {*called, *ordered})


def unordered_step_types(fields: Mapped[str, Tensor]) -> str | None:
    """The field that is called step types and holds 0, 1 and 2, but in another order than episodes have."""
    called = {name: values for name, values in fields.items() if strip_prefix(name) in STEP_TYPE_NAMES and values.dim()}
    held = (name for name, values in called.items() if bool(are_step_types(values).all()))
    return next((name for name in held if not are_in_order(fields[name])), None)


def next_state_fields(fields: Mapped[str, Tensor], named: Mapped[str, str]) -> tuple[str, ...]:
    """What is told of the next state belongs to the transition."""
    return tuple(
        name for name in fields if current_state_name(strip_prefix(name)) is not None and name not in named.values()
    )
