"""Detect rows with the observation of an episode's first row."""

from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor

from mouse.diagnosis.case import Case

SAMPLES = 2048
CHANCE = 1e-3


@dataclass(frozen=True)
class FirstRowMatch:
    """How often rows show the observation of a first row."""

    share: float
    """Of the rows asked for."""
    usual: float
    """Of ordinary rows."""
    count: int
    """How many rows were asked for."""

    @property
    def beyond_chance(self) -> bool:
        """Ordinary rows would not all do so."""
        return self.usual**self.count < CHANCE


def match_first_rows(case: Case, rows: Tensor) -> FirstRowMatch | None:
    """Compare rows with first rows; None without observations or first rows. At most `SAMPLES` rows are looked at."""
    observations = case.observations
    first = case.episodes.reset_rows
    ordinary = ~first & ~rows & ~case.episodes.end
    if observations is None or not bool(first.any()) or not bool(ordinary.any()):
        return None
    known, asked, usual = (observations[_some(mask)] for mask in (first, rows, ordinary))
    return FirstRowMatch(_among(asked, known), _among(usual, known), len(asked))


def _some(mask: Tensor) -> tuple[Tensor, Tensor]:
    row, step = mask.nonzero(as_tuple=True)
    every = -(-len(row) // SAMPLES)
    return row[::every], step[::every]


def _among(rows: Tensor, known: Tensor) -> float:
    """Share of rows that equal one of the known ones."""
    _unique, group = cast("tuple[Tensor, Tensor]", torch.unique(torch.cat([known, rows]), dim=0, return_inverse=True))
    return float(torch.isin(group[len(known) :], group[: len(known)]).double().mean())
