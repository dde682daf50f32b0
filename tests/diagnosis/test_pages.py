"""The pages of the rules say what the rules say."""

import dataclasses
import re
from typing import Any, cast

import pytest

from benchmarks.doctor_pages import DOCUMENTED, FOLDER, PAGES, page_text
from mouse.diagnosis import CATALOGUE, Thresholds
from mouse.diagnosis.pages import page, threshold_docs


def without_numbers(text: str) -> str:
    """What another machine rounds another way is no difference."""
    return re.sub(r"[\d.]+(e[+-]\d+)?", "#", text)


@pytest.mark.parametrize("name", PAGES)
def test_the_page_is_the_one_that_the_rule_makes(name: str) -> None:
    written = (FOLDER / name).read_text()
    text = page_text(name)
    definition = page(DOCUMENTED[name.removesuffix(".md")]) if name != "README.md" else text
    assert written.startswith(definition), "write them anew with python -m benchmarks.doctor_pages"
    assert without_numbers(written) == without_numbers(text)


def test_there_is_no_other_page() -> None:
    assert {path.name for path in FOLDER.iterdir()} == set(PAGES)


def test_every_threshold_is_documented_and_belongs_to_a_rule() -> None:
    names = {field.name for field in dataclasses.fields(cast("Any", Thresholds))}
    assert {name for rule in CATALOGUE.values() for name in rule.thresholds} == names
    assert all(threshold_docs()[name].endswith(".") for name in names)


@pytest.mark.parametrize("name", DOCUMENTED)
def test_a_rule_is_named_as_its_check_and_described_in_sentences(name: str) -> None:
    rule = DOCUMENTED[name]
    assert rule.id == name == rule.check.__name__.replace("_", "-")
    assert all(text.endswith(".") for text in (rule.what, rule.shows, rule.why, rule.fix))
    assert not rule.title.endswith(".")
    assert all(source.startswith("http") for source in rule.sources)
