"""Where the loss comes from, against plain loops: the curve, the classes, the worst transitions."""

import math
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from mouse.losses import LOSSES
from server.figures import FIGURES
from server.figures.share_by import SHARE_BY
from server.figures.share_curve import POINTS, SHARE_CURVE, worst_first
from server.figures.worst import MOST, WORST, worst
from server.numbers import plain
from tests.server.batches import random_batch
from tests.server.figures.parts import decoded, loss_part

sizes = st.floats(0, 1e6, width=32)
numbers = st.one_of(sizes, st.sampled_from([0.0, math.nan, math.inf, -math.inf]))


def losses(*values: float) -> Tensor:
    return torch.tensor([values])


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False, width=32), min_size=1, max_size=40))
def test_worst_first_is_a_stable_sort(values: list[float]) -> None:
    order = worst_first(torch.tensor(values) + 0.0)  # -0.0 and 0.0 are one number
    assert order.tolist() == sorted(range(len(values)), key=lambda index: -values[index])


@given(st.lists(sizes, min_size=1, max_size=60).filter(lambda values: sum(values) > 0))
def test_the_curve_is_the_running_sum_of_the_sorted_losses(values: list[float]) -> None:
    info = SHARE_CURVE.info(loss_part("dqn", loss=losses(*values)))
    assert info is not None
    carried, total = 0.0, sum(values)
    for rank, value in enumerate(sorted(values, reverse=True)):
        carried += value
        assert info.transitions[rank] == pytest.approx((rank + 1) / len(values))
        assert info.loss[rank] == pytest.approx(carried / total)
        assert values[info.places[rank][1]] == value


def test_a_long_curve_keeps_its_ends_and_its_bend() -> None:
    values = torch.ones(300, 400)
    values[7, 9] = 1e6
    drawn = SHARE_CURVE.make(loss_part("dqn", loss=values))
    across, up = (decoded(drawn.data[1][axis]) for axis in "xy")
    assert len(across) <= POINTS
    assert drawn.data[1]["customdata"][0] == (7, 9)
    assert (across[0], up[0]) == pytest.approx((100 / 120_000, 100 * 1e6 / 1_119_999))
    assert (across[-1], up[-1]) == pytest.approx((100, 100))
    assert drawn.note == "the top 1 % of transitions carry 89.4 % of the loss"


def test_a_short_batch_says_of_how_many_it_speaks() -> None:
    note = SHARE_CURVE.make(loss_part("sv", loss=losses(1, 3))).note
    assert note == "the worst 1 of 2 steps (50 %) carry 75 % of the loss"


@pytest.mark.parametrize("kind", ["share_curve", "share_by"])
@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([1.0, math.nan, math.nan, math.inf, -math.inf, 2.0], "the loss holds 2 NaN, 1 +inf, 1 -inf"),
        ([0.0] * 6, "the loss adds up to 0"),
    ],
)
def test_a_share_that_does_not_exist_is_not_shown(kind: str, values: list[float], said: str) -> None:
    drawn = FIGURES[kind].make(loss_part("dqn", random_batch(1), loss=losses(*values)))
    assert (drawn.data, drawn.note) == ([], f"share cannot be computed: {said}")


def classes(part: Any, index: int) -> list[str]:
    """The classes of one transition, by its own terms."""
    found: list[str] = []
    terms = {name: values.flatten()[index].item() for name, values in part.terms.items()}
    if "terminal" in terms:
        found.append("terminal" if terms["terminal"] else "truncated" if terms["truncated"] else "running")
    if "action" in terms:
        found.append(f"action {terms['action']}")
    if "reward_raw" in terms:
        found.append(f"reward {'<' if terms['reward_raw'] < 0 else '>' if terms['reward_raw'] > 0 else '='} 0")
    return found


