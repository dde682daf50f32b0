"""What is logged without the output of a model is what its terms alone tell, and the same as with it."""

from typing import Any, cast

import pytest
import torch

from mouse.losses import LOSSES
from mouse.losses.dqn import DQN
from tests.server.batches import random_batch


@pytest.mark.parametrize("name", LOSSES)
def test_metrics_of_terms_alone_are_some_of_those_with_the_output(name: str) -> None:
    loss, batch = LOSSES[name], random_batch()
    cfg, sources = loss.config(), cast("Any", batch)
    terms = loss.terms(loss.inputs(sources.step_stream, sources.out, **loss.stage_options(cfg)), cfg)
    mean = loss.mean(terms)
    alone, full = loss.metrics(terms, mean, None), loss.metrics(terms, mean, sources.out)
    assert next(iter(alone)) == f"{name}_loss"
    for metric, value in alone.items():
        torch.testing.assert_close(value, full[metric], rtol=0, atol=0, equal_nan=True)


def test_a_term_that_is_a_field_is_told_by_its_formula() -> None:
    fields = {term.name for term in DQN.term_infos if term.is_field}
    assert fields == {"action", "gamma_n", "importance_weight"}
