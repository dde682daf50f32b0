"""Generate the page of a rule from its definition."""

from pydantic import TypeAdapter

from mouse.diagnosis.rule import Rule
from mouse.diagnosis.thresholds import Thresholds


def page(rule: Rule) -> str:
    """Markdown: what it is, how it shows, why it matters, what to do, who has reported it."""
    needs = ", and ".join(need.text for need in rule.needs) or "nothing but a batch"
    parts = [
        f"# {rule.id}: {rule.title}",
        f"Severity: {rule.severity}. Needs {needs}.",
        rule.what,
        "## How it shows",
        rule.shows,
        *_thresholds(rule),
        "## Why it matters",
        rule.why,
        "## What to do",
        rule.fix,
    ]
    if rule.explains:
        others = ", ".join(f"[{name}]({name}.md)" for name in rule.explains)
        parts += ["## What follows from it", f"Findings of these rules stand below it, as consequences: {others}."]
    if rule.sources:
        parts += ["## Reported and explained in", "\n".join(f"- <{source}>" for source in rule.sources)]
    return "\n\n".join(parts) + "\n"


def _thresholds(rule: Rule) -> list[str]:
    if not rule.thresholds:
        return []
    defaults, docs = Thresholds(), threshold_docs()
    bar = "\\|"  # a bar of its own would end the cell
    lines = [f"| `{name}` | {getattr(defaults, name):g} | {docs[name].replace('|', bar)} |" for name in rule.thresholds]
    return ["\n".join(["| threshold | default | meaning |", "| --- | --- | --- |", *lines])]


def threshold_docs() -> dict[str, str]:
    """What each threshold means."""
    properties = TypeAdapter(Thresholds).json_schema()["properties"]
    return {name: field["description"] for name, field in properties.items()}
