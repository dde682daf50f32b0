"""Doubts about the recording that a batch was made of: noted at import, reported as findings."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from mouse.diagnosis.finding import RawFinding
from mouse.diagnosis.rule import Rule, rule
from mouse.mapping.doubts import Doubt, DoubtId


@dataclass(frozen=True)
class RecordingCase:
    """The doubts of a recording, and the shape of the batch that was made of it."""

    doubts: Sequence[Doubt]
    shape: tuple[int, int]
    """B sequences of S steps."""

    def found(self, name: DoubtId) -> Iterator[RawFinding]:
        """What was noted of one kind, with its transitions where some are in the batch."""
        for doubt in self.doubts:
            if doubt.id == name:
                count = len(doubt.rows)
                yield RawFinding(message=doubt.message, measured=count or None, threshold=0 if count else None,
                            mask=self._mask(doubt) if doubt.places else None)  # fmt: skip

    def _mask(self, doubt: Doubt) -> Tensor:
        mask = torch.zeros(self.shape[0], self.shape[1] - 1, dtype=torch.bool)
        mask[[row for row, _step in doubt.places], [step for _row, step in doubt.places]] = True
        return mask

    def share_of_loss(self, _loss: str, _mask: Tensor) -> Any:
        """Nothing: a recording has no loss."""
        return None

    share_of_gradient = share_of_loss


@rule(
    "rows-apart",
    "warning",
    shows="The file's next observation of each running step, and the observation of the row after it.",
    why="A pair of these two rows is no step of the environment: its target would bootstrap from another episode.",
    fix="Mark an end in these rows of the file: a time limit that cut the episode is a truncation.",
    sources=(
        "https://github.com/Farama-Foundation/D4RL/issues/77",
        "https://github.com/Farama-Foundation/D4RL/issues/85",
    ),
)
def rows_apart(case: RecordingCase) -> Iterator[RawFinding]:
    """Rows that stand together in the file do not follow one another.

    The next observation that is stored with a row is not the observation of the next row, although no end of an episode
    is marked in it. Windows are cut there.
    """
    yield from case.found("rows-apart")


@rule(
    "rows-interleaved",
    "warning",
    shows="Pairs of rows that no step of the world leads along, the second of which goes on from the first of an"
    " earlier such pair, far more often than from that of a later one. Of a long file its first rows are looked at.",
    why="A pair of rows of two environments is no step: its target bootstraps from a state that never followed.",
    fix="Store the number of the environment with each row and map it, or write the rows of each environment together.",
    sources=("https://github.com/chainer/chainerrl/pull/442",),
    explains=(
        "rows-apart", "rows-not-in-order", "ends-missing", "alignment-off-by-one", "reward-not-a-function",
        "done-merged", "episode-too-short", "q-overestimation",
    ),
)  # fmt: skip
def rows_interleaved(case: RecordingCase) -> Iterator[RawFinding]:
    """Rows of several environments stand in turn.

    Each environment wrote a few steps before the next one did, and nothing in the file tells them apart.
    """
    yield from case.found("rows-interleaved")


@rule(
    "end-goes-on",
    "warning",
    shows="Ends after which the counter of steps, or the stored next observation, goes on to the row after.",
    why="A running step is taken as the last one of its episode: it gets no value from what comes after it.",
    fix="Store the flag with the last step of its episode; check whether it stands one row late.",
    sources=("https://github.com/Farama-Foundation/D4RL/issues/162",),
)
def end_goes_on(case: RecordingCase) -> Iterator[RawFinding]:
    """An end of an episode is marked where the episode goes on.

    The rows after it are counted as steps of the same episode, or the next observation that is stored with it is that
    of the row after.
    """
    yield from case.found("end-goes-on")


@rule(
    "ends-unknown",
    "warning",
    shows="Fields of the file that mark ends: there is none, or none is ever set.",
    why="Every state looks as if the episode went on: values grow past what an episode can bring.",
    fix="Map the field that marks ends to done, terminated or truncated; or record it.",
    sources=("https://github.com/huggingface/lerobot/issues/761",),
)
def ends_unknown(case: RecordingCase) -> Iterator[RawFinding]:
    """The file does not tell where episodes end.

    No field marks an end, or none is set in any row.
    """
    yield from case.found("ends-unknown")


@rule(
    "ends-lost",
    "warning",
    shows="Ends that the file marks, and those that lie between two rows of the batch.",
    why="What is trained on hardly ever ends, unlike what was recorded.",
    fix="Cut chained windows, or shorter ones, so that the last steps of episodes lie in them.",
)
def ends_lost(case: RecordingCase) -> Iterator[RawFinding]:
    """Most ends of the file are not in the batch.

    Windows leave out what is too short for them at the end of a sequence, which is where its episode ends.
    """
    yield from case.found("ends-lost")


RECORDING_RULES: dict[str, Rule] = {
    each.id: each for each in (rows_apart, rows_interleaved, end_goes_on, ends_unknown, ends_lost)
}
"""Rules over the file that a batch was made of, by their ids."""


def chosen_rules(names: Iterable[str]) -> list[Rule]:
    """Those of some rules that are over recordings."""
    return [RECORDING_RULES[name] for name in names if name in RECORDING_RULES]
