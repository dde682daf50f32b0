"""GRPO teaches a small language model of characters to sort digits, a task whose answers can be verified."""

import copy
from typing import cast

import torch
from torch import Tensor, nn

from examples.losses.grpo import grpo_loss
from examples.losses.training.rollout import TERMINAL, TRUNCATED, Fields, call, minimize

PROMPTS, COMPLETIONS = 8, 8
ASK, END, PAD = 10, 11, 12
"""Tokens beside the ten digits: ``=`` after the digits to sort, and the two that a tokenizer adds."""
LENGTHS = 2, 5
STEPS = 2 * (LENGTHS[1] + 1)
SUPERVISED = 200
"""Updates on right answers before reinforcement learning begins: until about half of the answers are right."""


class CharacterModel(nn.Module):
    """Logits ``[B, S, 13]`` of the next token."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(13, 32)
        self.memory = nn.GRU(32, 64, batch_first=True)
        self.head = nn.Linear(64, 13)

    def forward(self, token: Tensor) -> Tensor:
        """Read tokens ``[B, S]``."""
        return cast("Tensor", self.head(self.memory(self.embedding(token))[0]))


def grpo_batch(iterations: int = 20, supervised: int = SUPERVISED) -> tuple[Fields, Fields]:
    """Fields ``[B, S]`` of the last completions, and the logits of the model in their last epoch."""
    model = CharacterModel()
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    for _ in range(supervised):
        token, mask = _pad([_prompt() for _ in range(64)], answered=True)
        of_token = log_prob_of(model(token), token)
        minimize(-of_token[mask].mean(), optimizer)
    reference = copy.deepcopy(model)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)

    fields, out = Fields(), Fields()
    for _ in range(iterations):
        fields = sample_completions(model, [_prompt() for _ in range(PROMPTS)])
        with torch.no_grad():
            fields["old_log_prob"] = log_prob_of(model(fields["token"]), fields["token"])
            fields["ref_log_prob"] = log_prob_of(reference(fields["token"]), fields["token"])
        for _ in range(3):
            out = {"logits": model(fields["token"])}
            minimize(call(grpo_loss, fields | out), optimizer)
    return fields, out


@torch.no_grad()
def sample_completions(model: CharacterModel, prompts: list[list[int]]) -> Fields:
    """Complete each prompt several times; a completion that sorts its digits and ends is rewarded with 1."""
    repeated = [prompt for prompt in prompts for _ in range(COMPLETIONS)]
    token, of_prompt = _pad(repeated, answered=False)
    mask = torch.zeros_like(of_prompt)
    for t in range(1, STEPS):
        drawn = model(token[:, :t])[:, -1].softmax(dim=-1).multinomial(1).squeeze(-1)
        mask[:, t] = ~of_prompt[:, t] & ~(token[:, :t] == END).any(dim=1)
        token[:, t] = torch.where(mask[:, t], drawn, token[:, t])
    last = torch.arange(STEPS) == (mask * torch.arange(STEPS)).argmax(dim=1, keepdim=True)
    answers, _ = _pad(repeated, answered=True)
    right = (token == answers).all(dim=1, keepdim=True)
    return {
        "token": token,
        "token_mask": mask,
        "reward": (last & right).float(),
        "done": torch.where(token == END, TERMINAL, TRUNCATED) * last,
        "group": torch.arange(len(prompts)).repeat_interleave(COMPLETIONS).unsqueeze(1).repeat(1, STEPS),
    }


def log_prob_of(logits: Tensor, token: Tensor) -> Tensor:
    """Log-probability ``[B, S]`` that each token had before it came; 0 for the first one."""
    log_probs = logits[:, :-1].log_softmax(dim=-1)
    return nn.functional.pad(log_probs.gather(-1, token[:, 1:].unsqueeze(-1)).squeeze(-1), (1, 0))


def _prompt() -> list[int]:
    length = int(torch.randint(LENGTHS[0], LENGTHS[1] + 1, ()))
    return cast("list[int]", torch.randint(10, (length,)).tolist())


def _pad(prompts: list[list[int]], *, answered: bool) -> tuple[Tensor, Tensor]:
    """Tokens ``[B, STEPS]``, and which of them are the answers; without answers: which are the prompts."""
    asked = [[*prompt, ASK] for prompt in prompts]
    answers = [[*sorted(prompt), END] if answered else [] for prompt in prompts]
    rows = [[*a, *b] for a, b in zip(asked, answers, strict=True)]
    token = torch.tensor([row + [PAD] * (STEPS - len(row)) for row in rows])
    position = torch.arange(STEPS)
    length = torch.tensor([[len(each)] for each in asked])
    is_prompt = position < length
    return token, (~is_prompt & (token != PAD) if answered else is_prompt)
