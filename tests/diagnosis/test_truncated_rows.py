"""What a truncated row shows is judged by the steps of its world."""

from benchmarks.pole import pole
from tests.diagnosis.samples import found, limits, report_on, without
from tests.diagnosis.test_episodes import BOOTSTRAPPED


def test_a_truncated_row_that_no_step_of_the_world_leads_to_shows_the_reset() -> None:
    stream, out, _configs = pole(0, (16, 64))
    stream = without(stream, "time")
    (only,) = found(stream, out, "truncation-bootstrap", BOOTSTRAPPED)
    count = int((stream["done"][:, 1:] == 2).sum())
    assert only.message.startswith(f"100 % of {count} truncated rows show an observation that the step before does not")
    assert only.count == count
    at_most = limits(min_episodes=1, truncation_unlike_share=1.0)
    assert found(stream, out, "truncation-bootstrap", BOOTSTRAPPED, at_most) == []


def test_without_a_truncated_row_nothing_could_be_seen() -> None:
    stream, out, _configs = pole(0, (16, 64))
    stream["done"] = stream["done"].clamp(max=1)
    report = report_on(stream, out, "truncation-bootstrap", BOOTSTRAPPED)
    assert [each.needs for each in report.not_checked] == ["a truncated row"]
