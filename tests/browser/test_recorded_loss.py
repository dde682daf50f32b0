"""A field of a batch is named as the loss on the page: its mean is a loss, and the other fields are its terms."""

from pathlib import Path

import pytest
import torch
from playwright.sync_api import Page, expect
from tensordict import TensorDict

from mouse.batch import save_batch
from tests.browser.conftest import Dashboard, open_file

pytestmark = pytest.mark.browser


def test_a_field_is_used_as_the_loss_and_taken_back(page: Page, dashboard: Dashboard, tmp_path: Path) -> None:
    generator = torch.Generator().manual_seed(1)
    fields = {name: torch.randn(6, 12, generator=generator) for name in ("ratio", "advantage", "pg_loss")}
    save_batch(tmp_path / "ppo.safetensors", TensorDict(fields, [6, 12]), TensorDict({}, [6, 12]))
    screen = open_file(page, dashboard, tmp_path / "ppo.safetensors", tab="data")
    expect(screen.part("loss-tab-recorded")).to_have_count(0)

    screen.part("loss-mark-pg_loss").click()
    expect(screen.part("loss-mark-pg_loss")).to_have_attribute("aria-pressed", "true")
    screen.pick_loss("recorded")
    assert screen.number("loss-tab-recorded-value") == pytest.approx(float(fields["pg_loss"].mean()), rel=1e-5)
    screen.pick_term("ratio")
    shown = torch.tensor(screen.map_numbers())
    torch.testing.assert_close(shown, fields["ratio"].to(shown.dtype), rtol=1e-5, atol=1e-6)

    before = screen.part("loss-tab-recorded-value").get_attribute("data-value") or ""
    screen.part("tab-data").click()
    screen.part("loss-mark-advantage").click()
    expect(screen.part("loss-mark-advantage")).to_have_attribute("aria-pressed", "true")
    expect(screen.part("loss-mark-pg_loss")).to_have_attribute("aria-pressed", "false")
    expect(screen.part("loss-tab-recorded-value")).not_to_have_attribute("data-value", before)
    assert screen.number("loss-tab-recorded-value") == pytest.approx(float(fields["advantage"].mean()), rel=1e-5)
    screen.part("loss-mark-advantage").click()
    expect(screen.part("loss-tab-recorded")).to_have_count(0)
