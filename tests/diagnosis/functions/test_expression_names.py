"""The name that the source gives to the value of an expression."""

import pytest

from mouse.diagnosis.expression_names import name_of_expression


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("entropy", "entropy"),
        ("batch.advantages", "advantages"),
        ("batch['advantages'][:, 1:]", "advantages"),
        ("dist.entropy()", "entropy"),
        ("dist.entropy().sum(-1).mean()", "entropy"),
        ("torch.mean(dist.entropy())", "entropy"),
        ("self.policy.compute_entropy(logits)", "entropy"),
        ("log_prob_of(logits, action).detach()", "log_prob"),
        ("F.cross_entropy(logits, action)", "cross_entropy"),
        ("advantages.std()", "std"),
        ("-dist.entropy()", None),
        ("(adv - adv.mean()) / adv.std()", None),
        ("total += entropy", None),
    ],
)
def test_it_is_that_of_what_it_comes_from_and_none_of_what_it_computes(text: str, name: str | None) -> None:
    assert name_of_expression(text) == name
