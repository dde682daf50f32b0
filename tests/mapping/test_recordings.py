"""Recordings of small worlds, as libraries write them: what is proposed makes pairs that are steps of the world."""

from collections.abc import Callable

import numpy as np
import pytest

from mouse.mapping import MappingProposal, detect, plan
from tests.recordings import layouts
from tests.recordings.files import tensors
from tests.recordings.layouts import Fields
from tests.recordings.worlds import Agreement, Steps, agreement, play

WORLDS = ("CliffWalking-v1", "Taxi-v4", "CartPole-v1", "FrozenLake-v1")
TIANSHOU = {
    "action": "_meta.act",
    "reward": "_meta.rew",
    "terminated": "_meta.terminated",
    "truncated": "_meta.truncated",
}


def read(
    fields: Fields, steps: Steps, obs: str, *, said: dict[str, str] | None = None, either_end: bool = False
) -> tuple[MappingProposal, Agreement]:
    """What is proposed for a file, and what it makes of it."""
    found = detect(tensors(fields), said)
    batch, _out = plan(tensors(fields), found.mapping).batch()
    return found, agreement(batch, steps, obs, either_end=either_end)


def is_right(found: Agreement, steps: Steps, *, ends: int) -> None:
    """No pair but steps that were taken, and three quarters of steps and ends at least."""
    assert not found.wrong
    assert found.pairs >= 0.75 * len(steps)
    assert found.ends >= 0.75 * ends


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("capacity", [900, 450], ids=["not full", "ring"])
def test_rows_of_a_buffer_that_were_never_written_are_no_steps(world: str, capacity: int) -> None:
    steps = play(world, 600)
    found, right = read(layouts.tianshou(steps, capacity), steps, "_meta.obs", said=TIANSHOU)
    kept = min(600, capacity)
    assert not right.wrong
    assert right.pairs >= 0.75 * kept
    assert found.certain


@pytest.mark.parametrize("world", WORLDS)
def test_parts_of_a_buffer_are_environments(world: str) -> None:
    steps = play(world, 600, environments=3)
    fields = layouts.tianshou_vector(steps, 320)
    _found, right = read(fields, steps, "_meta.obs", said=TIANSHOU)
    is_right(right, steps, ends=int(steps.ended.sum()))
    told = " ".join(plan(tensors(fields), detect(tensors(fields), TIANSHOU).mapping).notes)
    assert "360 of 960 rows were never written, so they are not steps: `_lengths` says so." in told


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("capacity", [200, 120], ids=["not full", "ring"])
def test_arrays_of_a_buffer_of_several_environments(world: str, capacity: int) -> None:
    steps = play(world, 600, environments=4)
    said = {"action": "actions", "reward": "rewards", "done": "dones", "truncated": "timeouts"}
    found, right = read(layouts.stable_baselines(steps, capacity), steps, "observations", said=said)
    assert found.mapping.layout == "time_major"
    assert not right.wrong
    assert right.pairs >= 0.75 * 4 * min(150, capacity)


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("next_obs", [True, False])
def test_environments_that_stand_in_turn_are_put_together(world: str, next_obs: bool) -> None:
    steps = play(world, 800, environments=4)
    found, right = read(layouts.table(steps, next_obs=next_obs), steps, "obs")
    assert found.mapping.environment == "env_id"
    is_right(right, steps, ends=int(steps.ended.sum()))


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize(("environments", "next_obs"), [(2, False), (4, True)])
def test_environments_that_alternate_in_no_fixed_order_are_put_together(
    world: str, environments: int, *, next_obs: bool
) -> None:
    steps = play(world, 900, environments=environments, in_turn=False)
    fields = layouts.table(steps, next_obs=next_obs)
    fields["k"] = fields.pop("env_id")  # its values tell, not its name
    found, right = read(fields, steps, "obs")
    assert found.mapping.environment == "k"
    assert "environment" not in found.questions or world == "FrozenLake-v1"  # where chance has most of the say
    is_right(right, steps, ends=int(steps.ended.sum()))


