"""Import metadata in the header of a batch file: mapping, doubts, file facts and file report."""

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


def metadata_of(
    mapping: Mapping | None, doubts: Sequence[Doubt] | None, facts: FileFacts | None, report: FileReport | None = None
) -> dict[str, str]:
    """Metadata of a batch file: the mapping that made it, the doubts at import, and facts about the source file."""
    made = {} if mapping is None else {"mapping": MAPPING.dump_json(mapping).decode()}
    made |= {} if doubts is None else {"doubts": DOUBTS.dump_json(tuple(doubts)).decode()}
    made |= {} if report is None else {"file_report": REPORT.dump_json(report).decode()}
    return made if facts is None else made | {"file": FACTS.dump_json(facts).decode()}


def read_doubts(path: Path) -> Sequence[Doubt] | None:
    """The doubts noted at import; None if the batch was not made from another file."""
    return _entry(path, "doubts", DOUBTS)


def read_file_facts(path: Path) -> FileFacts | None:
    """Facts about the source file; None if the header has none."""
    return _entry(path, "file", FACTS)


def read_file_report(path: Path) -> FileReport | None:
    """The report of the file rules on the source file; None if the header has none."""
    return _entry(path, "file_report", REPORT)


def _entry(path: Path, name: str, kind: TypeAdapter[Entry]) -> Entry | None:
    with safe_open(path, framework="pt") as file:  # pyright: ignore[reportUnknownVariableType]
        text = cast("dict[str, str]", file.metadata() or {}).get(name)
    try:
        return None if text is None else kind.validate_json(text)
    except ValidationError:  # written by someone else
        return None
