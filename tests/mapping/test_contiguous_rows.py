"""The rows of a file as they follow one another, before windows are cut."""

import dataclasses
from typing import cast

import pytest
import torch
from torch import Tensor

from mouse.mapping import Mapping, contiguous_rows, plan
from mouse.mapping.contiguous_rows import MAX_NUMBERS, ContiguousRows
from tests.recordings import layouts
from tests.recordings.files import tensors
from tests.recordings.worlds import play

FIELDS = {"action": "actions", "reward": "rewards", "terminated": "terminated", "truncated": "truncated"}
SHORT = Mapping(fields=FIELDS, layout="flat", alignment="state", length=8)


def seen(fields: dict[str, torch.Tensor], mapping: Mapping = SHORT) -> ContiguousRows | None:
    return contiguous_rows.contiguous_rows(plan(fields, mapping))


def test_one_stream_is_one_sequence_with_its_ends() -> None:
    steps = play("CliffWalking-v1", 300)
    whole = seen(tensors(layouts.loop(steps)))
    assert whole is not None
    step_stream, rows, of = whole
    assert (tuple(step_stream.batch_size), of) == ((1, 300), 300)
    assert rows.index.flatten().equal(torch.arange(300))
    assert step_stream["obs"].flatten().tolist() == steps.obs.tolist()
    assert (step_stream["done"][0, 1:] != 0).tolist() == steps.ended[:-1].tolist()


@pytest.mark.parametrize("counts", [(300, 300), (300, 280), (300, 140)])
def test_environments_stay_apart_and_sequences_are_as_long_as_most_rows_allow(counts: tuple[int, int]) -> None:
    parts = [play("CliffWalking-v1", count, seed=seed) for seed, count in enumerate(counts)]
    fields = {name: torch.cat([tensors(layouts.loop(part))[name] for part in parts]) for name in layouts.loop(parts[0])}
    fields["env"] = torch.arange(2).repeat_interleave(torch.tensor(counts))
    whole = seen(fields, dataclasses.replace(SHORT, environment="env"))
    assert whole is not None
    assert whole.of >= 0.9 * sum(counts)
    assert whole.rows.index.shape[1] >= 140
    assert bool((fields["env"][whole.rows.index].diff() == 0).all())


def test_rows_are_cut_where_none_leads_to_the_next() -> None:
    steps = play("CliffWalking-v1", 300)
    fields = tensors(layouts.loop(steps)) | {"truncated": torch.zeros(300, dtype=torch.bool)}
    fields["next_obs"] = torch.from_numpy(steps.next_obs)  # pyright: ignore[reportUnknownMemberType]
    whole = seen(fields)
    assert whole is not None
    index = whole.rows.index
    assert index.shape[1] > 8
    assert not steps.truncated[index[:, :-1]].any()


@pytest.mark.parametrize(
    "mapping",
    [
        dataclasses.replace(SHORT, layout="items", length=None),
        dataclasses.replace(SHORT, length=300),
        dataclasses.replace(SHORT, sequence="seq"),
    ],
    ids=["no order", "one window", "sequences that windows hold whole"],
)
def test_there_is_nothing_more_to_see(mapping: Mapping) -> None:
    fields = tensors(layouts.loop(play("CliffWalking-v1", 300))) | {"seq": torch.arange(300) // 8}
    fields["terminated"] = torch.zeros(300, dtype=torch.bool)
    fields["truncated"] = fields["terminated"]
    assert seen(fields, mapping) is None


def test_the_first_rows_of_a_long_file_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contiguous_rows, "MOST_ROWS", 100)
    whole = seen(tensors(layouts.loop(play("CliffWalking-v1", 350))))
    assert whole is not None
    assert (tuple(whole.rows.index.shape), whole.of) == ((1, 100), 350)


def test_a_large_observation_is_a_number_for_each_that_differs() -> None:
    fields = tensors(layouts.loop(play("CliffWalking-v1", 200)))
    state = fields["obs"]
    fields["obs"] = torch.nn.functional.one_hot(state, 48).float().repeat_interleave(4, dim=1).view(-1, 12, 16)
    whole = seen(fields)
    assert whole is not None
    shown = cast("Tensor", whole.step_stream["obs"])
    assert shown.shape == (1, 200)
    assert not shown.is_floating_point()
    assert (shown[0].unsqueeze(0) == shown[0].unsqueeze(1)).equal(state.unsqueeze(0) == state.unsqueeze(1))
    assert MAX_NUMBERS < 12 * 16
