"""The report: order, text, plain values, and how a training loop uses it."""

import json
import re
import subprocess
import sys
from html import unescape
from typing import Any

import pytest
import torch

import mouse
from mouse import doctor
from mouse.diagnosis import RULES, Change, DoctorError, Finding, NotChecked, PartlyChecked, Report
from mouse.diagnosis.examine import merge_reports
from mouse.errors import BatchError, MissingFieldError
from mouse.losses.dqn import DqnLossConfig
from mouse.losses.sp import SpLossConfig
from tests.diagnosis.samples import batch, configs, found

KEYS = {"rule", "severity", "message", "measured", "threshold", "where", "share_of_loss", "fix"}


@pytest.mark.process
def test_the_doctor_is_there_without_importing_torch_with_mouse() -> None:
    code = "import mouse, sys; print('torch' in sys.modules, 'doctor' in mouse.__all__)"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout == "False True\n"
    assert mouse.doctor is doctor


def test_another_name_is_not_there() -> None:
    with pytest.raises(AttributeError, match="module 'mouse' has no attribute 'nurse'"):
        _ = mouse.nurse  # pyright: ignore[reportAttributeAccessIssue, reportUnknownVariableType]  # the test


def test_a_report_has_the_documented_keys_and_goes_through_json() -> None:
    stream, out = batch()
    out["sv"][0, 1, 2] = torch.nan
    told = json.loads(json.dumps(doctor(stream, out, configs()).to_dict(), allow_nan=False))
    assert set(told) == {"findings", "checked", "not_checked", "partly_checked"}
    first = told["findings"][0]
    assert set(first) >= KEYS
    assert (first["rule"], first["severity"], first["where"]) == ("input-not-finite", "error", [[0, 1, 2]])
    assert {"rule", "needs"} == set(told["not_checked"][0])
    assert set(told["checked"]) | {skipped["rule"] for skipped in told["not_checked"]} == set(RULES)


@pytest.mark.parametrize(
    ("number", "spelt"), [(float("nan"), "NaN"), (float("inf"), "Infinity"), (-float("inf"), "-Infinity"), (2.0, 2.0)]
)
def test_numbers_that_json_does_not_have_are_spelt_out(number: float, spelt: float | str) -> None:
    assert finding(measured=number).to_dict()["measured"] == spelt


def finding(**changes: object) -> Finding:
    fields: dict[str, object] = {
        "rule": "r", "severity": "warning", "message": "m.", "measured": 1.0, "threshold": None, "field": None,
        "places": (), "count": 0, "unit": None, "loss": None, "share_of_loss": None, "share_of_gradient": None,
        "why": "w", "fix": "f.", "change": None, "reference": (),
    }  # fmt: skip
    return Finding(**(fields | changes))  # pyright: ignore[reportArgumentType]  # a test that gives wrong ones fails


def test_the_text_of_a_finding_says_where_how_much_why_and_what_to_do() -> None:
    told = finding(
        field="out.dqn",
        places=((0, 1), (0, 2), (1, 0), (1, 1)),
        count=7,
        unit="transition",
        loss="dqn",
        share_of_loss=0.125,
        share_of_gradient=0.5,
        change=Change("dqn.gamma", 0.9),
    )
    assert str(Report((told,), ("r",), (NotChecked("s", "time"),))) == (
        "warning r: m.\n"
        "  where: out.dqn, transition [0, 1], [0, 2], [1, 0] and 4 more\n"
        "  touches: 12.5 % of the loss and 50 % of the gradient (dqn)\n"
        "  why: w\n"
        "  fix: f. Set dqn.gamma = 0.9.\n"
        "\n"
        "checked: r\n"
        "not checked: s needs time\n"
        "1 warning; 1 rules checked, 1 not"
    )


def test_a_name_that_cannot_be_seen_is_shown_as_escapes() -> None:
    report = Report((finding(field="step_stream.a\u202eb"),), ("r",), ())
    for text in (str(report), report.to_html()):
        assert r"step_stream.a\u202eb" in text
        assert "\u202e" not in text


def test_a_bare_finding_leaves_out_what_it_does_not_know() -> None:
    assert str(Report((finding(),), ("r",), ())).splitlines()[:3] == ["warning r: m.", "  why: w", "  fix: f."]
    assert finding().where is None
    assert finding(field="out.dqn").where == "out.dqn"


def test_a_report_without_findings_names_what_was_checked_and_claims_nothing() -> None:
    assert str(Report((), ("a", "b"), ())) == "checked: a, b\nno finding; 2 rules checked, 0 not"
    assert str(Report((), (), ())) == "checked: nothing\nno finding; 0 rules checked, 0 not"


def test_a_report_says_what_of_a_rule_was_not_checked() -> None:
    report = Report((), ("a", "b"), (), (PartlyChecked("a", "rewards", "time"), PartlyChecked("a", "<ends>", "ends")))
    assert str(report) == (
        "checked: a, b\n"
        "partly checked: a (rewards) needs time\n"
        "partly checked: a (<ends>) needs ends\n"
        "no finding; 2 rules checked (1 partly), 0 not"
    )
    assert report.to_dict()["partly_checked"][0] == {"rule": "a", "part": "rewards", "needs": "time"}
    assert "partly checked (2)</summary><ul><li>a (rewards) needs time</li><li>a (&lt;ends&gt;) needs ends" in (
        report.to_html()
    )


