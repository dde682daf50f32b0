"""Bad input gets one sentence: the field, what was found, what was expected, what to do."""

import math
import re
from collections.abc import Callable
from typing import Any

import pytest
import torch
from tensordict import TensorDict
from torch import Tensor

from mouse.errors import BatchError, MissingFieldError
from mouse.losses import LOSSES
from mouse.losses.config import LossConfig
from mouse.losses.dqn import DqnLossConfig, dqn_loss
from mouse.losses.vec_dqn import VecDqnLossConfig
from tests.mouse.batches import Recipe
from tests.mouse.calls import training_call

READS = [(name, field) for name, loss in LOSSES.items() for field in (*loss.step_fields, *loss.heads)]
FLAT = [(name, field) for name, field in READS if field in {"action", "reward", "done"}]
WIDE = [(name, field) for name, field in READS if field not in {"action", "reward", "done"}]
SENTENCE = re.compile(r"^[\w.]+(\[[\d, ]+\])?: found .+, expected .+; .+\.$")


def batch() -> tuple[TensorDict, TensorDict]:
    """A model's output may come without a batch size, so that any shape fits into it."""
    step_stream, out = Recipe(batch=2, steps=4, actions=3, dim=2, padding="none").make()
    out.batch_size = torch.Size([])
    return step_stream, out


def full_name(field: str) -> str:
    return f"{'step_stream' if field in batch()[0] else 'out'}.{field}"


def change(step_stream: TensorDict, out: TensorDict, field: str, change_of: Callable[[Tensor], Tensor]) -> None:
    source = step_stream if field in step_stream else out
    source[field] = change_of(source[field])


def sentence(error: pytest.ExceptionInfo[Any]) -> str:
    text = str(error.value)
    assert SENTENCE.match(text), text
    assert "\n" not in text
    return text


def run(name: str, step_stream: TensorDict, out: TensorDict, cfg: LossConfig | None = None) -> None:
    training_call(LOSSES[name], step_stream, out, cfg or LOSSES[name].config())


@pytest.mark.parametrize(("name", "field"), READS)
def test_a_missing_field_is_a_key_error_that_tells_what_is_there(name: str, field: str) -> None:
    step_stream, out = batch()
    (step_stream if field in step_stream else out).del_(field)
    loss = LOSSES[name]
    with pytest.raises(KeyError) as error:
        loss.inputs(step_stream, out, **loss.stage_options(loss.config()))
    text = sentence(error)
    assert text.startswith(f"{full_name(field)}: found only ")
    assert text.endswith(f"; add '{field}' to {full_name(field).split('.')[0]}.")
    assert isinstance(error.value, MissingFieldError)
    assert error.value.field == full_name(field)
    assert loss.missing(step_stream, out) == (field,)


@pytest.mark.parametrize(("name", "cfg"), [("dqn", DqnLossConfig), ("vec_dqn", VecDqnLossConfig)])
def test_a_missing_alternative_reward_is_a_key_error_only_where_it_is_used(
    name: str, cfg: Callable[..., LossConfig]
) -> None:
    step_stream, out = batch()
    step_stream.del_("xformed_reward")
    run(name, step_stream, out, cfg())
    with pytest.raises(KeyError) as error:
        run(name, step_stream, out, cfg(use_xformed_reward=True))
    assert sentence(error).startswith("step_stream.xformed_reward: found only action, done, q_star, reward, expected ")
    assert "use_xformed_reward=True" in str(error.value)


@pytest.mark.parametrize("name", LOSSES)
def test_an_empty_step_stream_says_that_there_is_no_field(name: str) -> None:
    _, out = batch()
    with pytest.raises(KeyError, match="found no fields"):
        run(name, TensorDict({}, [2, 4]), out)


@pytest.mark.parametrize(("name", "field"), READS)
def test_a_nested_field_is_called_so(name: str, field: str) -> None:
    step_stream, out = batch()
    loss = LOSSES[name]
    source = step_stream if field in step_stream else out
    source[field] = TensorDict({"inner": source[field]}, source.batch_size)
    with pytest.raises(ValueError, match=rf"^{full_name(field)}: found a TensorDict, expected ") as error:
        loss.inputs(step_stream, out, **loss.stage_options(loss.config()))
    sentence(error)


RESHAPES: dict[str, Callable[[Tensor], Tensor]] = {
    "[B, S, 1]": lambda x: x.unsqueeze(-1),
    "[S, B]": lambda x: x.transpose(0, 1),
    "[B, S - 1]": lambda x: x[:, 1:],
    "[B, 1]": lambda x: x[:, :1],
    "[1, S]": lambda x: x[:1],
    "[S]": lambda x: x[0],
    "[]": lambda x: x.flatten()[0],
}


