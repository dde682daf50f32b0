"""What every loss config shares: how it validates, the domains of its fields, the hints for a form."""

from dataclasses import dataclass as plain_dataclass
from typing import Annotated, Any, Literal

from annotated_types import Ge, Interval
from pydantic import ConfigDict, Field, GetJsonSchemaHandler, Strict
from pydantic.dataclasses import dataclass
from pydantic_core import CoreSchema

STRICT = ConfigDict(extra="forbid", allow_inf_nan=False)
"""How every config validates: no unknown field, no NaN or infinity. The types below add: no coercion.

Strictness stands at the types because a strict dataclass would refuse the dict that a JSON request is parsed into."""


@plain_dataclass(frozen=True)
class Slider:
    """The range worth dragging through. A hint for forms, never a bound: any valid number may be typed."""

    low: float
    high: float
    scale: Literal["linear", "log", "one_minus_log"] = "linear"
    """Evenly in the value, in its logarithm, or in that of its distance from `high`: 0.9, 0.99, 0.999 lie evenly."""

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Write the hint into the JSON Schema as ``slider``."""
        return {**handler(core), "slider": {"low": self.low, "high": self.high, "scale": self.scale}}


Fraction = Annotated[float, Strict(), Interval(ge=0, le=1), Slider(0, 1)]
"""A number from 0 to 1."""
Discount = Annotated[float, Strict(), Interval(ge=0, le=1), Slider(0, 1, scale="one_minus_log")]
"""A number from 0 to 1 whose distance from 1 is what matters."""
Weight = Annotated[float, Strict(), Ge(0), Slider(0, 10)]
"""A factor that cannot be negative."""
Scale = Annotated[float, Strict(), Slider(1e-3, 1e3, scale="log")]
"""Any factor; a negative one flips the sign."""
Shift = Annotated[float, Strict(), Slider(-10, 10)]
"""Any offset."""
Positive = Annotated[float, Strict(), Interval(ge=1e-30, le=1e30), Slider(1e-2, 1e2, scale="log")]
"""A factor or divisor above zero that float32 can hold, and its reciprocal too."""
Epsilon = Annotated[float, Strict(), Interval(ge=1e-30, le=1e30), Slider(1e-12, 1, scale="log")]
"""A small number that keeps a division finite."""
Switch = Annotated[bool, Strict()]
"""On or off."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class LossConfig:
    """What every loss has."""

    weight: Annotated[
        Weight,
        Field(
            description="Factor of this loss in the combined loss; 0 leaves it out. The loss is reported unweighted."
        ),
    ] = 1.0


@dataclass(frozen=True, kw_only=True, config=STRICT)
class TargetHeadConfig(LossConfig):
    """What a loss with a target head adds."""

    tau: Annotated[
        Fraction,
        Field(description="Share of the online head that polyak_update mixes into the target; not read by the loss."),
    ] = 0.005
