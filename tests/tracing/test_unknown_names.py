"""A name that a function or a call does not have is told in one sentence, with those that it has."""

import pytest
import torch
from torch import Tensor

import mouse
from mouse.errors import BatchError, MissingFieldError
from mouse.wording import listed


def ppo_loss(logp: Tensor, old_logp: Tensor, *, clip_coef: float = 0.2, scale: float = 1.0) -> Tensor:
    ratio = (logp - old_logp).exp()
    return (scale * ratio.clamp(1 - clip_coef, 1 + clip_coef)).mean()


def bare_loss(logp: Tensor) -> Tensor:
    return logp.mean()


BATCH = {"logp": torch.linspace(-1, 0, 8), "old_logp": torch.full((8,), -0.5)}


def test_a_parameter_that_there_is_none_of() -> None:
    with pytest.raises(BatchError) as raised:
        mouse.explain(ppo_loss, BATCH, clip=0.1)
    assert str(raised.value) == (
        "ppo_loss(clip): found a parameter of that name, expected one of clip_coef, scale, weight;"
        " check its spelling or remove it."
    )
    with pytest.raises(BatchError, match=r"expected one of weight; check its spelling or remove it\.$"):
        mouse.explain(bare_loss, BATCH, clip=0.1)


@pytest.mark.parametrize(
    ("value", "found", "expected"),
    [("high", "'high'", "a valid number"), (float("inf"), "inf", "a finite number")],
)
def test_a_value_that_a_parameter_cannot_have(value: object, found: str, expected: str) -> None:
    with pytest.raises(BatchError) as raised:
        mouse.explain(ppo_loss, BATCH, clip_coef=value)
    assert str(raised.value) == f"ppo_loss(clip_coef): found {found}, expected {expected}; change it."


def test_a_term_that_there_is_none_of() -> None:
    explained = mouse.explain(ppo_loss, BATCH)
    names = listed({*explained.terms, *BATCH}, "")
    with pytest.raises(MissingFieldError) as raised:
        explained.gradient("rat")
    assert str(raised.value) == f"gradient(rat): found only {names}, expected a term or an output; check its spelling."
    for asked in (lambda: explained.terms["rat"], lambda: explained.terms.info("rat")):
        with pytest.raises(MissingFieldError) as raised:
            asked()
        terms = listed(explained.terms, "")
        assert str(raised.value) == f"terms[rat]: found only {terms}, expected a term; check its spelling."
    assert "rat" not in explained.terms
    assert explained.terms.get("rat") is None
