"""A field that does not fit the batch is a finding; any other error stays one."""

import pytest

from mouse.diagnosis import RULES, unreadable
from mouse.errors import BatchError


def test_a_field_that_does_not_fit_is_the_one_finding_and_the_only_rule_that_ran() -> None:
    error = BatchError("step_stream.reward", "[3]", "[2, 3] first", "reshape it")
    report = unreadable(error)
    (only,) = report
    assert (only.rule, only.message, only.field) == ("shape-mismatch", str(error), "step_stream.reward")
    assert report.checked == ("shape-mismatch",)
    assert {each.rule for each in report.not_checked} == {*RULES} - {"shape-mismatch"}


@pytest.mark.parametrize("field", ["mapping", "batch.safetensors", "batch.npz"])
def test_an_error_about_a_file_is_raised(field: str) -> None:
    error = BatchError(field, "nothing", "a batch", "save one")
    with pytest.raises(BatchError) as raised:
        unreadable(error)
    assert raised.value is error
