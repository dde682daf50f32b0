"""The service's numbers are the library's numbers, bit for bit, and a huge batch in blocks is told apart."""

import dataclasses

import pytest
import torch

from mouse.errors import BatchError
from mouse.losses import LOSSES
from mouse.losses.combined import combined_loss
from mouse.losses.config import LossConfig
from mouse.losses.dqn import DqnLossConfig
from mouse.losses.sp import SpLossConfig
from mouse.losses.sv import SvLossConfig
from mouse.losses.vec_dqn import VecDqnLossConfig
from mouse_dashboard.compute import evaluator as evaluation
from mouse_dashboard.compute import stage_one
from mouse_dashboard.compute.batch import Batch, LossJob
from mouse_dashboard.compute.cancel import CancelToken, ClientGoneError
from mouse_dashboard.compute.evaluator import Evaluator
from mouse_dashboard.compute.loss_evaluation import LossEvaluation
from mouse_dashboard.evaluate.transition import farthest_from_zero
from mouse_dashboard.schema.requests import EvaluateRequest, TransitionRequest
from mouse_dashboard.schema.results import LossResult
from tests.server.answers import answered, transition_of
from tests.server.batches import random_batch

CONFIGS: dict[str, LossConfig] = {
    "dqn": DqnLossConfig(gamma=0.9, cql_weight=0.5, normalize_reward_mean=True, normalize_reward_std=True, weight=0.3),
    "vec_dqn": VecDqnLossConfig(reward_scale=0.7, weight=2.0),
    "sp": SpLossConfig(loss_type="js", temperature=0.5, label_smoothing=0.1, weight=0.7),
    "sv": SvLossConfig(loss_type="mae"),
}

MOVED: dict[str, LossConfig] = {
    "dqn": dataclasses.replace(CONFIGS["dqn"], gamma=0.8),
    "vec_dqn": dataclasses.replace(CONFIGS["vec_dqn"], reward_scale=0.6),
    "sp": dataclasses.replace(CONFIGS["sp"], temperature=0.6),
    "sv": dataclasses.replace(CONFIGS["sv"], loss_type="mse"),
}
"""The same after a move of a slider."""


def training(name: str, batch: Batch) -> tuple[torch.Tensor, dict[str, float]]:
    """What a training loop calls."""
    step_stream, out = batch.part(slice(None))
    heads = [out] if name == "dqn" else [out[head] for head in LOSSES[name].heads]
    return LOSSES[name].function(step_stream, *heads, CONFIGS[name])


def evaluated(batch: Batch, name: str, evaluator: Evaluator | None = None) -> LossEvaluation:
    evaluator = evaluator or Evaluator(1 << 20)
    return evaluator.evaluate(LossJob(batch, LOSSES[name], CONFIGS[name]), frozenset(), CancelToken(60))


def bytes_of(batch: Batch) -> list[bytes]:
    tensors: list[torch.Tensor] = [*batch.step_stream.values(), *batch.out.values()]
    return [tensor.numpy().tobytes() for tensor in tensors]


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("shape", [(4, 7, 3, 2), (1, 3, 2, 4), (64, 129, 18, 2)])
def test_loss_and_metrics_are_bit_for_bit_what_training_computes(name: str, shape: tuple[int, int, int, int]) -> None:
    batch = random_batch(*shape)
    loss, metrics = training(name, batch)
    result = evaluated(batch, name)
    assert torch.equal(result.mean, loss)
    assert result.metrics == metrics


def test_the_total_is_bit_for_bit_the_combined_loss() -> None:
    batch = random_batch(16, 33, 6, 4)
    total, _, metrics = combined_loss(*batch.part(slice(None)), CONFIGS)
    request = EvaluateRequest.model_validate({"configs": CONFIGS})
    answer = answered(batch, request)
    assert answer.total == float(total)
    assert {name: result.share for name, result in answer.losses.items()} == {
        name: metrics[f"{name}_share"] for name in LOSSES
    }


def test_a_loss_of_weight_zero_takes_no_part_in_the_total_whatever_it_is() -> None:
    batch = random_batch()
    batch.out["sv"][0, 0, 0] = torch.nan
    configs = CONFIGS | {"sv": SvLossConfig(weight=0.0)}
    total, _, _ = combined_loss(*batch.part(slice(None)), configs)
    answer = answered(batch, EvaluateRequest.model_validate({"configs": configs}))
    assert answer.total == float(total)
    assert (answer.losses["sv"].weighted, answer.losses["sv"].share) == (0, 0)
    assert not torch.tensor(answer.losses["sv"].loss).isfinite()


