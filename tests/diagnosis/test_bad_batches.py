"""Whatever is wrong with a batch, the doctor answers; what a loss refuses, it calls an error."""

import gc
import weakref
from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tensordict import TensorDict

from mouse import doctor
from mouse.diagnosis import RULES, Thresholds
from mouse.diagnosis.case import Case
from mouse.diagnosis.examine import report_on
from mouse.errors import BatchError, MissingFieldError
from mouse.losses import HEADS, LOSSES
from mouse.losses.loss import AnyLoss
from tests.diagnosis.samples import ANY_SIZE, batch, configs, one, without
from tests.mouse.batches import Recipe, recipes
from tests.mouse.calls import training_call
from tests.mouse.configs import CONFIGS

FIELDS = ("action", "reward", "done", "time", "sequence_id", "q_star", *HEADS)
Break = Callable[[torch.Tensor], torch.Tensor]
BREAKS: dict[str, Break] = {
    "one more dimension": lambda value: value.unsqueeze(-1),
    "one dimension less": lambda value: value[..., 0] if value.dim() > 2 else value,
    "one entry less": lambda value: value[..., :-1] if value.dim() > 2 else value,
    "no entry": lambda value: value[..., :0] if value.dim() > 2 else value,
    "integers": lambda value: value.nan_to_num(0, 0, 0).long(),
    "unsigned": lambda value: value.nan_to_num(0, 0, 0).abs().to(torch.uint16),
    "complex": lambda value: value.to(torch.complex64),
    "flags": lambda value: value > 0,
    "floats": lambda value: value.double(),
    "half": lambda value: value.half(),
    "huge": lambda value: (value.double() * 1e30).to(value.dtype),
    "NaN": lambda value: value * torch.nan if value.is_floating_point() else value,
    "+inf": lambda value: value + torch.inf if value.is_floating_point() else value,
    "-inf": lambda value: value - torch.inf if value.is_floating_point() else value,
    "negative": lambda value: -1 - value.abs(),
    "large": lambda value: value + 100,
    "zero": torch.zeros_like,
}


def answered(step_stream: Any, out: Any, cfg: Any, thresholds: Thresholds = ANY_SIZE) -> Any:
    report = doctor(step_stream, out, cfg, thresholds=thresholds)
    assert len(report.checked) + len(report.not_checked) == len(RULES)
    assert str(report)
    assert report.to_dict()
    return report


@given(recipes(min_steps=1), st.fixed_dictionaries(CONFIGS))
def test_any_random_batch_is_answered(recipe: Recipe, cfg: dict[str, Any]) -> None:
    step_stream, out = recipe.make()
    answered(step_stream, out, cfg)


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("how", BREAKS)
def test_any_broken_field_is_answered_and_what_a_loss_refuses_is_an_error(field: str, how: str) -> None:
    stream, out = batch()
    counter = torch.arange(8).repeat(4, 1)
    whole = counter if field in {"time", "sequence_id"} else (out if field in out else stream)[field]
    stream, out = batch(**one(field, BREAKS[how](whole)))
    report = answered(stream, out, configs())
    for name, loss in LOSSES.items():
        if refusal := refused(loss, stream, out, configs()[name]):
            assert report.at_least("error"), refusal


def refused(loss: AnyLoss, stream: Any, out: Any, cfg: object) -> BatchError | None:
    try:
        training_call(loss, stream, out, cfg)
    except BatchError as error:
        return error
    return None


@pytest.mark.parametrize(
    "field", [name for name in FIELDS if name not in {"sv", "time", "sequence_id"}]
)  # no rule needs these
def test_a_missing_field_is_what_a_rule_needs(field: str) -> None:
    stream, out = batch()
    report = answered(without(stream, field), without(out, field), configs())
    assert field in {skipped.needs for skipped in report.not_checked}
    loss = next(loss for loss in LOSSES.values() if field in (*loss.step_fields, *loss.heads))
    with pytest.raises(MissingFieldError):
        loss.inputs(without(stream, field), without(out, field), **loss.stage_options(configs()[loss.name]))


def test_nothing_at_all_is_answered() -> None:
    empty = TensorDict({}, [2, 3])
    report = answered(empty, empty, {})
    assert report.checked == ("shape-mismatch", "input-not-finite")
    assert not report.findings
    assert not answered(TensorDict({}, [0, 3]), TensorDict({}, [0, 3]), {}).at_least("info")[1:]


@pytest.mark.parametrize("shape", [(1, 1), (1, 2), (2, 1), (1, 3)])
def test_the_smallest_batches_are_answered(shape: tuple[int, int]) -> None:
    for changes in ({}, {"normalize_reward_std": True, "normalize_reward_mean": True}, {"cql_weight": 1.0}):
        answered(*batch(shape=shape), configs(dqn=changes))


def test_the_batch_is_left_as_it_was() -> None:
    stream, out = batch(done=torch.full((4, 8), 2))
    before = (stream.clone(), out.clone())
    doctor(stream, out, configs(dqn={"gamma_truncated": 1.0, "cql_weight": 1.0}))
    for now, then in zip((stream, out), before, strict=True):
        assert set(now.keys()) == set(then.keys())
        assert all(torch.equal(now[name], then[name]) for name in then.keys())  # noqa: SIM118  a TensorDict's length is B


def test_outputs_with_a_graph_are_examined_without_touching_it() -> None:
    stream, out = batch()
    trained = [loss.heads[0] for loss in LOSSES.values()]
    for head in trained:
        out[head].requires_grad_()
    plain = doctor(stream, out.detach(), configs(dqn={"cql_weight": 1.0}))
    assert doctor(stream, out, configs(dqn={"cql_weight": 1.0})) == plain
    assert all(out[head].grad is None for head in trained)
    with torch.no_grad():
        assert doctor(stream, out, configs(dqn={"cql_weight": 1.0})) == plain


@pytest.mark.parametrize("left_out", [(), ("done", "q_star")])
def test_a_case_is_freed_with_its_last_name(left_out: tuple[str, ...]) -> None:
    """What a rule cannot have is remembered as a text: an exception would hold the frames that hold the case."""
    gc.collect()
    gc.disable()
    try:
        stream, out = batch()
        case = Case(without(stream, *left_out), out, configs(), Thresholds())
        assert report_on(case, RULES.values()).not_checked
        freed = weakref.ref(case)
        del case
        assert freed() is None
    finally:
        gc.enable()


def test_a_batch_is_freed_although_a_loss_of_ones_own_fails_on_it() -> None:
    def breaks(reward: torch.Tensor) -> torch.Tensor:
        raise RuntimeError(f"no loss of {tuple(reward.shape)}")

    torch.compiler.set_stance("default")  # imports the compiler, whose frames hold the batch until garbage is collected
    gc.collect()
    gc.disable()
    try:
        stream, out = batch()
        assert doctor(stream, out, losses=[breaks]).findings[0].rule == "loss-raises"
        freed = weakref.ref(stream["reward"])
        del stream
        assert freed() is None
    finally:
        gc.enable()
