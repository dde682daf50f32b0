import random
from collections.abc import Iterator, Mapping, Sequence
from functools import reduce
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mouse.losses import LOSSES
from mouse.mapping import Mapping as FileMapping
from mouse_dashboard.compute.configs import dump_configs
from mouse_dashboard.scan import shard as shards
from mouse_dashboard.scan.report import report_of
from mouse_dashboard.scan.source import Source, sources_of
from mouse_dashboard.scan.summary import Summary
from mouse_dashboard.scan.task import RESULT, Request, Task, TaskResult, run_task
from tests.server.scan.shards import write, write_flat

FLAT = FileMapping(
    fields={"action": "actions", "reward": "rewards", "terminated": "terminations", "truncated": "truncations"},
    layout="flat",
    alignment="state",
    windows="across",
    sequence="episode",
    length=16,
)
REQUEST = Request(configs=dump_configs({"dqn": LOSSES["dqn"].config()}))


@pytest.fixture(scope="module", autouse=True)
def small_blocks() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shards, "MAX_STEPS", 100)
        yield


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Source]]:
    batches, flat = tmp_path_factory.mktemp("batches"), tmp_path_factory.mktemp("flat")
    write(batches, 2)
    write_flat(flat, 2)
    return {"batches": sources_of([str(batches)]), "flat": sources_of([str(flat)])}


def results(request: Request, source: Source, parts: int) -> list[TaskResult]:
    return [RESULT.validate_json(run_task(request, Task(source, part, parts))) for part in range(parts)]


@pytest.fixture(scope="module")
def cut(sources: dict[str, list[Source]]) -> dict[tuple[str, int], dict[str, list[TaskResult]]]:
    """Results of each kind of shards by the number of tasks that they were cut into."""
    requests = {"batches": REQUEST, "flat": Request(configs=REQUEST.configs, mapping=FLAT)}
    return {
        (kind, parts): {source.address: results(requests[kind], source, parts) for source in of}
        for kind, of in sources.items()
        for parts in (1, 2, 7)
    }


@pytest.mark.slow
@settings(max_examples=10)
@given(kind=st.sampled_from(["batches", "flat"]), parts=st.sampled_from([2, 7]), shuffled=st.randoms())
def test_what_is_found_does_not_depend_on_how_a_shard_is_cut_and_in_which_order_results_come(
    cut: dict[tuple[str, int], dict[str, list[TaskResult]]], kind: str, parts: int, shuffled: random.Random
) -> None:
    whole, pieces = cut[kind, 1], {shard: [*of] for shard, of in cut[kind, parts].items()}
    for of in pieces.values():
        shuffled.shuffle(of)
    assert all(result.error is None for of in whole.values() for result in of)
    assert RESULT.dump_json(TaskResult(merged(pieces))) == RESULT.dump_json(TaskResult(merged(whole)))
    assert report_of(pieces) == report_of(whole)


def merged(results: Mapping[str, Sequence[TaskResult]]) -> Summary:
    return reduce(Summary.merge, (result.summary for of in results.values() for result in of), Summary())


def test_an_episode_that_runs_over_the_border_of_two_tasks_is_counted_whole(tmp_path: Path) -> None:
    lengths = write_flat(tmp_path, 1)
    (source,) = sources_of([str(tmp_path)])
    found = merged({"": results(Request(configs={}, mapping=FLAT), source, 7)})
    kept = found.distributions["episode_length"]
    assert found.blocks > 7
    assert kept.count == len(lengths) - 2  # nothing tells where the first began; the state after the last is missing
    assert kept.maximum == max(lengths)
