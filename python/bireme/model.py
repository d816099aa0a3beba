# SPDX-License-Identifier: Apache-2.0
"""A parsed model and the options it is built with."""

import json
import os
import sys
import time

from . import _bireme as trt
from .dtypes import numpy_dtype
from .importing import parse
from .messages import Error, Messages
from .running import Loaded
from .shapes import Range, TensorInfo, first_range, grown, nearest, parse_range, shapes_line

_DEVICES = {"cpu": trt.DeviceType.CPU, "cuda": trt.DeviceType.GPU, "gpu": trt.DeviceType.GPU}
_PRECISIONS = ("fp32", "tf32", "fp16", "bf16", "best")


class Model:
    """Parses once, builds as often as shapes ask for it."""

    def __init__(self, source, shapes, precision, device, threads, outputs=None, layout=None,
                 weights=None):
        self._messages = Messages()
        self._builder = trt.Builder(self._messages)
        self._precision = _checked_precision(precision)
        self._device = _checked_device(device)
        self._threads = _checked_threads(threads)
        self._network = parse(source, self._builder, self._messages, shapes, outputs, layout,
                              weights)
        self._cache = None
        self._label = "model" if isinstance(source, bytes) else os.fspath(source)
        self.inputs = _infos(self._network.get_input, self._network.num_inputs)
        self.outputs = _infos(self._network.get_output, self._network.num_outputs)
        self._shape_inputs = {
            t.name
            for t in map(self._network.get_input, range(self._network.num_inputs))
            if t.is_shape_tensor
        }
        self._fixed = self._given_ranges(shapes)
        self._ranges = dict(self._fixed)

    @property
    def pending(self):
        """True while an input with run-time extents has no range."""
        return any(name not in self._ranges for name in self._dynamic())

    @property
    def flexible(self):
        """True when some ranges follow the calls."""
        return any(name not in self._fixed for name in self._dynamic())

    def build_for(self, arrays):
        """A loaded engine that holds the shapes of `arrays` in all inputs without a given range."""
        again = not self.pending
        wanted = {n: self._wanted(n, arrays) for n in self._dynamic() if n not in self._fixed}
        begin = time.perf_counter()
        for name, given in wanted.items():
            old = self._ranges.get(name)
            if old is None:
                self._ranges[name] = first_range(self._extents(name), given)
            elif not old.holds(given):
                self._ranges[name] = grown(old, given)
        try:
            loaded = self.build()
        except Error:
            if again:
                raise
            # Not every model takes extents of 1: then these very shapes are all that is known.
            self._ranges.update((name, Range(given, given, given)) for name, given in wanted.items())
            loaded = self.build()
        if again:
            seconds = time.perf_counter() - begin
            print(
                f"bireme: built {self._label} again for other shapes, {seconds:.1f} s; avoid it "
                f"with build(..., {shapes_line(self._ranges)})",
                file=sys.stderr,
            )
        return loaded

    def build(self):
        """A loaded engine for the ranges known now."""
        config = self._config()
        self._messages.take()
        engine = self._builder.build_engine_with_config(self._network, config)
        if engine is None:
            raise self._messages.error(f'cannot build "{self._label}"')
        return Loaded(engine, self._messages)

    def _config(self):
        config = self._builder.create_builder_config()
        if self._precision == "fp32":
            config.clear_flag(trt.BuilderFlag.TF32)
        if self._precision in ("fp16", "best"):
            config.set_flag(trt.BuilderFlag.FP16)
        if self._precision in ("bf16", "best"):
            config.set_flag(trt.BuilderFlag.BF16)
        # Arrays are in host memory; on a GPU every call copies them.
        config.default_device_type = trt.DeviceType.CPU if self._device is None else self._device
        # The inspector of Engine.cuda_engine tells which kernel runs a layer.
        config.profiling_verbosity = trt.ProfilingVerbosity.DETAILED
        if self._threads is not None:
            config.num_threads = self._threads
        self._cache = self._cache or config.create_timing_cache(b"")
        config.set_timing_cache(self._cache, False)
        if self._ranges:
            profile = self._builder.create_optimization_profile()
            for name, r in self._ranges.items():
                if name in self._shape_inputs:
                    profile.set_shape_input(name, r.min, r.opt, r.max)
                else:
                    profile.set_shape(name, r.min, r.opt, r.max)
            if config.add_optimization_profile(profile) < 0:
                raise self._messages.error(f'cannot build "{self._label}"')
        return config

    def _given_ranges(self, shapes):
        ranges = {}
        by_name = {info.name: info for info in self.inputs}
        for name, value in shapes.items():
            if name not in by_name:
                raise Error(f'shapes: there is no input "{name}"; {nearest(name, by_name)}')
            shape = self._extents(name)
            r = parse_range(name, value, shape)
            if -1 in shape:
                ranges[name] = r
        return ranges

    def _dynamic(self):
        return [info.name for info in self.inputs if -1 in self._extents(info.name)]

    def _extents(self, name):
        """Shape of an input; for one whose values are a shape, that of the values' ranges."""
        shape = next(info.shape for info in self.inputs if info.name == name)
        if name not in self._shape_inputs:
            return shape
        return (-1,) * (shape[0] if shape else 1)

    def _wanted(self, name, arrays):
        if name in self._shape_inputs:
            return tuple(int(n) for n in arrays[name].reshape(-1))
        return tuple(arrays[name].shape)