@pytest.mark.parametrize(
    ("name", "field", "reshape"),
    [
        (name, field, reshape)
        for name, field in READS
        for reshape in RESHAPES
        if field in LOSSES[name].heads or reshape == "[B, S, 1]"  # step_stream itself refuses the others
    ],
)
def test_a_shape_that_would_broadcast_is_rejected(name: str, field: str, reshape: str) -> None:
    step_stream, out = batch()
    change(step_stream, out, field, RESHAPES[reshape])
    with pytest.raises(BatchError) as error:
        run(name, step_stream, out)
    text = sentence(error)
    assert error.value.field == full_name(field)
    assert text.startswith(f"{full_name(field)}: found shape [")
    assert "[B, S" in text
    assert "[2, 4]" in text


@pytest.mark.parametrize(("name", "field"), [(name, field) for name, field in WIDE if field != LOSSES[name].heads[0]])
def test_twins_and_optimal_values_need_as_many_actions_as_the_head(name: str, field: str) -> None:
    step_stream, out = batch()
    change(step_stream, out, field, lambda x: x[:, :, :2])
    with pytest.raises(BatchError) as error:
        run(name, step_stream, out)
    assert sentence(error).startswith(f"{full_name(field)}: found shape [2, 4, 2")
    assert f"of out.{LOSSES[name].heads[0]}" in str(error.value)


@pytest.mark.parametrize(("name", "field"), WIDE)
def test_a_head_without_actions_is_rejected(name: str, field: str) -> None:
    step_stream, out = batch()
    change(step_stream, out, field, lambda x: x[:, :, :0])
    with pytest.raises(BatchError, match=rf"^{full_name(field)}: found shape \[2, 4, 0"):
        run(name, step_stream, out)


@pytest.mark.parametrize(("name", "field"), [(name, field) for name, field in READS if field not in {"action", "done"}])
@pytest.mark.parametrize("dtype", [torch.int64, torch.bool, torch.complex64])
def test_numbers_that_are_not_floats_are_rejected(name: str, field: str, dtype: torch.dtype) -> None:
    step_stream, out = batch()
    change(step_stream, out, field, lambda x: x.to(dtype))
    with pytest.raises(BatchError) as error:
        run(name, step_stream, out)
    text = sentence(error)
    assert text.startswith(f"{full_name(field)}: found {dtype}, expected float [B, S")
    assert text.endswith("; convert it with .float().")


@pytest.mark.parametrize(("name", "field"), [(name, field) for name, field in FLAT if field != "reward"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bool, torch.complex64])
def test_codes_that_are_not_integers_are_rejected(name: str, field: str, dtype: torch.dtype) -> None:
    step_stream, out = batch()
    change(step_stream, out, field, lambda x: x.to(dtype))
    with pytest.raises(BatchError) as error:
        run(name, step_stream, out)
    text = sentence(error)
    assert text.startswith(f"{full_name(field)}: found {dtype}, expected int64 [B, S], ")
    assert text.endswith("; convert it with .long().")


@pytest.mark.parametrize("name", ["dqn", "vec_dqn"])
@pytest.mark.parametrize("action", [-1, 3, 2**40, -(2**63)])
def test_an_action_that_the_head_does_not_have_is_named_with_its_place(name: str, action: int) -> None:
    step_stream, out = batch()
    step_stream["action"][1, 2] = action
    with pytest.raises(ValueError, match=r"^step_stream\.action\[1, 2\]: ") as error:
        run(name, step_stream, out)
    assert sentence(error).startswith(
        f"step_stream.action[1, 2]: found {action}, expected 0 to 2, the actions of the head; "
    )


@pytest.mark.parametrize("name", ["dqn", "vec_dqn"])
def test_an_action_beyond_int64_is_rejected_where_it_is_read(name: str) -> None:
    step_stream, out = batch()
    action = step_stream["action"].to(torch.uint64)
    action[:, 0] = torch.tensor(2**64 - 1, dtype=torch.uint64)
    step_stream["action"] = action
    run(name, step_stream, out)
    action[1, 2] = torch.tensor(2**63, dtype=torch.uint64)
    with pytest.raises(BatchError, match=r"^step_stream\.action: found uint64 numbers of 2\^63 or more, expected "):
        run(name, step_stream, out)


@pytest.mark.parametrize("done", [-1, 3])
def test_an_unknown_done_code_is_named_with_its_place(done: int) -> None:
    step_stream, out = batch()
    step_stream["done"][1, 3] = done
    with pytest.raises(ValueError, match=r"^step_stream\.done\[1, 3\]: ") as error:
        run("dqn", step_stream, out)
    assert f"found {done}, expected 0 running, 1 terminal or 2 truncated; " in sentence(error)


