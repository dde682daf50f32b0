"""Presets are configurations of their loss, each with the publication it is taken from."""

import pytest

from mouse.losses import LOSSES
from mouse.losses.dqn import DqnLossConfig
from mouse.losses.loss import AnyLoss
from mouse.losses.preset import Preset
from tests.mouse.batches import Recipe

PRESETS = [(loss, preset) for loss in LOSSES.values() for preset in loss.presets]


def preset_id(value: object) -> str | None:
    return value.name if isinstance(value, Preset) else None


@pytest.mark.parametrize(("loss", "preset"), PRESETS, ids=preset_id)
def test_a_preset_is_a_config_that_the_loss_takes(loss: AnyLoss, preset: Preset) -> None:
    cfg = loss.config(**preset.fields)
    assert {name: getattr(cfg, name) for name in preset.fields} == preset.fields
    step_stream, out = Recipe(batch=2, steps=6, actions=3, dim=4, seed=1).make()
    terms = loss.terms(loss.inputs(step_stream, out, **loss.stage_options(cfg)), cfg)
    assert loss.mean(terms).isfinite()


@pytest.mark.parametrize(("loss", "preset"), PRESETS, ids=preset_id)
def test_a_preset_says_what_it_is_for_and_where_it_is_from(loss: AnyLoss, preset: Preset) -> None:
    assert preset.fields
    assert preset.doc[0].isupper()
    assert preset.doc.endswith(".")
    assert preset.reference.authors
    assert preset.reference.title
    assert 1950 < preset.reference.year < 2100
    assert [other.name for other in loss.presets].count(preset.name) == 1


def test_a_reference_reads_as_one() -> None:
    assert str(LOSSES["dqn"].presets[2].reference) == "Pardo et al., Time limits in reinforcement learning, 2018"


def test_at_a_time_limit_the_preset_bootstraps_as_anywhere_else() -> None:
    fields = {preset.name: preset.fields for preset in LOSSES["dqn"].presets}["Bootstrap at time limits"]
    cfg = DqnLossConfig(**fields)  # type: ignore[arg-type]
    assert (cfg.gamma_truncated, cfg.gamma_terminal) == (cfg.gamma, 0)
