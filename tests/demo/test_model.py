import torch
from tensordict import TensorDict

from mouse.demo.model import DemoModel


def test_every_head_answers_each_step() -> None:
    out = DemoModel(n_observations=5, n_actions=3, vec_dim=4, hidden=8)(observations())
    assert out.batch_size == (2, 7)
    shapes = {name: tuple(value.shape[2:]) for name, value in out.items()}
    assert shapes == {
        "dqn": (3,),
        "dqn_target": (3,),
        "vec_dqn": (3, 4),
        "vec_dqn_target": (3, 4),
        "sp": (3,),
        "sv": (3,),
    }


def test_an_output_depends_on_the_past_and_not_on_the_future() -> None:
    model = DemoModel(n_observations=5, n_actions=3, hidden=8)
    batch = observations()
    changed = batch.clone()
    changed["obs_discrete"][:, 3] = (changed["obs_discrete"][:, 3] + 1) % 5
    before, after = model(batch)["dqn"], model(changed)["dqn"]
    assert torch.equal(before[:, :3], after[:, :3])
    assert (before[:, 3:] != after[:, 3:]).all()


def test_polyak_update_moves_each_target_by_its_own_share() -> None:
    model = DemoModel(n_observations=5, n_actions=3, hidden=8)
    with torch.no_grad():
        for head in (model.dqn, model.vec_dqn):
            head.online.weight.fill_(1.0)
            head.target.weight.fill_(0.0)
    model.polyak_update(dqn_tau=0.25, vec_dqn_tau=0.5)
    assert (model.dqn.target.weight == 0.25).all()
    assert (model.vec_dqn.target.weight == 0.5).all()
    assert (model.dqn.online.weight == 1.0).all()


def observations() -> TensorDict:
    return TensorDict({"obs_discrete": torch.arange(14).reshape(2, 7) % 5}, batch_size=[2, 7])