def test_what_one_of_several_reports_checked_whole_is_checked() -> None:
    whole, part = Report((), ("a",), ()), Report((), ("a", "b"), (), (PartlyChecked("a", "ends", "time"),))
    assert merge_reports([whole, part]).partly_checked == ()
    assert merge_reports([part, part]).partly_checked == part.partly_checked


def test_findings_come_by_severity_then_by_their_share_of_the_loss() -> None:
    stream, out = batch(shape=(2, 4), done=torch.tensor([[0, 1, 0, 0], [0, 2, 0, 0]]))
    out["sv"][0, 0, 0] = torch.inf
    report = doctor(stream, out, configs(dqn={"gamma_terminal": 1.0}))
    order = [("error", "warning", "info").index(each.severity) for each in report]
    assert order == sorted(order)
    assert len(set(order)) > 1
    for severity in ("warning", "info"):
        shares = [each.share_of_loss or 0 for each in report if each.severity == severity]
        assert shares == sorted(shares, reverse=True)


def test_a_training_loop_stops_at_the_severity_it_asks_for() -> None:
    stream, out = batch(done=torch.ones(4, 8, dtype=torch.int64))
    report = doctor(stream, out, configs(dqn={"gamma_terminal": 0.5}), rules=["discount-unbounded"])
    report.raise_if("error")
    with pytest.raises(
        DoctorError, match=r"discount-unbounded: 28 terminal transitions .* = 0.5 \(threshold 0\)"
    ) as stop:
        report.raise_if("warning")
    assert stop.value.report is report
    with pytest.raises(ValueError, match="discount-unbounded"):
        report.raise_if("info")
    assert len(report) == len(list(report)) == 1


def test_only_the_first_places_are_kept_of_many() -> None:
    stream, out = batch(shape=(20, 20), done=torch.ones(20, 20, dtype=torch.int64))
    (only,) = found(stream, out, "discount-unbounded", configs(dqn={"gamma_terminal": 0.5}))
    assert only.count == 20 * 19
    assert only.places == tuple((place // 19, place % 19) for place in range(100))
    assert only.unit == "transition"


def test_an_unknown_rule_is_refused_with_those_there_are() -> None:
    with pytest.raises(ValueError, match="rules: found 'alignment', expected some of shape-mismatch, "):
        doctor(*batch(), configs(), rules=["alignment"])


def test_rules_run_once_in_the_order_asked_for() -> None:
    report = doctor(*batch(shape=(8, 9)), configs(), rules=["vector-dim", "target-scale", "vector-dim"])
    assert report.checked == ("vector-dim", "target-scale")


def test_configs_are_checked_as_by_the_combined_loss() -> None:
    with pytest.raises(MissingFieldError, match="configs: found 'ppo'"):
        doctor(*batch(), {"ppo": DqnLossConfig()})
    with pytest.raises(BatchError, match=r"configs\.dqn: found a SpLossConfig"):
        doctor(*batch(), {"dqn": SpLossConfig()})


def test_a_loss_without_weight_is_not_judged() -> None:
    report = doctor(*batch(shape=(8, 9)), configs(dqn={"weight": 0.0}), rules=["target-scale"])
    assert report.not_checked == (NotChecked("target-scale", "a weight of dqn above 0"),)


def test_a_report_is_html_for_a_notebook_and_nothing_in_it_is_taken_for_a_tag() -> None:
    change = Change("dqn.gamma", 0.9)
    bad = finding(message="<script>m</script>", field="step_stream.<b>", places=((0, 1),), count=5, unit="step")
    worse = finding(severity="error", loss="dqn", share_of_loss=0.5, change=change)
    report: Any = Report((worse, bad), ("one", "two"), (NotChecked("three", "<i>q_star</i>"),))
    html: str = report._repr_html_()
    tags = set(re.findall(r"</?([a-z0-9]+)", html))
    assert tags == {"div", "p", "b", "details", "summary", "span", "ul", "li"}
    text = unescape(re.sub(r"<[^>]+>", "|", html))
    for told in (
        "1 error, 1 warning; 2 rules checked, 1 not", "<script>m</script>", "step_stream.<b>, step [0, 1]",
        "50 % of the loss (dqn)", "f. Set dqn.gamma = 0.9.", "one, two", "three needs <i>q_star</i>",
    ):  # fmt: skip
        assert told in text


def test_a_report_without_findings_says_what_was_checked() -> None:
    html = Report((), ("one",), ()).to_html()
    assert "no finding; 1 rules checked, 0 not" in html
    assert "not checked (" not in html


def test_rules_that_need_the_same_stand_together() -> None:
    skipped = (NotChecked("a", "time"), NotChecked("b", "q_star"), NotChecked("c", "time"))
    in_part = (PartlyChecked("d", "ends", "time"), PartlyChecked("e", "ends", "time"))
    text = str(Report((), ("d", "e"), skipped, in_part))
    assert "not checked: a, c need time\nnot checked: b needs q_star\n" in text
    assert "partly checked: d (ends), e (ends) need time\n" in text