def test_codes_of_the_first_row_are_never_read() -> None:
    step_stream, out = batch()
    expected = dqn_loss(step_stream, out, DqnLossConfig())
    step_stream["action"][:, 0], step_stream["done"][:, 0] = -7, 9
    assert dqn_loss(step_stream, out, DqnLossConfig()) == expected


@pytest.mark.parametrize("name", ["dqn", "vec_dqn"])
def test_a_single_step_makes_no_transition(name: str) -> None:
    step_stream, out = Recipe(batch=2, steps=1).make()
    with pytest.raises(
        ValueError, match=r"^step_stream: found batch size \[2, 1\], expected \[B, S\] with B >= 1"
    ) as error:
        run(name, step_stream, out)
    assert "S >= 2" in sentence(error)
    assert "a transition needs two consecutive steps" in str(error.value)


@pytest.mark.parametrize("name", ["sp", "sv"])
def test_a_single_step_is_enough_for_a_supervised_loss(name: str) -> None:
    step_stream, out = Recipe(batch=2, steps=1).make()
    loss, _ = training_call(LOSSES[name], step_stream, out, LOSSES[name].config())
    assert loss.isfinite()


@pytest.mark.parametrize("shape", [(0, 4), (2, 0)])
@pytest.mark.parametrize("name", LOSSES)
def test_an_empty_batch_is_rejected(name: str, shape: tuple[int, int]) -> None:
    step_stream, out = Recipe(batch=2, steps=4, padding="none").make()
    step_stream, out = step_stream[: shape[0], : shape[1]], out[: shape[0], : shape[1]]
    with pytest.raises(ValueError, match=rf"^step_stream: found batch size \[{shape[0]}, {shape[1]}\]") as error:
        run(name, step_stream, out)
    sentence(error)


@pytest.mark.parametrize("shape", [[], [2], [2, 4, 3]])
@pytest.mark.parametrize("name", LOSSES)
def test_a_batch_that_is_not_sequences_by_steps_is_rejected(name: str, shape: list[int]) -> None:
    _, out = batch()
    with pytest.raises(ValueError, match=rf"^step_stream: found batch size {re.escape(str(shape))}, expected \[B, S\]"):
        run(name, TensorDict({}, shape), out)


def test_vectors_with_an_odd_number_of_components_are_rejected() -> None:
    step_stream, out = batch()
    for head in ("vec_dqn", "vec_dqn_target"):
        change(step_stream, out, head, lambda x: torch.cat((x, x[..., :1]), dim=-1))
    with pytest.raises(ValueError, match=r"^out\.vec_dqn: found D = 3, expected an even D of at least 2; ") as error:
        run("vec_dqn", step_stream, out)
    sentence(error)


@pytest.mark.parametrize("name", ["sp", "sv"])
@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_the_first_unusable_optimal_value_is_named_with_its_place(name: str, value: float) -> None:
    step_stream, out = batch()
    step_stream["q_star"][0, 3, 2] = step_stream["q_star"][1, 0, 0] = value
    with pytest.raises(ValueError, match=r"^step_stream\.q_star\[0, 3, 2\]: ") as error:
        run(name, step_stream, out)
    assert f"found {value}, expected a finite value, or -inf for an invalid action; " in sentence(error)


@pytest.mark.parametrize("name", ["sp", "sv"])
def test_a_batch_without_any_valid_action_is_rejected(name: str) -> None:
    step_stream, out = batch()
    step_stream["q_star"].fill_(-math.inf)
    with pytest.raises(ValueError, match=r"^step_stream\.q_star: found -inf in every entry, expected ") as error:
        run(name, step_stream, out)
    sentence(error)


@pytest.mark.parametrize(("name", "cfg"), [("dqn", DqnLossConfig), ("vec_dqn", VecDqnLossConfig)])
@pytest.mark.parametrize("field", ["reward", "xformed_reward"])
def test_one_transition_has_no_standard_deviation(name: str, cfg: Callable[..., LossConfig], field: str) -> None:
    step_stream, out = Recipe(batch=2, steps=2).make()
    switches = {"use_xformed_reward": field == "xformed_reward"}
    run(name, step_stream, out, cfg(normalize_reward_mean=True, **switches))
    with pytest.raises(ValueError, match=rf"^step_stream\.{field}: found 1 transition per sequence, ") as error:
        run(name, step_stream, out, cfg(normalize_reward_std=True, **switches))
    assert "normalize_reward_std" in sentence(error)


@pytest.mark.parametrize("error", [BatchError, MissingFieldError])
def test_a_name_that_cannot_be_seen_is_shown_as_escapes(error: type[BatchError | MissingFieldError]) -> None:
    raised = error("a\u202eb", "c\x1b[2J", "d", "e")
    assert str(raised) == r"a\u202eb: found c\u001b[2J, expected d; e."
    assert raised.field == "a\u202eb"