def rebuilt(path, messages, device):
    """The bytes of an engine file built anew for this machine; None when it runs as it is."""
    with open(path, "rb") as file:
        old = file.read()
    builder = trt.Builder(messages)
    if not builder.needs_rebuild(old):
        messages.take()  # loading it has said what is wrong with the file
        return None
    config = builder.create_builder_config()
    if device is not None:
        config.default_device_type = _checked_device(device)
    begin = time.perf_counter()
    plan = builder.rebuild_serialized_network(old, config)
    if plan is None:
        raise messages.error(f'cannot build "{path}" anew for this machine')
    print(
        f"bireme: built {path} anew for this machine, {time.perf_counter() - begin:.1f} s; it was "
        "built for another (load(..., store=True) keeps the result)",
        file=sys.stderr,
    )
    return plan


def _infos(get, count):
    tensors = [get(i) for i in range(count)]
    return tuple(TensorInfo(t.name, tuple(t.shape), numpy_dtype(t.dtype)) for t in tensors)


def _checked_precision(precision):
    if precision in _PRECISIONS:
        return precision
    names = ", ".join(f'"{name}"' for name in _PRECISIONS)
    raise Error(f"precision is one of {names}, not {precision!r}")


def _checked_device(device):
    if device is None:
        return None
    kind = str(device).split(":")[0].lower()
    if kind not in _DEVICES:
        raise Error(f'device is None, "cpu" or "cuda", not {device!r}')
    if _DEVICES[kind] == trt.DeviceType.GPU:
        _require_gpu(device)
    return _DEVICES[kind]


def _require_gpu(device):
    """Raises when no backend has a GPU, with the reasons why one that could is missing."""
    report = json.loads(trt.get_machine_report(trt.LayerInformationFormat.JSON))
    if any(b["devices"] for b in report["backends"] if b["name"] not in ("cpu", "reference")):
        return
    reasons = [f"{m['name']}: {m['reason']}" for m in report["missing"] if m["name"] != "cpu"]
    raise Error(
        "; ".join([f'device "{device}": no GPU can be used here', *reasons])
        + '; leave device out or take "cpu"'
    )


def _checked_threads(threads):
    if threads is None:
        return None
    if isinstance(threads, bool) or not isinstance(threads, int) or threads < 1:
        raise Error(f"threads is a number of CPU threads, at least 1, or None; got {threads!r}")
    return threads