@pytest.mark.parametrize("name", ["dqn", "vec_dqn"])
def test_every_class_has_its_share_and_its_worst_transition(name: str) -> None:
    part = loss_part(name, random_batch(5, 20))
    values: list[float] = plain(part.values)
    expected: dict[str, list[int]] = {}
    for index in range(len(values)):
        for label in classes(part, index):
            expected.setdefault(label, []).append(index)
    shown = {share.label: share for group in SHARE_BY.info(part) for share in group}
    assert shown.keys() == expected.keys()
    for label, members in expected.items():
        carried = [values[index] for index in members]
        assert shown[label].count == len(members)
        assert shown[label].transitions == pytest.approx(len(members) / len(values))
        assert shown[label].loss == pytest.approx(sum(carried) / sum(values))
        assert shown[label].worst == divmod(members[carried.index(max(carried))], 19)


def test_bars_are_percent_and_their_points_are_places() -> None:
    part = loss_part("dqn", random_batch(5, 20))
    drawn = SHARE_BY.make(part)
    shares = [share for group in SHARE_BY.info(part) for share in group]
    carried, counted = drawn.data
    assert carried["x"] == [100 * share.loss for share in shares]
    assert counted["x"] == [100 * share.transitions for share in shares]
    assert [tuple(point[:2]) for point in carried["customdata"]] == [share.worst for share in shares]
    assert drawn.layout["yaxis"]["ticktext"] == [share.label for share in shares]


def test_of_many_actions_those_that_carry_most_are_shown() -> None:
    part = loss_part("vec_dqn", random_batch(20, 60, actions=30))
    drawn = SHARE_BY.make(part)
    labels = [label for label in drawn.layout["yaxis"]["ticktext"] if label.startswith("action")]
    actions = sorted(SHARE_BY.info(part)[0], key=lambda share: -share.loss)
    assert set(labels) == {share.label for share in actions[:18]}
    assert drawn.note.endswith("; 12 actions that carry less are not shown")


def test_a_reward_that_is_nan_is_a_class_of_its_own() -> None:
    part = loss_part("dqn", random_batch(1, 3), reward_raw=torch.tensor([[math.nan, -1.0]]), loss=losses(1, 3))
    assert [(share.label, share.loss) for share in SHARE_BY.info(part)[-1]] == [
        ("reward < 0", 0.75),
        ("reward NaN", 0.25),
    ]


@given(st.lists(numbers, min_size=1, max_size=40), st.integers(1, 12))
def test_the_worst_are_what_is_not_finite_then_the_largest(values: list[float], most: int) -> None:
    keys = [value if math.isfinite(value) else math.inf for value in values]
    expected = sorted(range(len(values)), key=lambda index: -keys[index])[:most]
    assert worst(torch.tensor(values), most) == expected


@pytest.mark.parametrize("name", LOSSES)
def test_the_table_holds_the_terms_of_the_worst_bit_for_bit(name: str) -> None:
    part = loss_part(name, random_batch(6, 9))
    drawn = WORST.make(part)
    assert drawn.table is not None
    names = [column.name for column in drawn.table.columns]
    assert names[:4] == ["row", "step", "loss", "share"]
    assert len(drawn.table.rows) == MOST
    for (row, step), cells in zip(drawn.table.places, drawn.table.rows, strict=True):
        told = dict(zip(names, cells, strict=True))
        assert (told.pop("row"), told.pop("step")) == (row, step)
        assert told.pop("share") == pytest.approx(told["loss"] / sum(plain(part.values)))
        assert told == {term: part.terms[term][row, step].item() for term in told}
    assert told_losses(drawn.table) == sorted(plain(part.values), reverse=True)[:MOST]


def told_losses(table: Any) -> list[float]:
    return [row[2] for row in table.rows]


def test_a_table_without_shares_says_why() -> None:
    drawn = WORST.make(loss_part("sv", loss=losses(1, math.nan, 5)))
    assert drawn.table is not None
    assert "share" not in [column.name for column in drawn.table.columns]
    assert drawn.table.places == [(0, 1), (0, 2), (0, 0)]
    assert drawn.note == "3 of 3 steps; share cannot be computed: the loss holds 1 NaN"
