"""Steps as the arrays that other libraries store, by the names of their fields; nested names are joined by dots."""

import dataclasses

import numpy as np

from tests.recordings.worlds import Array, Steps

Fields = dict[str, Array]


def loop(steps: Steps) -> Fields:
    """A loop around `env.step`, which stores no next observations."""
    return {
        "obs": steps.obs,
        "actions": steps.action,
        "rewards": steps.reward,
        "terminated": steps.terminated,
        "truncated": steps.truncated,
    }


def table(steps: Steps, *, next_obs: bool = False) -> Fields:
    """A table of one row a step with the number of its environment: steps of several environments are interleaved."""
    after = {"next_obs": steps.next_obs} if next_obs else {}
    return loop(steps) | after | {"env_id": steps.env}


def d4rl(steps: Steps, *, timeouts: str = "right", next_observations: bool = True) -> Fields:
    """D4RL: timeouts may be set a row late, or not at all, as in some of its data sets."""
    late = np.roll(steps.truncated, 1)
    told = {"right": steps.truncated, "late": late, "missing": np.zeros_like(late)}[timeouts]
    after = {"next_observations": steps.next_obs} if next_observations else {}
    flags = {"terminals": steps.terminated, "timeouts": told}
    return {"observations": steps.obs, "actions": steps.action, "rewards": steps.reward, **flags} | after


def d3rlpy_1(steps: Steps) -> Fields:
    """d3rlpy 1: `terminals` are deaths, `episode_terminals` all ends; floats."""
    return {
        "observations": steps.obs.reshape(len(steps), -1).astype(np.float32),
        "actions": steps.action.astype(np.int32),
        "rewards": steps.reward.astype(np.float32),
        "terminals": steps.terminated.astype(np.float32),
        "episode_terminals": steps.ended.astype(np.float32),
        "version": np.array(0),
    }


def lerobot(steps: Steps, *, done: bool = True) -> Fields:
    """LeRobot: the writer's own counter of rows stands beside those of episodes and steps; flags may never be set."""
    return {
        "observation.state": steps.obs.reshape(len(steps), -1).astype(np.float32),
        "action": steps.action,
        "timestamp": steps.step.astype(np.float32) / 10,
        "frame_index": steps.step,
        "episode_index": steps.episode,
        "index": np.arange(len(steps)),
        "task_index": np.zeros(len(steps), np.int64),
        "next.reward": steps.reward.astype(np.float32),
        "next.done": steps.ended if done else np.zeros(len(steps), bool),
    }


def rllib(steps: Steps) -> Fields:
    """RLlib: numbers of episodes that do not count up."""
    return {
        "eps_id": (steps.episode * 7919 + 104729) % 1_000_003,
        "obs": steps.obs,
        "new_obs": steps.next_obs,
        "actions": steps.action,
        "rewards": steps.reward,
        "terminateds": steps.terminated,
        "truncateds": steps.truncated,
    }


def _with_last(steps: Steps) -> tuple[Steps, Array, Array]:
    """A row more for each episode, which shows the state it ends in; and which rows are last, and which first."""
    closes = np.append(steps.episode[1:] != steps.episode[:-1], True)
    rows = np.sort(np.concatenate([np.arange(len(steps)), closes.nonzero()[0]]))
    last = np.append(rows[1:] == rows[:-1], False)
    last = np.concatenate([[False], last[:-1]])
    more = steps.at(rows)
    state = np.where(last.reshape(-1, *[1] * (steps.obs.ndim - 1)), more.next_obs, more.obs)
    first = np.concatenate([[True], last[:-1]])
    return dataclasses.replace(more, obs=state, step=more.step + last), last, first


def rlds(steps: Steps, *, counters: bool = True) -> Fields:
    """RLDS: action and reward stand with the state they leave, flags with the state that is reached."""
    rows, last, first = _with_last(steps)
    columns = {"episode_id": rows.episode, "step": rows.step} if counters else {}
    return {
        "observation": rows.obs,
        "action": np.where(last, 0, rows.action),
        "reward": np.where(last, 0, rows.reward).astype(np.float32),
        "discount": np.where(rows.terminated, 0, 1).astype(np.float32),
        "is_first": first,
        "is_last": last & rows.ended,
        "is_terminal": last & rows.terminated,
    } | columns


def dreamer(steps: Steps) -> Fields:
    """Dreamer: everything stands with the state that it led to, and an episode begins with a row of zeros."""
    rows, last, first = _with_last(steps)
    before = np.concatenate([[0], np.arange(len(rows) - 1)])
    came = {
        name: np.where(first, np.zeros_like(column), column[before])
        for name, column in (("action", rows.action), ("reward", rows.reward.astype(np.float32)))
    }
    flags = {"is_first": first, "is_last": last & rows.ended, "is_terminal": last & rows.terminated}
    return {"obs": rows.obs, **came, **flags}


def dreamer_3(steps: Steps) -> Fields:
    """DreamerV3: an action stands with the state it leaves, reward and flags with the state that is reached."""
    rows, last, _first = _with_last(steps)
    return dreamer(steps) | {"action": np.where(last, 0, rows.action)}


