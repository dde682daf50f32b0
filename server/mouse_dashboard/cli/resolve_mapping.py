"""Deciding on the command line how a file becomes a batch: what is certain is said, what is not is asked for."""

import dataclasses
from collections.abc import Mapping as Mapped
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError
from safetensors.torch import load_file  # pyright: ignore[reportUnknownVariableType]
from tensordict import TensorDict
from torch import Tensor

from mouse.batch import load_batch
from mouse.errors import BatchError
from mouse.losses.fields import OUT
from mouse.mapping import TARGETS, Detected, Doubt, Mapping, detect, plan
from mouse.mapping.names import bare
from mouse_dashboard.cli.errors import echo
from mouse_dashboard.cli.mapping_options import Given
from mouse_dashboard.compute.noted import MAPPING, noted
from mouse_dashboard.reading import Limits, read_fields
from mouse_dashboard.schema.errors import ApiError
from mouse_dashboard.store.native import is_native
from mouse_dashboard.web.validation_errors import explain


class Read(NamedTuple):
    """A batch that was read from a file."""

    step_stream: TensorDict
    out: TensorDict
    mapping: Mapping | None = None
    """What made it of a file that was no batch."""
    doubts: Sequence[Doubt] | None = None
    """What was noted of the file that it was made of."""


FLAGS = {
    "alignment": "--alignment leaves or --alignment arrives",
    "layout": "--layout sequences or --layout time_major",
    "order": "--windows within if they are, --layout transitions or --layout items if they are not",
    "fields": "such as --map action=NAME --map reward=NAME",
    "fields.gamma_n": "--map gamma_n=discount if it is, or the whole mapping without it as --mapping if it is not",
}
"""What to add to the command where something is not certain."""


def read_batch(file: Path, scratch: Path, limits: Limits, given: Given, *, own_losses: bool = False) -> Read:
    """Read a batch from a file on this machine, mapped where the flags say so or it is none as it is.

    Raises:
        ApiError: the file cannot be read, or it is not certain how it becomes a batch.
        BatchError: (a ValueError) fields of mouse's own names that do not fit each other.
        MissingFieldError: (a KeyError) a file of save_batch that is no batch.
    """
    found = read_fields(file, file.name, scratch, limits)
    if not given and is_native(found.path):
        return Read(*load_batch(found.path), doubts=noted(found.path))
    fields = load_file(found.path)
    if not given and _own_but_unfit(fields):
        return Read(*load_batch(found.path))  # which says what does not fit
    try:
        mapping = decided(fields, given, own_losses=own_losses)
        planned = plan(fields, mapping)
    except BatchError as error:
        raise ApiError(422, "unusable_mapping", str(error), error.field) from error
    say(file, (*found.notes, *planned.notes))
    return Read(*planned.batch(), mapping, planned.doubts)


def decided(fields: Mapped[str, Tensor], given: Given, *, own_losses: bool = False) -> Mapping:
    """Make one mapping of what the flags say and what the file proves.

    For losses of the user's own, which read fields by their names, rows [N] that are not certain to be in order are
    taken as items: nothing is said of time then.

    Raises:
        ApiError: flags that make no mapping, or something that is still open, with the flag that closes it.
        BatchError: (a ValueError) a flag names a field that is not in the file.
    """
    try:
        if given.whole is not None:
            return MAPPING.validate_json(given.whole)
        detected = detect(fields, given.fields)
        if own_losses:  # they read what a file calls its heads by that name
            detected = _without_heads(detected, given.fields)
        mapping = dataclasses.replace(detected.mapping, **_consistent(given.parts, detected.mapping))
    except ValidationError as error:
        raise ApiError(422, "invalid_mapping", explain(error.errors(), "application/json").message) from error
    if mapping.layout == "transitions" and own_losses and not given:  # which read fields by their names in the file
        return Mapping(fields=mapping.fields, layout="items")
    if mapping.layout == "items":
        return mapping
    answered = {*given.parts, *(["order"] if "windows" in given.parts else [])}
    if mapping.layout == "transitions":  # nothing is said of time
        answered |= {"alignment", "layout", "order"}
    still_open = [part for part in FLAGS if part in detected.questions and part not in answered]
    if still_open and own_losses and not given and mapping.layout == "flat":
        return Mapping(fields=mapping.fields, layout="items")
    if still_open:
        asked = " ".join(detected.questions[part] for part in still_open)
        raise ApiError(422, "uncertain", f"{asked} Add {' and '.join(FLAGS[part] for part in still_open)}.")
    return mapping


def _without_heads(detected: Detected, said: Mapped[str, str]) -> Detected:
    """Leave heads as the file calls them, but for those that are said."""
    named = {
        target: source
        for target, source in detected.mapping.fields.items()
        if target in said or TARGETS[target].group != OUT or bare(source) == target
    }
    return detected._replace(mapping=dataclasses.replace(detected.mapping, fields=named))


def _consistent(parts: dict[str, Any], proposed: Mapping) -> dict[str, Any]:
    """What is said, and what was only proposed for the opposite of it taken back."""
    realigned: dict[str, Any] = {"alignments": {}} if "alignment" in parts else {}
    unshifted: dict[str, Any] = realigned | ({"shifted": ()} if parts.get("alignment") == "arrives" else {})
    relaid = parts.get("layout", proposed.layout) != proposed.layout
    columns = {"environment": None, "sequence": None, "step": None}
    loose = columns | {"length": None, "windows": "within"} if relaid else {}
    return unshifted | loose | parts


def _own_but_unfit(fields: Mapped[str, Tensor]) -> bool:
    """Whether names and layout are mouse's own, and only the shapes do not fit each other."""
    detected = detect(fields)
    known = bool(detected.mapping.fields) and detected.own_names and detected.mapping.layout == "sequences"
    return known and not detected.certain


def say(file: Path, notes: tuple[str, ...]) -> None:
    """Say on stderr what was done with a file."""
    for note in notes:
        echo(f"{file.name}: {note}", err=True)
