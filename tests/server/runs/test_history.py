"""Rules over a run: what changed first, heads that stand still, findings that come and go."""

import numpy as np
import pytest

from mouse_dashboard.runs.history.review import review
from mouse_dashboard.runs.history.series import Snapshot
from tests.server.runs.histories import only, snapshots

NOISE = np.random.default_rng(15)


def noisy(count: int, jump_at: int | None = None, factor: float = 1.0) -> list[float]:
    values = np.exp(NOISE.normal(0, 0.1, count))
    if jump_at is not None:
        values[jump_at:] *= factor
    return values.tolist()


def with_finding(history: list[Snapshot], name: str, *places: int, severity: str = "warning") -> list[Snapshot]:
    for place in places:
        history[place].statistics["findings"][name] = (severity, f"{name} was measured.")
    return history


def test_what_changed_first_stands_for_what_follows() -> None:
    history = snapshots(
        30, reward__size=noisy(30, 20, 1000), loss__dqn=noisy(30, 20, 1e6), td_error__dqn=noisy(30, 21, 1000),
        gradient__dqn=noisy(30, 21, 900), episode__length=noisy(30),
    )  # fmt: skip
    change = only(with_finding(history, "target-scale", *range(21, 30)))
    assert (change.rule, change.subject, change.severity) == ("run-jump", "reward.size", "warning")
    assert (change.step, change.previous_step) == (2000, 1900)
    assert change.message.startswith("The size of the rewards grew ")
    assert "-fold at step 2,000 (" in change.message
    assert change.message.endswith(
        " The loss dqn, the TD error of dqn, the gradient norm of dqn and the finding target-scale follow."
    )
    assert [(each.subject, each.step) for each in change.followers] == [
        ("loss.dqn", 2000), ("td_error.dqn", 2100), ("gradient.dqn", 2100), ("target-scale", 2100),
    ]  # fmt: skip


def test_changes_far_apart_stand_alone() -> None:
    history = snapshots(60, reward__size=noisy(60, 20, 100), loss__dqn=noisy(60, 40, 100))
    assert [(each.subject, each.step) for each in review(history)] == [("reward.size", 2000), ("loss.dqn", 4000)]


def test_a_config_that_was_set_otherwise_at_the_step_is_named_first() -> None:
    history = snapshots(30, loss__dqn=noisy(30, 20, 1000))
    history[20:] = [each._replace(configs={"dqn": {"gamma": 0.99}}) for each in history[20:]]
    change = only(history)
    assert change.message == (
        "The configuration changed at step 2,000: dqn.gamma from 0.9 to 0.99. The loss dqn follows."
    )  # fmt: skip
    assert (change.subject, change.rule, change.severity) == ("config.dqn.gamma", "run-jump", "warning")


def test_a_loss_that_falls_is_no_warning() -> None:
    assert only(snapshots(30, loss__dqn=noisy(30, 20, 1e-3))).severity == "info"


def test_a_number_that_is_no_longer_finite_is_an_error() -> None:
    values = [*noisy(9), float("nan"), float("inf"), float("nan")]
    change = only(snapshots(12, loss__dqn=values))
    assert (change.rule, change.severity, change.step, change.previous_step) == ("run-not-finite", "error", 900, 800)
    assert change.message.startswith("The loss dqn is nan from step 900 on (")


def test_snapshots_without_a_value_are_left_out_of_its_series() -> None:
    values = [value if at % 2 else None for at, value in enumerate(noisy(60, 40, 1000))]
    change = only(snapshots(60, episode__length=values))
    assert (change.step, change.previous_step) == (4100, 3900)


def test_a_finding_appears_once_however_often_it_comes_and_goes() -> None:
    history = with_finding(snapshots(60), "reset-pair", *range(7, 60, 3), severity="error")
    change = only(history)
    assert (change.rule, change.subject, change.severity) == ("run-finding", "reset-pair", "error")
    assert (change.step, change.previous_step) == (700, 600)
    assert change.message == "reset-pair from step 700 on: reset-pair was measured."


