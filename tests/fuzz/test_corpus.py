"""Every input that is stored, those that once broke something first, is read, or refused as declared."""

import random
from collections.abc import Generator
from pathlib import Path

import pytest

from tests.fuzz.__main__ import changed, is_refused
from tests.fuzz.corpus import LARGEST, stored
from tests.fuzz.folders import CRASHES, FOLDER
from tests.fuzz.targets import Requests, map_by, read
from tests.server.reading.reading import read_in_this_process

pytestmark = pytest.mark.process  # readers of files work in a process of their own

TARGETS = ["read", "upload", "map_by", "body"]


@pytest.fixture(scope="module")
def requests() -> Generator[Requests]:
    made = Requests()
    yield made
    made.close()


@pytest.mark.parametrize("target", TARGETS)
def test_check_25_the_corpus_is_read_or_refused_as_declared(
    target: str, requests: Requests, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_in_this_process(monkeypatch)
    run = {"read": read, "upload": requests.upload, "map_by": map_by, "body": requests.body}[target]
    inputs, chance = stored(target), random.Random(0)
    assert inputs, "python -m tests.fuzz.corpus writes them"
    for content in inputs:
        run(content)
        run(changed(content, chance))


@pytest.mark.parametrize("path", sorted(CRASHES.glob("*")), ids=lambda path: path.name)
def test_check_25_what_ends_its_reader_is_refused(path: Path) -> None:
    assert is_refused(path)


def test_the_corpus_is_small() -> None:
    sizes = [path.stat().st_size for path in FOLDER.rglob("*") if path.is_file()]
    assert max(sizes) <= LARGEST
    assert sum(sizes) < 500_000
