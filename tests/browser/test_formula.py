"""A transition explains itself: every term with its formula, typeset, and with the numbers that went in."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from mouse.batch import load_batch
from mouse.losses import LOSSES
from mouse.losses.dqn import DqnLossConfig
from tests.browser.conftest import Dashboard
from tests.browser.screen import Screen

pytestmark = pytest.mark.browser

LOADED_FONTS = "Array.from(document.fonts).filter(font => font.status === 'loaded').map(font => font.family)"


def select(screen: Screen, across: float, down: float) -> tuple[int, int]:
    screen.click_map(across, down)
    expect(screen.part("transition-place")).to_be_visible()
    screen.settle()
    return screen.place()


def test_the_formula_holds_the_librarys_numbers_of_this_transition_and_a_list_opens(
    demo: Screen, dashboard: Dashboard, tmp_path: Path
) -> None:
    demo.type_into("gamma", "0.9")
    row, step = select(demo, 0.3, 0.6)
    batch = load_batch(dashboard.file(dashboard.demo_id, tmp_path))
    dqn = LOSSES["dqn"]
    terms: Any = dqn.terms(dqn.inputs(*batch, **dqn.stage_options(DqnLossConfig())), DqnLossConfig(gamma=0.9))
    here = terms[row, step]
    bootstrap = demo.part("term-bootstrap").locator("[data-latex^='=']")
    expect(bootstrap).to_have_attribute("data-latex", rf"= 0.9 \cdot {float(here.q_next_max):.6g}")
    expect(bootstrap.locator(".katex")).to_have_text(f"=0.9⋅{float(here.q_next_max):.6g}")
    expect(demo.part("term-q_taken").locator("[data-latex^='=']")).to_have_attribute(
        "data-latex", f"= q_{{{int(here.action)}}}"
    )

    row = demo.part("term-q")
    expect(row.locator("ol")).to_be_hidden()
    row.locator("summary").click()
    expect(row.locator("ol li")).to_have_count(6)
    expect(row.locator("ol")).to_be_visible()


def test_every_formula_of_every_loss_is_typeset_or_told_in_words(demo: Screen) -> None:
    select(demo, 0.3, 0.6)
    panel = demo.part("transition-panel")
    for name, loss in LOSSES.items():
        demo.pick_loss(name)
        expect(demo.part("transition-place")).to_be_visible()
        for term in loss.term_infos:
            row = demo.part(f"term-{term.name}")
            expect(row).to_be_visible()
            if row.get_attribute("data-off") is None:
                expect(row).to_contain_text(term.formula)  # for who cannot see the typeset one
                expect(row.locator("[data-latex] .katex, code").first).to_be_visible()
        expect(panel.locator(".katex").first).to_be_visible()
        expect(panel.locator(".katex-error")).to_have_count(0)
    assert "KaTeX_Main" in demo.page.evaluate(LOADED_FONTS)
