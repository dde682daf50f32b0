"""Rows that were never written, padding, rows in no order, sequences that come again."""

from typing import Any

import pytest
import torch
from tensordict import TensorDict

from benchmarks.data_plants import padding as padded
from benchmarks.data_plants import rows_never_written as unwritten
from benchmarks.data_plants import rows_not_in_order as shuffled
from benchmarks.pole import pole
from benchmarks.soil import Soil, changed
from mouse import doctor
from mouse.diagnosis import Finding, Thresholds
from tests.diagnosis.ring import ring
from tests.diagnosis.samples import batch, found, found_if_checked, report_on, rows, without

DATA = ("obs", "obs_discrete", "action", "reward", "done", "time")


def of_data(sample: Any, rule: str, *leave_out: str, **thresholds: Any) -> list[Finding]:
    stream = sample.step_stream.exclude(*leave_out)
    return list(doctor(stream, sample.out.select(), {}, rules=[rule], thresholds=Thresholds(**thresholds)))


def written(count: int, steps: int = 12) -> tuple[Any, Any]:
    """Sequences of which only the first `count` rows hold anything."""
    stream, out = batch(shape=(4, steps), obs=torch.rand(4, steps, 2, generator=torch.Generator().manual_seed(1)))
    for name in stream.keys():  # noqa: SIM118  a TensorDict's length is B
        stream[name][:, count:] = 0
    stream["time"] = torch.arange(steps).repeat(4, 1)
    return stream, out


def test_rows_of_zeros_up_to_the_end_were_never_written() -> None:
    rule = "rows-never-written"
    (only,) = found(*written(9), rule)
    assert (only.count, only.unit, only.severity) == (12, "step", "warning")
    assert only.message == (
        "25 % of the rows (12) are 0 in every field, at the end of 4 sequences (threshold 0 %): nothing was written."
    )
    assert found(*written(10), rule) == []  # two rows may be an accident
    assert found(*written(9), rule, thresholds=Thresholds(unwritten_share=0.25)) == []
    assert len(found(*written(9), rule, thresholds=Thresholds(unwritten_share=0.24, min_jumps=12))) == 1
    assert found(*written(9), rule, thresholds=Thresholds(min_jumps=13)) == []
    stream, out = written(9)
    for name in without(stream, "time").keys():  # noqa: SIM118  a TensorDict's length is B
        stream[name][0, 2:5] = 0  # as many rows hold nothing where others were written behind them
    assert {place[0] for only in found(stream, out, rule) for place in only.places} == set()
    stream, out = written(9)
    stream["done"][:, 8] = 1  # behind an end it is padding
    assert found(stream, out, rule) == []
    assert len(found(without(stream, "done"), out, rule)) == 1


def test_rows_behind_an_end_that_repeat_are_padding() -> None:
    stream, out = written(8)
    stream["done"][:, 7] = 1
    (only,) = found(stream, out, "padding")
    assert (only.count, only.unit, only.field, only.loss) == (12, "transition", "step_stream", "dqn")
    share = only.measured or 0
    assert share == 12 / 44
    assert found(stream, out, "padding", thresholds=Thresholds(padding_share=share)) == []
    assert len(found(stream, out, "padding", {}, thresholds=Thresholds(padding_share=share - 0.01))) == 1
    stream["done"][:, 7] = 0
    assert found(stream, out, "padding") == []
    assert found(without(stream, "done"), out, "padding") == []


def test_rows_that_a_mask_leaves_out_are_padding() -> None:
    stream, out = batch(shape=(2, 6))
    stream["mask"] = rows([1, 1, 1, 0, 0, 0], [1, 1, 1, 1, 1, 1]).bool()
    (only,) = found(stream, out, "padding")
    assert (only.field, only.places) == ("step_stream.mask", ((0, 3), (0, 4)))
    stream["padding_flag"] = ~stream["mask"]
    assert found(without(stream, "mask"), out, "padding")[0].field == "step_stream.padding_flag"
    stream["mask"] = rows([1, 1, 0, 1, 0, 0], [1, 1, 1, 1, 1, 1]).bool()  # goes on after a gap
    assert found(without(stream, "padding_flag"), out, "padding") == []