def test_a_finding_of_the_first_snapshot_has_nothing_before_it() -> None:
    change = only(with_finding(snapshots(5), "reset-pair", *range(5)))
    assert (change.step, change.previous_step) == (0, None)
    assert change.message == "reset-pair at the first snapshot: reset-pair was measured."


def test_a_rule_that_could_not_run_before_is_not_called_silent() -> None:
    history = with_finding(snapshots(6), "reset-pair", 5)
    for place in range(3, 5):
        history[place].statistics["skipped"].append("reset-pair")
    assert only(history).previous_step == 200


@pytest.mark.parametrize(("without", "gone"), [(9, False), (10, True)])
def test_a_finding_is_gone_once_ten_snapshots_do_not_have_it(without: int, gone: bool) -> None:
    history = with_finding(snapshots(20 + without), "reset-pair", *range(5, 20))
    found = [(each.rule, each.step, each.previous_step) for each in review(history)]
    assert found == [("run-finding", 500, 400), *([("run-finding-gone", 2000, 1900)] if gone else [])]


def heads(history: list[Snapshot], *, equal: bool = False, target_moves: int = 10**9) -> list[Snapshot]:
    for at, each in enumerate(history):
        probe = (f"online {at}", f"target {at // target_moves}")
        each.statistics["heads"]["dqn"] = {"equal": equal, "probes": {"observation": probe}}
    return history


@pytest.mark.parametrize(("count", "every", "moves", "found"), [
    (51, 400, 10**9, True), (50, 1000, 10**9, False), (80, 100, 10**9, False), (80, 400, 40, False),
])  # fmt: skip
def test_a_target_head_that_never_changes_is_named(count: int, every: int, moves: int, found: bool) -> None:
    history = heads(snapshots(count, every), target_moves=moves)
    assert [each.rule for each in review(history)] == ["run-target-frozen"] * found
    if found:
        assert only(history).message == (
            "dqn_target says the same of every observation in 51 snapshots, 20,000 steps long,"
            " while dqn changed 50 times."
        )  # fmt: skip


def test_a_target_head_cannot_be_told_to_stand_still_where_no_observation_comes_again() -> None:
    history = heads(snapshots(80, 400))
    for at, each in enumerate(history):
        each.statistics["heads"]["dqn"]["probes"] = {f"observation {at}": ("online", "target")}
    assert review(history) == []


@pytest.mark.parametrize(("count", "found"), [(7, False), (8, True)])
def test_a_target_head_that_is_always_the_online_head_is_named(count: int, found: bool) -> None:
    history = heads(snapshots(count), equal=True, target_moves=1)
    assert [each.rule for each in review(history)] == ["run-target-is-online"] * found


@pytest.mark.slow
def test_two_hundred_runs_that_learn_have_no_change() -> None:
    """All series of a run at once, each with a trend, noise and learning of its own."""
    random, at = np.random.default_rng(3), np.arange(120)

    def learning(low: float, high: float) -> list[float]:
        middle, width = random.uniform(10, 110), random.uniform(6, 40)
        share = 1 / (1 + np.exp(-(at - middle) / width))
        return np.exp(np.log(low) + np.log(high / low) * share + random.normal(0, 0.2, 120)).tolist()

    for _ in range(200):
        shares = random.binomial(40, 0.1 + 0.8 / (1 + np.exp(-(at - 60) / 15))) / 40
        history = snapshots(
            120, reward__size=learning(0.5, 2), reward__paid=shares, episode__length=learning(20, 200),
            episode__truncated=shares, loss__dqn=learning(10, 0.1), td_error__dqn=learning(3, 0.3),
            gradient__dqn=learning(0.1, 0.01), entropy__sp=(1 - shares + random.normal(0, 0.02, 120)).tolist(),
        )  # fmt: skip
        assert review(history) == []