@pytest.mark.parametrize("world", WORLDS)
def test_a_number_that_alternates_within_one_recording_divides_no_rows(world: str) -> None:
    steps = play(world, 600)
    state = steps.obs.reshape(600, -1)[:, -1]
    odd = {
        "weather": np.arange(600) ** 2 // 7 % 4,
        "side": (state > np.median(state)).astype(np.int64),
        "begins": steps.step == 0,
        "third": np.minimum(steps.step, 2),
    }
    for fields in (layouts.loop(steps), layouts.table(steps, next_obs=True)):
        found, right = read(fields | odd, steps, "obs")
        assert found.mapping.environment is None
        is_right(right, steps, ends=int(steps.ended.sum()))


def test_a_column_called_after_environments_is_asked_about_where_nothing_tells() -> None:
    steps = play("CartPole-v1", 130, environments=3, in_turn=False)
    found, _right = read(layouts.table(steps), steps, "obs")
    assert found.mapping.environment == "env_id"
    assert "comes again in no fixed order: does it number interleaved" in found.questions["environment"]


@pytest.mark.parametrize("world", WORLDS)
def test_episodes_are_known_by_their_numbers_alone(world: str) -> None:
    steps = play(world, 600)
    found, right = read(layouts.lerobot(steps, done=False), steps, "observation.state")
    assert (found.mapping.sequence, found.mapping.step) == ("episode_index", "frame_index")
    is_right(right, steps, ends=0)
    doubts = plan(tensors(layouts.lerobot(steps, done=False)), found.mapping).doubts
    assert [doubt.id for doubt in doubts] == ["ends-unknown"]


@pytest.mark.parametrize("world", WORLDS)
def test_episodes_are_known_by_where_they_end_beside_the_rows(world: str) -> None:
    steps = play(world, 600)
    ends = np.append((steps.step[1:] == 0).nonzero()[0], 599) + 1
    fields = {"data.obs": steps.obs, "data.action": steps.action, "data.reward": steps.reward, "meta.ends": ends}
    found, right = read(fields, steps, "data.obs")
    assert found.mapping.sequence == "meta.ends"
    is_right(right, steps, ends=0)
    planned = plan(tensors(fields), found.mapping)
    assert [doubt.id for doubt in planned.doubts] == ["ends-unknown"]
    assert f"`meta.ends` tells beside the rows where each of {len(ends)} episodes begins." in planned.notes
    assert "meta.ends" not in " ".join(note for note in planned.notes if note.startswith("Dropped"))


@pytest.mark.parametrize("numbers", [range(4), [0, 3, 8], [64, 128, 600], [300, 300]])
def test_numbers_beside_the_rows_that_contradict_known_ends_tell_no_episodes(numbers: list[int]) -> None:
    fields = tensors(layouts.loop(play("CliffWalking-v1", 600)))
    found = detect(fields | tensors({"numbers": np.array(numbers)}))
    assert (found.mapping, found.questions) == (detect(fields).mapping, detect(fields).questions)


@pytest.mark.parametrize("world", WORLDS)
def test_where_episodes_begin_is_proven_by_their_ends(world: str) -> None:
    steps = play(world, 600)
    fields = tensors(layouts.loop(steps) | {"starts": (steps.step == 0).nonzero()[0]})
    assert detect(fields).mapping.sequence == "starts"


@pytest.mark.parametrize("numbers", [range(4), [300, 300]])
def test_numbers_that_may_tell_episodes_are_asked_about_where_no_end_is_known(numbers: list[int]) -> None:
    steps = play("CliffWalking-v1", 600)
    fields = {"obs": steps.obs, "action": steps.action, "reward": steps.reward, "numbers": np.array(numbers)}
    found = detect(tensors(fields))
    assert "`numbers` divides the rows without a rest" in found.questions["sequence"]


@pytest.mark.parametrize("world", WORLDS)
def test_numbers_of_episodes_need_not_count_up(world: str) -> None:
    steps = play(world, 600)
    found, right = read(
        layouts.rllib(steps), steps, "obs", said={"terminated": "terminateds", "truncated": "truncateds"}
    )
    assert (found.mapping.sequence, found.certain) == ("eps_id", True)
    is_right(right, steps, ends=int(steps.ended.sum()))


@pytest.mark.parametrize("world", WORLDS[:3])
def test_each_field_has_an_alignment_of_its_own(world: str) -> None:
    steps = play(world, 600)
    for write, obs, expected in (
        (layouts.rlds, "observation", {"action", "reward"}),
        (layouts.dreamer, "obs", set[str]()),
        (layouts.dreamer_3, "obs", {"action"}),
        (layouts.dm_env, "observation", {"action"}),
    ):
        found, right = read(write(steps), steps, obs)
        assert {name for name in found.mapping.fields if found.mapping.is_with_state(name)} == expected
        is_right(right, steps, ends=int(steps.ended.sum()))


