"""The page of a scan: the shards to look at, the way from the worst transition to its batch, and two scans compared."""

import re
from collections.abc import Generator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from typer.testing import CliRunner

from mouse_dashboard.cli.main import cli
from mouse_dashboard.scan.library import scan_id
from tests.browser.conftest import Dashboard, running_dashboard
from tests.browser.screen import Screen
from tests.server.scan.shards import write_four_broken

pytestmark = pytest.mark.browser

SHARDS = 12
SCALED, SHIFTED, MERGED, CUT = BROKEN = (3, 5, 8, 10)


@pytest.fixture(scope="module")
def scans(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A scan with a sweep, and one of the same data under another config."""
    root = tmp_path_factory.mktemp("scans")
    (root / "data").mkdir()
    write_four_broken(root / "data", SHARDS, BROKEN, heads=True)
    flags = {"now": ("0.9", "--sweep", "dqn.gamma=0.5:0.9:3"), "before": ("0.5",)}
    for name, (gamma, *more) in flags.items():
        config = f'{{"dqn": {{"gamma": {gamma}}}}}'
        words = ["scan", str(root / "data"), "--config", config, "--out", str(root / name), "--processes", "1", *more]
        assert CliRunner().invoke(cli, words).exit_code == 1
    return root / "now", root / "before"


@pytest.fixture(scope="module")
def dashboard(scans: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Generator[Dashboard]:
    with running_dashboard(tmp_path_factory.mktemp("store"), *map(str, scans)) as started:
        yield started


@pytest.fixture
def screen(page: Page, dashboard: Dashboard, scans: tuple[Path, Path]) -> Screen:
    page.goto(f"{dashboard.base}?scan={scan_id(scans[0])}")
    screen = Screen(page)
    expect(screen.part("shard-0")).to_be_visible()
    return screen


def names(screen: Screen) -> list[str]:
    expect(screen.page.locator("[data-before]")).to_have_count(0)
    return screen.page.locator("[data-testid=scan-shards] tbody th button").all_text_contents()


def name(shard: int) -> str:
    return f"{shard:02}.safetensors"


def test_the_first_screen_names_the_four_bad_shards_and_why_and_they_are_sorted_filtered_and_reached_by_keys(
    screen: Screen,
) -> None:
    expect(screen.part("scan-lead")).to_contain_text(f"4 of {SHARDS} shards stand out")
    assert set(names(screen)[:4]) == {name(shard) for shard in BROKEN}
    rows = screen.part("scan-shards")
    for reason in ("as in the first shard", "send the whole file", "median -1000"):
        expect(rows).to_contain_text(reason)
    for rank in range(4):
        expect(screen.part(f"shard-{rank}")).to_be_in_viewport()

    screen.part("sort-name").click()
    expect(screen.page.locator("[data-testid=scan-shards] tbody th button").first).to_have_text(name(0))
    assert names(screen) == [name(shard) for shard in range(SHARDS)]
    screen.part("sort-name").click()
    expect(screen.page.locator("[data-testid=scan-shards] tbody th button").first).to_have_text(name(SHARDS - 1))

    screen.part("shard-search").fill("whole file")
    expect(screen.part("shards-matching")).to_have_text(f"1 of {SHARDS}")
    assert names(screen) == [name(CUT)]
    screen.part("shard-search").fill("no such thing")
    expect(screen.part("shards-none")).to_be_visible()

    screen.part("shard-search").fill("")
    screen.part("sort-rank").click()
    first = screen.page.locator("[data-testid=shard-0] button")
    first.click()
    first.press("ArrowDown")
    expect(screen.page.locator("[data-testid=shard-1] button")).to_be_focused()
    expect(screen.part("shard-1")).to_have_attribute("data-current", "true")
    expect(screen.page).to_have_url(re.compile("shard=1"))


def test_a_shard_shows_what_is_wrong_with_it_beside_all_others_with_its_sweep_and_classes(screen: Screen) -> None:
    screen.part("scan-sweep").scroll_into_view_if_needed()
    expect(screen.part("sweep-figure").locator(".point")).to_have_count(2 * 3)  # the loss, and the target
    expect(screen.part("scan-classes").get_by_role("row")).not_to_have_count(1)
    expect(screen.part("scan-classes")).to_contain_text(name(SCALED))

    screen.page.get_by_role("button", name=name(SCALED), exact=True).first.click()
    panel = screen.part("shard-panel")
    expect(panel).to_contain_text("Distribution unlike that of the other shards")
    expect(panel.get_by_role("table")).to_contain_text("reward")
    screen.part("quantity-picker").click()
    screen.page.get_by_role("option", name="reward", exact=True).click()
    expect(screen.part("scan-histogram")).to_contain_text("of this one")
    drawn = screen.part("scan-histogram").locator(".main-svg").first
    drawn.scroll_into_view_if_needed()
    expect(drawn).to_be_visible()
    expect(screen.part("scan-ranges")).to_contain_text("median and middle 90 %")
    screen.part("scan-ranges").locator(".point").first.wait_for()


def test_a_click_opens_the_window_around_a_transition_as_a_batch_and_back_leads_to_the_scan(screen: Screen) -> None:
    row = screen.part("scan-worst").locator("tbody tr").first
    value = float(row.locator("[data-value]").first.get_attribute("data-value") or "missing")
    screen.part("open-window-0").click()
    expect(screen.part("transition-place")).to_be_visible()
    screen.settle()
    screen.shows(f"{SCALED:02}-")
    assert screen.terms()["loss"] == pytest.approx(value, rel=1e-6)
    expect(screen.part("batch-menu")).to_contain_text(f"{SCALED:02}-")
    screen.page.go_back()
    expect(screen.part("scan-page")).to_be_visible()


def test_two_scans_are_compared_and_the_menu_leads_to_one_where_another_is_unknown(
    screen: Screen, dashboard: Dashboard, scans: tuple[Path, Path]
) -> None:
    screen.part("scan-against").click()
    screen.page.get_by_role("option", name="before").click()
    expect(screen.part("scan-comparison")).to_contain_text("Compared with before")
    expect(screen.part("scan-comparison")).to_contain_text("10 shards in common")
    expect(screen.page).to_have_url(re.compile(f"against={scan_id(scans[1])}"))
    screen.page.reload()
    expect(screen.part("scan-comparison")).to_contain_text("Loss over all")

    screen.page.goto(f"{dashboard.base}?scan={'0' * 32}")
    expect(screen.part("error-message")).to_contain_text("found no scan 000000000000")
    screen.part("scan-menu").click()
    screen.part("scan-row").nth(1).get_by_role("menuitem").click()
    expect(screen.part("scan-name")).to_have_text("before")
