"""Resolve the mapping of a file on the command line: print what is certain, ask for flags that settle the rest."""

import dataclasses
from collections.abc import Iterable, Sequence
from collections.abc import Mapping as Mapped
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError
from safetensors.torch import load_file  # pyright: ignore[reportUnknownVariableType]
from tensordict import TensorDict
from torch import Tensor

from mouse.alignment import current_name
from mouse.batch import load_batch
from mouse.diagnosis import FileReport, examine_file
from mouse.errors import BatchError
from mouse.mapping import Doubt, FileFacts, Mapping, MappingProposal, detect, plan
from mouse.mapping.columns import find
from mouse.mapping.detect import propose_windows
from mouse.mapping.ends import ENDS
from mouse.tracing.function_file import FunctionAddress
from mouse.wording import listed
from mouse_dashboard.cli.errors import echo
from mouse_dashboard.cli.mapping_options import MappingOptions
from mouse_dashboard.compute.file_metadata import MAPPING, read_doubts, read_file_facts, read_file_report
from mouse_dashboard.compute.functions.file_names import keep_names
from mouse_dashboard.reading import FileLimits, read_fields
from mouse_dashboard.schema.errors import ApiError
from mouse_dashboard.store.native import is_native
from mouse_dashboard.web.validation_errors import explain

Functions = Sequence[FunctionAddress]


class ReadBatch(NamedTuple):
    """A batch read from a file."""

    step_stream: TensorDict
    out: TensorDict
    mapping: Mapping | None = None
    """The mapping that made it, if the file was not a native batch."""
    doubts: Sequence[Doubt] | None = None
    """Doubts about the source file."""
    facts: FileFacts | None = None
    """Facts about the source file."""
    report: FileReport | None = None
    """Report of the file rules on it, before it was cut into windows."""


COUNTING = frozenset({"environment", "sequence", "step"})
"""Parts that name a column which counts."""
FLAGS = {
    "alignment": "--alignment state or --alignment next_state",
    "layout": "--layout sequences or --layout time_major",
    "order": "--windows within if they are, --layout transitions or --layout items if they are not",
    "next_states": "--next-state FIELD=NAME if it is, or the whole mapping without it as --mapping if it is not",
    "environment": "--environment NAME if it does, or the whole mapping without it as --mapping if it does not",
    "num_envs": "--num-envs and their number, or --num-envs 1 if they do not",
    "sequence": "--sequence NAME, or the whole mapping without one as --mapping if none does",
    "ends": "--map done=NAME, terminated=NAME or truncated=NAME if it does, or the whole mapping as --mapping if not",
    "fields": "such as --map action=NAME --map reward=NAME",
    "fields.gamma_n": "--map gamma_n=discount if it is, or the whole mapping without it as --mapping if it is not",
}
"""What to add to the command where something is not certain."""


def read_batch(
    file: Path, scratch: Path, limits: FileLimits, options: MappingOptions, *, functions: Functions = ()
) -> ReadBatch:
    """Read a batch from a local file; map it if the flags say so, or if it is not already a batch.

    Raises:
        ApiError: the file cannot be read, or it is not certain how it becomes a batch.
        BatchError: (a ValueError) fields of mouse's own names that do not fit each other.
        MissingFieldError: (a KeyError) a file of save_batch that is no batch.
    """
    found = read_fields(file, file.name, scratch, limits)
    if not options and is_native(found.path):
        path = found.path
        return ReadBatch(
            *load_batch(path), doubts=read_doubts(path), facts=read_file_facts(path), report=read_file_report(path)
        )
    fields = load_file(found.path)
    if not options and _own_but_unfit(fields):
        return ReadBatch(*load_batch(found.path))  # which says what does not fit
    try:
        mapping = resolve_mapping(fields, options, functions=functions)
        planned = plan(fields, mapping)
    except BatchError as error:
        raise ApiError(422, "unusable_mapping", str(error), error.field) from error
    echo_notes(file, (*found.notes, *planned.notes))
    return ReadBatch(*planned.batch(), mapping, planned.doubts, planned.facts, examine_file(planned))