@pytest.mark.parametrize("world", WORLDS[:3])
def test_flags_of_all_ends_stand_beside_flags_of_deaths(world: str) -> None:
    steps = play(world, 600)
    found, right = read(layouts.d3rlpy_1(steps), steps, "observations")
    assert found.mapping.fields["done"] == "episode_terminals"
    is_right(right, steps, ends=int(steps.ended.sum()))


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("timeouts", ["late", "missing"])
def test_next_observations_cut_where_no_end_is_marked(world: str, timeouts: str) -> None:
    steps = play(world, 600)
    fields = layouts.d4rl(steps, timeouts=timeouts)
    found, right = read(fields, steps, "observations")
    planned = plan(tensors(fields), found.mapping)
    apart = next(doubt for doubt in planned.doubts if doubt.id == "rows-apart")
    jumps = (steps.next_obs[:-1] != steps.obs[1:]).reshape(599, -1).any(1)
    assert [*apart.rows] == (steps.truncated[:-1] & ~steps.terminated[:-1] & jumps).nonzero()[0].tolist()
    assert {doubt.id for doubt in planned.doubts} == {"rows-apart", *(["end-goes-on"] if timeouts == "late" else [])}
    wrong = [place for place in right.wrong if planned.batch()[0]["done"][place[0], place[1] + 1] == 0]
    assert len(wrong) <= len(apart.rows)  # a truncation that the file does not tell is a running step
    assert right.pairs >= 0.75 * 600


@pytest.mark.parametrize("write", [layouts.d4rl, layouts.rllib, layouts.loop, layouts.lerobot, layouts.table])
def test_right_recordings_raise_no_doubt(write: Callable[[Steps], Fields]) -> None:
    for world in WORLDS:
        steps = play(world, 600)
        fields = tensors(write(steps))
        names = {"terminated": "terminateds", "truncated": "truncateds"} if write is layouts.rllib else {}
        assert not plan(fields, detect(fields, names).mapping).doubts, world


@pytest.mark.parametrize("world", WORLDS[:2])
def test_steps_that_contradict_all_others_are_named_without_next_observations(world: str) -> None:
    steps = play(world, 900)
    fields = tensors(layouts.d4rl(steps, timeouts="missing", next_observations=False))
    (apart,) = plan(fields, detect(fields).mapping).doubts
    cut = (steps.truncated & ~steps.terminated).nonzero()[0].tolist()
    assert apart.id == "rows-apart"
    assert len(apart.rows) >= 3
    assert {*apart.rows} <= {*cut}
    assert apart.places


def test_a_step_to_where_episodes_begin_that_its_only_equal_does_not_take_is_a_missing_end() -> None:
    steps = play("CliffWalking-v1", 600)
    cut = {*(steps.truncated & ~steps.terminated).nonzero()[0].tolist()}
    for timeouts, expected in (("missing", cut), ("late", cut), ("right", set[int]())):
        fields = tensors(layouts.d4rl(steps, timeouts=timeouts, next_observations=False))
        doubts = plan(fields, detect(fields).mapping).doubts
        assert {row for doubt in doubts if doubt.id == "rows-apart" for row in doubt.rows} == expected


def test_jumps_to_where_episodes_begin_are_ends_that_no_flag_marks() -> None:
    steps = play("CartPole-v1", 1200)
    cut = (steps.truncated & ~steps.terminated).nonzero()[0].tolist()
    for timeouts, expected in (("missing", cut), ("right", [])):
        fields = tensors(layouts.d4rl(steps, timeouts=timeouts, next_observations=False))
        doubts = plan(fields, detect(fields).mapping).doubts
        assert [row for doubt in doubts for row in doubt.rows] == expected
        assert all("the observation jumps to where episodes begin" in doubt.message for doubt in doubts)


def test_without_a_flag_of_ends_one_stream_does_not_tell_where_episodes_end() -> None:
    steps = play("CartPole-v1", 600)
    fields = tensors({"obs": steps.obs, "action": steps.action, "reward": steps.reward})
    assert [doubt.id for doubt in plan(fields, detect(fields).mapping).doubts] == ["ends-unknown"]
