"""A rule that could not have seen anything is not checked, and says of what it needs how much."""

import dataclasses
from typing import Any

import pytest
from tensordict import TensorDict

from benchmarks.plants import PLANTS
from benchmarks.soil import Soil
from mouse import doctor
from mouse.diagnosis import RULES, Thresholds
from mouse.diagnosis.case import Case
from mouse.diagnosis.need import Amount

AMOUNTS = [(name, need.amount) for name, rule in RULES.items() for need in rule.needs if need.amount is not None]


@pytest.mark.parametrize(("name", "amount"), AMOUNTS, ids=[f"{name}-{amount.threshold}" for name, amount in AMOUNTS])
def test_a_rule_is_checked_from_so_many_on_and_not_with_one_less(name: str, amount: Amount) -> None:
    sample = PLANTS[name](Soil(shape=(16, 64)), 1.0)
    count = amount.count(Case(*sample, Thresholds()))
    enough, more = (dataclasses.replace(Thresholds(), **{amount.threshold: each}) for each in (count, count + 1))
    assert doctor(*sample, rules=[name], thresholds=enough).checked == (name,)
    (skipped,) = doctor(*sample, rules=[name], thresholds=more).not_checked
    assert f"{count + 1} " in skipped.needs
    assert f"found {count}" in skipped.needs


def test_what_a_rule_counts_is_a_threshold_that_it_names() -> None:
    assert all(amount.threshold in RULES[name].thresholds for name, amount in AMOUNTS)


def test_rules_of_data_alone_need_no_head_and_no_config() -> None:
    sample: Any = Soil(shape=(32, 64)).grow()
    checked = set(doctor(sample.step_stream, TensorDict({}, sample.out.batch_size), {}).checked)
    assert checked >= {
        "reward-all-zero", "reset-pair", "rows-never-written", "padding", "rows-not-in-order",
        "same-sequence-repeated", "alignment-off-by-one", "end-inside-episode", "reward-not-a-function",
        "sequence-straddle", "done-merged", "episode-too-short",
    }  # fmt: skip
