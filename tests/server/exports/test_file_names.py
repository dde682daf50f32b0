"""Downloads are called after the batch, without the ending of the file that was sent."""

import pytest

from mouse_dashboard.exports.file_names import attachment, stem
from mouse_dashboard.reading.formats import PICKLE, READ


@pytest.mark.parametrize("ending", [ending for form in (*READ, PICKLE) for ending in form.endings])
def test_every_ending_that_is_read_goes(ending: str) -> None:
    assert stem(f"demo-0{ending}") == "demo-0"


@pytest.mark.parametrize("name", ["lr 0.5", "demo", ".npz", "step 3.", "a.b c"])
def test_what_is_no_ending_stays(name: str) -> None:
    assert stem(name) == name


def test_a_download_has_the_ending_that_it_seems_to_have() -> None:
    assert attachment("demo\u202esrosnetefas.exe") == {
        "Content-Disposition": "attachment; filename*=utf-8''demosrosnetefas.exe"
    }
