"""Errors for unusable batches: they always name the field, what was found, what was expected, and what to do."""

from mouse.wording import visible


class BatchError(ValueError):
    """A field is there but its shape, type or values cannot be used."""

    def __init__(self, field: str, found: str, expected: str, fix: str) -> None:
        self.field = field
        super().__init__(visible(f"{field}: found {found}, expected {expected}; {fix}."))


class MissingFieldError(KeyError):
    """A field that a loss reads is not in the batch."""

    def __init__(self, field: str, found: str, expected: str, fix: str) -> None:
        self.field = field
        self.message = visible(f"{field}: found {found}, expected {expected}; {fix}.")
        super().__init__(self.message)

    def __str__(self) -> str:
        return self.message
