# SPDX-License-Identifier: Apache-2.0
"""Writes protobuf's wire form by hand: the UFF files and TensorFlow graphs of the tests."""

import struct

import numpy as np


def varint(value):
    value &= (1 << 64) - 1
    out = bytearray()
    while value >= 128:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def integer(field, value):
    return varint(field << 3) + varint(int(value))


def data(field, value):
    value = value.encode() if isinstance(value, str) else bytes(value)
    return varint(field << 3 | 2) + varint(len(value)) + value


def real(field, value):
    return varint(field << 3 | 5) + struct.pack("<f", value)


def double(field, value):
    return varint(field << 3 | 1) + struct.pack("<d", value)


def fields(message):
    """(field number, value) of a message: int for numbers, bytes for the rest."""
    at = 0

    def take_varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value - (1 << 64) if value >= 1 << 63 else value

    out = []
    while at < len(message):
        tag = take_varint()
        kind = tag & 7
        if kind == 0:
            out.append((tag >> 3, take_varint()))
            continue
        size = {1: 8, 5: 4}.get(kind) or take_varint()
        out.append((tag >> 3, bytes(message[at : at + size])))
        at += size
    return out


def packed(values):
    return b"".join(varint(int(v)) for v in values)


def as_array(value):
    """numpy's array in a type that both formats have."""
    array = np.asarray(value)
    if array.dtype == np.float64:
        return array.astype(np.float32)
    return array
