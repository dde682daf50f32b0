"""A field of a batch is named as the loss on the page: its mean is a loss, and the other fields are its terms."""

from pathlib import Path

import pytest
import torch
from playwright.sync_api import expect
from tensordict import TensorDict

from mouse.batch import save_batch
from tests.browser.screen import Screen

pytestmark = pytest.mark.browser


def test_a_field_is_used_as_the_loss_and_taken_back(demo: Screen, tmp_path: Path) -> None:
    generator = torch.Generator().manual_seed(1)
    fields = {name: torch.randn(6, 12, generator=generator) for name in ("ratio", "advantage", "pg_loss")}
    save_batch(tmp_path / "ppo.safetensors", TensorDict(fields, [6, 12]), TensorDict({}, [6, 12]))
    demo.upload(tmp_path / "ppo.safetensors")
    demo.shows("ppo.safetensors")
    expect(demo.part("loss-tab-recorded")).to_have_count(0)

    demo.part("tab-data").click()
    demo.part("loss-mark-pg_loss").click()
    expect(demo.part("loss-mark-pg_loss")).to_have_attribute("aria-pressed", "true")
    demo.pick_loss("recorded")
    assert demo.number("loss-tab-recorded-value") == pytest.approx(float(fields["pg_loss"].mean()), rel=1e-5)
    demo.pick_term("ratio")
    shown = torch.tensor(demo.map_numbers())
    torch.testing.assert_close(shown, fields["ratio"].to(shown.dtype), rtol=1e-5, atol=1e-6)

    before = demo.part("loss-tab-recorded-value").get_attribute("data-value") or ""
    demo.part("tab-data").click()
    demo.part("loss-mark-advantage").click()
    expect(demo.part("loss-mark-advantage")).to_have_attribute("aria-pressed", "true")
    expect(demo.part("loss-mark-pg_loss")).to_have_attribute("aria-pressed", "false")
    expect(demo.part("loss-tab-recorded-value")).not_to_have_attribute("data-value", before)
    assert demo.number("loss-tab-recorded-value") == pytest.approx(float(fields["advantage"].mean()), rel=1e-5)
    demo.part("loss-mark-advantage").click()
    expect(demo.part("loss-tab-recorded")).to_have_count(0)
