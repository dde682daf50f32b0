"""Lazy terms, computed on first read: training reads few of them, a figure reads them all."""

from collections.abc import Callable
from functools import update_wrapper
from typing import Any, Generic, TypeVar

from tensordict import TensorClass
from torch import Tensor

Config = TypeVar("Config")
Inputs = TypeVar("Inputs")
Terms = TypeVar("Terms", bound=TensorClass)


class LazyTerms:
    """Terms by attribute, each computed when it is first read: a tensor, or None where the config switches it off.

    What computes a term gets them all. It must not hold them itself: nothing would free their memory soon.
    """

    def __init__(self, **terms: "Tensor | Callable[[LazyTerms], Any] | None") -> None:
        self._terms = terms

    def __getattr__(self, name: str) -> Any:
        try:
            term = self._terms[name]
        except KeyError:
            raise AttributeError(name) from None
        if callable(term):
            term = self._terms[name] = term(self)
        return term

    def is_off(self, name: str) -> bool:
        """Whether the config switches a term off, as far as that is known without computing it."""
        return self._terms[name] is None

    def replace(self, **changed: Tensor) -> "LazyTerms":
        """The same terms with others in the place of some."""
        return LazyTerms(**{**self._terms, **changed})

    def compute(self) -> dict[str, Tensor | None]:
        """All terms by name."""
        return {name: getattr(self, name) for name in self._terms}


class StageTwo(Generic[Inputs, Config, Terms]):
    """Stage 2 of a loss: returns every term, as a TensorClass; to make one takes longer than a small loss.

    `lazy` is the same for training, which reads the mean and the metrics alone.
    """

    def __init__(self, terms_type: type[Terms], lazy: Callable[[Inputs, Config], LazyTerms]) -> None:
        self.lazy = lazy
        self._terms_type: Any = terms_type
        update_wrapper(self, lazy)

    def __call__(self, inputs: Inputs, cfg: Config) -> Terms:
        """Compute every term."""
        terms = self.lazy(inputs, cfg)
        return self._terms_type(**terms.compute(), batch_size=terms.loss.shape)


def stage_two(
    terms_type: type[Terms],
) -> Callable[[Callable[[Inputs, Config], LazyTerms]], StageTwo[Inputs, Config, Terms]]:
    """Make stage 2 of a loss out of a function that returns its terms to be computed."""
    return lambda lazy: StageTwo(terms_type, lazy)
