# SPDX-License-Identifier: Apache-2.0
"""Reads a PyTorch state dict (the format before zip files) without torch and without running it."""

import collections
import pickle

import numpy

_DTYPES = {
    "FloatStorage": numpy.float32,
    "DoubleStorage": numpy.float64,
    "LongStorage": numpy.int64,
    "IntStorage": numpy.int32,
}
_MAGIC = 0x1950A86A20F9469CFC6C


class _Lazy:
    """A tensor whose storage has not been read yet."""

    def __init__(self, storage, offset, size, stride):
        self.storage, self.offset, self.size, self.stride = storage, offset, size, stride


def _rebuild(storage, offset, size, stride, *_):
    return _Lazy(storage, offset, size, stride)


class _Unpickler(pickle.Unpickler):
    """Knows dicts, tensors and storages; refuses every other class."""

    def find_class(self, module, name):
        if (module, name) == ("collections", "OrderedDict"):
            return collections.OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _rebuild
        if module == "torch" and name in _DTYPES:
            return _DTYPES[name]
        raise pickle.UnpicklingError(f"{module}.{name} does not belong into a state dict")

    def persistent_load(self, pid):
        kind, dtype, key, _, count, *_ = pid
        if kind != "storage":
            raise pickle.UnpicklingError(f"unknown reference {kind}")
        return key, dtype, count


def read(path):
    """Name to numpy array."""
    with open(path, "rb") as file:
        if _Unpickler(file).load() != _MAGIC:
            raise ValueError(f"{path} is not a state dict")
        _Unpickler(file).load()  # version of the format
        _Unpickler(file).load()  # the machine that wrote it
        tensors = _Unpickler(file).load()
        dtypes = {t.storage[0]: t.storage[1] for t in tensors.values()}
        storages = {}
        for key in _Unpickler(file).load():
            count = int(numpy.frombuffer(file.read(8), "<i8")[0])
            dtype = numpy.dtype(dtypes[key])
            storages[key] = numpy.frombuffer(file.read(count * dtype.itemsize), dtype)
    arrays = {}
    for name, t in tensors.items():
        data = storages[t.storage[0]][t.offset :]
        strides = [s * data.itemsize for s in t.stride]
        view = numpy.lib.stride_tricks.as_strided(data, t.size, strides)
        arrays[name] = numpy.ascontiguousarray(view).reshape(t.size)
    return arrays
