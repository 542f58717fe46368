"""Reads and writes GGUF files of version 3 with f16 and f32 tensors."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np

ALIGNMENT = 32
_FORMATS = {
    0: "<B",
    1: "<b",
    2: "<H",
    3: "<h",
    4: "<I",
    5: "<i",
    6: "<f",
    7: "<?",
    10: "<Q",
    11: "<q",
    12: "<d",
}
U32, I32, F32, BOOL, STRING, ARRAY = 4, 5, 6, 7, 8, 9
_TENSOR_TYPES = {0: np.dtype("<f4"), 1: np.dtype("<f2")}

# a metadata value: (type, value), or (ARRAY, (type of its items, items))
Value = tuple[int, Any]


def _pack_string(text: str) -> bytes:
    data = text.encode()
    return struct.pack("<Q", len(data)) + data


def _pack(kind: int, value: Any) -> bytes:
    if kind == STRING:
        return _pack_string(value)
    if kind == ARRAY:
        inner, items = value
        return struct.pack("<IQ", inner, len(items)) + b"".join(_pack(inner, item) for item in items)
    return struct.pack(_FORMATS[kind], value)


def write_gguf(path: Path, metadata: dict[str, Value], tensors: dict[str, np.ndarray]) -> int:
    """Writes a file and returns its size in bytes. Tensors are f16 or f32 arrays, their last dimension innermost."""
    head = bytearray(b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(metadata)))
    for key, (kind, value) in metadata.items():
        head += _pack_string(key) + struct.pack("<I", kind) + _pack(kind, value)
    offset = 0
    for name, array in tensors.items():
        kind = 1 if array.dtype == np.float16 else 0
        sizes = b"".join(struct.pack("<Q", size) for size in reversed(array.shape))
        head += _pack_string(name) + struct.pack("<I", array.ndim) + sizes + struct.pack("<IQ", kind, offset)
        offset += -(-array.nbytes // ALIGNMENT) * ALIGNMENT
    head += bytes(-len(head) % ALIGNMENT)
    with path.open("wb") as file:
        file.write(head)
        for array in tensors.values():
            file.write(np.ascontiguousarray(array).tobytes() + bytes(-array.nbytes % ALIGNMENT))
    return len(head) + offset


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def unpack(self, form: str) -> Any:
        (value,) = struct.unpack_from(form, self.data, self.at)
        self.at += struct.calcsize(form)
        return value

    def string(self) -> str:
        length = self.unpack("<Q")
        self.at += length
        return self.data[self.at - length : self.at].decode()

    def value(self, kind: int) -> Any:
        if kind == STRING:
            return self.string()
        if kind == ARRAY:
            inner, count = self.unpack("<I"), self.unpack("<Q")
            return [self.value(inner) for _ in range(count)]
        return self.unpack(_FORMATS[kind])


def read_gguf(path: Path) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Metadata values by key, and tensors as f32 arrays. Other tensor types than f16 and f32 raise KeyError."""
    reader = _Reader(path.read_bytes())
    if reader.data[:4] != b"GGUF":
        raise ValueError(f"{path} is no GGUF file")
    reader.at = 8
    tensor_count, key_count = reader.unpack("<Q"), reader.unpack("<Q")
    metadata = {}
    for _ in range(key_count):
        key = reader.string()
        metadata[key] = reader.value(reader.unpack("<I"))
    facts = []
    for _ in range(tensor_count):
        name = reader.string()
        shape = tuple(reader.unpack("<Q") for _ in range(reader.unpack("<I")))[::-1]
        facts.append((name, shape, _TENSOR_TYPES[reader.unpack("<I")], reader.unpack("<Q")))
    start = -(-reader.at // ALIGNMENT) * ALIGNMENT
    return metadata, {
        name: np.frombuffer(reader.data, kind, int(np.prod(shape)), start + offset)
        .reshape(shape)
        .astype(np.float32)
        for name, shape, kind, offset in facts
    }
