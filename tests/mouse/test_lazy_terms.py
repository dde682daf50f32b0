"""Terms are computed when they are read, once, and all of them where they are shown."""

import gc
import weakref

import pytest
import torch

from mouse.losses import LOSSES
from mouse.losses.lazy_terms import LazyTerms
from mouse.losses.softmax import log_softmax
from mouse.losses.sp import Divergence, SpLossConfig
from tests.mouse.batches import Recipe


def test_a_term_is_computed_once_when_it_is_first_read() -> None:
    computed: list[str] = []

    def double(terms: LazyTerms) -> torch.Tensor:
        computed.append("double")
        return 2 * terms.one

    terms = LazyTerms(one=torch.ones(2), double=double, off=None)
    assert computed == []
    assert [terms.is_off(name) for name in ("one", "double", "off")] == [False, False, True]
    assert computed == []
    assert terms.double.tolist() == terms.double.tolist() == [2, 2]
    assert computed == ["double"]
    assert terms.off is None
    assert list(terms.compute()) == ["one", "double", "off"]
    assert terms.replace(one=torch.zeros(2)).one.tolist() == [0, 0]
    with pytest.raises(AttributeError, match="other"):
        _ = terms.other


@pytest.mark.parametrize("loss_type", ["ce", "kl-fwd", "js"])
def test_terms_of_training_are_those_that_are_shown_and_free_their_memory_at_once(loss_type: Divergence) -> None:
    loss, (step_stream, out) = LOSSES["sp"], Recipe().make(torch.float32)
    cfg = SpLossConfig(loss_type=loss_type)
    inputs = loss.inputs(step_stream, out, **loss.stage_options(cfg))
    lazy, shown = loss.training_terms(inputs, cfg), loss.terms(inputs, cfg)
    assert torch.equal(lazy.loss, shown.loss)
    gc.disable()
    try:
        held = weakref.ref(lazy.divergence)
        del lazy
        assert held() is None
    finally:
        gc.enable()


@pytest.mark.parametrize("actions", [3, 18])
def test_few_actions_and_many_have_the_same_log_softmax(actions: int) -> None:
    logits = torch.randn(4, 5, actions, generator=torch.Generator().manual_seed(0)).requires_grad_()
    weights = torch.randn(logits.shape)
    found, expected = log_softmax(logits), logits.log_softmax(-1)
    torch.testing.assert_close(found, expected)
    gradients = (torch.autograd.grad((values * weights).sum(), logits)[0] for values in (found, expected))
    torch.testing.assert_close(*gradients)
