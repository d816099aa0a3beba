# SPDX-License-Identifier: Apache-2.0
"""Engines of Bireme for the benchmarks: built by the steps of the command line, kept in files, run on arrays of their own."""

import json
import os
import sys
import time

import numpy as np

PRECISIONS = {"fp32": (), "fp16": ("FP16",), "bf16": ("BF16",)}  # flags of the builder


def build(path, shapes, threads, precision="fp32", level=None, cache=b"", without=""):
    """(bytes of the engine, seconds of parsing and building, timing cache). A shape is one, or (min, opt, max);
    `without` names passes to leave out."""
    import bireme
    logger = bireme.Logger(bireme.Logger.ERROR)
    begin = time.perf_counter()
    builder = bireme.Builder(logger)
    network = builder.create_network(0)
    parser = bireme.OnnxParser(network, logger)
    if not parser.parse_from_file(path):
        raise RuntimeError(parser.get_error(0).desc())
    config = builder.create_builder_config()
    config.num_threads = threads
    config.profiling_verbosity = bireme.ProfilingVerbosity.DETAILED
    config.clear_flag(bireme.BuilderFlag.TF32)
    for flag in PRECISIONS[precision]:
        config.set_flag(getattr(bireme.BuilderFlag, flag))
    if level is not None:
        config.builder_optimization_level = level
    timing = config.create_timing_cache(cache)
    config.set_timing_cache(timing, False)
    profile = builder.create_optimization_profile()
    for name, shape in shapes.items():
        profile.set_shape(name, *(shape if shape and isinstance(shape[0], tuple) else (shape,) * 3))
    config.add_optimization_profile(profile)
    os.environ["BIREME_DISABLE_PASSES"] = without
    try:
        plan = builder.build_serialized_network(network, config)
    finally:
        del os.environ["BIREME_DISABLE_PASSES"]
    seconds = time.perf_counter() - begin
    if plan is None:
        raise RuntimeError("the build failed")
    return bytes(plan), seconds, bytes(timing.serialize())


def stored(path, shapes, threads, folder, precision="fp32", kind="static"):
    """The file of an engine, built where it is not there yet or of another format than this Bireme's."""
    extents = next(iter(shapes.values()))
    batch = (extents[1] if isinstance(extents[0], tuple) else extents)[0]
    name = f"{os.path.basename(os.path.dirname(path))}-{os.path.basename(path)}.{precision}.{threads}.{kind}{batch}.engine"
    file = os.path.join(folder, name)
    try:
        if os.path.exists(file):
            Engine(file)
            return file
    except RuntimeError:
        pass
    plan, seconds, _ = build(path, shapes, threads, precision)
    with open(file, "wb") as f:
        f.write(plan)
    print(f"  built {os.path.basename(path)} ({kind}, batch {batch}) in {seconds:.2f} s", file=sys.stderr)
    return file


class Engine:
    """A loaded engine; `source` is a file, mapped, or bytes."""

    def __init__(self, source):
        import bireme
        self.logger = bireme.Logger(bireme.Logger.ERROR)
        self.runtime = bireme.Runtime(self.logger)
        load = self.runtime.deserialize_cuda_engine if isinstance(source, bytes) else self.runtime.deserialize_cuda_engine_from_file
        self.engine = load(source)
        if self.engine is None:
            raise RuntimeError(f"cannot load {'an engine' if isinstance(source, bytes) else source}")

    def layers(self):
        return self._told("get_engine_information")["Layers"]

    def passes(self):
        return self._told("get_optimizations")

    def _told(self, what):
        import bireme
        inspector = self.engine.create_engine_inspector()
        return json.loads(getattr(inspector, what)(bireme.LayerInformationFormat.JSON))

    def bind(self, feed):
        """Runs on these arrays, into arrays of its own (`outputs`), from now on."""
        import bireme
        self.context = self.engine.create_execution_context()
        self.feed, self.outputs = feed, {}
        for name, array in feed.items():
            self.context.set_input_shape(name, array.shape)
            self.context.set_tensor_address(name, array.ctypes.data)
        for i in range(self.engine.num_io_tensors):
            name = self.engine.get_tensor_name(i)
            if name in feed:
                continue
            shape = tuple(self.context.get_tensor_shape(name))
            if -1 in shape:
                raise RuntimeError(f"the extents of {name} are not known before it runs")
            self.outputs[name] = np.empty(shape, bireme.nptype(self.engine.get_tensor_dtype(name)))
            self.context.set_tensor_address(name, self.outputs[name].ctypes.data)
        return self

    def __call__(self):
        if not self.context.execute_async_v3(0):
            raise RuntimeError("the engine failed")