def test_rows_in_no_order_are_named_by_their_counter() -> None:
    rule, soil = "rows-not-in-order", Soil(name="cliff", shape=(16, 32))
    (only,) = of_data(shuffled(soil, 0.25), rule)
    assert only.message == "time does not go on between many rows of 4 of 16 sequences (threshold 0 %)."
    assert of_data(shuffled(soil, 0.25), rule, shuffled_share=0.25) == []
    assert len(of_data(shuffled(soil, 0.25), rule, shuffled_share=0.24)) == 1
    assert of_data(soil.grow(), rule) == []


def in_turn(sample: Any) -> Any:
    """Steps of two sequences in turn."""
    half = sample.step_stream.shape[1] // 2
    stream = sample.step_stream
    mixed: dict[str, Any] = {
        name: torch.stack([stream[name][0::2, :half], stream[name][1::2, :half]], 2).flatten(1, 2)
        for name in stream.keys()  # noqa: SIM118  a TensorDict's length is B
    }
    stream, _ = batch(shape=(sample.step_stream.shape[0] // 2, 2 * half), **mixed)
    return sample._replace(step_stream=stream)


@pytest.mark.parametrize("name", ["cliff", "pole"])
def test_environments_in_turn_are_named_with_their_number(name: str) -> None:
    rule = "rows-not-in-order"
    sample: Any = pole(shape=(32, 64)) if name == "pole" else Soil(name=name).grow()
    (only,) = of_data(in_turn(sample), rule)
    assert only.message.endswith("it goes on every 2 rows, as with 2 interleaved recordings.")
    if "obs" in sample.step_stream.keys():  # noqa: SIM118  a TensorDict's length is B
        return
    (only,) = of_data(in_turn(sample), rule, "time")
    assert only.severity == "warning"
    assert only.message.endswith("it goes on every 2 rows, as with 2 interleaved recordings.")
    assert of_data(sample, rule, "time") == []
    told = only.measured or 0
    assert of_data(in_turn(sample), rule, "time", predictable_share=max(told, 0.0)) == []


def stored_twice(sample: Any, first: int = 0) -> Any:
    """Every row and the same row again, or a part of that from a second one on."""
    stream = sample.step_stream
    steps = stream.shape[1]
    again = {
        name: stream[name].repeat_interleave(2, dim=1)[:, first : first + steps]
        for name in stream.keys()  # noqa: SIM118  a TensorDict's length is B
    }
    return sample._replace(step_stream=TensorDict(again, stream.shape))


@pytest.mark.parametrize("name", ["cliff", "taxi", "pole"])
@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize("leave_out", [(), ("time",)])
def test_rows_that_are_stored_twice_are_the_cause(name: str, first: int, leave_out: tuple[str, ...]) -> None:
    sample: Any = pole(shape=(32, 64)) if name == "pole" else Soil(name=name, shape=(16, 32)).grow()
    twice = stored_twice(sample, first)
    count = twice.step_stream.shape[0]
    (only,) = of_data(twice, "rows-not-in-order", *leave_out)
    assert only.message.endswith(f"of {count} sequences stands there twice, equal in every field (threshold 0 %).")
    assert only.fix == "Store each step once."
    stream = twice.step_stream.exclude(*leave_out)
    report = doctor(stream, sample.out.select(), {})
    assert report.findings[0].rule == "rows-not-in-order"


def test_a_part_of_the_sequences_stored_twice_is_named_above_the_threshold() -> None:
    sample = Soil(name="cliff", shape=(16, 32)).grow()
    some: Any = stored_twice(sample)
    for name in some.step_stream.keys():  # noqa: SIM118  a TensorDict's length is B
        some.step_stream[name][4:] = sample.step_stream[name][4:]
    (only,) = of_data(some, "rows-not-in-order")
    assert only.measured == 0.25
    assert not [each for each in of_data(some, "rows-not-in-order", shuffled_share=0.25) if "twice" in each.message]


def test_few_rows_or_one_field_do_not_tell_that_rows_are_stored_twice() -> None:
    twice = stored_twice(Soil(name="cliff", shape=(16, 15)).grow())  # 15 rows: seven pairs may be equal by chance
    assert not [each for each in of_data(twice, "rows-not-in-order") if "twice" in each.message]
    twice = stored_twice(Soil(name="cliff", shape=(16, 16)).grow())
    (only,) = of_data(twice, "rows-not-in-order")
    assert "twice" in only.message
    alone = twice._replace(step_stream=twice.step_stream.select("done", "time"))
    assert not [each for each in of_data(alone, "rows-not-in-order") if "twice" in each.message]


def test_contexts_that_are_drawn_anew_are_an_information() -> None:
    contexts = torch.randint(4, (16, 32), generator=torch.Generator().manual_seed(0))
    (only,) = found(*batch(shape=(16, 32), obs=contexts), "rows-not-in-order")
    assert only.severity == "info"
    many = torch.rand(16, 32, 2, generator=torch.Generator().manual_seed(0))
    assert found(*batch(shape=(16, 32), obs=many), "rows-not-in-order")[0].severity == "info"
    for nothing in (many * 0, many * torch.nan, torch.arange(512).view(16, 32)):
        report = report_on(*batch(shape=(16, 32), obs=nothing), "rows-not-in-order")
        assert report.not_checked[0].needs == "time, or observations that come again or are few numbers"
    unknown = batch(shape=(16, 32), time=torch.full((16, 32), -1))
    needs = report_on(*unknown, "rows-not-in-order", thresholds=Thresholds(min_samples=9)).not_checked[0].needs
    assert needs == "9 pairs of rows with time and without an end, found 0"


def test_a_sequence_that_comes_again_is_counted_once() -> None:
    stream, out = batch()
    for name in stream.keys():  # noqa: SIM118  a TensorDict's length is B
        stream[name][2] = stream[name][0]
    stream["done"][:, 3] = 1
    (only,) = found(stream, out, "same-sequence-repeated")
    assert only.message == "1 of 4 sequences equal an earlier one in every field (threshold 10 %)."
    assert (only.places[0], only.count, only.severity) == ((2, 0), 8, "warning")
    assert found(stream, out, "same-sequence-repeated", thresholds=Thresholds(repeated_share=0.25)) == []
    assert len(found(stream, out, "same-sequence-repeated", thresholds=Thresholds(repeated_share=0.24))) == 1
    needs = report_on(stream, out, "done-merged", thresholds=Thresholds(min_episodes=9)).not_checked[0].needs
    assert needs.startswith("9 whole episodes, found 0")
    stream["reward"][2, 5] += 1
    assert found(stream, out, "same-sequence-repeated") == []


def test_an_agent_that_explores_nothing_may_repeat_itself() -> None:
    place, action = torch.arange(8).repeat(4, 1), torch.ones(4, 8, dtype=torch.int64)
    stream, out = batch(obs=place, action=action, reward=torch.zeros(4, 8), q_star=torch.zeros(4, 8, 3))
    assert [each.severity for each in found(stream, out, "same-sequence-repeated")] == ["info"]
    stream["obs"] = torch.zeros(4, 8, dtype=torch.int64)
    stream["action"][:, 4:] = 0
    assert [each.severity for each in found(stream, out, "same-sequence-repeated")] == ["warning"]


def test_answers_to_one_prompt_may_be_the_same() -> None:
    generator = torch.Generator().manual_seed(0)
    token = torch.randint(9, (8, 5), generator=generator)
    token[[1, 5]] = token[[0, 4]]
    group = torch.arange(8).div(4, rounding_mode="floor").unsqueeze(1).expand(8, 5).clone()

    def severities(group: torch.Tensor, token: torch.Tensor) -> list[str]:
        stream = TensorDict({"token": token, "group": group}, [8, 5])
        return [each.severity for each in found(stream, TensorDict({}, [8, 5]), "same-sequence-repeated")]

    assert severities(group, token) == ["info"]
    assert severities(torch.zeros_like(group), token) == ["warning"], "one group is none"
    uneven = group.clone()
    uneven[3] = 1
    assert severities(uneven, token) == ["warning"], "episodes are of any length"
    assert severities(group, token[[0, 0, 0, 0, 4, 4, 4, 4]]) == ["warning"], "each group is one sequence"


def test_sequences_of_several_environments_are_no_answers_to_a_prompt() -> None:
    obs = torch.rand(8, 5, 2, generator=torch.Generator().manual_seed(0))
    stream, out = batch(
        shape=(8, 5), obs=obs, env_id=torch.arange(8).div(4, rounding_mode="floor").view(8, 1).repeat(1, 5)
    )
    for name in stream.keys():  # noqa: SIM118  a TensorDict's length is B
        stream[name][[1, 5]] = stream[name][[0, 4]]
    assert [each.severity for each in found(stream, out, "same-sequence-repeated")] == ["warning"]


@pytest.mark.parametrize("plant", [padded, unwritten, shuffled])
def test_what_follows_from_rows_that_are_no_steps_stands_below(plant: Any) -> None:
    report = doctor(*plant(Soil(name="cliff"), 1.0))
    rule = plant.__name__.replace("_", "-")
    (first,) = (each for each in report if each.rule == rule)
    assert not {each.rule for each in report} & set(first.explains)


def test_fields_of_too_few_rows_or_names_are_not_looked_at() -> None:
    assert found_if_checked(*batch(shape=(2, 3)), "padding") == []
    sample = pole(shape=(16, 64))
    assert of_data(changed(sample), "same-sequence-repeated") == []


def test_time_tells_the_order_of_rows_without_ends() -> None:
    time = torch.randperm(32, generator=torch.Generator().manual_seed(0)).expand(4, 32)
    shuffled, right = (batch(shape=(4, 32), time=each) for each in (time, torch.arange(32).expand(4, 32)))
    (only,) = found(without(shuffled[0], "done"), shuffled[1], "rows-not-in-order", {})
    assert only.message.startswith("time does not go on between many rows of 4 of 4 sequences")
    assert found(without(right[0], "done"), right[1], "rows-not-in-order", {}) == []


def test_environments_in_turn_are_named_where_steps_slip() -> None:
    rule, right = "rows-not-in-order", ring()
    wrong = {name: torch.stack(value.chunk(4), dim=2).flatten(1, 2) for name, value in right.items()}
    assert list(doctor(right, rules=[rule])) == []
    (only,) = doctor(wrong, rules=[rule])
    assert (only.severity, only.rule) == ("warning", rule)
    assert only.message.endswith("it goes on every 4 rows, as with 4 interleaved recordings.")


def test_episodes_of_a_step_or_two_that_nothing_ends_are_in_order() -> None:
    generator = torch.Generator().manual_seed(0)
    again = torch.rand(16, 64, generator=generator) < 0.4
    again[:, 0] = False
    time = torch.where(again & ~again.roll(1, 1), 1, 0)
    stream, out = batch(shape=(16, 64), time=time)
    assert found(stream, out, "rows-not-in-order") == []
    order = torch.randperm(64, generator=generator)
    stream["time"] = torch.where(time[:, order] > 0, 1, 0)
    (only,) = found(stream, out, "rows-not-in-order")
    assert only.field == "step_stream.time"
