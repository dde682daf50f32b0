"""What to look at first: each fact against plain loops and the library, and in its order."""

from typing import Any

import pytest
import torch

from mouse.losses import LOSSES
from mouse.losses.combined import combined_loss
from mouse.losses.gradient import head_gradient, length
from mouse_dashboard.overview.models import Lead, Overview
from mouse_dashboard.overview.overview import overview as overview_of
from tests.server.answers import context_of
from tests.server.batches import random_batch
from tests.server.figures.parts import terms_of


def overview(batch: Any, *names: str, **configs: Any) -> Overview:
    asked = {name: configs.get(name, {}) for name in names or LOSSES}
    return overview_of(context_of(batch, asked))


def lead(found: Overview, kind: str, loss: str | None = None) -> Lead:
    return next(lead for lead in found.leads if lead.kind == kind and loss in {None, lead.loss})


def kinds(found: Overview) -> list[str]:
    return [lead.kind for lead in found.leads]


def test_losses_and_gradients_are_the_librarys() -> None:
    batch: Any = random_batch(5, 9)
    found = overview(batch)
    configs: Any = {name: loss.config() for name, loss in LOSSES.items()}
    assert found.total == combined_loss(batch.step_stream, batch.out, configs).total.item()
    for name, loss in LOSSES.items():
        gradient = head_gradient(loss, batch.step_stream, batch.out, configs[name])
        assert found.losses[name].loss == loss.mean(terms_of(loss, batch)).item()
        assert found.losses[name].gradient_norm == pytest.approx(float(length(gradient.double())))


def test_the_largest_share_comes_first_and_leads_to_its_loss() -> None:
    found = overview(random_batch(5, 9))
    largest = max(LOSSES, key=lambda name: found.losses[name].share or 0)
    assert (found.leads[0].kind, found.leads[0].loss) == ("largest_share", largest)
    assert found.leads[0].measure == f"{100 * (found.losses[largest].share or 0):.3g} %"


def test_one_loss_alone_has_no_largest_share() -> None:
    assert "largest_share" not in kinds(overview(random_batch(5, 9), "sv"))


def test_the_worst_percent_is_that_of_the_heaviest_loss() -> None:
    batch: Any = random_batch(20, 31)
    loss = terms_of(LOSSES["dqn"], batch).loss.double().flatten().sort(descending=True).values
    told = lead(overview(batch, "dqn"), "worst_percent")
    assert told.measure == f"{100 * float(loss[:6].sum() / loss.sum()):.3g} %"
    assert told.text == "of the DQN loss is in its worst 1 % of transitions (6 of 600)"
    assert (told.loss, told.panel) == ("dqn", "origin")


def test_the_heaviest_class_carries_most_beyond_its_number() -> None:
    batch: Any = random_batch(6, 11, actions=2)
    rewards = batch.step_stream["reward"]
    rewards.zero_()
    rewards[2, 4] = 50.0  # the transition out of step 3, the only one with a reward
    told = lead(overview(batch, "dqn"), "heaviest_class")
    assert told.slice == "reward:2"
    assert "“reward > 0”, 1.67 % of transitions (1 of 60)" in told.text
    loss = terms_of(LOSSES["dqn"], batch).loss
    assert told.measure == f"{100 * float(loss[2, 3] / loss.sum()):.3g} %"


def test_the_td_error_farthest_from_zero_is_selected() -> None:
    batch: Any = random_batch(4, 7)
    error = terms_of(LOSSES["dqn"], batch).td_error
    place = divmod(int(error.abs().argmax()), error.shape[1])
    told = lead(overview(batch), "farthest_term")
    assert (told.term, told.place) == ("td_error", place)
    assert told.measure == f"{error[place].item():.4g}"


def test_what_is_not_finite_comes_first_with_where_it_begins() -> None:
    batch: Any = random_batch(4, 7)
    batch.step_stream["reward"][1, 3] = torch.nan
    found = overview(batch)
    told = found.leads[0]
    assert (told.kind, told.loss, told.term, told.place) == ("not_finite", "dqn", "reward_raw", (1, 2))
    assert told.measure == "1 NaN"
    ill = [term for term in found.losses["dqn"].health if term.nan and term.term != "gradient"]
    assert f"first of {len(ill)} terms" in told.text
    assert not [lead for lead in found.leads if lead.kind in {"largest_share", "worst_percent"}]


def test_a_loss_that_fails_comes_before_everything_with_its_message() -> None:
    batch: Any = random_batch(4, 7)
    batch.step_stream["q_star"][0, 0, 0] = torch.nan
    found = overview(batch)
    assert kinds(found)[:2] == ["failed", "failed"]
    assert found.losses["sp"].error is not None
    assert found.losses["sp"].error.message in lead(found, "failed", "sp").text


def test_a_loss_of_zero_says_nothing_of_shares() -> None:
    batch: Any = random_batch(4, 7)
    batch.step_stream["q_star"] = batch.out["sv"].clone()
    assert overview(batch, "sv").leads == []


def test_the_smallest_batch_has_its_facts() -> None:
    assert kinds(overview(random_batch(1, 2, actions=2), "dqn")) == ["farthest_term"]
