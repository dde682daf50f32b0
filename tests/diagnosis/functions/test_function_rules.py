"""Each rule for any function names the bug that it is for, weak or strong, and leaves right losses alone."""

import pytest

from benchmarks.function_plants import FUNCTION_PLANTS
from mouse import doctor
from mouse.diagnosis import FUNCTION_RULES, Finding, Report, Thresholds

OF_ONE_PART = {"advantage-reversed", "clip-reversed", "entropy-minimized", "double-q-swapped"}
"""Rules about a part that not every loss has."""


def report_on(name: str, strength: float, **limits: float) -> Report:
    batch, loss = FUNCTION_PLANTS[name](strength)
    return doctor(batch, losses=[loss], thresholds=Thresholds(**limits))  # pyright: ignore[reportArgumentType]


def findings(name: str, strength: float, **limits: float) -> list[Finding]:
    return [each for each in report_on(name, strength, **limits) if each.rule == name]


def test_there_is_a_plant_for_every_rule() -> None:
    assert set(FUNCTION_PLANTS) == set(FUNCTION_RULES)


@pytest.mark.parametrize("name", FUNCTION_RULES)
def test_a_blatant_bug_is_the_first_that_is_named(name: str) -> None:
    report = report_on(name, 1.0)
    first = report.findings[0]
    assert (first.rule, first.severity) == (name, FUNCTION_RULES[name].severity)
    assert first.message.endswith(".")
    assert first.why == FUNCTION_RULES[name].why
    assert first.fix.endswith(".")
    assert first.loss == FUNCTION_PLANTS[name](1.0).loss.__name__


@pytest.mark.parametrize("name", FUNCTION_RULES)
def test_a_right_loss_is_left_alone(name: str) -> None:
    report = report_on(name, 0.0)
    assert list(report) == []
    assert name in report.checked
    assert {each.rule for each in report.not_checked} & set(FUNCTION_RULES) <= OF_ONE_PART


@pytest.mark.parametrize(
    ("name", "strength"),
    [
        ("term-not-finite", 1 / 256),
        ("term-not-finite", 0.5),
        ("gradient-not-finite", 1 / 256),
        ("gradient-not-finite", 0.5),
        ("mask-ignored", 1 / 256),
        ("mask-ignored", 0.5),
        ("field-ignored", 1 / 256),
        ("field-ignored", 0.5),
        ("batch-changed", 1 / 256),
        ("term-dead", 0.97),
        ("scale-mismatch", 0.75),
    ],
)
def test_a_weaker_bug_is_named_as_well(name: str, strength: float) -> None:
    (found,) = findings(name, strength)
    assert found.severity == FUNCTION_RULES[name].severity


@pytest.mark.parametrize(("name", "strength"), [("term-dead", 0.9), ("scale-mismatch", 0.25), ("constant-term", 0.99)])
def test_what_is_weaker_than_the_threshold_is_none(name: str, strength: float) -> None:
    assert findings(name, strength) == []


@pytest.mark.parametrize("name", ["term-not-finite", "gradient-not-finite", "term-dead", "mask-ignored"])
def test_places_are_those_of_the_bug(name: str) -> None:
    strength = 0.97 if name == "term-dead" else 0.25
    (found,) = findings(name, strength)
    assert found.count == -(-int(strength * 256 * 1000) // 1000) or found.count == round(strength * 256)
    assert found.places[:2] == ((0, 0), (1, 0))
    assert found.unit == "item"


@pytest.mark.parametrize(
    ("name", "limit", "field"), [("term-dead", 0.97, "dead_share"), ("scale-mismatch", 11200.0, "gradient_ratio")]
)
def test_a_measured_value_on_its_threshold_is_no_finding(name: str, limit: float, field: str) -> None:
    (found,) = findings(name, 0.98 if name == "term-dead" else 1.0, **{field: limit * 0.9})
    assert found.measured is not None
    measured = found.measured
    assert findings(name, 0.98 if name == "term-dead" else 1.0, **{field: measured}) == []
    assert findings(name, 0.98 if name == "term-dead" else 1.0, **{field: measured * 0.999}) != []


@pytest.mark.parametrize("name", ["term-dead", "constant-term"])
def test_a_few_places_are_no_statistic(name: str) -> None:
    assert findings(name, 1.0, min_samples=256) != []
    assert findings(name, 1.0, min_samples=257) == []
