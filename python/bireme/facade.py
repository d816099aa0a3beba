# SPDX-License-Identifier: Apache-2.0
"""The short way: build an engine from a model file, call it with numpy arrays, save it, load it."""

import os
import threading

from ._bireme import EngineVerify, Runtime
from .device import Given, on_gpu, stream_handle
from .files import replace_file, require_file
from .messages import Error, Messages
from .model import Model, rebuilt
from .running import Loaded
from .shapes import TensorInfo, as_input, check_names, outside

__all__ = ["Engine", "Error", "TensorInfo", "build", "load"]


class Engine:
    """A built model. Call it with arrays; the result is a dict of arrays by output name.

    Safe to call from several threads at once. Made by :func:`build` and :func:`load`.
    """

    def __init__(self, model, loaded):
        self._model = model  # None when the engine is final: nothing can make it be built again
        self._loaded = loaded  # None until the first call of an engine without shapes
        self._lock = threading.Lock()
        source = loaded or model
        #: Tuple of :class:`TensorInfo`, in the model's order.
        self.inputs = source.inputs
        #: Tuple of :class:`TensorInfo`, in the model's order.
        self.outputs = source.outputs

    def __call__(self, *args, **kwargs):
        """engine({"x": array}), engine(x=array), or engine(array) where there is one input.

        Arrays have the input's dtype and rank, any strides; they are not copied when they are
        row-major, whatever library they are of (DLPack). Returns new arrays, of numpy, or in the
        GPU's memory when an input is there: see :meth:`on`. Raises :class:`Error`.
        """
        given = self._named(args, kwargs)
        if any(on_gpu(value) for value in given.values()):
            return self._call_on(0, given, None)
        check_names(given, self.inputs)
        arrays = {info.name: as_input(given[info.name], info) for info in self.inputs}
        loaded, profile = self._fit(arrays)
        return loaded.run(arrays, profile)

    def on(self, stream=None, out=None):
        """A function that takes what the engine takes and enqueues the run on a CUDA stream, without waiting for it.

        stream: an address, a stream of torch or cupy, or an object with __cuda_stream__; None is the default one.
        out: by name, arrays in the GPU's memory that results are written into, of their shape and dtype, row-major.

        Inputs in the GPU's memory (torch, cupy, jax, ...: DLPack or the CUDA array interface) are read where they are;
        results are :class:`DeviceArray` objects, which those libraries take without a copy. engine(...) does the same on
        the default stream when an input is in the GPU's memory.
        """
        handle = stream_handle(stream)
        return lambda *args, **kwargs: self._call_on(handle, self._named(args, kwargs), out)

    def _call_on(self, stream, given, out):
        check_names(given, self.inputs)
        arrays = {
            info.name: Given(given[info.name], info, stream) if on_gpu(given[info.name])
            else as_input(given[info.name], info)
            for info in self.inputs
        }
        loaded, profile = self._fit(arrays)
        return loaded.run_on(stream, arrays, profile, out)

    def _fit(self, arrays):
        """What runs these inputs, and in which profile; raises when nothing does."""
        loaded = self._loaded
        profile = loaded.profile_for(arrays) if loaded else None
        if profile is None and self._model is not None:
            with self._lock:
                loaded = self._fitting(arrays)
            profile = loaded.profile_for(arrays)
        if profile is None:
            name, shape, r = loaded.misfit(arrays)
            raise outside(name, shape, r, loaded.profiles)
        return loaded, profile

    def save(self, path):
        """Writes the engine file that :func:`load` reads, for machines like this one."""
        if self._loaded is None:
            raise Error(
                "there is nothing to save yet: an engine built without shapes= is made at its "
                "first call; call it once, or give shapes="
            )
        replace_file(os.fspath(path), self._loaded.serialize())

    def __repr__(self):
        def listing(infos):
            return ", ".join(f"{i.name} {i.dtype}{list(i.shape)}" for i in infos)

        return f"<bireme.Engine {listing(self.inputs)} -> {listing(self.outputs)}>"

    @property
    def cuda_engine(self):
        """The ICudaEngine below, for what this class does not offer; None before it is built."""
        return self._loaded.engine if self._loaded else None

    def _named(self, args, kwargs):
        if len(args) == 1 and not kwargs and isinstance(args[0], dict):
            return args[0]
        if not args:
            return kwargs
        names = [info.name for info in self.inputs]
        if len(args) == 1 and len(names) == 1 and not kwargs:
            return {names[0]: args[0]}
        raise Error(
            "give the inputs by name: engine({"
            + ", ".join(f"{name!r}: array" for name in names)
            + "})"
        )

    def _fitting(self, arrays):
        """An engine that holds these shapes, built now unless another thread has done it."""
        if self._loaded is None or self._loaded.profile_for(arrays) is None:
            self._loaded = self._model.build_for(arrays)
        return self._loaded


