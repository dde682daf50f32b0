"""Ends that every row of an episode tells, and numbers of episodes that begin anew with each recording."""

import numpy as np
import pytest

from mouse.mapping import detect, plan
from tests.recordings import layouts
from tests.recordings.files import tensors
from tests.recordings.worlds import Steps, agreement, play

WORLDS = ("CliffWalking-v1", "CartPole-v1")


def over_episodes(steps: Steps, flag: np.ndarray) -> np.ndarray:
    """The flag of an episode's last row in all of its rows."""
    return np.bincount(steps.episode, weights=flag)[steps.episode] > 0


@pytest.mark.parametrize("world", WORLDS)
def test_an_end_that_all_rows_of_an_episode_tell_is_that_of_its_last_row(world: str) -> None:
    steps = play(world, 600)
    told = {name: over_episodes(steps, getattr(steps, name)) for name in ("terminated", "truncated")}
    fields = tensors({**layouts.loop(steps), "next_obs": steps.next_obs, "episode": steps.episode, **told})
    found = detect(fields)
    planned = plan(fields, found.mapping)
    right = agreement(planned.batch()[0], steps, "obs")
    assert found.certain
    assert not right.wrong
    assert right.ends >= 0.75 * int(steps.ended.sum())
    assert any(note.startswith("Every row of an episode holds the same `terminated`") for note in planned.notes)


def recordings(world: str, numbered: str) -> tuple[Steps, dict[str, np.ndarray]]:
    """Three environments one after the other, each with episodes counted from 0, and deaths alone."""
    played = play(world, 600, environments=3)
    steps = played.at(np.argsort(played.env, kind="stable"))
    own = np.concatenate([np.unique(steps.of(env).episode, return_inverse=True)[1] for env in range(3)])
    more = {"worker": {"worker": steps.env, "step": steps.step}, "step": {"step": steps.step}, "episode": {}}[numbered]
    columns = {name: value for name, value in layouts.loop(steps).items() if name != "truncated"}
    return steps, {**columns, "episode": own, **more}


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("numbered", ["worker", "step", "episode"])
def test_episodes_that_each_recording_counts_anew_are_not_put_together(world: str, numbered: str) -> None:
    steps, fields = recordings(world, numbered)
    found = detect(tensors(fields), {"terminated": "terminated"})
    planned = plan(tensors(fields), found.mapping)
    assert any("`episode` begins anew: its rows are 3 recordings" in note for note in planned.notes)
    deaths = Steps(*(np.zeros_like(steps.truncated) if each is steps.truncated else each for each in steps))
    right = agreement(planned.batch()[0], deaths, "obs")
    assert not right.wrong
    assert right.pairs >= 0.75 * len(steps)