def test_a_total_of_zero_has_no_shares() -> None:
    batch = random_batch()
    batch.out["sv"].zero_()
    batch.step_stream["q_star"].zero_()
    answer = answered(batch, EvaluateRequest.model_validate({"configs": {"sv": SvLossConfig()}}))
    assert (answer.total, answer.losses["sv"].loss, answer.losses["sv"].share) == (0, 0, None)


@pytest.mark.parametrize("name", LOSSES)
def test_the_kept_stage_gives_the_same_bits(name: str) -> None:
    batch, evaluator = random_batch(), Evaluator(1 << 20)
    first, second = evaluated(batch, name, evaluator), evaluated(batch, name, evaluator)
    assert torch.equal(first.terms.loss, second.terms.loss)


@pytest.mark.parametrize("name", LOSSES)
def test_blocks_give_the_same_terms_to_the_last_bits(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    batch = random_batch(37, 19, 5, 4)
    whole = evaluated(batch, name)
    monkeypatch.setattr(stage_one, "ENTRIES_PER_BLOCK", 4 * 19 * 5)
    blocks = evaluated(batch, name)
    assert (whole.blocks, blocks.blocks) == (1, 37)
    torch.testing.assert_close(blocks.terms.loss, whole.terms.loss, rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(blocks.mean, whole.mean, rtol=1e-5, atol=1e-6)


def test_an_evaluation_in_blocks_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stage_one, "ENTRIES_PER_BLOCK", 1)
    answer = answered(random_batch(), EvaluateRequest.model_validate({"configs": {"sv": {}}}), evaluator=Evaluator(0))
    assert answer.losses["sv"].note.startswith("Computed in 4 blocks of sequences")


def test_a_check_that_fails_in_one_block_names_the_row_of_the_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stage_one, "ENTRIES_PER_BLOCK", 1)
    batch = random_batch()
    batch.step_stream["action"][3, 2] = 9
    with pytest.raises(BatchError, match=r"action\[3, 2\]: found 9, expected 0 to 2"):
        evaluated(batch, "dqn")


def test_a_block_without_valid_actions_does_not_stop_a_batch_that_has_some(monkeypatch: pytest.MonkeyPatch) -> None:
    batch = random_batch()
    batch.step_stream["q_star"][1] = -torch.inf
    loss, _ = training("sp", batch)
    monkeypatch.setattr(stage_one, "ENTRIES_PER_BLOCK", 1)
    torch.testing.assert_close(evaluated(batch, "sp").mean, loss)


def test_results_are_kept_within_their_bytes_and_forgotten_with_their_batch() -> None:
    evaluator = Evaluator(1 << 20)
    evaluated(random_batch(), "sp", evaluator)
    assert 0 < evaluator.cache.size <= 1 << 20
    evaluator.cache.forget("test")
    assert evaluator.cache.size == 0
    small = Evaluator(10)
    evaluated(random_batch(), "sp", small)
    assert small.cache.size == 0


def test_a_loss_whose_config_did_not_change_is_not_evaluated_again() -> None:
    batch, evaluator = random_batch(), Evaluator(1 << 20)
    first = evaluated(batch, "dqn", evaluator)
    assert evaluated(batch, "dqn", evaluator) is first
    other = evaluator.evaluate(LossJob(batch, LOSSES["dqn"], DqnLossConfig(gamma=0.5)), frozenset(), CancelToken(60))
    assert float(other.mean) != float(first.mean)


def test_analysis_never_changes_the_batch() -> None:
    batch = random_batch()
    before = bytes_of(batch)
    for name in LOSSES:
        evaluated(batch, name)
    assert bytes_of(batch) == before


def test_abandoned_work_stops_before_the_next_block() -> None:
    token = CancelToken(60)
    token.cancel()
    with pytest.raises(ClientGoneError):
        Evaluator(0).evaluate(LossJob(random_batch(), LOSSES["dqn"], CONFIGS["dqn"]), frozenset(), token)


