from mouse.losses.reward import RewardConfig
from tests.mouse.reference import Rows, bessel_std, mean


def naive_rewards(reward: Rows, xformed_reward: Rows, cfg: RewardConfig) -> tuple[Rows, Rows, Rows]:
    """Raw, normalised and scaled reward of each transition, row by row."""
    raw = [row[1:] for row in (xformed_reward if cfg.use_xformed_reward else reward)]
    normalized: Rows = []
    for row in raw:
        centre = mean(row) if cfg.normalize_reward_mean else 0.0
        spread = bessel_std(row) + cfg.normalize_reward_eps if cfg.normalize_reward_std else 1.0
        normalized.append([(value - centre) / spread for value in row])
    scaled = [[value * cfg.reward_scale + cfg.reward_shift for value in row] for row in normalized]
    return raw, normalized, scaled
