# SPDX-License-Identifier: Apache-2.0
"""An engine with its contexts: shapes, addresses and memory of one call."""

import threading

import numpy

from . import _bireme as trt
from .device import DeviceArray, Given, Pool
from .dtypes import numpy_dtype
from .messages import Error
from .shapes import Range, TensorInfo

_INPUT = trt.TensorIOMode.INPUT


class Loaded:
    """Runs an ICudaEngine on numpy arrays; every running call has a context of its own.

    On a GPU arrays are copied to memory of the context and back.
    """

    def __init__(self, engine, messages):
        self.engine = engine
        self._on_gpu = engine.device_type != trt.DeviceType.CPU
        self._messages = messages
        self._free = {}  # contexts by stream: on one stream runs follow each other
        self._pool = Pool(engine, messages)
        self._open = None  # names of outputs whose extents only running tells, once that is known
        self._lock = threading.Lock()
        names = [engine.get_tensor_name(i) for i in range(engine.num_io_tensors)]
        infos = {n: self._info(n) for n in names}
        self.inputs = tuple(infos[n] for n in names if engine.get_tensor_mode(n) == _INPUT)
        self.outputs = tuple(infos[n] for n in names if engine.get_tensor_mode(n) != _INPUT)
        self.profiles = engine.num_optimization_profiles
        self._ranges = [self._profile(p) for p in range(self.profiles)]

    def profile_for(self, arrays):
        """Index of the first profile that holds all inputs, or None."""
        for index, ranges in enumerate(self._ranges):
            if all(r.holds(_extents(arrays[n], r)) for n, r in ranges.items()):
                return index
        return None

    def misfit(self, arrays):
        """Name, shape and range of an input that the last profile does not hold."""
        for name, r in self._ranges[-1].items():
            shape = _extents(arrays[name], r)
            if not r.holds(shape):
                return name, shape, r
        raise Error("the shapes of the inputs do not fit together in any profile")

    def run(self, arrays, profile):
        return self._lent(0, profile, lambda context, memory: self._run(context, memory, arrays))

    def run_on(self, stream, arrays, profile, out=None):
        """As run, with inputs in the GPU's memory or the host's, enqueued on a stream; the results are DeviceArrays, or
        those of `out`, by name arrays in the GPU's memory that are written."""
        if not self._on_gpu:
            raise Error("the engine runs on the CPU: an array in the memory of a GPU is of no use to it")
        return self._lent(
            stream, profile, lambda context, memory: self._run_on(context, memory, stream, arrays, out or {}))

    def _lent(self, stream, profile, run):
        context, memory = self._take(stream, profile)
        try:
            return run(context, memory)
        finally:
            with self._lock:
                self._free[stream].append((context, memory))

    def _run_on(self, context, memory, stream, arrays, out):
        if not all(isinstance(a, Given) for a in arrays.values()):
            context.wait()  # what was copied for the last run may still be read
        device = next((a.device for a in arrays.values() if isinstance(a, Given)), 0)
        for info in self.inputs:
            array = arrays[info.name]
            ok = -1 not in info.shape or context.set_input_shape(info.name, array.shape)
            address = array.address if isinstance(array, Given) else self._input_address(memory, info.name, array)
            if not (ok and context.set_tensor_address(info.name, address or 256)):
                raise self._messages.error("the engine refused an input")
        shapes = {info.name: tuple(context.get_tensor_shape(info.name)) for info in self.outputs}
        if self._open is None:
            self._open = {name for name, shape in shapes.items() if -1 in shape}
        held, sized = {}, {}
        for info in self.outputs:
            name = info.name
            if name in out:
                target = Given(out[name], info._replace(shape=shapes[name]), stream)
                context.set_tensor_address(name, target.address or 256)
            elif name in self._open:
                sized[name] = _Pooled(lambda size: self._pool.take(stream, size))
                context.set_output_allocator(name, sized[name])
            else:
                held[name] = self._pool.take(stream, _bytes(shapes[name], info.dtype))
                context.set_tensor_address(name, held[name].address)
        done = context.execute_async_v3(stream)
        for name, output in sized.items():
            context.set_output_allocator(name, None)
            shapes[name], held[name] = output.shape, output.memory
        if not done:
            raise self._messages.error("the engine failed")
        return {
            info.name: out[info.name] if info.name in out else DeviceArray(
                held[info.name], shapes[info.name], info.dtype, stream, device, context, self._pool)
            for info in self.outputs
        }

    def serialize(self):
        memory = self.engine.serialize()
        if memory is None:
            raise self._messages.error("cannot serialize the engine")
        return memory

    def _run(self, context, memory, arrays):
        for info in self.inputs:
            array = arrays[info.name]
            ok = -1 not in info.shape or context.set_input_shape(info.name, array.shape)
            address = self._input_address(memory, info.name, array)
            if not (ok and context.set_tensor_address(info.name, address)):
                raise self._messages.error("the engine refused an input")
        shapes = {info.name: tuple(context.get_tensor_shape(info.name)) for info in self.outputs}
        if self._open is None:
            # Asked before any run: a context that has run tells what the last run made.
            self._open = {name for name, shape in shapes.items() if -1 in shape}
        outputs, sized = {}, {}
        for info in self.outputs:
            if info.name in self._open:
                sized[info.name] = self._sized_output(memory, info)
                context.set_output_allocator(info.name, sized[info.name])
                continue
            array = numpy.empty(shapes[info.name], info.dtype)
            # A null address means none: an array without elements still needs one.
            address = array.ctypes.data or 64
            if self._on_gpu:
                address = self._room(memory, info.name, array.nbytes).address
            context.set_tensor_address(info.name, address)
            outputs[info.name] = array
        done = context.execute_async_v3(0)
        for name in sized:
            context.set_output_allocator(name, None)
        if not done:
            raise self._messages.error("the engine failed")
        if self._on_gpu:
            for name, array in outputs.items():
                self._fetch(memory[name], array)
        outputs.update((name, output.array()) for name, output in sized.items())
        return {info.name: outputs[info.name] for info in self.outputs}

    def _input_address(self, memory, name, array):
        if not self._on_gpu or self.engine.is_shape_inference_io(name):  # shapes are read by the host
            return array.ctypes.data
        room = self._room(memory, name, array.nbytes)
        if not room.copy_from_host(array.ctypes.data, array.nbytes):
            raise self._messages.error("cannot copy an input to the GPU")
        return room.address

    def _room(self, memory, name, size):
        """Device memory of a tensor, kept from call to call while it is large enough."""
        if name not in memory or memory[name].nbytes < size:
            memory[name] = self.engine.allocate_memory(max(size, 1))
            if memory[name] is None:
                del memory[name]
                raise self._messages.error("no memory on the GPU")
        return memory[name]

    def _fetch(self, room, array):
        if array.nbytes and not room.copy_to_host(array.ctypes.data, array.nbytes):
            raise self._messages.error("cannot copy a result from the GPU")

    def _sized_output(self, memory, info):
        if not self._on_gpu:
            return _Output(info.dtype)
        return _DeviceOutput(
            info.dtype,
            lambda size: self._room(memory, info.name, size).address,
            lambda array: self._fetch(memory[info.name], array),
        )

    def _take(self, stream, profile):
        with self._lock:
            free = self._free.setdefault(stream, [])
            context, memory = free.pop() if free else (None, {})
        if context is None:
            context = self.engine.create_execution_context()
            if context is None:
                raise self._messages.error("cannot create an execution context")
        if context.active_optimization_profile != profile:
            context.set_optimization_profile_async(profile, 0)
        return context, memory

    def _info(self, name):
        shape = tuple(self.engine.get_tensor_shape(name))
        return TensorInfo(name, shape, numpy_dtype(self.engine.get_tensor_dtype(name)))

    def _profile(self, index):
        ranges = {}
        for info in self.inputs:
            corners = self.engine.get_tensor_profile_shape(info.name, index)
            if -1 in info.shape and len(corners) == 3:
                ranges[info.name] = Range(*(tuple(c) for c in corners))
            values = self.engine.get_tensor_profile_values(info.name, index)
            if len(values) == 3:
                ranges[info.name] = ValueRange(*(tuple(v) for v in values))
        return ranges


