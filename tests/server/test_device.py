"""Losses evaluated on a device: its numbers, in the same figures, and back to the CPU where it has no room."""

import logging
import re
from dataclasses import replace
from typing import Any, cast

import pytest
import torch
from pydantic import ValidationError
from tensordict import TensorDict
from torch import Tensor

from mouse.losses import LOSSES
from mouse_dashboard.compute import evaluator as evaluation
from mouse_dashboard.compute.batch import Batch
from mouse_dashboard.compute.device import DevicePlacement, unavailable_reason
from mouse_dashboard.compute.evaluator import Evaluator
from mouse_dashboard.doctor.examination import examine_stored_batch
from mouse_dashboard.exports.terms import terms_of
from mouse_dashboard.figures import FIGURES
from mouse_dashboard.schema.requests import EvaluateRequest, TransitionRequest
from mouse_dashboard.schema.results import Evaluation
from mouse_dashboard.settings import Settings
from mouse_dashboard.web.app import create_app
from tests.server.answers import answered, context_of, transition_of
from tests.server.batches import random_batch
from tests.server.test_evaluation import CONFIGS, bytes_of
from tests.standin_device import DEVICE, StandInDevice

NOTE = "Computed on lazy; last bits may differ from those of a CPU."
BATCH = random_batch(12, 7, 16, 2)
"""With so many actions a log-softmax is the same operation on a CPU."""
CACHE = 1 << 24


def evaluator_of(max_bytes: int = CACHE) -> Evaluator:
    return Evaluator(CACHE, placement=DevicePlacement(DEVICE, max_bytes))


def asked(**fields: Any) -> EvaluateRequest:
    return EvaluateRequest.model_validate({"configs": CONFIGS, **fields})


def plain(answer: Evaluation) -> str:
    """The answer without what is said of the device."""
    losses = {name: each.model_copy(update={"note": ""}) for name, each in answer.losses.items()}
    return answer.model_copy(update={"losses": losses, "pinned": None}).model_dump_json()


def figures_of(name: str) -> list[dict[str, Any]]:
    """Every figure of a loss, and maps of its terms and its gradient."""
    loss = LOSSES[name]
    kinds = [{"kind": kind, "loss": name, "term": "loss"} for kind, figure in FIGURES.items() if figure.fits(loss)]
    terms = [*(info.name for info in loss.term_infos), "gradient", "gradient_norm"]
    return [*kinds, *({"kind": "map", "loss": name, "term": term} for term in terms)]


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("part", [slice(0, 15), slice(15, 30)])
def test_numbers_and_figures_are_those_of_the_device_and_say_so(name: str, part: slice) -> None:
    pinned = {"configs": {name: replace(CONFIGS[name], weight=3.0)}}
    request = asked(figures=figures_of(name)[part], slice={"by": "action", "value": 1}, pinned=pinned)
    here = answered(BATCH, request)
    with StandInDevice() as device:
        there = answered(BATCH, request, evaluator=evaluator_of())
    assert plain(there) == plain(here)
    assert {result.note for result in there.losses.values()} == {NOTE}
    assert {result.note for result in here.losses.values()} == {""}
    assert device.operations["add"]


@pytest.mark.parametrize("name", LOSSES)
def test_a_transition_is_looked_up_on_the_device(name: str) -> None:
    request = TransitionRequest.model_validate({"configs": CONFIGS, "loss": name, "term": "gradient_norm"})
    with StandInDevice():
        there = transition_of(BATCH, request, evaluator_of())
    here = transition_of(BATCH, request)
    assert there.model_dump() == here.model_dump()


@pytest.mark.parametrize("name", LOSSES)
def test_terms_of_the_device_can_be_downloaded(name: str) -> None:
    with StandInDevice():
        context = context_of(BATCH, CONFIGS, evaluator_of())
        there = terms_of(context.job(name), context.cache, context.token).first
    context = context_of(BATCH, CONFIGS)
    here = terms_of(context.job(name), context.cache, context.token).first
    assert list(there) == list(here)
    assert all(torch.equal(there[term], here[term]) for term in here)


def test_the_doctor_examines_the_batch_on_the_cpu() -> None:
    evaluator = evaluator_of()
    with StandInDevice() as device:
        answered(BATCH, asked(), evaluator=evaluator)
        ran = device.operations.total()
        report = examine_stored_batch(context_of(BATCH, CONFIGS, evaluator))
    assert device.operations.total() == ran
    assert [found.rule for found in report] == [
        found.rule for found in examine_stored_batch(context_of(BATCH, CONFIGS))
    ]


def test_a_term_that_nothing_shows_stays_on_the_device() -> None:
    with StandInDevice() as device:
        answered(BATCH, asked(configs={"dqn": CONFIGS["dqn"]}), evaluator=evaluator_of())
        plainly = device.syncs["_to_copy"]
        figures = [{"kind": "map", "loss": "dqn", "term": "td_error"}]
        answered(BATCH, asked(configs={"dqn": CONFIGS["dqn"]}, figures=figures), evaluator=evaluator_of())
    assert device.syncs["_to_copy"] == 2 * plainly + 1


def test_an_estimate_is_computed_on_the_device(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluation, "EXACT_SECONDS", 0)
    monkeypatch.setattr(evaluation, "SAMPLE_SECONDS", 1e-9)
    evaluator = evaluator_of()
    figures = [{"kind": "map", "loss": "dqn", "term": "loss"}]
    with StandInDevice():
        answered(BATCH, asked(configs={"dqn": {"gamma": 0.5}}), evaluator=evaluator)
        request = asked(configs={"dqn": {"gamma": 0.6}}, brief=True, figures=figures)
        result = answered(BATCH, request, evaluator=evaluator).losses["dqn"]
    estimated = "Estimated from 1 of 12 sequences and the last exact value; exact when the slider rests."
    assert result.note == f"{estimated} {NOTE}"


