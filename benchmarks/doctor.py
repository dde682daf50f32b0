"""How well and how fast the doctor sees: detection against strength, false alarms, time. Figures are printed.

    .venv/bin/python -m benchmarks.doctor                    # all, about half an hour
    .venv/bin/python -m benchmarks.doctor --only time        # about half a minute

Bugs are planted by `benchmarks/plants.py` into batches of real environments; right ones are those of
`benchmarks/clean.py`.
"""

import argparse
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import cast

import torch
from rich.console import Console
from rich.table import Table
from tensordict import TensorDict

from benchmarks.clean import CLEAN, WORLDS
from benchmarks.doctor_files import reports
from benchmarks.losses import make_batch, settle_memory
from benchmarks.plants import PLANTS
from benchmarks.soil import Soil
from mouse import doctor
from mouse.diagnosis import RULES
from mouse.diagnosis.case import Case
from mouse.diagnosis.examine import examine
from mouse.diagnosis.rule_skipped import RuleSkipped
from mouse.diagnosis.thresholds import Thresholds
from mouse.losses import HEADS, LOSSES
from mouse.losses.config import LossConfig
from mouse.losses.dqn import DqnLossConfig

STRENGTHS = (0.0, 0.01, 0.03, 0.1, 0.3, 1.0)
SHAPES = ((8, 32), (32, 64), (64, 128))
HEAD_SUBSETS = ((), ("vec_dqn", "vec_dqn_target"), ("sp", "sv"))
SILENT = "silent"
SAME_CAUSE = {
    "episode-too-short": {"end-inside-episode"},  # an end that is stored twice is one after which the episode goes on
    "reward-all-zero": {"reward-not-a-function"},  # where only some are lost, the same step is paid or not
    "target-scale": {"theta-wraps"},  # rewards of a wrong scale, as the vector loss sees them
}
"""Rules that name the cause of another rule's plant as well."""
CONFUSION_STRENGTHS = (0.1, 0.3, 1.0)
MILLION = (2048, 513, 6)
FILE_SEEDS = 4
"""Recordings of each world in each file."""


def detection(seeds: int, console: Console) -> None:
    """Share of the plants that are named by their own rule, over worlds, seeds, sizes and subsets of heads."""
    table = Table("rule", *(f"{strength:g}" for strength in STRENGTHS), title="named, % of the plants, by strength")
    for name in RULES:
        soils = [
            (Soil(shape=shape, name=world, seed=seed), absent)
            for world in WORLDS
            for seed in range(seeds)
            for shape in SHAPES
            for absent in HEAD_SUBSETS
            if not _needs_one_of(name, absent)
        ]
        rates = [
            sum(_is_named(name, soil, strength, absent) for soil, absent in soils) / len(soils)
            for strength in STRENGTHS
        ]
        table.add_row(name, *(f"{100 * rate:.0f}" for rate in rates))
    console.print(table)


def _needs_one_of(name: str, absent: tuple[str, ...]) -> bool:
    """Whether a plant goes into a head that is left out: those are of the rule's own needs."""
    touched = {
        "input-not-finite": "sv",
        "gradient-not-finite": "vec_dqn",
        **dict.fromkeys(("temperature-extreme", "q-star-ties", "student-saturated", "teacher-is-student"), "sp"),
        **dict.fromkeys(("theta-wraps", "vector-degenerate", "vector-dim", "vector-ignores-done"), "vec_dqn"),
    }
    return touched.get(name) in absent


def _is_named(name: str, soil: Soil, strength: float, absent: tuple[str, ...]) -> bool:
    sample = PLANTS[name](soil, strength)
    heads = {head: sample.field(head) for head in HEADS if head not in absent}
    out: TensorDict = TensorDict(heads, batch_size=sample.field("action").shape)
    return bool(doctor(cast("TensorDict", sample.step_stream), out, sample.configs, rules=[name]).findings)


def confusion(seeds: int, console: Console) -> None:
    """Which rule is named first for each planted one, of those that do not speak of the batch before it is planted.

    Weak plants count as well: those that their own rule does not see are the ones that another may be blamed for.
    """
    table = Table(
        "planted", "named first", "silent", "others named first", title="planted rule against first rule named"
    )
    total: Counter[str] = Counter()
    for name, plant in PLANTS.items():
        first: Counter[str] = Counter()
        for soil in [Soil(name=world, seed=seed) for world in WORLDS for seed in range(seeds)]:
            before = {finding.rule for finding in doctor(*plant(soil, 0.0))} - {name}
            for strength in CONFUSION_STRENGTHS:
                report = doctor(*plant(soil, strength))
                first.update([next((each.rule for each in report if each.rule not in before), SILENT)])
        right = sum(first[each] for each in {name, *SAME_CAUSE.get(name, ())})
        others = {rule: count for rule, count in first.items() if rule not in {name, SILENT, *SAME_CAUSE.get(name, ())}}
        total.update({"right": right, SILENT: first[SILENT], "wrong": sum(others.values())})
        told = ", ".join(f"{rule} {count}" for rule, count in others.items())
        table.add_row(name, str(right), str(first[SILENT]), told)
    share = total["wrong"] / sum(total.values())
    table.add_row("all", str(total["right"]), str(total[SILENT]), f"{total['wrong']} ({100 * share:.1f} %)")
    console.print(table)