class ValueRange(Range):
    """Range of the values of an input that is itself a shape."""


def _extents(array, r):
    if isinstance(r, ValueRange):
        return tuple(int(n) for n in array.reshape(-1))
    return tuple(array.shape)


def _bytes(shape, dtype):
    return int(numpy.prod(shape, dtype=numpy.int64)) * dtype.itemsize


class _Pooled(trt.IOutputAllocator):
    """Device memory of an output whose extents are known only after its layer has run."""

    def __init__(self, take):
        super().__init__()
        self._take = take
        self.memory, self.shape = None, (0,)

    def reallocate_output(self, tensor_name, memory, size, alignment):
        self.memory = self._take(size)
        return self.memory.address

    def notify_shape(self, tensor_name, shape):
        self.shape = tuple(shape)


class _Output(trt.IOutputAllocator):
    """Memory of an output whose extents are known only after its layer has run."""

    def __init__(self, dtype):
        super().__init__()
        self._dtype = dtype
        self._bytes = numpy.empty(0, numpy.uint8)
        self._shape = (0,)

    def reallocate_output(self, tensor_name, memory, size, alignment):
        if self._bytes.nbytes < size or size == 0:
            self._bytes = numpy.empty(max(size, 1), numpy.uint8)
        return self._bytes.ctypes.data

    def notify_shape(self, tensor_name, shape):
        self._shape = tuple(shape)

    def array(self):
        count = int(numpy.prod(self._shape, dtype=numpy.int64))
        used = self._bytes[: count * self._dtype.itemsize]
        return used.view(self._dtype).reshape(self._shape)


class _DeviceOutput(_Output):
    """The same on a GPU: `room` gives the address of so many bytes, `fetch` fills an array from there."""

    def __init__(self, dtype, room, fetch):
        super().__init__(dtype)
        self._room, self._fetch = room, fetch

    def reallocate_output(self, tensor_name, memory, size, alignment):
        return self._room(size)

    def array(self):
        result = numpy.empty(self._shape, self._dtype)
        self._fetch(result)
        return result