def test_a_batch_without_room_is_evaluated_on_the_cpu(caplog: pytest.LogCaptureFixture) -> None:
    evaluator = evaluator_of(1000)
    said = "the batch takes 0.1 MB, and MOUSE_DEVICE_BYTES keeps 0.0 MB of lazy for batches"
    with StandInDevice() as device, caplog.at_level(logging.WARNING, "mouse"):
        answer = answered(BATCH, asked(), evaluator=evaluator)
        assert answered(BATCH, asked(), evaluator=evaluator) == answer
    assert {result.note for result in answer.losses.values()} == {f"Computed on the CPU: {said}."}
    assert plain(answer) == plain(answered(BATCH, asked()))
    assert caplog.messages == [f"Batch test is evaluated on the CPU: {said}."]
    assert not device.operations


@pytest.mark.parametrize("memory", [0, 3, 40, 400])
def test_a_device_that_runs_out_of_memory_leaves_it_to_the_cpu(memory: int) -> None:
    evaluator, cpu, other = evaluator_of(), Evaluator(CACHE), replace(random_batch(12, 7, 16, 2, seed=1), id="b" * 64)
    request = asked(figures=figures_of("dqn")[:15], pinned={"configs": CONFIGS, "batch_id": other.id})
    here = answered(BATCH, request, other, evaluator=cpu)
    with StandInDevice() as device:
        device.memory = memory
        there = evaluator.retry_on_cpu(lambda: answered(BATCH, request, other, evaluator=evaluator))
        ran = device.operations.total()
        assert answered(BATCH, request, other, evaluator=evaluator) == there
    assert plain(there) == plain(here)
    assert {result.note for result in there.losses.values()} == {"Computed on the CPU: lazy ran out of memory."}
    assert device.operations.total() == ran
    assert evaluator.cache.size == cpu.cache.size  # nothing keeps the memory of the device


def test_without_a_batch_on_the_device_its_memory_is_not_made_room_in() -> None:
    def work() -> None:
        raise torch.cuda.OutOfMemoryError("somebody else's")

    with pytest.raises(torch.cuda.OutOfMemoryError):
        evaluator_of().retry_on_cpu(work)


def with_observations(values: Tensor) -> Batch:
    step_stream = cast("TensorDict", BATCH.step_stream).copy()
    step_stream["observation"] = values
    return replace(BATCH, step_stream=step_stream)


def test_observations_take_no_room() -> None:
    batch, request = with_observations(torch.zeros(12, 7, 1000)), asked(configs={"sv": CONFIGS["sv"]})
    own = {**LOSSES, "mine": replace(LOSSES["sv"], name="mine")}  # nobody knows what else it reads
    with StandInDevice():
        result = answered(batch, request, evaluator=evaluator_of(200_000)).losses["sv"]
        evaluator = Evaluator(CACHE, own, DevicePlacement(DEVICE, 200_000))
        other = answered(batch, request, evaluator=evaluator).losses["sv"]
    assert result.note == NOTE
    assert other.note.startswith("Computed on the CPU")


def test_the_batch_looked_at_longest_ago_makes_room() -> None:
    one, two, three = (replace(BATCH, id=name) for name in ("one", "two", "three"))
    size = sum(len(each) for each in bytes_of(BATCH))
    evaluator = evaluator_of(2 * size)
    with StandInDevice() as device:

        def copied(batch: Batch) -> bool:
            before = device.operations["_to_copy"]
            evaluator.placement.place(batch, LOSSES, evaluator.cache.forget)
            return device.operations["_to_copy"] > before

        answered(one, asked(), evaluator=evaluator)
        cached = evaluator.cache.size
        assert [copied(batch) for batch in (two, one, three, one, two)] == [True, False, True, False, True]
        assert evaluator.cache.size == cached
        assert copied(three)
        evaluator.forget("three")
        assert copied(three)
        assert evaluator.cache.size == 0  # of the first one nothing keeps its memory


def test_a_loss_that_lacks_a_field_names_those_of_the_batch() -> None:
    batch = with_observations(torch.zeros(12, 7))
    del cast("TensorDict", batch.step_stream)["reward"]
    with StandInDevice():
        answer = answered(batch, asked(), evaluator=evaluator_of())
    error = answer.losses["dqn"].error
    assert error is not None
    assert "observation" in error.message


@pytest.mark.parametrize(
    ("gpus", "device", "said"),
    [
        (0, "cpu", ""),
        (0, "cuda", "device: found cuda, expected cpu: torch .* finds no GPU on this machine; install a CUDA build"),
        (1, "cuda", ""),
        (2, "cuda:1", ""),
        (2, "cuda:2", "device: found cuda:2, expected one of cpu, cuda, cuda:0, cuda:1; ask for one of these."),
    ],
)
def test_a_device_that_is_not_there_is_refused(
    gpus: int, device: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: gpus > 0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: gpus)
    found = unavailable_reason(device)
    assert re.match(said, found)
    assert bool(found) == bool(said)


def test_the_application_refuses_it_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ValueError, match="found cuda:1, expected cpu"):
        create_app(Settings(device="cuda:1"))


@pytest.mark.parametrize("device", ["tpu", "cuda:", "cuda:x", "cuda:01", "CUDA", ""])
def test_a_word_that_is_no_device_is_refused(device: str) -> None:
    with pytest.raises(ValidationError, match="expected cpu, cuda, or cuda:N"):
        Settings(device=device)
