"""Every field of a batch at one step."""

from torch import Tensor

from mouse_dashboard.compute.batch import Batch
from mouse_dashboard.data.fields import all_fields, find_field
from mouse_dashboard.data.images import describe_picture, is_image, to_png
from mouse_dashboard.data.models import FieldEntry, ImageQuery, StepData
from mouse_dashboard.schema.errors import ApiError
from mouse_dashboard.schema.numbers import plain
from mouse_dashboard.schema.requests import check_range

MOST = 256
"""Numbers told of an entry."""


def step_data(batch: Batch, row: int, step: int) -> StepData:
    """Every field at a step: images as images, anything else in numbers.

    Raises:
        ApiError: 422, no such step.
    """
    _check_place(batch, row, step)
    fields = [_entry(group, name, value, row, step) for group, name, value in all_fields(batch)]
    return StepData(row=row, step=step, fields=fields)


def step_image(batch: Batch, query: ImageQuery) -> bytes:
    """The image of a field at a step, as PNG.

    Raises:
        ApiError: 422, no such field or step, or its entries are no images.
    """
    value = find_field(batch, query.group, query.name)
    _check_place(batch, query.row, query.step)
    if not is_image(query.name, value):
        expected = "uint8, or floats of a field with 'image' in its name, of shape [H, W], [C, H, W] or [H, W, C]"
        message = f"name: found {value.dtype} {list(value.shape[2:])} per step, expected {expected}."
        raise ApiError(422, "no_image", message, "name")
    return to_png(value[query.row, query.step])


def _check_place(batch: Batch, row: int, step: int) -> None:
    check_range((row, row + 1), batch.shape[0], "row")
    check_range((step, step + 1), batch.shape[1], "step")


def _entry(group: str, name: str, value: Tensor, row: int, step: int) -> FieldEntry:
    entry = value[row, step]
    image = is_image(name, value)
    without_values = image or value.is_complex()
    return FieldEntry.model_validate(
        {
            "group": group,
            "name": name,
            "dtype": str(value.dtype).removeprefix("torch."),
            "shape": list(entry.shape),
            "values": [] if without_values else plain(entry.flatten()[:MOST]),
            "picture": describe_picture(entry) if image else None,
        }
    )
