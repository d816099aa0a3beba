# SPDX-License-Identifier: Apache-2.0
"""Lists of arrays as one array of bytes: how ONNX's sequences and optionals enter and leave an engine."""

import struct

import numpy

from . import _bireme as trt
from .dtypes import numpy_dtype

_MAGIC = b"BIRLIST1"
_HEAD = struct.Struct("<8sq")
_ENTRY = struct.Struct("<ii8qqq")
_ALIGN = 64


def _types():
    for value in trt._numpy_names:
        try:
            yield value, numpy_dtype(value)
        except TypeError:  # a small float, without ml_dtypes
            continue


def _aligned(size):
    return -(-size // _ALIGN) * _ALIGN


def pack_list(arrays):
    """The arrays, which may differ in type and shape, as a uint8 array of one dimension.

    A list within the list is packed first. An optional is a list of no or one element.
    Raises TypeError for an element of a type that no tensor has, ValueError for a rank above 8.
    """
    codes = {dtype: int(value) for value, dtype in _types()}
    arrays = [numpy.asarray(a) for a in arrays]
    size = _aligned(_HEAD.size + _ENTRY.size * len(arrays))
    parts = [_HEAD.pack(_MAGIC, len(arrays))]
    for a in arrays:
        if a.dtype not in codes:
            raise TypeError(f"a list cannot hold the type {a.dtype}")
        if a.ndim > 8:
            raise ValueError(f"a list cannot hold an array of {a.ndim} dimensions; the most is 8")
        parts.append(_ENTRY.pack(codes[a.dtype], a.ndim, *a.shape, *[0] * (8 - a.ndim), size, a.nbytes))
        size += _aligned(a.nbytes)
    out = numpy.zeros(size, numpy.uint8)
    head = b"".join(parts)
    out[: len(head)] = numpy.frombuffer(head, numpy.uint8)
    for a, part in zip(arrays, parts[1:]):
        offset = _ENTRY.unpack(part)[10]
        out[offset : offset + a.nbytes] = numpy.frombuffer(a.tobytes(), numpy.uint8)
    return out


def unpack_list(data):
    """The arrays that :func:`pack_list` or an engine has packed; raises ValueError for other bytes."""
    data = numpy.ascontiguousarray(data, numpy.uint8).tobytes()
    if len(data) < _HEAD.size or not data.startswith(_MAGIC):
        raise ValueError("the bytes hold no list")
    dtypes = {int(value): dtype for value, dtype in _types()}
    count = _HEAD.unpack_from(data)[1]
    if not 0 <= count <= (len(data) - _HEAD.size) // _ENTRY.size:
        raise ValueError(f"{len(data)} bytes cannot hold a list of {count} elements")
    out = []
    for k in range(count):
        kind, rank, *rest = _ENTRY.unpack_from(data, _HEAD.size + k * _ENTRY.size)
        offset, size = rest[8:]
        if kind not in dtypes or not 0 <= rank <= 8 or not 0 <= offset <= offset + size <= len(data):
            raise ValueError(f"element {k} of the list is damaged or has no NumPy type")
        out.append(numpy.frombuffer(data[offset : offset + size], dtypes[kind]).reshape(rest[:rank]))
    return out
