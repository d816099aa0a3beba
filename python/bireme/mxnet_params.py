# SPDX-License-Identifier: Apache-2.0
"""Reads MXNet's .params files without MXNet."""

import struct

import numpy

from .messages import Error

_LIST = 0x112
_V1, _V2, _V3 = 0xF993FAC8, 0xF993FAC9, 0xF993FACA
_TYPES = {0: "<f4", 1: "<f8", 2: "<f2", 3: "u1", 4: "<i4", 5: "i1", 6: "<i8", 7: "?"}


class _Bytes:
    def __init__(self, data, path):
        self._data, self._at, self._path = data, 0, path

    def fail(self, why):
        raise Error(f'"{self._path}" is no .params file of MXNet, or broken: {why}')

    def take(self, size):
        if size < 0 or size > len(self._data) - self._at:
            self.fail(f"{size} bytes are needed at byte {self._at} of {len(self._data)}")
        self._at += size
        return self._data[self._at - size : self._at]

    def number(self, code):
        return struct.unpack("<" + code, self.take(struct.calcsize(code)))[0]

    def numbers(self, count, code):
        return struct.unpack(f"<{count}{code}", self.take(count * struct.calcsize(code)))

    def count(self, what, least):
        value = self.number("Q")
        if value * least > len(self._data):
            self.fail(f"it claims {value} {what}")
        return value


def read_params(path):
    """{"arg:conv_weight": array, ...} of a .params file."""
    with open(path, "rb") as file:
        data = _Bytes(file.read(), path)
    if data.number("Q") != _LIST:
        data.fail("its first bytes are others")
    data.number("Q")
    arrays = [_array(data) for _ in range(data.count("arrays", 4))]
    names = [data.take(data.count("bytes", 1)).decode("utf-8", "replace")
             for _ in range(data.count("names", 8))]
    if len(names) != len(arrays):
        data.fail(f"it has {len(names)} names for {len(arrays)} arrays")
    return dict(zip(names, arrays))


def _array(data):
    magic = data.number("I")
    if magic in (_V2, _V3) and data.number("i") not in (0, -1):
        data.fail("sparse arrays are not supported")
    if magic in (_V1, _V2, _V3):
        rank = data.number("i")
        code = "q"
    else:
        rank, code = magic, "I"  # the oldest files begin with the rank
    if not 0 <= rank <= 32:
        data.fail(f"an array of rank {rank}")
    if rank == 0 and magic != _V3:
        return numpy.zeros((), numpy.float32)  # nothing else is stored
    shape = data.numbers(rank, code)
    data.numbers(2, "i")  # the device it came from
    kind = data.number("i")
    if kind not in _TYPES:
        data.fail(f"an array of type {kind}")
    size = 1
    for extent in shape:
        if extent < 0:
            data.fail(f"an array of shape {shape}")
        size *= extent
    dtype = numpy.dtype(_TYPES[kind])
    return numpy.frombuffer(data.take(size * dtype.itemsize), dtype).reshape(shape)
