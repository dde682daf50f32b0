"""Each rule names the bug that it is for, where it is, and says nothing of a right batch."""

import pytest
import torch

from benchmarks.clean import CLEAN, WORLDS
from benchmarks.plants import PLANTS
from benchmarks.soil import Soil, changed
from mouse import doctor
from mouse.diagnosis import RULES, Finding

ALWAYS = {"value-statistics", "vector-ignores-done", "vector-dim"}
"""Information that is true of right batches too."""


def findings(name: str, strength: float, soil: Soil) -> list[Finding]:
    report = doctor(*PLANTS[name](soil, strength), rules=[name])
    assert report.checked == (name,)
    return list(report)


def test_there_is_a_plant_for_every_rule() -> None:
    assert set(PLANTS) == set(RULES)


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("world", WORLDS)
def test_a_blatant_bug_is_named(name: str, world: str) -> None:
    found = findings(name, 1.0, Soil(name=world))
    assert found
    assert {finding.rule for finding in found} == {name}
    for finding in found:
        assert finding.message.endswith(".")
        assert finding.why == RULES[name].why
        assert finding.fix


@pytest.mark.parametrize("name", [name for name in RULES if name not in ALWAYS])
def test_a_right_batch_is_left_alone(name: str) -> None:
    assert findings(name, 0.0, Soil()) == []


@pytest.mark.parametrize("name", RULES)
def test_the_change_of_a_config_that_is_offered_helps(name: str) -> None:
    sample = PLANTS[name](Soil(), 1.0)
    for finding in doctor(*sample, rules=[name]):
        if finding.change is not None:
            loss, _, field = finding.change.field.partition(".")
            fixed = changed(sample, {loss: {field: finding.change.value}})
            left = [each for each in doctor(*fixed, rules=[name]) if each.message == finding.message]
            assert left == [], finding.change


@pytest.mark.parametrize("name", [name for name, rule in RULES.items() if rule.severity == "error"])
def test_an_error_is_called_one(name: str) -> None:
    assert "error" in {finding.severity for finding in findings(name, 1.0, Soil())}


@pytest.mark.parametrize("kind", CLEAN)
def test_nothing_right_is_warned_of(kind: str) -> None:
    for seed in range(3):
        report = doctor(*CLEAN[kind](torch.Generator().manual_seed(seed)))
        assert report.at_least("warning") == (), (kind, seed)
        assert len(report.checked) + len(report.not_checked) == len(RULES)
