"""Convert pydantic's validation errors to one sentence: field, found, expected, what to do."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from mouse.wording import cut, known_names
from mouse_dashboard.web.config_constraints import Expectation, expectation_of
from mouse_dashboard.web.known_fields import known_fields

LONGEST_ECHO = 60
LONGEST_NAME = 80
MESSAGE_STARTS = {
    "Input should be ": "",
    "Value error, ": "",
    "String should ": "text that should ",
    "List should ": "a list that should ",
}
BOUNDS = {"le": "{:g} or less", "ge": "{:g} or more", "lt": "less than {:g}", "gt": "more than {:g}"}
"""Keys under which pydantic tells the bound that was broken."""
KEY = "[key]"
"""How pydantic marks that the name of an entry is wrong, not its value."""
PLACES = {"body", "query", "path", "header"}


class Explanation(NamedTuple):
    """An explanation in the order of the error schema."""

    status: int
    code: str
    message: str
    field: str | None


def explain(errors: Sequence[Any], content_type: str = "application/json", types: Sequence[Any] = ()) -> Explanation:
    """Explain the first error; the others are likely consequences. `types` are those of what was validated."""
    error = errors[0]
    location = tuple(part for part in error["loc"] if part != KEY)
    kind = str(error["type"])
    if kind == "json_invalid" and location[0] != "body":
        name = str(location[-1])
        return Explanation(422, "invalid_json", f"{name}: found no JSON, expected an object such as {{}}.", name)
    if kind == "json_invalid":
        return Explanation(422, "invalid_json", "The body is not JSON; send an object such as {}.", None)
    if location == ("body",) and not content_type.partition(";")[0].strip().lower().endswith("json"):
        return Explanation(
            415, "not_json", "The body is not declared as JSON; send it with Content-Type: application/json.", None
        )
    field = ".".join(str(part) for part in location if part not in PLACES or part is not location[0])[:200]
    name = field or "body"
    if kind == "missing":
        return Explanation(422, "missing_value", f"{name}: found nothing, expected a value; add it.", field or None)
    if kind in {"extra_forbidden", "unexpected_keyword_argument"}:
        known = known_names(str(location[-1]), _known(error, location, types))
        expected = f"one of {known}" if known else "none"
        message = f"{cut(name, LONGEST_NAME)}: found a field of that name, expected {expected};"
        message += " check its spelling or remove it."
        return Explanation(422, "unknown_field", message, field)
    of_config = expectation_of(error["config"], str(location[-1])) if "config" in error else None
    expected, fix = of_config or Expectation(_expected(error), "change it")
    message = f"{name}: found {show_value(error.get('input'))}, expected {expected}; {fix}."
    return Explanation(422, "invalid_value", message, field or None)


def _known(error: Mapping[str, Any], location: tuple[Any, ...], types: Sequence[Any]) -> Sequence[str]:
    """The fields that there are where an unknown one was found."""
    if "config" in error:
        return known_fields(error["config"], ())
    if "known" in error:
        return error["known"]
    path = location[1:-1] if location[0] in PLACES else location[:-1]
    return [name for each in types for name in known_fields(each, path)]


def _expected(error: Mapping[str, Any]) -> str:
    """The expected value, rephrased from pydantic's message."""
    for bound, words in BOUNDS.items():
        if bound in error.get("ctx", {}):
            return words.format(error["ctx"][bound])
    text = str(error["msg"])
    for start, instead in MESSAGE_STARTS.items():
        if text.startswith(start):
            text = instead + text.removeprefix(start)
    return text


def show_value(value: object) -> str:
    """Show a value of a request as written, truncated."""
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list | tuple):
        return "a list"
    names = {"None": "null", "True": "true", "False": "false"}
    text = repr(value)[: LONGEST_ECHO + 1]
    return names.get(text, text if len(text) <= LONGEST_ECHO else text[:LONGEST_ECHO] + "...")
