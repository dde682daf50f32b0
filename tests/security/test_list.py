"""SECURITY.md promises what is tested, and names the tests; `python -m tests.security.listing` brings it up to date."""

from tests.security.listing import SECURITY, listed, numbered_tests, promises

TEXT = SECURITY.read_text()


def test_every_promise_names_exactly_the_tests_that_carry_its_number() -> None:
    assert TEXT.splitlines() == listed(TEXT).splitlines()


def test_every_number_from_1_to_45_is_a_promise_and_every_numbered_test_proves_one() -> None:
    assert list(promises(TEXT)) == list(range(1, 46))
    assert {number for number, _, _ in numbered_tests()} <= promises(TEXT).keys()
