# SPDX-License-Identifier: Apache-2.0
"""Shapes of inputs: what callers write, the ranges an engine is built for, and what does not fit."""

import difflib
from typing import NamedTuple

import numpy

from .device import host_view
from .messages import Error


class TensorInfo(NamedTuple):
    """An input or output: name, shape (-1 for extents known only at run time), numpy dtype."""

    name: str
    shape: tuple
    dtype: numpy.dtype


class Range(NamedTuple):
    """Least, likeliest and greatest shape of one input."""

    min: tuple
    opt: tuple
    max: tuple

    def holds(self, shape):
        return len(shape) == len(self.min) and all(
            low <= n <= high for low, n, high in zip(self.min, shape, self.max)
        )


def shapes_line(ranges):
    """The argument of build() that makes an engine for these ranges."""
    parts = []
    for name, r in ranges.items():
        parts.append(f"{name!r}: {r.min}" if r.min == r.max else f"{name!r}: {tuple(r)}")
    return "shapes={" + ", ".join(parts) + "}"


def nearest(name, names):
    """A hint that names what was probably meant."""
    folded = {n.casefold(): n for n in names}
    close = difflib.get_close_matches(str(name).casefold(), folded, n=1, cutoff=0.5)
    listing = ", ".join(f'"{n}"' for n in names)
    return f'did you mean "{folded[close[0]]}"?' if close else f"there is {listing}"


def _is_shape(value):
    return isinstance(value, (tuple, list)) and all(
        isinstance(n, (int, numpy.integer)) and not isinstance(n, bool) for n in value
    )


def parse_range(name, value, shape):
    """The Range that `value`, a shape or a triple of shapes, means for an input of `shape`."""
    if _is_shape(value):
        corners = (value, value, value)
    elif isinstance(value, (tuple, list)) and len(value) == 3 and all(map(_is_shape, value)):
        corners = value
    else:
        raise Error(
            f'shapes: input "{name}" takes a shape such as (1, 3, 224, 224), or three of them '
            f"(min, opt, max); got {value!r}"
        )
    r = Range(*(tuple(int(n) for n in corner) for corner in corners))
    for corner, given in zip(Range._fields, r):
        if len(given) != len(shape):
            raise Error(f'shapes: input "{name}" has {len(shape)} dimensions {shape}, {corner} is {given}')
        for axis, (n, extent) in enumerate(zip(given, shape)):
            if extent >= 0 and n != extent:
                raise Error(
                    f'shapes: input "{name}" has extent {extent} in dimension {axis}, {corner} '
                    f"says {n}{layout_hint(given, shape)}"
                )
    if not all(a <= b <= c for a, b, c in zip(*r)):
        raise Error(f'shapes: input "{name}" needs min <= opt <= max, got {tuple(r)}')
    return r


def first_range(shape, given):
    """Range of an input without one: run-time extents from 1 to those of the first call."""
    least = tuple(min(1, n) if extent < 0 else n for extent, n in zip(shape, given))
    return Range(least, given, given)


def grown(r, given):
    """The range that also holds `given` and is tuned for it."""
    return Range(
        tuple(map(min, r.min, given)), tuple(given), tuple(map(max, r.max, given))
    )


def layout_hint(given, expected):
    """A hint for the most common mistake: channels last where the model takes them first."""
    rank = len(given)
    if rank != len(expected) or rank not in (3, 4, 5) or expected[1] < 0 or given[1] == expected[1]:
        return ""
    moved = (given[0], given[-1], *given[1:-1])
    if not all(e < 0 or e == n for e, n in zip(expected, moved)):
        return ""
    order = (0, rank - 1, *range(1, rank - 1))
    return (
        f"; this looks like channels last and the model takes channels first: pass "
        f"array.transpose{order}"
    )


def check_names(given, infos):
    """Raises unless exactly the inputs of the engine are given."""
    names = [info.name for info in infos]
    for name in given:
        if name not in names:
            raise Error(f'there is no input "{name}"; {nearest(name, names)}')
    missing = [name for name in names if name not in given]
    if missing:
        listing = ", ".join(f'"{name}"' for name in missing)
        raise Error(f"input {listing} is missing")


def as_input(value, info):
    """`value` as an array of the input's type and rank: row-major, copied only if it must be."""
    view = None if isinstance(value, numpy.ndarray) else host_view(value)
    if isinstance(value, numpy.ndarray):
        array = value
    elif view is not None:
        array = view
    elif hasattr(value, "__array__"):
        array = numpy.asarray(value)
    else:
        array = numpy.asarray(value, dtype=info.dtype)
    if array.dtype != info.dtype:
        raise Error(
            f'input "{info.name}": {array.dtype} given, the engine takes {info.dtype}; pass '
            f"array.astype({str(info.dtype)!r})"
        )
    shape, expected = array.shape, info.shape
    if len(shape) != len(expected):
        hint = ""
        if len(shape) + 1 == len(expected) and expected[0] in (-1, 1):
            hint = "; for a batch of one pass array[None]"
        raise Error(
            f'input "{info.name}": shape {shape} has {len(shape)} dimensions, the engine takes '
            f"{len(expected)}: {expected}{hint}"
        )
    for axis, (n, extent) in enumerate(zip(shape, expected)):
        if extent >= 0 and n != extent:
            raise Error(
                f'input "{info.name}": shape {shape} has {n} in dimension {axis}, the engine takes '
                f"{extent} (-1 means any): {expected}{layout_hint(shape, expected)}"
            )
    return numpy.require(array, requirements=["C_CONTIGUOUS", "ALIGNED"])


def outside(name, shape, r, profiles):
    """The Error for a shape that no profile holds; `r` is the range of the last one tried."""
    axis = next(i for i, (a, n, b) in enumerate(zip(r.min, shape, r.max)) if not a <= n <= b)
    wanted = shapes_line({name: grown(r, shape)})
    which = "profile 0" if profiles == 1 else f"the last of {profiles} profiles"
    return Error(
        f'input "{name}": shape {shape} is outside the engine: dimension {axis} is {shape[axis]}, '
        f"{which} allows {r.min[axis]} to {r.max[axis]}; build it with {wanted}"
    )
