"""The supported dtypes, by their names in safetensors, NumPy and torch."""

from typing import NamedTuple


class ItemType(NamedTuple):
    """A supported dtype; NumPy's name is little-endian, and empty if NumPy lacks it."""

    safetensors: str
    size: int
    numpy: str
    torch: str


ITEM_TYPES = (
    ItemType("BOOL", 1, "|b1", "torch.bool"),
    ItemType("U8", 1, "|u1", "torch.uint8"),
    ItemType("I8", 1, "|i1", "torch.int8"),
    ItemType("U16", 2, "<u2", "torch.uint16"),
    ItemType("I16", 2, "<i2", "torch.int16"),
    ItemType("U32", 4, "<u4", "torch.uint32"),
    ItemType("I32", 4, "<i4", "torch.int32"),
    ItemType("U64", 8, "<u8", "torch.uint64"),
    ItemType("I64", 8, "<i8", "torch.int64"),
    ItemType("F16", 2, "<f2", "torch.float16"),
    ItemType("BF16", 2, "", "torch.bfloat16"),
    ItemType("F32", 4, "<f4", "torch.float32"),
    ItemType("F64", 8, "<f8", "torch.float64"),
)
ITEM_SIZES = {item.safetensors: item.size for item in ITEM_TYPES}
NUMPY = {item.numpy: item.safetensors for item in ITEM_TYPES if item.numpy}
TORCH = {item.torch: item.safetensors for item in ITEM_TYPES}