def dm_env(steps: Steps, *, discount: bool = True) -> Fields:
    """Time steps of dm_env, each with the action that follows: reward, discount and type tell what led to them."""
    rows, last, first = _with_last(steps)
    came = dreamer_3(steps)
    closed = {"discount": np.where(came["is_terminal"], 0.0, 1.0)} if discount else {}
    kind = np.where(first, 0, np.where(last & rows.ended, 2, 1))
    return {"observation": rows.obs, "action": came["action"], "reward": came["reward"], "step_type": kind} | closed


def ring(steps: Steps, capacity: int) -> tuple[Steps, Array, int]:
    """Where the steps lie in a buffer of so many rows, which rows were never written, and where the next one goes."""
    newest = steps.at(slice(max(0, len(steps) - capacity), None))
    place = np.arange(len(steps))[-len(newest) :] % capacity
    columns = [np.zeros((capacity, *column.shape[1:]), column.dtype) for column in newest]
    for column, values in zip(columns, newest, strict=True):
        column[place] = values
    empty = np.ones(capacity, bool)
    empty[place] = False
    return Steps(*columns), empty, len(steps) % capacity


def _tianshou_rows(rows: Steps) -> Fields:
    return {
        "_meta.obs": rows.obs,
        "_meta.act": rows.action,
        "_meta.rew": rows.reward,
        "_meta.terminated": rows.terminated,
        "_meta.truncated": rows.truncated,
        "_meta.done": rows.ended,
        "_meta.obs_next": rows.next_obs,
        "_indices": np.arange(len(rows)),
    }


def tianshou(steps: Steps, capacity: int) -> Fields:
    """Tianshou's ReplayBuffer: rows that were never written are zero."""
    rows, empty, cursor = ring(steps, capacity)
    beside = {"_size": (~empty).sum(), "_insertion_idx": cursor, "maxsize": capacity}
    return _tianshou_rows(rows) | {name: np.array(value) for name, value in beside.items()}


def tianshou_vector(steps: Steps, capacity: int) -> Fields:
    """Tianshou's VectorReplayBuffer: a part of the rows for each environment, one after the other."""
    count = int(steps.env.max()) + 1
    parts = [ring(steps.of(env), capacity) for env in range(count)]
    joined = Steps(*(np.concatenate(columns) for columns in zip(*(part[0] for part in parts), strict=True)))
    lengths = np.array([int((~empty).sum()) for _rows, empty, _cursor in parts])
    starts = np.arange(count) * capacity
    beside = {"_lengths": lengths, "_offset": starts, "_extend_offset": np.append(starts, count * capacity)}
    return _tianshou_rows(joined) | beside | {"maxsize": np.array(count * capacity), "_size": np.array(0)}


def stable_baselines(steps: Steps, capacity: int) -> Fields:
    """Arrays of Stable-Baselines3's ReplayBuffer, [capacity, environments]; `dones` are all ends, `timeouts` some."""
    count = int(steps.env.max()) + 1
    parts = [ring(steps.of(env), capacity) for env in range(count)]
    rows = Steps(*(np.stack(columns, 1) for columns in zip(*(part[0] for part in parts), strict=True)))
    cursor, full = parts[0][2], not parts[0][1].any()
    return {
        "observations": rows.obs[..., None] if rows.obs.ndim == 2 else rows.obs,
        "next_observations": rows.next_obs[..., None] if rows.obs.ndim == 2 else rows.next_obs,
        "actions": rows.action[..., None],
        "rewards": rows.reward.astype(np.float32),
        "dones": rows.ended.astype(np.float32),
        "timeouts": (rows.truncated & ~rows.terminated).astype(np.float32),
        "pos": np.array(cursor),
        "full": np.array(full),
    }


def episodes(steps: Steps) -> list[Fields]:
    """Steps of each episode apart, with an observation more than there are steps."""
    cut = np.flatnonzero(steps.episode[1:] != steps.episode[:-1]) + 1
    parts = [steps.at(rows) for rows in np.split(np.arange(len(steps)), cut)]
    return [loop(part) | {"obs": np.concatenate([part.obs, part.next_obs[-1:]])} for part in parts]


def robomimic(steps: Steps) -> Fields:
    """robomimic: `data/demo_N` holds one episode, with observations and next observations in groups."""
    fields: Fields = {}
    for number, episode in enumerate(np.unique(steps.episode)):
        part = steps.at(steps.episode == episode)
        columns = {
            "actions": part.action,
            "rewards": part.reward,
            "dones": part.ended.astype(np.int64),
            "obs/state": part.obs.reshape(len(part), -1).astype(np.float64),
            "next_obs/state": part.next_obs.reshape(len(part), -1).astype(np.float64),
        }
        fields |= {f"data/demo_{number}/{name}": value for name, value in columns.items()}
    return fields


def d3rlpy_2(steps: Steps) -> Fields:
    """d3rlpy 2: the columns of each episode by its number; `terminated_N` is one flag, a truncation where it is not."""
    fields: Fields = {}
    for number, episode in enumerate(np.unique(steps.episode)):
        part = steps.at(steps.episode == episode)
        fields |= {
            f"observations_{number}": part.obs.reshape(len(part), -1).astype(np.float32),
            f"actions_{number}": part.action.reshape(-1, 1),
            f"rewards_{number}": part.reward.reshape(-1, 1).astype(np.float32),
            f"terminated_{number}": part.terminated[-1],
        }
    return fields