def false_alarms(batches: int, console: Console) -> None:
    """Errors and warnings on right batches, of every kind in turn, and on files of real environments."""
    table = Table("right batches", "count", "with an error", "with a warning", "rules that spoke up")
    total: Counter[str] = Counter()
    each = -(-batches // len(CLEAN))
    kinds = {
        kind.replace("_", " "): (doctor(*make(torch.Generator().manual_seed(seed))) for seed in range(each))
        for kind, make in CLEAN.items()
    }
    kinds["files of libraries"] = (report for _name, report in reports(FILE_SEEDS))
    for kind, found in kinds.items():
        seen: Counter[str] = Counter()
        rules: Counter[str] = Counter()
        for report in found:
            seen.update(["count"])
            seen.update(["error"] if report.at_least("error") else [])
            seen.update(["warning"] if any(finding.severity == "warning" for finding in report) else [])
            rules.update({finding.rule for finding in report.at_least("warning")})
        total += seen
        named = ", ".join(f"{rule} {count}" for rule, count in rules.items())
        table.add_row(kind, *(str(seen[key]) for key in ("count", "error", "warning")), named)
    table.add_row("all", *(str(total[key]) for key in ("count", "error", "warning")), "")
    console.print(table)


def speed(threads: int, console: Console) -> None:
    """Seconds of all rules on a million transitions, as a clock and as the processor counts them; the slowest rules."""
    torch.set_num_threads(threads)
    settle_memory()
    step_stream, out = make_batch(MILLION, 2)
    step_stream.update(_counter_and_observation(cast("torch.Tensor", step_stream["done"])))
    configs: dict[str, LossConfig] = {name: loss.config() for name, loss in LOSSES.items()}
    for what, weight in (("with CQL", 0.02), ("without", 0.0)):
        configs |= {"dqn": DqnLossConfig(cql_weight=weight)}
        runs = [_timed(partial(doctor, step_stream, out, configs)) for _ in range(3)]
        clock, worked = (min(times) for times in zip(*runs, strict=True))
        size = f"{MILLION[0] * (MILLION[1] - 1)} transitions x {MILLION[2]} actions"
        console.print(f"{size}, {what}, {threads} threads: {clock:.2f} s, processor {worked:.2f} s")
    case = Case(step_stream, out, configs, Thresholds())
    spent = {name: _timed(partial(_examined, name, case))[1] for name in RULES}
    slowest = sorted(spent, key=lambda name: -spent[name])[:8]
    console.print("first to need a shared part pays: " + ", ".join(f"{name} {spent[name]:.2f}" for name in slowest))


def _counter_and_observation(done: torch.Tensor) -> dict[str, torch.Tensor]:
    """What rules of episodes and dynamics read: the step in the episode, and four numbers that drift."""
    row = torch.arange(done.shape[1]).expand_as(done)
    ended = torch.where(done != 0, row, -1).cummax(dim=1).values
    begin = torch.nn.functional.pad(ended[:, :-1], (1, 0), value=-1).clamp_min(0)
    drift = torch.randn((*done.shape, 4), generator=torch.Generator().manual_seed(0)).cumsum(dim=1)
    return {"time": row - begin, "obs": 0.1 * drift}


def _examined(name: str, case: Case) -> None:
    try:
        examine(RULES[name], case)
    except RuleSkipped:
        return


def _timed(call: Callable[[], object]) -> tuple[float, float]:
    start, worked = time.perf_counter(), time.process_time()
    call()
    return time.perf_counter() - start, time.process_time() - worked


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=("detection", "confusion", "alarms", "time"))
    parser.add_argument("--seeds", type=int, default=3, help="batches of each kind")
    parser.add_argument("--batches", type=int, default=800, help="right batches, files apart")
    parser.add_argument("--threads", type=int, default=2, help="for the time")
    arguments = parser.parse_args()
    console = Console()
    torch.set_num_threads(1)
    if arguments.only in {None, "detection"}:
        detection(arguments.seeds, console)
    if arguments.only in {None, "confusion"}:
        confusion(arguments.seeds, console)
    if arguments.only in {None, "alarms"}:
        false_alarms(arguments.batches, console)
    if arguments.only in {None, "time"}:
        speed(arguments.threads, console)


if __name__ == "__main__":
    main()
