# SPDX-License-Identifier: Apache-2.0
"""Types of elements: the library's and numpy's."""

import math

import numpy

from ._bireme import DataType, _numpy_names

_PLAIN = {dtype: numpy.dtype(name) for dtype, name in _numpy_names.items() if hasattr(numpy, name)}


def numpy_dtype(dtype):
    """The numpy dtype of a DataType; the small floats come from the package ml_dtypes.

    Raises TypeError where numpy has none, or where ml_dtypes is needed and not installed.
    """
    if dtype in _PLAIN:
        return _PLAIN[dtype]
    name = _numpy_names.get(dtype)
    if name is None:
        raise TypeError(f"numpy has no type like {dtype}: two values share a byte")
    try:
        import ml_dtypes
    except ImportError:
        raise TypeError(f"numpy has no {dtype}; install the package ml_dtypes") from None
    return numpy.dtype(getattr(ml_dtypes, name))


def nptype(trt_type):
    """The numpy scalar type of a DataType. Raises TypeError where numpy alone has none."""
    if trt_type in _PLAIN:
        return _PLAIN[trt_type].type
    raise TypeError(f"numpy has no type like {DataType(trt_type)}")


def volume(iterable):
    """The product of the extents of a shape; 1 for a scalar."""
    return math.prod(iterable)