@pytest.mark.parametrize("name", LOSSES)
def test_a_transition_shows_the_terms_of_the_evaluation(name: str) -> None:
    batch = random_batch()
    result = evaluated(batch, name)
    request = TransitionRequest.model_validate(
        {"configs": CONFIGS, "loss": name, "term": "loss", "rows": [2, 3], "steps": [4, 5]}
    )
    answer = transition_of(batch, request)
    assert (answer.row, answer.step, answer.chosen_from) == (2, 4, 1)
    names = [term.name for term in LOSSES[name].term_infos]
    assert [term.name for term in answer.terms] == [*names, "gradient", "gradient_norm"]
    shown = {term.name: term.value for term in answer.terms}
    for term in LOSSES[name].term_infos:
        if len(term.dims) == 2:
            values = getattr(result.terms, term.name)
            assert shown[term.name] == (None if values is None else values[2, 4].item())


def test_a_map_cell_selects_the_transition_farthest_from_zero() -> None:
    batch = random_batch()
    errors = evaluated(batch, "dqn").terms.td_error[1:3, 2:5].abs()
    request = TransitionRequest.model_validate(
        {"configs": CONFIGS, "loss": "dqn", "term": "td_error", "rows": [1, 3], "steps": [2, 5]}
    )
    answer = transition_of(batch, request)
    assert errors[answer.row - 1, answer.step - 2] == errors.max()
    assert answer.chosen_from == 6


@pytest.mark.parametrize(
    ("values", "place"),
    [
        ([1.0, -3.0, 2.0, 0.0], 1),
        ([1.0, torch.inf, torch.nan, 0.0], 2),
        ([1.0, -torch.inf, 9.0, 0.0], 1),
    ],
)
def test_what_is_not_finite_is_looked_at_first(values: list[float], place: int) -> None:
    assert farthest_from_zero(torch.tensor(values)) == place


@pytest.mark.parametrize("name", LOSSES)
def test_a_slow_loss_is_evaluated_on_as_many_sequences_as_there_is_time_for(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch, evaluator = random_batch(40, 19, 5, 4), Evaluator(1 << 24)
    exact = evaluated(batch, name, evaluator)
    monkeypatch.setattr(evaluation, "EXACT_SECONDS", exact.seconds / 2)
    monkeypatch.setattr(evaluation, "SAMPLE_SECONDS", exact.seconds / 6.5)
    job = LossJob(batch, LOSSES[name], MOVED[name])
    for _tick in range(3):  # of the same sequences each time: a map does not tremble
        quick = evaluator.evaluate_within_budget(job, frozenset(), CancelToken(60))
        assert quick.stride == 7
    assert (
        evaluator.evaluate_within_budget(LossJob(batch, LOSSES[name], CONFIGS[name]), frozenset(), CancelToken(60))
        is exact
    )


@pytest.mark.parametrize("name", LOSSES)
def test_a_quick_loss_is_exact_while_a_slider_moves(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    batch, evaluator = random_batch(40, 19, 5, 4), Evaluator(1 << 24)
    first = evaluated(batch, name, evaluator)
    monkeypatch.setattr(evaluation, "EXACT_SECONDS", first.seconds)
    monkeypatch.setattr(evaluation, "SAMPLE_SECONDS", first.seconds / 6.5)
    job = LossJob(batch, LOSSES[name], MOVED[name])
    assert evaluator.evaluate_within_budget(job, frozenset(), CancelToken(60)).rows is None


def test_an_estimate_says_so_until_the_slider_rests(monkeypatch: pytest.MonkeyPatch) -> None:
    batch, evaluator = random_batch(), Evaluator(1 << 24)

    def answer(temperature: float, *, brief: bool) -> LossResult:
        configs = {"sp": {"temperature": temperature, "loss_type": "js"}}
        request = EvaluateRequest.model_validate({"configs": configs, "brief": brief})
        return answered(batch, request, evaluator=evaluator).losses["sp"]

    answer(1.0, brief=True)
    monkeypatch.setattr(evaluation, "EXACT_SECONDS", 0)
    monkeypatch.setattr(evaluation, "SAMPLE_SECONDS", 1e-9)
    dragged, rested = answer(2.0, brief=True), answer(2.0, brief=False)
    assert dragged.estimated
    assert dragged.note.startswith("Estimated from 1 of 4 sequences")
    assert not rested.estimated


def test_what_is_not_finite_is_counted_in_terms_that_no_transition_uses() -> None:
    batch = random_batch()
    batch.step_stream["action"].fill_(0)
    batch.out["dqn"][1, 2, 1] = torch.nan
    result = evaluated(batch, "dqn")
    assert result.health["q"].nan == 1
    assert result.health["q_taken"].nan == 0
    assert result.health["q"].numel == 4 * 6 * 3
