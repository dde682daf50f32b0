"""Checks 20 and 43: a name is text, in a spreadsheet and in every figure, whatever those would make of it."""

import csv
import io
import re
from collections.abc import Iterator
from html import unescape
from itertools import product
from pathlib import Path
from typing import Any, cast

import pytest
import torch
from starlette.testclient import TestClient
from tensordict import TensorDict

from mouse.batch import batch_bytes, save_batch
from mouse.losses import LOSSES
from mouse.losses.term import TermInfo
from mouse.wording import cut, visible
from mouse_dashboard.compute.batch import Batch, LossJob
from mouse_dashboard.data.field_figures import field_figures
from mouse_dashboard.data.models import FieldRequest
from mouse_dashboard.exports.terms import Terms
from mouse_dashboard.exports.terms_csv import csv_chunks
from mouse_dashboard.figures.encoding import MAX_LABEL
from mouse_dashboard.figures.figure import TermSlice
from mouse_dashboard.figures.histogram import HISTOGRAM
from mouse_dashboard.figures.term_map import TERM_MAP
from mouse_dashboard.scan.library import scan_id
from mouse_dashboard.settings import Settings
from mouse_dashboard.web.app import create_app
from tests.server.conftest import LOCAL
from tests.server.files import send
from tests.server.scan.shards import batch as shard_batch
from tests.server.scan.shards import write_out

HOSTILE = [
    '<a href="https://evil.example">x</a>',
    "<b>bold</b><br>",
    "%{x} %{customdata[0]}",
    "</script><script>alert(1)</script>",
    "\u202egnp.exe",
    r"$\alpha$ &lt;a&gt;",
    "n" * 10_000,
]
OURS = re.compile(
    r"<br>|<extra>(?:click to make it the slice)?</extra>|&#\d+;|"
    r"%\{(?:x|y|z|fullData\.name|customdata\[\d\])(?::[^}]*)?\}"
)
"""What figures themselves hold for Plotly to interpret."""


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, part in cast("dict[str, Any]", value).items():
            if key != "bdata":
                yield from texts(part)
    elif isinstance(value, list | tuple):
        for part in cast("list[Any]", value):
            yield from texts(part)


def assert_plain(data: Any, layout: Any) -> list[str]:
    """Nothing is left for Plotly to interpret but what figures themselves hold; returns every text."""
    found = list(texts(data)) + list(texts(layout))
    for text in found:
        assert not re.search(r"[<>$\u202e]|%\{|&(?!#)", OURS.sub("", text)), text
        assert len(text) < 2000
    return found


def assert_literal(name: str, data: Any, layout: Any) -> None:
    """Nothing of the name is left for Plotly to interpret, and decoded it is the name."""
    shown = visible(cut(name, MAX_LABEL))
    assert any(shown in unescape(text) for text in assert_plain(data, layout))


@pytest.mark.parametrize("name", HOSTILE, ids=lambda name: name[:12].encode("unicode_escape").decode())
@pytest.mark.parametrize("size", [4, 300])
def test_check_43_a_field_of_any_name_is_text_in_its_figures(name: str, size: int) -> None:
    values = torch.randn(size, 7, generator=torch.Generator().manual_seed(0))
    stream = TensorDict({name: values}, batch_size=[size, 7])
    batch = Batch("test", stream, TensorDict({}, batch_size=[size, 7]))
    for colours in ("linear", "symlog"):
        request = FieldRequest.model_validate({"group": "step_stream", "name": name, "colours": colours})
        drawn = [result.figure for result in field_figures(batch, request).figures]
        assert all(drawn)
        # the histogram names the field in each of its hovers, the map of a large batch in its bar alone
        for figure in drawn:
            if figure is not None:
                assert_literal(f"step_stream.{name}", figure.data, figure.layout)


@pytest.mark.parametrize("name", HOSTILE, ids=lambda name: name[:12].encode("unicode_escape").decode())
@pytest.mark.parametrize("side", ["live", "pinned", "difference"])
def test_check_43_a_term_of_any_name_is_text_on_every_side_of_a_comparison(name: str, side: str) -> None:
    values = torch.tensor([[0.5, torch.nan], [-1.0, 2.0]])
    term = TermInfo("", "A term.", signed=True, name=name, dims=("batch", "step", "action"))
    part = TermSlice(term, values, (0, 2), (0, 2), 1, "mean", side=side)
    for figure in (TERM_MAP, HISTOGRAM):
        drawn = figure.make(part)
        assert_literal(name, drawn.data, drawn.layout)


