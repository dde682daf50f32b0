"""The combined loss: the weighted sum of the heads that are present, and each part of it."""

from dataclasses import replace

import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from tensordict import TensorDict
from torch.testing import assert_close

from mouse.errors import BatchError, MissingFieldError
from mouse.losses import LOSSES
from mouse.losses.combined import combined_loss, losses_of
from mouse.losses.config import LossConfig
from tests.mouse.batches import Recipe, recipes
from tests.mouse.calls import training_call
from tests.mouse.configs import CONFIGS

DEFAULTS: dict[str, LossConfig] = {name: loss.config() for name, loss in LOSSES.items()}
every_loss = pytest.mark.parametrize("name", LOSSES)


@given(recipes(), st.data())
def test_the_total_is_the_sum_of_weighted_losses_and_shares_are_parts_of_it(
    recipe: Recipe, data: st.DataObject
) -> None:
    configs = {
        name: replace(data.draw(CONFIGS[name]), weight=data.draw(st.sampled_from([0.0, 0.5, 1.0, 3.0])))
        for name in data.draw(st.lists(st.sampled_from(list(LOSSES)), min_size=1, unique=True))
    }
    assume(any(cfg.weight for cfg in configs.values()))
    assume(recipe.steps > 2 or not any(getattr(cfg, "normalize_reward_std", False) for cfg in configs.values()))
    step_stream, out = recipe.make()
    combined = combined_loss(step_stream, out, configs)
    expected = {
        name: training_call(LOSSES[name], step_stream, out, cfg) for name, cfg in configs.items() if cfg.weight > 0
    }
    assert list(combined.parts) == list(expected)
    total = sum(configs[name].weight * loss.item() for name, (loss, _) in expected.items())
    assert_close(combined.total.item(), total)
    for name, (loss, metrics) in expected.items():
        assert combined.parts[name] == loss
        assert {key: combined.metrics[key] for key in metrics} == pytest.approx(metrics, nan_ok=True)
        share = combined.metrics[f"{name}_share"]
        assert share == pytest.approx(
            configs[name].weight * loss.item() / total if total else float("nan"), nan_ok=True
        )
    assert combined.metrics["combined_loss"] == combined.total.item()


@every_loss
def test_a_head_alone_gives_its_own_loss_and_the_whole_share(name: str) -> None:
    step_stream, out = Recipe().make()
    loss = LOSSES[name]
    combined = combined_loss(step_stream, out.select(*loss.heads), DEFAULTS)
    value, metrics = training_call(loss, step_stream, out, DEFAULTS[name])
    assert combined.total == value
    assert combined.metrics == {**metrics, "combined_loss": value.item(), f"{name}_share": 1.0}


@every_loss
def test_twice_the_weight_is_twice_the_gradient(name: str) -> None:
    step_stream, out = Recipe().make()
    head = out[LOSSES[name].heads[0]].requires_grad_()
    gradients: list[torch.Tensor] = []
    for weight in (1.0, 2.0):
        combined_loss(step_stream, out, {**DEFAULTS, name: LOSSES[name].config(weight=weight)}).total.backward()
        assert head.grad is not None
        gradients.append(head.grad)
        head.grad = None
    assert_close(gradients[1], 2 * gradients[0])


@every_loss
def test_weight_zero_leaves_a_loss_out_even_where_its_fields_are_missing(name: str) -> None:
    step_stream, out = Recipe().make()
    configs = {**DEFAULTS, name: LOSSES[name].config(weight=0.0)}
    without = {other: cfg for other, cfg in DEFAULTS.items() if other != name}
    assert combined_loss(step_stream, out, configs).metrics == combined_loss(step_stream, out, without).metrics
    assert name not in combined_loss(step_stream, out.exclude(*LOSSES[name].heads), DEFAULTS).parts


@every_loss
def test_a_present_head_whose_fields_are_missing_is_an_error(name: str) -> None:
    step_stream, out = Recipe().make()
    field = LOSSES[name].step_fields[0]
    with pytest.raises(MissingFieldError, match=rf"^step_stream\.{field}: "):
        combined_loss(step_stream.exclude(field), out.select(*LOSSES[name].heads), DEFAULTS)


def test_a_value_that_a_part_refuses_is_an_error_of_the_whole() -> None:
    step_stream, out = Recipe(padding="none").make()
    step_stream["q_star"][0, 0, 0] = torch.nan
    with pytest.raises(BatchError, match=r"^step_stream\.q_star\[0, 0, 0\]: found nan"):
        combined_loss(step_stream, out, DEFAULTS)


@pytest.mark.parametrize(
    ("heads", "configs", "found", "configured"),
    [
        ([], DEFAULTS, "no head", ", ".join(LOSSES)),
        (["sv"], {"sp": DEFAULTS["sp"]}, "sv", "sp"),
        (["sv"], {}, "sv", "nothing"),
        (["sv"], {"sv": LOSSES["sv"].config(weight=0.0)}, "sv", "nothing"),
    ],
)
def test_nothing_to_combine_is_an_error_that_tells_what_is_there(
    heads: list[str], configs: dict[str, LossConfig], found: str, configured: str
) -> None:
    step_stream, out = Recipe().make()
    message = rf"^out: found {found}, expected at least one head with a positive weight, configured: {configured}; "
    with pytest.raises(KeyError, match=message):
        combined_loss(step_stream, out.select(*heads), configs)


def test_a_config_for_an_unknown_loss_is_an_error_that_lists_the_known_ones() -> None:
    step_stream, out = Recipe().make()
    known = ", ".join(LOSSES)
    with pytest.raises(KeyError, match=rf"^configs: found 'dnq', expected names among {known}; "):
        combined_loss(step_stream, out, {"dnq": DEFAULTS["dqn"]})


def test_a_config_of_another_loss_is_an_error_that_names_both() -> None:
    step_stream, out = Recipe().make()
    with pytest.raises(ValueError, match=r"^configs\.dqn: found a SpLossConfig, expected a DqnLossConfig; "):
        combined_loss(step_stream, out, {"dqn": DEFAULTS["sp"]})


def test_a_config_alone_is_refused_with_the_name_that_it_goes_by() -> None:
    with pytest.raises(BatchError, match=r'configs: found a SvLossConfig, .* pass \{"sv": \.\.\.\}'):
        losses_of(DEFAULTS["sv"])


def test_losses_of_different_types_add_up() -> None:
    step_stream, out = Recipe().make(torch.float32)
    mixed = TensorDict({**{key: out[key] for key in ("dqn", "dqn_target")}, "sv": out["sv"].double()}, out.batch_size)
    assert combined_loss(step_stream, mixed, DEFAULTS).total.dtype == torch.float64
