"""A stranger with a function and a file sees what carries the loss, and the page follows as the function is edited."""

import re
from collections.abc import Generator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Dashboard, running_dashboard
from tests.browser.screen import Screen
from tests.server.files import npz
from tests.server.functions.own import PPO, ppo_batch

pytestmark = pytest.mark.browser

EXAMPLES = {
    "double_dqn_huber_nstep": "double_dqn_loss",
    "grpo": "grpo_loss",
    "ppo_clip": "ppo_loss",
    "qr_dqn": "qr_dqn_loss",
    "sac_critic": "sac_critic_loss",
}
FOLDER = Path(__file__).parents[2] / "examples" / "losses"


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file that the user edits."""
    return tmp_path_factory.mktemp("own") / "my_losses.py"


@pytest.fixture(scope="module")
def dashboard(source: Path) -> Generator[Dashboard]:
    """`mouse dashboard rollout.npz --loss my_losses.py:ppo_loss`, as the README says it."""
    source.write_text(PPO)
    step_stream, out = ppo_batch(rows=12, steps=20)
    fields: dict[str, Any] = {**dict(step_stream.exclude("done").items()), **dict(out.items())}
    source.with_name("rollout.npz").write_bytes(npz(**{name: value.numpy() for name, value in fields.items()}))
    file, loss = str(source.with_name("rollout.npz")), f"{source}:ppo_loss"
    with running_dashboard(source.with_name("data"), file, "--loss", loss) as running:
        yield running


@pytest.fixture
def own(page: Page, dashboard: Dashboard, source: Path) -> Screen:
    """The dashboard on the user's own loss."""
    source.write_text(PPO)
    page.goto(f"{dashboard.url}&loss=ppo_loss")
    screen = Screen(page)
    screen.settle()
    expect(screen.part("field-scale-input")).to_have_count(0)  # what another test has written is not followed any more
    expect(screen.part("error-banner")).to_have_count(0)
    screen.settle()
    return screen


def test_terms_gradients_figures_numbers_and_sliders_are_there(own: Screen) -> None:
    own.pick_term("∂loss/∂ratio")
    own.settle()
    numbers = np.array(own.map_numbers())
    assert numbers.shape == (12, 20)
    assert (numbers == 0).any(), "where the ratio is clipped, no gradient passes"
    own.pick_term("ratio")
    expect(own.part("term-formula")).to_have_text("(log_prob - old_log_prob).exp()")
    own.page.get_by_role("button", name=re.compile("Show the largest")).click()
    expect(own.part("transition-place")).to_be_visible()
    own.settle()
    terms = own.terms()
    assert terms["loss"] == pytest.approx(terms["pg_loss"] + 0.5 * terms["v_loss"], rel=1e-3)
    before = own.number("loss-value")
    own.drag("clip", 0.02)
    own.settle()
    assert own.number("loss-value") != before


def test_the_page_follows_the_file_and_keeps_what_was_set(own: Screen, source: Path) -> None:
    own.type_into("clip", "0.05")
    own.settle()
    own.pick_term("ratio")
    own.settle()
    own.page.get_by_role("button", name=re.compile("Show the largest")).click()
    expect(own.part("transition-place")).to_be_visible()
    own.settle()
    before, step = own.number("loss-value"), own.terms()
    held: list[Route] = []
    own.page.route("**/evaluate", lambda route: held.append(route) if holding else route.continue_())
    holding = True
    source.write_text(
        PPO.replace("value_coef: float = 0.5", "value_coef: float = 0.5, scale: float = 3.0").replace(
            "    v_loss = (value", "    gap = value - returns\n    v_loss = scale * (value"
        )
    )
    expect(own.part("field-scale-input")).to_have_value("3")
    expect(own.part("loss-card")).to_contain_text("stale: last good result")
    holding = False
    for route in held:
        route.continue_()
    own.settle()
    expect(own.part("field-clip-input")).to_have_value("0.05")
    expect(own.part("term-picker")).to_have_value("ratio")
    expect(own.part("loss-value")).not_to_have_attribute("data-value", str(before))
    expect(own.part("transition-panel")).to_contain_text("gap")
    assert own.terms()["v_loss"] == pytest.approx(3 * step["v_loss"], rel=1e-3), "the step is of the new function too"
    own.pick_term("gap")
    own.settle()


def test_an_exception_stands_over_the_last_good_result_until_the_file_is_repaired(own: Screen, source: Path) -> None:
    value = own.part("loss-value").inner_text()
    source.write_text(PPO.replace("    v_loss = ", "    v_loss = undefined_name + "))
    expect(own.part("traceback").locator("mark")).to_contain_text("v_loss = undefined_name + (value - returns) ** 2")
    expect(own.part("error-banner")).to_contain_text("Showing the last good result.")
    expect(own.part("loss-value")).to_have_text(value)
    expect(own.part("findings-badge")).to_contain_text("1 error")  # the doctor calls the function anew
    source.write_text(PPO.replace("    v_loss = ", "    v_loss = = "))
    expect(own.part("error-banner")).to_contain_text("SyntaxError")
    own.page.reload()  # now there is no good result to show
    expect(own.part("error-banner")).to_contain_text("This loss has no value.")
    expect(own.part("loss-tab-ppo_loss")).to_contain_text("no value")
    expect(own.part("transition-invitation")).to_have_text("No step. The loss has no value.")
    expect(own.part("transition-largest")).to_have_count(0)
    source.write_text(PPO)
    expect(own.part("error-banner")).to_have_count(0)
    own.settle()
    expect(own.part("loss-value")).to_have_text(value)
    expect(own.part("findings-badge").filter(has_text="error")).to_have_count(0)


def test_the_examples_open_with_their_batches(context_of_examples: Page) -> None:
    screen = Screen(context_of_examples)
    base = screen.page.url.partition("?")[0]
    rows = screen.page.evaluate("fetch('api/batches').then(answer => answer.json())")["batches"]
    ids = {row["name"].removesuffix(".safetensors"): row["id"] for row in rows}
    assert ids.keys() == EXAMPLES.keys()
    for name, loss in EXAMPLES.items():
        screen.page.goto(f"{base}?batch={ids[name]}&loss={loss}")
        screen.settle()
        expect(screen.part("loss-value")).to_be_visible()
        expect(screen.part("error-banner")).to_have_count(0)
        expect(screen.part("figure-worst").or_(screen.part("figure-map")).first).to_be_visible()


@pytest.fixture
def context_of_examples(page: Page, tmp_path: Path) -> Generator[Page]:
    """A page on a dashboard with all examples; its own fixtures look at its console."""
    files = [str(FOLDER / "batches" / f"{name}.safetensors") for name in EXAMPLES]
    losses = [word for name, loss in EXAMPLES.items() for word in ("--loss", f"{FOLDER / name}.py:{loss}")]
    with running_dashboard(tmp_path / "data", *files, *losses) as running:
        visitor = page.context.new_page()
        visitor.goto(running.url)
        yield visitor
        visitor.close()
