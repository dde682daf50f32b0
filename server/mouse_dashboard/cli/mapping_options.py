"""The mapping flags that several commands share; each sets a part of `mouse.mapping.Mapping`."""

import functools
import inspect
import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer

from mouse_dashboard.cli.errors import fail


class MappingOptions(NamedTuple):
    """Values of the flags."""

    fields: dict[str, str]
    """Names in the file, by mouse's own."""
    parts: dict[str, Any]
    """Further parts of the mapping."""
    whole: str | None
    """The whole mapping as JSON."""

    def __bool__(self) -> bool:
        """Whether any flag is set."""
        return bool(self.fields or self.parts or self.whole)


NO_OPTIONS = MappingOptions({}, {}, None)


def parse_options(  # noqa: PLR0913  one parameter per flag
    *,
    fields: Annotated[
        list[str] | None,
        typer.Option("--map", metavar="FIELD=NAME", help="Name in the file, as reward=rewards; may be repeated."),
    ] = None,
    alignment: Annotated[
        str | None,
        typer.Option(
            metavar="next_state|state",
            help="State that action, reward and done of a row stand with: the one they led to (next_state) or"
            " the one they leave (state).",
        ),
    ] = None,
    alignments: Annotated[
        list[str] | None,
        typer.Option(
            "--align",
            metavar="FIELD=next_state|state",
            help="Alignment of one field, as done=next_state; may be repeated.",
        ),
    ] = None,
    next_states: Annotated[
        list[str] | None,
        typer.Option(
            "--next-state",
            metavar="FIELD=NAME",
            help="Name in the file of the next state of a field, as s=s2; may be repeated.",
        ),
    ] = None,
    layout: Annotated[
        str | None,
        typer.Option(
            metavar="sequences|time_major|flat|transitions|items",
            help="How rows are stored: [B, S], [S, B], [N] in order, [N] transitions with their next"
            " state, or [N] items.",
        ),
    ] = None,
    length: Annotated[
        int | None, typer.Option(help="Length of the windows that sequences are cut into, in steps.")
    ] = None,
    environment: Annotated[
        str | None, typer.Option(help="With --layout flat: the field that numbers interleaved environments.")
    ] = None,
    num_envs: Annotated[
        int | None,
        typer.Option(help="With --layout flat: how many environments take turns row by row where no field says so."),
    ] = None,
    sequence: Annotated[str | None, typer.Option(help="With --layout flat: the field that numbers sequences.")] = None,
    step: Annotated[
        str | None, typer.Option(help="With --layout flat: the field that counts the steps of a sequence.")
    ] = None,
    windows: Annotated[
        str | None,
        typer.Option(
            metavar="within|across|chained",
            help="Whether a window may continue after the end of an episode, or starts with the last"
            " row of the window before.",
        ),
    ] = None,
    mapping: Annotated[
        str | None, typer.Option(metavar="JSON", help="The whole mapping, as JSON or a file with it.")
    ] = None,
) -> MappingOptions:
    """Make one of the flags of a command.

    Raises:
        Exit: a flag cannot be read.
    """
    named = _pairs(fields, "--map", "reward=rewards")
    aligned = _pairs(alignments, "--align", "done=next_state")
    after = _pairs(next_states, "--next-state", "s=s2")
    columns = {"environment": environment, "num_envs": num_envs, "sequence": sequence, "step": step}
    named_parts = {"alignments": aligned or None, "next_states": after or None}
    parts = {"alignment": alignment, "layout": layout, "length": length, "windows": windows, **columns, **named_parts}
    parts = {name: value for name, value in parts.items() if value is not None}
    if mapping is None:
        return MappingOptions(named, parts, None)
    if named or parts:
        fail("--mapping: found other mapping flags beside it, expected it alone; put them into the JSON.")
    text = mapping if mapping.lstrip().startswith("{") else _read(Path(mapping))
    try:
        json.loads(text)
    except ValueError:
        fail(f'--mapping: found no JSON in {text[:40]!r}, expected such as {{"fields": {{"reward": "rewards"}}}}.')
    return MappingOptions({}, {}, text)


def _pairs(texts: list[str] | None, flag: str, example: str) -> dict[str, str]:
    """Names and values."""
    found: dict[str, str] = {}
    for text in texts or []:
        name, _equals, value = text.partition("=")
        if not value:
            fail(f"{flag}: found {text[:60]!r}, expected such as {example}.")
        found[name] = value
    return found


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        fail(f"--mapping: {file}: {error.strerror if isinstance(error, OSError) else 'no text'}.")


def with_mapping_options(command: Callable[..., None]) -> Callable[..., None]:
    """Decorator: add the mapping flags to a command, which receives them as `options`."""
    flags, own = inspect.signature(parse_options).parameters, inspect.signature(command)

    @functools.wraps(command)
    def run(*args: Any, **values: Any) -> None:
        options = parse_options(**{name: values.pop(name) for name in flags})
        command(*args, **values, options=options)

    parameters = [parameter for parameter in own.parameters.values() if parameter.name != "options"]
    run.__dict__["__signature__"] = own.replace(parameters=[*parameters, *flags.values()])
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in (*parameters, *flags.values())}
    return run
