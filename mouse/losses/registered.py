"""Declared losses from outside: registered by a program, or installed with a package."""

from functools import cache
from importlib.metadata import entry_points

from mouse.losses import LOSSES
from mouse.losses.loss import AnyLoss, Loss

GROUP = "mouse.losses"
"""Entry points of this group are losses."""
_registered: dict[str, AnyLoss] = {}


def register(loss: AnyLoss) -> AnyLoss:
    """Make a declared loss known to this program under its name: to `combined_loss`, `doctor` and `Client`.

    A dashboard is a program of its own. It knows the losses of installed packages, which name them as entry points of
    the group ``mouse.losses``; there nothing needs to be registered.

    Returns:
        The loss.

    Raises:
        ValueError: no `Loss`, or another loss has its name.

    Example: ``mouse.register(replace(LOSSES["dqn"], name="my_dqn", mean=my_mean))``, or in ``pyproject.toml``::

        [project.entry-points."mouse.losses"]
        my_dqn = "my_package:MY_DQN"
    """
    _check(loss, "loss")
    if all_losses().get(loss.name, loss) is not loss:
        raise ValueError(f"loss: found another loss named {loss.name!r}, expected a new name; rename it.")
    _registered[loss.name] = loss
    return loss


def all_losses() -> dict[str, AnyLoss]:
    """Every declared loss by name: the library's own, those of installed packages, those that were registered.

    Raises:
        ValueError: an entry point that is no `Loss`, or that has the name of another.
    """
    return {**LOSSES, **installed_losses(), **_registered}


@cache
def installed_losses() -> dict[str, AnyLoss]:
    """Losses of installed packages by name; raises ValueError as `all_losses`."""
    found: dict[str, AnyLoss] = {}
    for entry in entry_points(group=GROUP):
        loss = entry.load()
        where = f"entry point {entry.name!r} of {entry.dist.name if entry.dist else 'a package'}"
        _check(loss, where)
        if loss.name in {*LOSSES, *found}:
            raise ValueError(f"{where}: found another loss named {loss.name!r}, expected a new name; rename it.")
        found[loss.name] = loss
    return found


def _check(loss: object, where: str) -> None:
    if not isinstance(loss, Loss):
        raise ValueError(f"{where}: found a {type(loss).__name__}, expected a mouse.losses.loss.Loss; declare one.")  # noqa: TRY004