def build(
    model, shapes=None, precision="fp32", device=None, threads=None, outputs=None, layout=None,
    weights=None
):
    """Builds an engine from a model: ONNX, Caffe, UFF or a frozen TensorFlow graph.

    model: path of the file, or its bytes.
    shapes: by input name a shape, or three (min, opt, max). Inputs with run-time extents that have
        none here are built for at the first call: from extent 1 to what that call brings; a larger
        call builds again and prints the line that avoids it.
    precision: "fp32" computes strictly in float32; "tf32" lets products round to TF32 where the
        device has it; "fp16" and "bf16" let each layer compute in that type where that is faster,
        "best" in any of them. What the device has no kernels for stays in float32, with a warning.
    device: None and "cpu" take the CPU, on whose arrays the engine runs; "cuda" takes the GPU, to
        which each call copies its arrays and from which it copies the results.
    threads: CPU threads of the engine, None for all cores.
    outputs: names of nodes (UFF, TensorFlow) or blobs (Caffe); None for the outputs that the file
        marks, or blobs that no layer reads.
    layout: "nchw" takes images and gives feature maps as N, C, H, W (UFF, TensorFlow); None and
        "nhwc" keep TensorFlow's order.
    weights: path or bytes of the .caffemodel file of a Caffe network; None makes weights up.

    Returns an :class:`Engine`; raises :class:`Error` with the whole reason.
    """
    parsed = Model(model, shapes or {}, precision, device, threads, outputs, layout, weights)
    loaded = None if parsed.pending else parsed.build()
    return Engine(parsed if parsed.flexible else None, loaded)


def load(path, verify="full", rebuild=True, store=False, device=None):
    """Loads an engine file.

    verify: "full" compares all checksums now; "lazy" leaves out those of the weights.
    rebuild: True builds an engine anew, from the network that its file keeps, where no device of this
        machine is one that it was built for, and prints a line that says so; False raises then.
    store: True replaces the file by what was built anew.
    device: where to build anew: "cpu", "cuda", or None for a GPU if the engine was for one and
        one is here, else the CPU.
    Returns an :class:`Engine`; raises :class:`Error` with the whole reason.
    """
    levels = {"full": EngineVerify.FULL, "lazy": EngineVerify.LAZY}
    if verify not in levels:
        raise Error(f'verify is "full" or "lazy", not {verify!r}')
    path = os.fspath(path)
    require_file(path)
    messages = Messages()
    runtime = Runtime(messages)
    engine = runtime.deserialize_cuda_engine_from_file(path, levels[verify])
    if engine is None:
        error = messages.error(f'cannot load "{path}"')
        plan = rebuilt(path, messages, device) if rebuild else None
        if plan is None:
            raise error
        if store:
            replace_file(path, plan)
        engine = runtime.deserialize_cuda_engine(plan)
        if engine is None:
            raise messages.error(f'cannot load "{path}", built anew')
    return Engine(None, Loaded(engine, messages))
