"""What was noted of a file when a batch was made of it, in the header of the batch's own file."""

from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar, cast

from pydantic import TypeAdapter, ValidationError
from safetensors import safe_open

from mouse.diagnosis import FileReport
from mouse.mapping import Doubt, FileFacts, Mapping

Entry = TypeVar("Entry")
MAPPING = TypeAdapter(Mapping)
DOUBTS = TypeAdapter(tuple[Doubt, ...])
FACTS = TypeAdapter(FileFacts)
REPORT = TypeAdapter(FileReport)


def header(
    mapping: Mapping | None, doubts: Sequence[Doubt] | None, facts: FileFacts | None, report: FileReport | None = None
) -> dict[str, str]:
    """Metadata of a batch file: what it was made by, what was noted, and what is in the file that it was made of."""
    made = {} if mapping is None else {"mapping": MAPPING.dump_json(mapping).decode()}
    made |= {} if doubts is None else {"doubts": DOUBTS.dump_json(tuple(doubts)).decode()}
    made |= {} if report is None else {"file_report": REPORT.dump_json(report).decode()}
    return made if facts is None else made | {"file": FACTS.dump_json(facts).decode()}


def noted(path: Path) -> Sequence[Doubt] | None:
    """What a batch file says was noted; None where it was made of no other file."""
    return _entry(path, "doubts", DOUBTS)


def noted_facts(path: Path) -> FileFacts | None:
    """What a batch file says of the file that it was made of; None where it says nothing."""
    return _entry(path, "file", FACTS)


def noted_report(path: Path) -> FileReport | None:
    """What a batch file says of the rules that looked at that file; None where it says nothing."""
    return _entry(path, "file_report", REPORT)


def _entry(path: Path, name: str, kind: TypeAdapter[Entry]) -> Entry | None:
    with safe_open(path, framework="pt") as file:  # pyright: ignore[reportUnknownVariableType]
        text = cast("dict[str, str]", file.metadata() or {}).get(name)
    try:
        return None if text is None else kind.validate_json(text)
    except ValidationError:  # written by someone else
        return None
