# SPDX-License-Identifier: Apache-2.0
"""Writes frozen TensorFlow graphs for tests, and reads UFF files."""

import struct

import numpy as np

import uff
import wire

TYPES = {"float32": 1, "float64": 2, "int32": 3, "uint8": 4, "int16": 5, "int8": 6, "int64": 9,
         "bool": 10, "float16": 19}


class Type(str):
    """A type attribute."""


class Shape(tuple):
    """A shape attribute."""


def shape_message(dims):
    return b"".join(wire.data(2, wire.integer(1, d)) for d in dims)


def tensor_message(array, compact=False):
    """A TensorProto: raw bytes, or one value in the typed field that repeats."""
    array = np.asarray(array)
    head = wire.integer(1, TYPES[array.dtype.name]) + wire.data(2, shape_message(array.shape))
    if not compact:
        return head + wire.data(4, array.tobytes())
    one = array.reshape(-1)[0]
    if array.dtype == np.float16:
        return head + wire.data(13, wire.packed([one.view(np.uint16)]))
    if array.dtype == np.float32:
        return head + wire.data(5, struct.pack("<f", one))
    if array.dtype == np.float64:
        return head + wire.data(6, struct.pack("<d", one))
    return head + wire.data({"int64": 10}.get(array.dtype.name, 7), wire.packed([one]))


def attribute(v):
    if isinstance(v, np.ndarray):
        return wire.data(8, tensor_message(v))
    if isinstance(v, Type):
        return wire.integer(6, TYPES[v])
    if isinstance(v, Shape):
        return wire.data(7, shape_message(v))
    if isinstance(v, bool):
        return wire.integer(5, v)
    if isinstance(v, int):
        return wire.integer(3, v)
    if isinstance(v, float):
        return wire.real(4, v)
    if isinstance(v, str):
        return wire.data(2, v)
    if isinstance(v, bytes):
        return v
    if v and isinstance(v[0], str):
        return wire.data(1, b"".join(wire.data(2, one) for one in v))
    if v and isinstance(v[0], float):
        return wire.data(1, wire.data(4, struct.pack(f"<{len(v)}f", *v)))
    return wire.data(1, wire.data(3, wire.packed(v)))


class Graph:
    def __init__(self):
        self._nodes = b""

    def node(self, name, op, inputs=(), **attributes):
        body = wire.data(1, name) + wire.data(2, op)
        for i in inputs:
            body += wire.data(3, i)
        for key, v in attributes.items():
            body += wire.data(5, wire.data(1, key) + wire.data(2, attribute(v)))
        self._nodes += wire.data(1, body)
        return name

    def placeholder(self, name, shape, dtype="float32"):
        return self.node(name, "Placeholder", dtype=Type(dtype), shape=Shape(shape))

    def const(self, name, array, compact=False):
        array = np.asarray(array)
        return self.node(name, "Const", dtype=Type(array.dtype.name),
                         value=wire.data(8, tensor_message(array, compact)))

    def bytes(self):
        return self._nodes


def _numbers(message):
    out, at = [], 0
    while at < len(message):
        value = shift = 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                break
        out.append(value - (1 << 64) if value >= 1 << 63 else value)
    return out


def _lists(message):
    return [v for n, v in wire.fields(message) if n == 1]


def _value(data, referenced):
    """A Data message as a Python value."""
    fields = wire.fields(data)
    if not fields:
        return None
    number, v = fields[-1]
    if number == 100:
        return _value(referenced[v.decode()], referenced)
    if number == 1:
        return v.decode()
    if number == 2:
        return [one.decode() for one in _lists(v)]
    if number == 3:
        return struct.unpack("<d", v)[0]
    if number == 4:
        return [x for one in _lists(v) for x in struct.unpack(f"<{len(one) // 8}d", one)]
    if number == 5:
        return bool(v)
    if number in (6, 8, 102):
        return [x for one in _lists(v) for x in _numbers(one)]
    if number == 101:
        return uff.Type({n: t for t, n in uff.TYPES.items()}.get(v, "other"))
    if number == 104:
        return [_numbers(dict(wire.fields(dict(wire.fields(dict(wire.fields(one))[1]))[2]))[1])
                for one in _lists(v)]
    return v


def read_uff(data):
    """[(id, operation, inputs, fields)] of a UFF file, in its order."""
    top = wire.fields(data)
    referenced = {}
    for number, v in top:
        if number == 5:
            entry = dict(wire.fields(v))
            referenced[entry[1].decode()] = entry[2]
    nodes = []
    for number, v in wire.fields(next(v for n, v in top if n == 4)):
        if number != 2:
            continue
        parts = wire.fields(v)
        entries = [dict(wire.fields(f)) for n, f in parts if n == 4]
        nodes.append((
            next(f.decode() for n, f in parts if n == 1),
            next(f.decode() for n, f in parts if n == 3),
            [f.decode() for n, f in parts if n == 2],
            {e[1].decode(): _value(e[2], referenced) for e in entries},
        ))
    return nodes
