"""Facts about a batch, against numbers worked out by hand."""

from pathlib import Path

import torch
from tensordict import TensorDict

from benchmarks.recordings import NOTED, RECORDINGS
from mouse.batch import save_batch
from mouse_dashboard.compute.batch import Batch
from mouse_dashboard.compute.file_metadata import metadata_of
from mouse_dashboard.overview.facts import batch_facts
from mouse_dashboard.overview.models import FileFacts
from tests.server.answers import context_of
from tests.server.batches import random_batch

DONE = [[0, 1, 0, 2], [0, 0, 0, 7]]
REWARD = [[0.0, -1.5, 0.0, torch.nan], [2.0, 0.0, torch.inf, 0.5]]


def hand_made(**fields: torch.Tensor) -> Batch:
    step_stream = TensorDict(dict(fields), batch_size=[2, 4])
    out = {"dqn": torch.zeros(2, 4, 5), "vec_dqn": torch.zeros(2, 4, 5, 6), "sv": torch.zeros(2, 4, 3)}
    return Batch("hand", step_stream, TensorDict(out, batch_size=[2, 4]))


def test_done_codes_rewards_episodes_and_sizes_are_counted() -> None:
    facts = batch_facts(context_of(hand_made(done=torch.tensor(DONE), reward=torch.tensor(REWARD)), {}))
    assert (facts.actions, facts.dims) == ([3, 5], [6])
    assert facts.done is not None
    assert (facts.done.running, facts.done.terminal, facts.done.truncated, facts.done.unknown) == (5, 1, 1, 1)
    assert facts.reward is not None
    assert (facts.reward.count, facts.reward.low, facts.reward.high, facts.reward.zero) == (6, -1.5, 2.0, 3)
    assert facts.episodes is not None
    assert (facts.episodes.count, facts.episodes.shortest, facts.episodes.longest) == (3, 2, 4)


def test_a_batch_without_the_fields_says_so() -> None:
    facts = batch_facts(context_of(hand_made(), {}))
    assert (facts.done, facts.reward, facts.episodes) == (None, None, None)


def test_rewards_without_a_finite_one_have_no_range() -> None:
    facts = batch_facts(context_of(hand_made(reward=torch.full((2, 4), torch.nan)), {}))
    assert facts.reward is not None
    assert (facts.reward.count, facts.reward.low, facts.reward.high) == (0, None, None)


def test_facts_are_read_once() -> None:
    batch = random_batch()
    context = context_of(batch, {})
    facts = batch_facts(context)
    batch.step_stream["reward"].fill_(9)
    assert batch_facts(context) is facts


def test_the_file_that_a_batch_was_made_of_has_facts_of_its_own(tmp_path: Path) -> None:
    """Six episodes of 8 steps, of which windows of 5 rows hold the first 4 transitions, and no end."""
    planned = RECORDINGS["ends-lost"]()
    save_batch(tmp_path / "batch", *planned.batch(), metadata=metadata_of(NOTED, planned.doubts, planned.facts))
    batch = Batch("mapped", *planned.batch(), path=tmp_path / "batch")
    assert batch_facts(context_of(batch, {})).file == FileFacts(
        steps=48, steps_in_batch=24, episodes=6, ends=6, ends_in_batch=0
    )
    assert batch_facts(context_of(hand_made(), {})).file is None
