"""Any valid config of each loss."""

from typing import Any, get_args

from hypothesis import strategies as st

from mouse.losses.config import LossConfig
from mouse.losses.dqn import DqnLossConfig
from mouse.losses.sp import Divergence, SpLossConfig
from mouse.losses.sv import SvLossConfig
from mouse.losses.vec_dqn import VecDqnLossConfig

fractions = st.floats(0, 1) | st.sampled_from([0.0, 1.0])
weights = st.just(0.0) | st.floats(0.01, 10)
rewards: dict[str, st.SearchStrategy[Any]] = {
    "reward_scale": st.floats(-5, 5),
    "reward_shift": st.floats(-5, 5),
    "normalize_reward_mean": st.booleans(),
    "normalize_reward_std": st.booleans(),
    "normalize_reward_eps": st.sampled_from([1e-8, 1e-3, 1.0]),
    "use_xformed_reward": st.booleans(),
}

dqn_configs = st.builds(
    DqnLossConfig,
    gamma=fractions,
    gamma_terminal=fractions,
    gamma_truncated=fractions,
    cql_weight=weights,
    cql_scale_q_eps=st.floats(0.01, 10),
    **rewards,
)
vec_dqn_configs = st.builds(VecDqnLossConfig, **rewards)
sp_configs = st.builds(
    SpLossConfig,
    loss_type=st.sampled_from(get_args(Divergence)),
    temperature=st.floats(0.01, 100) | st.sampled_from([0.01, 1.0, 100.0]),
    label_smoothing=st.floats(1e-6, 1) | st.sampled_from([0.0, 1.0]),
)
sv_configs = st.builds(SvLossConfig, loss_type=st.sampled_from(["mse", "mae"]))

CONFIGS: dict[str, st.SearchStrategy[LossConfig]] = {
    "dqn": dqn_configs,
    "vec_dqn": vec_dqn_configs,
    "sp": sp_configs,
    "sv": sv_configs,
}
