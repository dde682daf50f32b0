"""The flags that say how a file becomes a batch, the same for every command; parts of `mouse.mapping.Mapping`."""

import functools
import inspect
import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer

from mouse_dashboard.cli.errors import fail


class Given(NamedTuple):
    """What the flags say."""

    fields: dict[str, str]
    """Names in the file, by mouse's own."""
    parts: dict[str, Any]
    """Further parts of the mapping."""
    whole: str | None
    """The whole mapping as JSON."""

    def __bool__(self) -> bool:
        """Whether anything is said."""
        return bool(self.fields or self.parts or self.whole)


NOTHING = Given({}, {}, None)


def gathered(  # noqa: PLR0913  one parameter per flag
    *,
    fields: Annotated[
        list[str] | None,
        typer.Option("--map", metavar="FIELD=NAME", help="Name in the file, as reward=rewards; may be repeated."),
    ] = None,
    alignment: Annotated[
        str | None,
        typer.Option(
            metavar="arrives|leaves",
            help="Whether action, reward and done of a row led to its state, or its state is left with them.",
        ),
    ] = None,
    alignments: Annotated[
        list[str] | None,
        typer.Option(
            "--align", metavar="FIELD=arrives|leaves", help="One field's own, as done=arrives; may be repeated."
        ),
    ] = None,
    layout: Annotated[
        str | None,
        typer.Option(
            metavar="sequences|time_major|flat|transitions|items",
            help="Whether rows lie [B, S], [S, B] or [N]; without order, each with its next state or alone.",
        ),
    ] = None,
    length: Annotated[int | None, typer.Option(help="Steps of the windows that sequences are cut into.")] = None,
    environment: Annotated[
        str | None, typer.Option(help="Flat: the field that numbers environments whose rows stand in turn.")
    ] = None,
    sequence: Annotated[str | None, typer.Option(help="Flat: the field that tells sequences apart.")] = None,
    step: Annotated[str | None, typer.Option(help="Flat: the field that counts the steps of a sequence.")] = None,
    windows: Annotated[
        str | None,
        typer.Option(
            metavar="within|across|chained",
            help="Whether windows run on after an end, and begin with the row that the one before ends with.",
        ),
    ] = None,
    mapping: Annotated[str | None, typer.Option(metavar="JSON", help="The whole mapping as JSON, or its file.")] = None,
) -> Given:
    """Gather the flags of a command.

    Raises:
        Exit: a flag that is none.
    """
    named = _pairs(fields, "--map", "reward=rewards")
    aligned = _pairs(alignments, "--align", "done=arrives")
    columns = {"environment": environment, "sequence": sequence, "step": step}
    parts = {"alignment": alignment, "alignments": aligned or None, "layout": layout, "length": length, **columns}
    said = {name: value for name, value in (parts | {"windows": windows}).items() if value is not None}
    if mapping is None:
        return Given(named, said, None)
    if named or said:
        fail("--mapping: found it beside other parts of a mapping, expected it alone; write them into it.")
    text = mapping if mapping.lstrip().startswith("{") else _read(Path(mapping))
    try:
        json.loads(text)
    except ValueError:
        fail(f'--mapping: found no JSON in {text[:40]!r}, expected such as {{"fields": {{"reward": "rewards"}}}}.')
    return Given({}, {}, text)


def _pairs(texts: list[str] | None, flag: str, example: str) -> dict[str, str]:
    """Names and what is said of them."""
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


def taking_mapping(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command these flags; it takes what they say as `said`."""
    flags, own = inspect.signature(gathered).parameters, inspect.signature(command)

    @functools.wraps(command)
    def run(*args: Any, **values: Any) -> None:
        said = gathered(**{name: values.pop(name) for name in flags})
        command(*args, **values, said=said)

    kept = [parameter for parameter in own.parameters.values() if parameter.name != "said"]
    run.__dict__["__signature__"] = own.replace(parameters=[*kept, *flags.values()])
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in (*kept, *flags.values())}
    return run
