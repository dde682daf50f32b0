"""Ends that are missing, and ends after which an episode goes on."""

import pytest
import torch

from benchmarks.data_plants import ends_missing
from benchmarks.pole import pole
from benchmarks.soil import Soil, changed
from mouse import doctor
from mouse.diagnosis import Thresholds
from tests.diagnosis.samples import batch, found, found_if_checked, report_on, rows, without

RULE = "ends-missing"


@pytest.mark.parametrize("strength", [0.3, 1.0])
def test_jumps_to_where_episodes_begin_are_ends_that_are_missing(strength: float) -> None:
    stream, out, cfg = ends_missing(Soil(shape=(16, 64)), strength)
    (only,) = found(stream, out, RULE, cfg, Thresholds())
    right = pole(0, (16, 64))
    lost = (right.field("done") != 0) & (stream["done"] == 0)
    assert (only.severity, only.loss, only.count) == ("warning", "dqn", int(lost[:, 1:].sum()))
    assert found(without(stream, "q_star"), out.select(), RULE, {}, Thresholds(min_jumps=only.count))
    assert [
        each.severity for each in found_if_checked(stream, out, RULE, cfg, Thresholds(min_jumps=only.count + 1))
    ] in (
        [],
        ["info"],
    )


def test_a_right_recording_has_no_missing_ends() -> None:
    sample = pole(0, (16, 64))
    assert found(*sample[:2], RULE, sample.configs, Thresholds()) == []


def test_jumps_all_over_the_place_are_no_resets() -> None:
    stream, out, cfg = ends_missing(Soil(shape=(16, 64)), 0.0)
    place = torch.arange(10, 60, 24)
    stream = stream.clone()
    stream["obs"][:, place] = 5 * torch.randn(
        16, len(place), 4, generator=torch.Generator().manual_seed(0)
    ).double().to(stream["obs"].dtype)
    assert found_if_checked(stream, out, RULE, cfg, Thresholds()) == []


def test_no_end_among_many_transitions_is_an_information() -> None:
    stream, out = batch(shape=(8, 65))
    (only,) = found(stream, out, RULE, thresholds=Thresholds(many_transitions=512))
    assert (only.message, only.severity) == (
        "0 ends in 512 transitions (threshold 1): done never says that an episode ends.", "info",
    )  # fmt: skip
    needs = report_on(stream, out, RULE, thresholds=Thresholds(many_transitions=513)).not_checked[0].needs
    assert needs == "513 transitions, found 512, or observations that jump where episodes end"
    stream["done"][0, 3] = 1
    needs = report_on(stream, out, RULE, thresholds=Thresholds()).not_checked[0].needs
    assert needs == "observations that jump where episodes end"
    needs = report_on(stream, out, RULE, thresholds=Thresholds(min_samples=513)).not_checked[0].needs
    assert needs == "513 transitions, found 512"


def test_an_episode_that_goes_on_after_its_end_is_named() -> None:
    rule = "end-inside-episode"
    done, time = rows([0, 0, 1, 0, 1, 0, 0, 0, 1, 0]), rows([0, 1, 2, 3, 0, 1, 2, 3, 0, 1])
    stream, out = batch(shape=(1, 10), done=done, time=time)
    (only,) = found(stream, out, rule)
    assert (only.places, only.unit, only.field) == (((0, 2),), "step", "step_stream.done")
    assert found(stream, out, rule, thresholds=Thresholds(min_jumps=3, inside_share=1 / 3)) == []
    assert len(found(stream, out, rule, thresholds=Thresholds(min_jumps=3, inside_share=0.33))) == 1
    needs = report_on(stream, out, rule, thresholds=Thresholds(min_jumps=4)).not_checked[0].needs
    assert needs == "4 ends with a row after them, found 3"
    stream["done"][0, 2] = 0
    assert found(stream, out, rule, thresholds=Thresholds(min_jumps=2)) == []
    stream["time"] = torch.arange(10).unsqueeze(0)
    assert (
        report_on(stream, out, rule, thresholds=Thresholds(min_jumps=2)).not_checked[0].needs
        == "`time` that begins anew with each episode"
    )


def test_what_follows_from_stray_ends_stands_below_them() -> None:
    sample = Soil(name="cliff", shape=(16, 64)).grow()
    stray = (torch.arange(64) % 9 == 0) & (sample.field("time") > 0) & (sample.field("done") == 0)
    report = doctor(*changed(sample, done=torch.where(stray, 1, sample.field("done"))))
    rules = {each.rule for each in report.at_least("warning")}
    assert "end-inside-episode" in rules
    assert not rules & {"reset-pair", "episode-too-short"}