def resolve_mapping(fields: Mapped[str, Tensor], options: MappingOptions, *, functions: Functions = ()) -> Mapping:
    """Combine the flags with the mapping that the file's values prove.

    For losses of the user's own, which read fields by their names, rows [N] that are not certain to be in order are
    taken as items: nothing depends on time then.

    Raises:
        ApiError: flags that make no mapping, or something that is still open, with the flag that closes it.
        BatchError: (a ValueError) a flag names a field that is not in the file.
    """
    try:
        if options.whole is not None:
            return MAPPING.validate_json(options.whole)
        detected = keep_names(detect(fields, options.fields), functions, options.fields)
        mapping = dataclasses.replace(detected.mapping, **_consistent(options.parts, detected.mapping))
        if mapping.layout == "flat" and not {"length", "windows"} & options.parts.keys():
            mapping = propose_windows(fields, mapping)
    except ValidationError as error:
        raise ApiError(422, "invalid_mapping", explain(error.errors(), types=[Mapping]).message) from error
    _check_aligned(options.parts.get("alignments", {}), mapping)
    if mapping.layout == "transitions" and functions and not options:  # which read fields by their names in the file
        return Mapping(fields=mapping.fields, layout="items")
    if mapping.layout == "items":
        return mapping
    for part in COUNTING & options.parts.keys():
        find(fields, options.parts[part], f"mapping.{part}")
    answered = _answered(options, mapping, detected)
    still_open = [part for part in FLAGS if part in detected.questions and part not in answered]
    if still_open and functions and not options and mapping.layout == "flat":
        return Mapping(fields=mapping.fields, layout="items")
    if still_open:
        asked = " ".join(detected.questions[part] for part in still_open)
        flags = FLAGS | ({"alignment": _per_field(detected.unsettled)} if detected.unsettled else {})
        raise ApiError(422, "uncertain", f"{asked} Add {' and '.join(flags[part] for part in still_open)}.")
    return mapping


def _check_aligned(names: Iterable[str], mapping: Mapping) -> None:
    """Refuse an alignment that would have no effect; `done` stands for all fields of ends."""
    known: set[str] = {*mapping.fields}
    if known & {*ENDS}:
        known.add("done")
    for name in names:
        if name not in known:
            raise ApiError(
                422,
                "invalid_mapping",
                f"--align {name}: found no field of the file that is mapped to {name}, expected one of "
                f"{listed(known, 'none')}; leave it out, or name the field with --map {name}=FIELD.",
            )


def _per_field(unsettled: Sequence[str]) -> str:
    """Flags that set only some fields: proven parts of the others are kept."""
    return " ".join(f"--align {name}=state" for name in unsettled) + ", or =next_state instead of =state"


def _answered(options: MappingOptions, mapping: Mapping, detected: MappingProposal) -> set[str]:
    """Questions that the flags answer, directly or by implication."""
    answered = {*options.parts}
    asked_of_ends = detected.questions.get("ends", "")
    if detected.unsettled and {*detected.unsettled} <= options.parts.get("alignments", {}).keys():
        answered.add("alignment")
    counting = COUNTING & options.parts.keys()
    if "windows" in options.parts:
        answered.add("order")
    if counting - {"environment"}:
        answered.add("environment")
    if counting:
        answered.add("num_envs")
    if {*ENDS} & options.fields.keys() or any(f"`{options.parts[part]}`" in asked_of_ends for part in counting):
        answered.add("ends")  # a column that counts marks none
    if mapping.layout == "transitions":  # nothing depends on time
        answered |= {"alignment", "layout", "order"}
    return answered


def _consistent(parts: dict[str, Any], proposed: Mapping) -> dict[str, Any]:
    """The flags, without proposed parts that contradict them."""
    alignment = current_name(parts.get("alignment"))
    realigned: dict[str, Any] = {"alignments": {}} if "alignment" in parts else {}
    if "alignments" in parts and "alignment" not in parts:  # what is proven of the other fields stays
        own = parts["alignments"]
        kept = {name: each for name, each in proposed.alignments.items() if not ("done" in own and name in ENDS)}
        parts = parts | {"alignments": {**kept, **own}}
    unshifted: dict[str, Any] = realigned | ({"shifted": ()} if alignment == "next_state" else {})
    relaid = parts.get("layout", proposed.layout) != proposed.layout
    columns = {"environment": None, "num_envs": 1, "sequence": None, "step": None}
    loose = columns | {"length": None, "windows": "within"} if relaid else {}
    one_env = {"num_envs": 1} if COUNTING & parts.keys() else {}
    return unshifted | loose | one_env | parts


def _own_but_unfit(fields: Mapped[str, Tensor]) -> bool:
    """Whether names and layout are mouse's own, and only the shapes are inconsistent."""
    detected = detect(fields)
    known = bool(detected.mapping.fields) and detected.own_names and detected.mapping.layout == "sequences"
    return known and not detected.certain


def echo_notes(file: Path, notes: tuple[str, ...]) -> None:
    """Print the mapping's notes on stderr."""
    for note in notes:
        echo(f"{file.name}: {note}", err=True)
