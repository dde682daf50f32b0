"""Masks of legal actions: of another step, at odds with one another, or multiplied into values."""

from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn.functional import one_hot

from mouse.diagnosis import Thresholds
from tests.diagnosis.samples import batch, found, found_if_checked, one, report_on, rows, without

RULE = "legal-mask"


def masked(lag: int = 1, **fields: Any) -> tuple[Any, Any]:
    """A mask that allows the action taken `lag` rows later, and about half of the others."""
    generator = torch.Generator().manual_seed(4)
    action = torch.randint(4, (6, 12), generator=generator)
    allowed = (torch.rand(6, 12, 4, generator=generator) < 0.5) | one_hot(action.roll(-lag, 1), 4).bool()
    return batch(shape=(6, 12), actions=4, action=action, action_mask=allowed, **fields)


@pytest.mark.parametrize(
    ("lag", "told"), [(0, "the row that it led to"), (2, "the row before"), (-1, "two rows before")]
)
def test_a_mask_that_goes_with_another_rows_action_is_of_another_step(lag: int, told: str) -> None:
    stream, out = masked(lag)
    (only,) = found(stream, out, RULE)
    assert f"and never in {told}: it is the mask of another step." in only.message
    share = only.measured or 0
    assert (only.field, only.unit) == ("step_stream.action_mask", "transition")
    assert found(stream, out, RULE, thresholds=Thresholds(mask_share=share)) == []
    assert len(found(stream, out, RULE, thresholds=Thresholds(mask_share=share - 0.01))) == 1
    assert found(*masked(), RULE) == []
    assert found(without(stream, "done"), out, RULE)


def test_a_mask_that_goes_with_no_row_is_none() -> None:
    stream, out = masked()
    stream["action_mask"] = torch.rand(6, 12, 4, generator=torch.Generator().manual_seed(9)) < 0.5
    assert found(stream, out, RULE) == []
    stream["action_mask"][:] = True
    needs = report_on(stream, out, RULE).not_checked[0].needs
    assert needs == "a mask of actions: a bool field [B, S, A], or -inf in q_star or a head"
    assert found_if_checked(*batch(action=torch.zeros(4, 8)), RULE) == []


def forbid(values: Tensor, allowed: Tensor) -> Tensor:
    return torch.where(allowed, values, -torch.inf)


@pytest.mark.parametrize("odd", ["q_star", "dqn", "dqn_target"])
def test_the_mask_that_stands_against_the_others_is_named(odd: str) -> None:
    stream, out = masked()
    allowed = stream["action_mask"]
    for name in ("q_star", "dqn", "dqn_target"):
        source = stream if name == "q_star" else out
        source[name] = forbid(source[name], allowed.roll(1, 1) if name == odd else allowed)
    (only,) = found(stream, out, RULE)
    group = "step_stream" if odd == "q_star" else "out"
    assert only.field == f"{group}.{odd}"
    assert only.message.endswith("; it is that of the row before.")
    share = only.measured or 0
    assert found(stream, out, RULE, thresholds=Thresholds(mask_share=share)) == []
    source = stream if odd == "q_star" else out
    source[odd] = forbid(torch.zeros_like(source[odd]), allowed)
    assert found(stream, out, RULE) == []


def test_masks_that_differ_in_places_are_not_said_to_be_of_another_row() -> None:
    stream, out = masked()
    out["dqn"] = forbid(out["dqn"], stream["action_mask"])
    out["dqn"][2, 3] = 0.0
    (only,) = found(stream, out, RULE)
    assert only.message.endswith("(threshold 0 %).")
    assert only.places == ((2, 3),)


@pytest.mark.parametrize("name", ["dqn", "dqn_target"])
def test_values_multiplied_by_a_mask_are_named(name: str) -> None:
    stream, out = masked()
    out[name] = -out[name].abs() * stream["action_mask"]
    (only,) = found(stream, out, RULE)
    assert (only.field, only.measured) == (f"out.{name}", 1.0)
    assert found(stream, out, RULE, thresholds=Thresholds(multiplied_share=1.0)) == []
    out[name][:] = 0
    assert found(stream, out, RULE) == []


def test_an_illegal_maximum_is_seen_by_a_field_alone_and_many_are_a_warning() -> None:
    target = torch.zeros(6, 12, 4)
    stream, out = masked(done=torch.zeros(6, 12, dtype=torch.int64))
    stream["action_mask"][..., 3] &= one_hot(stream["action"].roll(-1, 1), 4)[..., 3].bool()
    target[..., 3] = 1.0
    out["dqn_target"] = target
    rule, stream = "padded-q-finite", without(stream, "q_star")
    (only,) = found(stream, out, rule)
    assert only.message.startswith("An action that action_mask marks invalid wins ")
    share = only.measured or 0
    assert share > 0.5
    for limit, severity in ((share, "info"), (share - 0.01, "warning")):
        limits = Thresholds(padded_warning_share=limit)
        assert [each.severity for each in found(stream, out, rule, thresholds=limits)] == [severity]
    stream["action_mask"] = torch.cat([stream["action_mask"], stream["action_mask"][..., :1]], -1)
    assert report_on(stream, out, rule).not_checked[0].needs == "action_mask with as many actions as dqn"


def test_a_few_rows_make_no_mask() -> None:
    stream, out = batch(shape=(1, 4), action=rows([0, 1, 2, 0]), **one("legal", torch.eye(3)[:1].expand(1, 4, 3) > 0))
    assert found(stream, out, RULE) == []


@pytest.mark.parametrize("name", ["action_mask", "legal_actions", "valid"])
def test_a_mask_that_forbids_what_is_taken_is_inverted(name: str) -> None:
    stream, out = masked()
    allowed = stream["action_mask"]
    wrong = without(stream, "action_mask").update(one(name, ~allowed))
    first = found(wrong, out, RULE)[0]
    assert (first.field, first.measured) == (f"step_stream.{name}", 1.0)
    assert first.message.endswith("it is true where an action is illegal.")
    assert first.fix.startswith("Invert it")


@pytest.mark.parametrize("name", ["illegal_actions", "invalid", "has_key"])
def test_a_field_that_says_what_is_illegal_is_right(name: str) -> None:
    stream, out = masked()
    right = without(stream, "action_mask").update(one(name, ~stream["action_mask"]))
    assert found(right, out, RULE) == []


def test_an_inverted_mask_of_few_rows_or_of_other_actions_says_nothing() -> None:
    stream, out = masked()
    wrong = stream.update({"action_mask": ~stream["action_mask"]})
    assert found(wrong[:1], out[:1], RULE) == []
    wider = torch.nn.functional.pad(wrong["action_mask"], (0, 2), value=True)
    assert found(wrong.update({"action_mask": wider}), out, RULE) == []
