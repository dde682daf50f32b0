"""Image fields: detect them, and encode their entries as PNG."""

import io
from dataclasses import dataclass

import torch
from PIL import Image
from torch import Tensor

from mouse_dashboard.data.models import Picture
from mouse_dashboard.figures.figure import not_finite

MAX_PIXELS = 1 << 24
NOT_FINITE = (255, 0, 255)
"""Magenta, as in the maps."""


@dataclass(frozen=True)
class Pixels:
    """An entry as pixels."""

    pixels: Tensor
    """uint8 ``[height, width, 3]``."""
    note: str


def is_image(name: str, value: Tensor) -> bool:
    """Whether entries of a field are images: 2 or 3 dimensions of bytes, or of floats if the field name says so."""
    entry = value.shape[2:]
    may_be_pixels = value.dtype == torch.uint8 or (value.is_floating_point() and "image" in name.lower())
    return may_be_pixels and len(entry) in {2, 3} and min(sorted(entry)[-2:]) > 1 and 0 < entry.numel() <= MAX_PIXELS


def to_pixels(entry: Tensor) -> Pixels:
    """Three channels become RGB; any other number is drawn side by side in grey, because their meaning is unknown."""
    channels = _channels_first(entry)
    scaled, note = _bytes(channels)
    count = len(channels)
    if count == 3:
        pixels, meaning = scaled.permute(1, 2, 0).contiguous(), "RGB"
        bad = ~channels.isfinite().all(dim=0) if entry.is_floating_point() else None
    else:
        pixels = torch.cat(list(scaled), dim=-1).unsqueeze(-1).repeat(1, 1, 3)
        meaning = "grey" if count == 1 else f"{count} channels side by side"
        bad = ~torch.cat(list(channels), dim=-1).isfinite() if entry.is_floating_point() else None
    if bad is not None:
        pixels[bad] = torch.tensor(NOT_FINITE, dtype=torch.uint8)
    return Pixels(pixels, f"{meaning}{note}")


def describe_picture(entry: Tensor) -> Picture:
    """Describe the image of an entry."""
    image = to_pixels(entry)
    height, width = image.pixels.shape[:2]
    return Picture(width=width, height=height, note=image.note)


def to_png(entry: Tensor) -> bytes:
    """The image of an entry, one pixel per value."""
    file = io.BytesIO()
    Image.fromarray(to_pixels(entry).pixels.numpy()).save(file, "PNG")
    return file.getvalue()


def _channels_first(entry: Tensor) -> Tensor:
    """``[C, H, W]``: the channels are the smaller of the first and the last dimension, the first one on ties."""
    if entry.dim() == 2:
        return entry.unsqueeze(0)
    return entry if entry.shape[0] <= entry.shape[-1] else entry.permute(2, 0, 1)


def _bytes(channels: Tensor) -> tuple[Tensor, str]:
    """Bytes unchanged, floats from 0 to 1 in 255 steps; the note reports what that cannot show."""
    if channels.dtype == torch.uint8:
        return channels, ""
    outside = int(((channels < 0) | (channels > 1)).logical_and(channels.isfinite()).sum())
    scaled = (channels.float().nan_to_num(0, 1, 0).clamp(0, 1) * 255).round().to(torch.uint8)
    clipped = f"; {outside:,} outside 0 to 1 clipped" if outside else ""
    bad = not_finite(channels)
    return scaled, clipped + (f"; {bad} in magenta" if bad else "")
