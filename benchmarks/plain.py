"""The four losses as a competent researcher would write them, straight from the formulas.

What mouse is measured against: they check nothing, keep no intermediate, and know only what the benchmark asks of them.
The metrics are the same.
"""

import math
from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn import functional

from mouse.losses.dqn import DqnLossConfig

Batch = Mapping[str, Tensor]
Result = tuple[Tensor, dict[str, float]]


def dqn(batch: Batch, cfg: DqnLossConfig) -> Result:
    """Squared TD error with a target head, and a CQL penalty where it is asked for; rewards are not normalised."""
    action, done = batch["action"][:, 1:], batch["done"][:, 1:]
    terminal, truncated = done == 1, done == 2
    q = batch["dqn"][:, :-1]
    q_taken = q.gather(-1, action.unsqueeze(-1)).squeeze(-1)
    with torch.no_grad():
        reward = batch["reward"][:, 1:] * cfg.reward_scale + cfg.reward_shift
        running = 1 - terminal.float() - truncated.float()
        discount = cfg.gamma * running + cfg.gamma_terminal * terminal + cfg.gamma_truncated * truncated
        bootstrap = torch.where(discount == 0, 0, discount * batch["dqn_target"][:, 1:].amax(dim=-1))
        td_target = reward + bootstrap
    loss = (td_target - q_taken).square().mean()
    metrics = {
        "q_values_mean": q_taken.mean().item(),
        "q_values_std": q_taken.std().item(),
        "q_values_min": q_taken.min().item(),
        "q_values_max": q_taken.max().item(),
        "q_values_target": td_target.mean().item(),
    }
    if cfg.cql_weight > 0:
        penalty = q.logsumexp(dim=-1) - q_taken
        loss = loss + cfg.cql_weight * ((td_target.abs() + cfg.cql_scale_q_eps) * penalty).mean()
        metrics["cql_penalty"] = penalty.mean().item()
    return loss, {**metrics, "dqn_loss": loss.item()}


def scores(vectors: Tensor) -> Tensor:
    """Sum of the signed angles by which each action's vector leads the others: atan2 of every pair."""
    u = functional.normalize(vectors, dim=-1)
    turned = torch.stack((-u[..., 1::2], u[..., 0::2]), dim=-1).flatten(-2)
    return torch.atan2(u @ turned.mT, u @ u.mT).sum(dim=-1)


def vec_dqn(batch: Batch) -> Result:
    """Angle between the taken action's vector and the target head's greedy vector turned by the reward."""
    action, theta = batch["action"][:, 1:], batch["reward"][:, 1:, None]
    v_taken = take(batch["vec_dqn"][:, :-1], action)
    with torch.no_grad():
        following = batch["vec_dqn_target"][:, 1:]
        v_greedy = take(following, scores(following).argmax(dim=-1))
        x, y = v_greedy[..., 0::2], v_greedy[..., 1::2]
        cos, sin = theta.cos(), theta.sin()
        v_rotated = torch.stack((x * cos - y * sin, x * sin + y * cos), dim=-1).flatten(-2)
        last = scores(batch["vec_dqn"][:, -1]).abs() / math.pi
    loss = (1 - functional.cosine_similarity(v_taken, v_rotated, dim=-1)).mean()
    return loss, {
        "vec_dqn_loss": loss.item(),
        "vec_dqn_score_abs_min": last.min().item(),
        "vec_dqn_score_abs_max": last.max().item(),
        "vec_dqn_score_abs_mean": last.mean().item(),
    }


def take(vectors: Tensor, action: Tensor) -> Tensor:
    """Vector of one action per step."""
    index = action[..., None, None].expand(*action.shape, 1, vectors.shape[-1])
    return vectors.gather(-2, index).squeeze(-2)


def sp(batch: Batch, loss_type: str) -> Result:
    """Cross-entropy with the best action, or a divergence from the softmax of the optimal values."""
    valid = batch["q_star"] > -torch.inf
    counted = valid.any(dim=-1)
    logits = batch["sp"].masked_fill(~valid, -1e9)
    if loss_type == "ce":
        best = batch["q_star"].argmax(dim=-1)
        divergence = functional.cross_entropy(logits.flatten(0, 1), best.flatten(), reduction="none").view_as(counted)
    else:
        log_q = logits.log_softmax(dim=-1)
        log_p = batch["q_star"].masked_fill(~valid, -1e9).log_softmax(dim=-1)
        divergence = soft_divergence(log_p, log_q, loss_type).sum(dim=-1)
    loss = (divergence * counted).sum() / counted.sum()
    return loss, {"sp_loss": loss.item()}


def soft_divergence(log_p: Tensor, log_q: Tensor, loss_type: str) -> Tensor:
    """Per action, each with the exponentials that it needs."""
    if loss_type == "ce-soft-fwd":
        return -log_p.exp() * log_q
    if loss_type == "ce-soft-bwd":
        return -log_q.exp() * log_p
    if loss_type == "kl-fwd":
        return log_p.exp() * (log_p - log_q)
    if loss_type == "kl-bwd":
        return log_q.exp() * (log_q - log_p)
    p, q = log_p.exp(), log_q.exp()
    log_m = torch.logaddexp(log_p, log_q) - math.log(2)
    return 0.5 * (p * (log_p - log_m) + q * (log_q - log_m))


def sv(batch: Batch) -> Result:
    """Mean squared error over the valid entries, picked by boolean indexing."""
    valid = batch["q_star"] > -torch.inf
    loss = functional.mse_loss(batch["sv"][valid], batch["q_star"][valid])
    return loss, {"sv_loss": loss.item()}
