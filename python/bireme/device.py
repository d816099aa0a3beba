# SPDX-License-Identifier: Apache-2.0
"""Arrays of other libraries without a copy: in host memory, and in the memory of a GPU."""

import ctypes
import weakref

import numpy

from . import _bireme as trt
from .messages import Error

_CPU, _CUDA, _CUDA_HOST, _MANAGED = 1, 2, 3, 13  # DLPack's device types
_CODES = {"i": 0, "u": 1, "f": 2, "b": 6}


def kind_of(dtype):
    """DLPack's code and bits of a numpy dtype."""
    code = 4 if dtype.name == "bfloat16" else _CODES.get(dtype.kind)
    if code is None:
        raise Error(f"DLPack has no element type like {dtype}")
    return code, 8 * dtype.itemsize


def on_gpu(value):
    """Is it an array in the memory of a GPU?"""
    if isinstance(value, numpy.ndarray):
        return False
    device = getattr(value, "__dlpack_device__", None)
    if device is not None:
        return device()[0] in (_CUDA, _MANAGED)
    return hasattr(value, "__cuda_array_interface__")


def stream_handle(stream):
    """The CUstream of a stream: an address, an object of torch or cupy, or one with __cuda_stream__; None is the default."""
    if stream is None:
        return 0
    if hasattr(stream, "__cuda_stream__"):
        return int(stream.__cuda_stream__()[1])
    for name in ("cuda_stream", "ptr"):
        if hasattr(stream, name):
            return int(getattr(stream, name))
    return int(stream)


def host_view(value):
    """A numpy array over the memory of an array of another library; None where it would need a copy."""
    if not hasattr(value, "__dlpack__") or value.__dlpack_device__()[0] not in (_CPU, _CUDA_HOST):
        return None
    try:
        array = trt._Borrowed(value.__dlpack__())
        dtype = _dtype_of(array.kind)
    except (BufferError, RuntimeError, TypeError):
        return None
    if dtype is None or not array.contiguous or 0 in array.shape:
        return None
    size = int(numpy.prod(array.shape, dtype=numpy.int64)) * dtype.itemsize
    memory = (ctypes.c_char * size).from_address(array.address)
    memory.keep = array  # the array is there as long as somebody views its memory
    return numpy.frombuffer(memory, dtype).reshape(array.shape)


def _dtype_of(kind):
    code, bits = kind
    if code == 4 and bits == 16:
        import ml_dtypes

        return numpy.dtype(ml_dtypes.bfloat16)
    letter = next((letter for letter, known in _CODES.items() if known == code), None)
    if letter is None or bits % 8 or (letter == "b" and bits != 8):
        return None
    return numpy.dtype(f"{letter}{bits // 8}")


class Given:
    """An input in the memory of a GPU, as an engine reads it: row-major, of its type."""

    def __init__(self, value, info, stream):
        self.keep = value
        if hasattr(value, "__dlpack__"):
            # The library makes `stream` wait for what it has still to write.
            array = trt._Borrowed(value.__dlpack__(stream=stream or 1))
            self.address, shape, contiguous = array.address, array.shape, array.contiguous
            kind, self.device, self.keep = array.kind, array.device[1], (value, array)
        else:
            told = value.__cuda_array_interface__
            dtype = numpy.dtype(told["typestr"])
            self.address, shape, kind, self.device = told["data"][0], told["shape"], kind_of(dtype), 0
            contiguous = told.get("strides") in (None, _row_major(shape, dtype.itemsize))
            writer = told.get("stream")
            if writer is not None and (0 if writer == 1 else writer) != stream:
                raise Error(f'input "{info.name}" is written on another stream: call engine.on(that stream), or wait for it')
        self.shape = tuple(shape)
        if kind != kind_of(info.dtype):
            raise Error(f'input "{info.name}": elements of DLPack kind {kind} given, the engine takes {info.dtype}')
        if len(self.shape) != len(info.shape) or any(e >= 0 and n != e for n, e in zip(self.shape, info.shape)):
            raise Error(f'input "{info.name}": shape {self.shape} given, the engine takes {info.shape} (-1 means any)')
        if not contiguous:
            raise Error(f'input "{info.name}" is not row-major: make it contiguous')


def _row_major(shape, step):
    strides = []
    for n in reversed(shape):
        strides.insert(0, step)
        step *= n
    return tuple(strides)


class Pool:
    """Device memory of results, used again on the stream that wrote it once nobody holds it."""

    def __init__(self, engine, messages):
        self._engine, self._messages = engine, messages
        self._free = {}

    def take(self, stream, size):
        size = max(size, 1)
        shelf = self._free.setdefault((stream, size), [])
        if shelf:
            return shelf.pop()
        memory = self._engine.allocate_memory(size)
        if memory is None:
            raise self._messages.error("no memory on the GPU")
        return memory

    def give(self, stream, memory):
        self._free[stream, memory.nbytes].append(memory)


class DeviceArray:
    """A result in the memory of a GPU, row-major. Other libraries take it without a copy (DLPack, CUDA array interface);
    numpy() copies it to the host. Work on its stream sees it written; others wait when they take it by DLPack."""

    def __init__(self, memory, shape, dtype, stream, device, context, pool):
        self.shape, self.dtype, self.stream, self.device = tuple(shape), dtype, stream, device
        self._memory, self._context = memory, context
        self._recycle = weakref.finalize(self, pool.give, stream, memory)
        self._recycle.atexit = False

    @property
    def nbytes(self):
        return int(numpy.prod(self.shape, dtype=numpy.int64)) * self.dtype.itemsize

    @property
    def address(self):
        return self._memory.address

    def numpy(self):
        """A copy in host memory."""
        self._context.wait()
        array = numpy.empty(self.shape, self.dtype)
        if array.nbytes and not self._memory.copy_to_host(array.ctypes.data, array.nbytes):
            raise Error("cannot copy a result from the GPU")
        return array

    def __array__(self, dtype=None, copy=None):
        return self.numpy() if dtype is None else self.numpy().astype(dtype)

    def __dlpack_device__(self):
        return _CUDA, self.device

    def __dlpack__(self, *, stream=None, max_version=None, dl_device=None, copy=None):
        reader = 0 if stream in (None, 1) else stream
        if reader not in (-1, self.stream):
            self._context.wait()
            self._recycle.detach()  # whoever reads on another stream may read late
        return trt._lend(self.address, self.shape, kind_of(self.dtype), self.__dlpack_device__(), self)

    @property
    def __cuda_array_interface__(self):
        if self.dtype.kind not in "biuf":
            raise AttributeError(f"the CUDA array interface has no {self.dtype}; use DLPack")
        return {"shape": self.shape, "typestr": self.dtype.str, "data": (self.address, False), "strides": None,
                "version": 3, "stream": self.stream or 1}

    def __repr__(self):
        return f"<bireme.DeviceArray {self.dtype}{list(self.shape)} on cuda:{self.device}>"
