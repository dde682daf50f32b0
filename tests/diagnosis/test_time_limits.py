"""Deaths of one greatest length may be time limits, unless the same step ends the episode wherever it is taken."""

import pytest
import torch

from tests.diagnosis.samples import batch, found


@pytest.mark.parametrize(("last", "severity"), [(5, "info"), (6, "warning")])
def test_ends_at_one_length_are_information_where_all_of_them_leave_one_state(last: int, severity: str) -> None:
    done = torch.zeros(1, 35, dtype=torch.int64)
    done[0, [3, 5, *range(9, 34, 4)]] = 1  # of the whole episodes one of 2 steps, seven of 4
    state = torch.arange(35).unsqueeze(0) % 5
    state[:, :-1][done[:, 1:] == 1] = 5
    state[0, 32] = last  # that the last of them leaves
    (only,) = found(*batch(shape=(1, 35), done=done, obs=state), "done-merged")
    assert only.severity == severity


@pytest.mark.parametrize("known", [("obs", "action"), ("obs",)])
def test_ends_that_leave_the_state_where_an_agent_is_stuck_are_a_warning(known: tuple[str, ...]) -> None:
    done = torch.zeros(1, 45, dtype=torch.int64)
    done[0, [4, 6, *range(11, 42, 5)]] = 1  # of the whole episodes one of 2 steps, seven of 5
    state = torch.full((1, 45), 7)  # the agent pushes against a wall there
    state[:, 1:][done[:, :-1] == 1] = 0
    stream, out = batch(shape=(1, 45), done=done, obs=state, action=torch.ones(1, 45, dtype=torch.int64))
    kept = stream.select(*known, "done", "reward")
    (only,) = found(kept, out, "done-merged", {})
    assert only.severity == "warning"


@pytest.mark.parametrize(("last", "severity"), [(6, "info"), (8, "warning")])
def test_ends_at_one_length_are_information_where_paths_lead_to_several_goals(last: int, severity: str) -> None:
    done = torch.zeros(1, 45, dtype=torch.int64)
    done[0, [4, 6, *range(11, 42, 5)]] = 1
    state = torch.arange(45).unsqueeze(0) % 5
    state[:, :-1][done[:, 1:] == 1] = torch.tensor([5, 6, 5, 6, 5, 6, 5, 6, last])
    (only,) = found(*batch(shape=(1, 45), done=done, obs=state), "done-merged")
    assert only.severity == severity
