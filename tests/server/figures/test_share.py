"""Where the loss comes from, against plain loops: the curve, the classes, the worst transitions."""

import math
from itertools import accumulate
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from mouse.losses import LOSSES
from mouse_dashboard.figures import FIGURES
from mouse_dashboard.figures.share_by import SHARE_BY
from mouse_dashboard.figures.share_curve import POINTS, SHARE_CURVE, SORTED
from mouse_dashboard.figures.worst import MOST, WORST, worst
from mouse_dashboard.schema.numbers import plain
from tests.server.batches import random_batch
from tests.server.figures.parts import decoded, loss_input

sizes = st.floats(0, 1e6, width=32)
numbers = st.one_of(sizes, st.sampled_from([0.0, math.nan, math.inf, -math.inf]))


def losses(*values: float) -> Tensor:
    return torch.tensor([values])


@given(st.lists(sizes, min_size=1, max_size=60).filter(lambda values: sum(values) > 0))
def test_the_curve_is_the_running_sum_of_the_sorted_losses(values: list[float]) -> None:
    info = SHARE_CURVE.info(loss_input("dqn", loss=losses(*values)))
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
    drawn = SHARE_CURVE.make(loss_input("dqn", loss=values))
    across, up = (decoded(drawn.data[1][axis]) for axis in "xy")
    assert len(across) <= POINTS
    assert drawn.data[1]["customdata"][0] == (7, 9)
    assert (across[0], up[0]) == pytest.approx((100 / 120_000, 100 * 1e6 / 1_119_999))
    assert (across[-1], up[-1]) == pytest.approx((100, 100))
    assert drawn.note == "the top 1 % of transitions carry 89.4 % of the loss"


