"""How a rule says that it cannot run."""


class RuleSkipped(Exception):  # noqa: N818  it is no error: the rule does not apply
    """A rule cannot run; the text says what it needs."""
