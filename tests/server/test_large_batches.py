"""A batch that does not fit into one block is evaluated in little memory: nothing is copied or stored without need."""

import pytest
import torch

from mouse.errors import BatchError
from mouse.losses import LOSSES
from mouse_dashboard.compute import stage_one
from mouse_dashboard.compute.batch import LossJob
from mouse_dashboard.compute.cache import ResultCache
from mouse_dashboard.compute.cancel import CancelToken, ClientGoneError
from mouse_dashboard.compute.evaluator import Evaluator
from mouse_dashboard.compute.joining import join
from mouse_dashboard.compute.stage_one import inputs_at, tensors_of
from tests.server.batches import random_batch
from tests.server.test_evaluation import CONFIGS, evaluated


def job(name: str) -> LossJob:
    return LossJob(random_batch(16, 9, 5, 2), LOSSES[name], CONFIGS[name])


@pytest.fixture(autouse=True)
def _in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stage_one, "ENTRIES_PER_BLOCK", 8 * 9 * 5)


def test_what_lies_in_memory_as_one_is_joined_without_a_copy() -> None:
    whole = torch.arange(60.0).view(10, 6)[:, 1:]
    joined = join([whole[at : at + 3] for at in range(0, 10, 3)])
    assert torch.equal(joined, whole)
    assert joined.data_ptr() == whole.data_ptr()


@pytest.mark.parametrize("order", [[0, 2, 1], [0, 0, 1], [0, 2]])
def test_what_lies_otherwise_is_joined_in_its_order(order: list[int]) -> None:
    whole = torch.arange(54.0).view(9, 6)
    parts = [whole[3 * each : 3 * each + 3] for each in order]
    expected = torch.cat(parts)
    assert torch.equal(join(parts), expected)
    assert parts == []
    assert torch.equal(join([whole[:3].clone(), whole[3:6].mT.clone().mT]), whole[:6])


@pytest.mark.parametrize("name", LOSSES)
def test_blocks_are_parts_of_whole_tensors(name: str) -> None:
    first = stage_one.stage_one(job(name), ResultCache(1 << 24), CancelToken(60))
    assert len(first.blocks) == 8
    fields = [tensors_of(inputs) for inputs in first.blocks]
    for index, part in enumerate(fields[0]):
        assert join([each[index] for each in fields]).data_ptr() == part.data_ptr()


def test_a_term_that_is_an_input_or_another_term_takes_no_memory_of_its_own() -> None:
    batch, evaluator = random_batch(16, 9, 5, 2), Evaluator(1 << 24)
    of_defaults = LossJob(batch, LOSSES["dqn"], LOSSES["dqn"].config())
    terms = evaluator.evaluate(of_defaults, frozenset(), CancelToken(60)).terms
    assert terms.td_loss.data_ptr() == terms.loss.data_ptr()
    assert terms.reward_raw.untyped_storage().data_ptr() == batch.step_stream["reward"].untyped_storage().data_ptr()


@pytest.mark.parametrize("name", LOSSES)
def test_what_the_cache_has_no_room_for_is_computed_anew_to_the_same_numbers(name: str) -> None:
    of_job = job(name)
    roomy, tight = Evaluator(1 << 24), Evaluator(1 << 10)
    first = stage_one.stage_one(of_job, tight.cache, CancelToken(60))
    assert not first.stored
    assert evaluated(of_job.batch, name, tight).metrics == evaluated(of_job.batch, name, roomy).metrics
    rows, steps = torch.tensor([2, 2, 11]), torch.tensor([1, 4, 0])
    stored = stage_one.stage_one(of_job, roomy.cache, CancelToken(60))
    some, same = (tensors_of(inputs_at(each.blocks, rows, steps)) for each in (first, stored))
    for one, other in zip(some, same, strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=0, equal_nan=True)
    row = tight.row_terms(of_job, 13, CancelToken(60))
    assert torch.equal(row.loss, roomy.row_terms(of_job, 13, CancelToken(60)).loss)


def test_values_are_checked_in_blocks_that_are_computed_anew() -> None:
    of_job = job("dqn")
    of_job.batch.step_stream["action"][15, 2] = 9
    with pytest.raises(BatchError, match=r"action\[15, 2\]: found 9"):
        evaluated(of_job.batch, "dqn", Evaluator(1 << 10))


def test_work_that_nobody_waits_for_stops_at_the_next_block() -> None:
    token = CancelToken(60)
    token.cancel()
    for cache_bytes in (1 << 24, 1 << 10):
        with pytest.raises(ClientGoneError):
            Evaluator(cache_bytes).evaluate(job("sp"), frozenset(), token)
