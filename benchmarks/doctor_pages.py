"""Write `docs/doctor`: one page per rule, from its definition, with what the doctor says of a planted example.

.venv/bin/python -m benchmarks.doctor_pages
"""

import inspect
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from benchmarks.function_plants import FUNCTION_PLANTS
from benchmarks.plants import PLANTS
from benchmarks.recordings import RECORDINGS
from benchmarks.soil import Soil
from mouse import doctor
from mouse.diagnosis import CATALOGUE, FUNCTION_RULES, RECORDING_RULES, RULES, Finding, Rule, recording_report
from mouse.diagnosis.finding_text import fix_text, shares_text, where_text
from mouse.diagnosis.pages import page
from mouse_dashboard.runs.history.rules import RUN_RULES

DOCUMENTED = {**CATALOGUE, **RUN_RULES}
"""Every rule by its id, those over the snapshots of a run last."""
FOLDER = Path(__file__).parents[1] / "docs" / "doctor"


PAGES = ("README.md", *(f"{name}.md" for name in DOCUMENTED))
"""File names: the list of rules, and a page for each."""


def page_text(name: str) -> str:
    """The text of a page by its file name; its examples are examined for it."""
    if name != "README.md":
        rule = DOCUMENTED[name.removesuffix(".md")]
        return page(rule) + "".join(examples(rule))
    rows = [f"| [{rule.id}]({rule.id}.md) | {rule.severity} | {rule.title} |" for rule in DOCUMENTED.values()]
    table = "\n".join(["| rule | severity | what it names |", "| --- | --- | --- |", *rows])
    head = (
        "# What `mouse doctor` looks for\n\nWritten by `python -m benchmarks.doctor_pages` from the rules themselves."
    )
    return f"{head}\n\n{table}\n"


def examples(rule: Rule) -> Iterator[str]:
    """What is planted, and the findings: in a batch, and in a loss function."""
    if rule.id in RULES:
        plant = PLANTS[rule.id]
        yield _example(plant, "In a batch of the demo's world", doctor(*plant(Soil(), 1.0), rules=[rule.id]))
    if rule.id in FUNCTION_RULES:
        function_plant = FUNCTION_PLANTS[rule.id]
        batch, loss = function_plant(1.0)
        yield _example(function_plant, "In a loss function", doctor(batch, losses=[loss], rules=[rule.id]))
    if rule.id in RECORDING_RULES:
        recording = RECORDINGS[rule.id]
        planned = recording()
        shape = (planned.rows.index.shape[0], planned.rows.index.shape[1])
        yield _example(recording, "In a recording", recording_report(shape, planned.doubts, [rule.id]))


def _example(plant: Callable[..., object], where: str, findings: Iterable[Finding]) -> str:
    what = (inspect.getdoc(plant) or "").partition("\n")[0]
    tables = "\n".join(_table(finding) for finding in findings)
    return f"\n## A planted example\n\n{what} {where}:\n\n{tables}"


def _table(finding: Finding) -> str:
    rows = {
        finding.severity: finding.message,
        "where": where_text(finding),
        "touches": shares_text(finding),
        "fix": fix_text(finding),
    }
    lines = [f"| {name} | {text.replace('|', chr(92) + '|')} |" for name, text in rows.items() if text]
    return "\n".join([f"| `{finding.rule}` | |", "| --- | --- |", *lines]) + "\n"


def main() -> None:
    """Write them."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in PAGES:
        (FOLDER / name).write_text(page_text(name), encoding="utf-8")


if __name__ == "__main__":
    main()