@pytest.mark.parametrize("seed", range(3))
def test_a_long_curve_goes_through_the_running_sum_of_the_sorted_losses(seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    values = (4 * torch.randn(3, SORTED, generator=generator)).exp().round(decimals=1)  # with zeros and ties
    info = SHARE_CURVE.info(loss_input("dqn", loss=values))
    assert info is not None
    each: list[float] = plain(values.flatten())
    falling = sorted(each, reverse=True)
    running = list(accumulate(falling))
    counts: list[int] = (info.transitions * len(falling)).round().astype(int).tolist()
    for count, carried, place in zip(counts, info.loss, info.places, strict=True):
        assert carried == pytest.approx(running[count - 1] / running[-1])
        assert float(values[place]) == pytest.approx(falling[count - 1], rel=1 / 128)
    percent = -(-len(falling) // 100)
    assert info.top == (percent, pytest.approx(running[percent - 1] / running[-1]))


def test_a_short_batch_says_of_how_many_it_speaks() -> None:
    note = SHARE_CURVE.make(loss_input("sv", loss=losses(1, 3))).note
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
    drawn = FIGURES[kind].make(loss_input("dqn", random_batch(1), loss=losses(*values)))
    assert (drawn.data, drawn.note) == ([], f"share cannot be computed: {said}")


def classes(batch: Any, row: int, step: int) -> list[str]:
    """The classes of the transition out of a step, by the fields of the row after it."""
    after = {name: batch.step_stream[name][row, step + 1].item() for name in ("done", "action", "reward")}
    sign = "<" if after["reward"] < 0 else ">" if after["reward"] > 0 else "="
    ended = [at for at in range(step) if batch.step_stream["done"][row, at] != 0]
    since = step - ended[-1] - 1 if ended else None
    spans = {0: "0", 1: "1", 2: "2 to 3", 3: "2 to 3", 4: "4 to 7"}
    time = "unknown" if since is None else spans.get(since, "4 to 7" if since < 8 else "8 to 15")
    return [
        ("running", "terminal", "truncated")[after["done"]],
        f"action {after['action']}",
        f"reward {sign} 0",
        f"time {time}",
    ]


@pytest.mark.parametrize(("name", "actions"), [("dqn", 3), ("vec_dqn", 3), ("dqn", 4000)])
def test_every_class_has_its_share(name: str, actions: int) -> None:
    batch = random_batch(5, 20, actions)
    part = loss_input(name, batch)
    values: list[float] = plain(part.values)
    expected: dict[str, list[float]] = {}
    for index, value in enumerate(values):
        for label in classes(batch, *divmod(index, 19)):
            expected.setdefault(label, []).append(value)
    shown = {share.label: share for group in SHARE_BY.info(part) for share in group}
    assert shown.keys() == expected.keys()
    for label, carried in expected.items():
        assert shown[label].count == len(carried)
        assert shown[label].transitions == pytest.approx(len(carried) / len(values))
        assert shown[label].loss == pytest.approx(sum(carried) / sum(values))


def test_the_last_row_of_a_loss_on_steps_is_a_class_of_its_own() -> None:
    shares = SHARE_BY.info(loss_input("sv", random_batch(3, 5)))[0]
    assert {share.label: share.count for share in shares}["last row"] == 3


def test_a_slice_has_shares_of_its_own_loss() -> None:
    part = loss_input("dqn", random_batch(2, 4), torch.tensor([1, 5]), loss=torch.tensor([[9.0, 1, 9], [9, 9, 3]]))
    for group in SHARE_BY.info(part):
        assert sum(share.count for share in group) == 2
        assert sum(share.loss for share in group) == pytest.approx(1)
    assert part.place(1) == (1, 2)


def test_bars_are_percent_and_their_points_are_slices() -> None:
    part = loss_input("dqn", random_batch(5, 20))
    drawn = SHARE_BY.make(part)
    shares = [share for group in SHARE_BY.info(part) for share in group]
    carried, counted = drawn.data
    assert carried["x"] == [100 * share.loss for share in shares]
    assert counted["x"] == [100 * share.transitions for share in shares]
    assert [point[:2] for point in carried["customdata"]] == [[share.slice, share.label] for share in shares]
    assert next(share.slice for share in shares if share.label == "truncated") == "done:2"
    assert drawn.layout["yaxis"]["ticktext"] == [share.label for share in shares]


def test_of_many_actions_those_that_carry_most_are_shown() -> None:
    part = loss_input("vec_dqn", random_batch(20, 60, actions=30))
    drawn = SHARE_BY.make(part)
    labels = [label for label in drawn.layout["yaxis"]["ticktext"] if label.startswith("action")]
    actions = sorted(SHARE_BY.info(part)[1], key=lambda share: -share.loss)
    assert set(labels) == {share.label for share in actions[:18]}
    assert drawn.note.endswith("; 12 actions of smaller shares not shown")


@given(st.lists(numbers, max_size=40), st.integers(1, 12))
def test_the_worst_are_what_is_not_finite_then_the_largest(values: list[float], most: int) -> None:
    keys = [value if math.isfinite(value) else math.inf for value in values]
    expected = sorted(range(len(values)), key=lambda index: -keys[index])[:most]
    assert worst(torch.tensor(values), most) == expected


@pytest.mark.parametrize("name", LOSSES)
def test_the_table_holds_the_terms_of_the_worst_bit_for_bit(name: str) -> None:
    part = loss_input(name, random_batch(6, 9))
    drawn = WORST.make(part)
    assert drawn.table is not None
    names = [column.name for column in drawn.table.columns]
    assert names[:4] == ["sequence", part.unit, "loss", "% of loss"]
    assert len(drawn.table.rows) == MOST
    for (row, step), cells in zip(drawn.table.places, drawn.table.rows, strict=True):
        told = dict(zip(names, cells, strict=True))
        assert (told.pop("sequence"), told.pop(part.unit)) == (row, step)
        assert told.pop("% of loss") == pytest.approx(100 * told["loss"] / sum(plain(part.values)))
        assert told == {term: part.terms[term].view(6, -1)[row, step].item() for term in told}
    assert told_losses(drawn.table) == sorted(plain(part.values), reverse=True)[:MOST]


def told_losses(table: Any) -> list[float]:
    return [row[2] for row in table.rows]


def test_a_table_without_shares_says_why() -> None:
    drawn = WORST.make(loss_input("sv", loss=losses(1, math.nan, 5)))
    assert drawn.table is not None
    assert "% of loss" not in [column.name for column in drawn.table.columns]
    assert drawn.table.places == [(0, 1), (0, 2), (0, 0)]
    assert drawn.note == "3 of 3 steps; share cannot be computed: the loss holds 1 NaN"