@pytest.mark.parametrize("name", HOSTILE, ids=lambda name: name[:12].encode("unicode_escape").decode())
def test_check_43_a_recorded_loss_whose_fields_have_any_name_is_text_in_every_figure(
    client: TestClient, name: str
) -> None:
    fields = {f"{name}{place}": torch.randn(6, 9) for place in range(2)} | {f"{name} per action": torch.randn(6, 9, 3)}
    stream = TensorDict({**fields, "action": torch.randint(3, (6, 9))}, batch_size=[6, 9])
    answer = send(client, batch_bytes(stream, TensorDict({}, batch_size=[6, 9]), loss=f"{name}0"))
    if len(name) > 1000 or not name.isprintable():
        assert answer.status_code == 422
        assert "expected 1 to 1024 printable characters" in answer.json()["message"]
        return
    stored = answer.json()
    configs: dict[str, Any] = {"recorded": {}}
    path = f"/api/batches/{stored['id']}"
    (loss,) = (
        each for each in client.post(f"{path}/losses", json={"configs": configs}).json() if each["name"] == "recorded"
    )
    drawn = 0
    for kind, term in product((each["kind"] for each in loss["figures"]), (each["name"] for each in loss["terms"])):
        asked = [{"kind": kind, "loss": "recorded", "term": term, "rows": [1, 2], "steps": [2, 3]}]
        answer = client.post(f"{path}/evaluate", json={"configs": configs, "figures": asked})
        assert answer.status_code == 200, answer.text
        for result in answer.json()["figures"]:
            if result["figure"]:
                assert_plain(result["figure"]["data"], result["figure"]["layout"])
                drawn += 1
    assert drawn >= 2 * len(loss["terms"])


FORMULAS = {"=HYPERLINK(0)": "'=HYPERLINK(0)", "+1+1": "'+1+1", "-2": "'-2", "@SUM(A1)": "'@SUM(A1)"}
UNSEEN = {"\t=1": r"\u0009=1", "\r=1": r"\u000d=1", "a\n=1": r"a\u000a=1"}


def test_check_20_a_name_is_no_formula_of_a_spreadsheet_numbers_stay_and_every_row_is_there() -> None:
    numbers = torch.tensor([[-0.5, 2.0, -torch.inf], [1e-30, -3.0, torch.nan]])
    names = FORMULAS | UNSEEN | {"plain - name": "plain - name", "loss": "loss"}
    terms = dict.fromkeys(names, numbers)
    job = LossJob(Batch("test", TensorDict({}), TensorDict({})), LOSSES["sv"], LOSSES["sv"].config())
    written = b"".join(csv_chunks(Terms(job, lambda: iter([terms]), terms))).decode()
    head, *rows = csv.reader(io.StringIO(written, newline=""))
    assert head == ["row", "step", *names.values()]
    places = [[row, step] for row in "01" for step in "012"]
    plain = [str(number) for number in cast("list[float]", numbers.flatten().tolist())]
    assert rows == [place + [number] * len(terms) for place, number in zip(places, plain, strict=True)]


def test_check_43_a_shard_of_any_name_is_text_in_the_figures_of_a_scan(tmp_path: Path) -> None:
    data, out = tmp_path / "data", tmp_path / "scan"
    data.mkdir()
    hostile = ["<b>bold<br>", *(name for name in HOSTILE[:-1] if "/" not in name)]
    for seed, name in enumerate(hostile):
        save_batch(data / f"{name}.safetensors", *shard_batch(seed))
    write_out(data, out, 0.9, ("dqn.gamma=0.5,0.9",))
    scan = f"/api/scans/{scan_id(out)}"
    with TestClient(create_app(Settings(data_dir=tmp_path / "store"), scans=(out,)), LOCAL) as client:
        answers = [
            client.get(f"{scan}/distribution", params={"quantity": "reward", "shard": shard}).json()
            for shard in range(len(hostile))
        ]
        curve, _target = client.get(f"{scan}/sweep").json()["figures"]
    drawn = [curve, *(answer[name] for answer in answers for name in ("histogram", "shards"))]
    found = [text for each in drawn for text in assert_plain(each["figure"]["data"], each["figure"]["layout"])]
    for name in hostile:
        assert any(visible(f"{name}.safetensors") in unescape(text) for text in found)
