#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""All backend tests of the package onnx, each built and run in a worker that may die.

As a script: onnx_suite.py [--backend cpu|reference|cuda] [--match TEXT] [--plain] [--failures] [--by-op] [--no-fallback] [-j N]

Each test is run as it is and after saving and loading; with --loose once more with the extents of its inputs unknown
while building, where its shapes allow that: a model that is refused then says so and is counted, but a wrong result is a
failure. --plain leaves the tests of ai.onnx on plain tensors: of reals from 16 to 64 bits, integers from 8, and booleans.
"""

import argparse
import collections
import fnmatch
import json
import multiprocessing
import multiprocessing.connection
import os
import pathlib
import re
import signal
import sys
import time
import warnings

import numpy as np
from onnx_cases import Fault, collect, compare, constant, engine_value, ml_dtype, opened, pack, shared, unpack

EXCLUSIONS = pathlib.Path(__file__).with_name("onnx_suite_exclusions.txt")
LEAST = {"fp16": 4e-3, "bf16": 3e-2}  # tolerance of sums of a few products whose operands are rounded
SECONDS = 240  # for one test; more is a failure


class Runner:
    """One backend; builds every model without timing."""

    def __init__(self, backend, fallback=True, precision=None):
        os.environ["BIREME_BACKEND"] = backend
        import bireme as trt

        class Sink(trt.ILogger):
            def __init__(self):
                trt.ILogger.__init__(self)
                self.errors, self.warnings, self.reasons = [], [], []

            def log(self, severity, msg):
                if severity <= trt.ILogger.ERROR:
                    self.errors.append(msg)
                elif severity == trt.ILogger.WARNING:
                    self.warnings.append(msg)
                elif msg.startswith(f"candidate {backend}.") and not re.search(r": yes|is not|not a |is no ", msg):
                    self.reasons.append(msg[len("candidate ") :])

        class Output(trt.IOutputAllocator):
            def __init__(self, engine):
                super().__init__()
                self.engine, self.data, self.shape = engine, np.empty(1, np.uint8), (0,)
                self.memory = None

            def reallocate_output(self, tensor_name, memory, size, alignment):
                self.data = np.empty(max(size, 1), np.uint8)
                if self.engine.device_type == trt.DeviceType.CPU:
                    return self.data.ctypes.data
                self.memory = self.engine.allocate_memory(max(size, 1))
                return self.memory.address

            def notify_shape(self, tensor_name, shape):
                self.shape = tuple(shape)

            def fetch(self):
                if self.memory is not None and not self.memory.copy_to_host(self.data.ctypes.data, self.data.nbytes):
                    raise Fault("run: a result cannot be copied from the GPU")
                return self.data

        self.trt, self.sink, self.output = trt, Sink(), Output
        self.builder = trt.Builder(self.sink)
        names = {"FP8": "float8_e4m3fn", "FP8_E5M2": "float8_e5m2", "BF16": "bfloat16", "INT4": "int4"}
        names |= {"UINT4": "uint4", "FP4": "float4_e2m1fn", "E8M0": "float8_e8m0fnu", "INT2": "int2"}
        names |= {"UINT2": "uint2", "FP8_FNUZ": "float8_e4m3fnuz", "FP8_E5M2_FNUZ": "float8_e5m2fnuz"}
        self.names, self.fallback = names, fallback
        self.permitted = precision and getattr(trt.BuilderFlag, precision.upper())

    def dtype(self, engine_type):
        name = str(engine_type).rsplit(".", 1)[-1]
        if name in self.names:
            return ml_dtype(self.names[name])
        return np.dtype(self.trt.nptype(engine_type))

    def fail(self, what):
        raise Fault(f"{what}: " + " | ".join(self.sink.errors[:3]))

    def build(self, model, inputs, loose=0):
        """An engine for these inputs, and for extents that are greater by up to `loose`."""
        trt, sink = self.trt, self.sink
        sink.errors.clear()
        sink.warnings.clear()
        sink.reasons.clear()
        network = self.builder.create_network()
        parser = trt.OnnxParser(network, sink)
        if not parser.parse(model.SerializeToString()):
            text = " | ".join(parser.get_error(i).desc() for i in range(min(3, parser.num_errors)))
            raise Fault("parse: " + (text or " ".join(sink.errors[:2])))
        config = self.builder.create_builder_config()
        config.builder_optimization_level = 0
        config.num_threads = 1
        config.clear_flag(trt.BuilderFlag.TF32)
        if self.permitted is not None:
            config.set_flag(self.permitted)
        profile, used = self.builder.create_optimization_profile(), False
        for i in range(network.num_inputs):
            t = network.get_input(i)
            given = inputs.get(t.name)
            if given is None:
                raise Fault(f"run: no data for input {t.name}")
            if t.is_shape_tensor:
                values = [int(v) for v in np.asarray(given).reshape(-1)]
                profile.set_shape_input(t.name, values, values, values)
                used = True
            if -1 in tuple(t.shape):
                most = tuple(d + loose if d > 1 else d for d in given.shape)
                profile.set_shape(t.name, given.shape, given.shape, most)
                used = True
        if used and config.add_optimization_profile(profile) < 0:
            self.fail("profile")
        engine = self.builder.build_engine_with_config(network, config)
        if engine is None:
            self.fail("build")
        rest = r"\((\w+)\) runs on (?:a slow kernel of last resort, reference|the CPU, with copies)"
        slow = [] if self.fallback else re.findall(rest, "\n".join(sink.warnings))
        if slow:
            why = " | ".join(dict.fromkeys(sink.reasons))
            raise Fault("rests on the reference or the host: " + ", ".join(sorted(set(slow))) + "; " + why)
        return engine

    def reload(self, engine):
        blob = engine.serialize()
        loaded = self.trt.Runtime(self.sink).deserialize_cuda_engine(blob)
        if loaded is None:
            self.fail("load")
        return loaded

    def run(self, engine, inputs):
        trt = self.trt
        context = engine.create_execution_context()
        if context is None:
            self.fail("context")
        keep, outputs = [], {}
        for i in range(engine.num_io_tensors):
            name = engine.get_tensor_name(i)
            if engine.get_tensor_mode(name) != trt.TensorIOMode.INPUT:
                continue
            array = np.asarray(inputs[name])
            dtype = self.dtype(engine.get_tensor_dtype(name))
            if array.dtype != dtype:
                raise Fault(f"run: input {name} is {dtype} in the engine, {array.dtype} in the test")
            if -1 in tuple(engine.get_tensor_shape(name)):
                if not context.set_input_shape(name, array.shape):
                    self.fail("shape")
            data = pack(array)
            keep.append(data)
            address = data.ctypes.data or 64
            if engine.device_type != trt.DeviceType.CPU and not engine.is_shape_inference_io(name):
                memory = engine.allocate_memory(max(data.nbytes, 1))
                if not memory.copy_from_host(data.ctypes.data, data.nbytes):
                    self.fail("copy")
                keep.append(memory)
                address = memory.address
            context.set_tensor_address(name, address)
        for i in range(engine.num_io_tensors):
            name = engine.get_tensor_name(i)
            if engine.get_tensor_mode(name) == trt.TensorIOMode.INPUT:
                continue
            outputs[name] = self.output(engine)
            context.set_output_allocator(name, outputs[name])
        if not context.execute_async_v3(0):
            self.fail("run")
        results = {}
        for name, out in outputs.items():
            results[name] = unpack(out.fetch(), self.dtype(engine.get_tensor_dtype(name)), out.shape)
        del keep
        return results


def run_case(runner, case, reload=True, loose=False, run=True):
    """Raises Fault with the reason; runs a second time after saving and loading.

    Returns why the model was refused with unknown extents, "" when it was not, None when that was not tried.
    """
    refused = None
    model, sets = case.load()
    graph_inputs = [i.name for i in model.graph.input]
    constants = {i.name for i in model.graph.initializer}
    for given, expected in sets:
        names = graph_inputs if len(given) == len(graph_inputs) else [n for n in graph_inputs if n not in constants]
        types = {i.name: i.type for i in model.graph.input}
        inputs = {n: engine_value(types[n], x) for n, x in zip(names, given)}
        engine = runner.build(model, inputs)
        if not run:
            continue
        compare(case, model, expected, runner.run(engine, inputs))
        if reload:
            try:
                compare(case, model, expected, runner.run(runner.reload(engine), inputs))
            except Fault as fault:
                raise Fault(f"after loading: {fault}") from None
        wide = opened(model, inputs) if loose else None
        if wide is not None:
            for more in (1, 0):  # what is one greater may not fit a constant
                try:
                    engine, refused = runner.build(wide, inputs, more), ""
                    break
                except Fault as fault:
                    refused = str(fault)
            if refused:
                continue
            try:
                compare(case, model, expected, runner.run(engine, inputs))
            except Fault as fault:
                raise Fault(f"with unknown extents: {fault}") from None
    return refused


def _work(connection, cases, how, *runner):
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    runner = Runner(*runner)
    while True:
        index = connection.recv()
        if index is None:
            return
        begin, refused = time.perf_counter(), None
        try:
            refused = run_case(runner, cases[index], **how)
            answer = ""
        except Fault as fault:
            answer = str(fault) or "failed"
        except Exception as error:  # a fault of the harness or of the binding: told as such
            answer = f"{type(error).__name__}: {error}"
        connection.send((index, answer[:600], time.perf_counter() - begin, refused and refused[:600]))


def run_suite(cases, backend, jobs=None, fallback=True, precision=None, **how):
    """{name: "" or the reason of its failure}, {name: seconds}, {name: what `run_case` returns}; `how` is for that."""
    fork = multiprocessing.get_context("fork")
    results, seconds, refused = {}, {}, {}
    queue = collections.deque(range(len(cases)))
    workers = {}

    def start():
        ours, theirs = fork.Pipe()
        process = fork.Process(target=_work, args=(theirs, cases, how, backend, fallback, precision), daemon=True)
        process.start()
        theirs.close()
        workers[ours] = [process, None, 0.0]
        feed(ours)

    def feed(connection):
        worker = workers[connection]
        worker[1] = queue.popleft() if queue else None
        worker[2] = time.monotonic()
        connection.send(worker[1])
        if worker[1] is None:
            worker[0].join(5)  # its results are here: what its exit still waits for is not
            worker[0].kill()
            del workers[connection]

    def bury(connection, reason):
        process, index, _ = workers.pop(connection)
        process.kill()
        process.join()
        code = process.exitcode
        results[cases[index].name] = reason or f"crash: {signal.Signals(-code).name if code and code < 0 else code}"
        if queue:
            start()

    for _ in range(min(jobs or os.cpu_count(), len(cases))):
        start()
    while workers:
        ready = multiprocessing.connection.wait(list(workers), timeout=1)
        for connection in ready:
            try:
                index, answer, took, refusal = connection.recv()
            except (EOFError, ConnectionResetError):
                workers[connection][0].join()
                bury(connection, "")
                continue
            name = cases[index].name
            results[name], seconds[name], refused[name] = answer, took, refusal
            feed(connection)
        for connection in list(workers):
            if time.monotonic() - workers[connection][2] > SECONDS:
                bury(connection, f"no result after {SECONDS} s")
    return results, seconds, refused


def exclusions(backend):
    """[(pattern, reason)] of the lines that concern `backend`."""
    rows = []
    for line in EXCLUSIONS.read_text().splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        head, reason = line.split(":", 1)
        backends, pattern = head.split()
        if backends in ("*", backend):
            rows.append((pattern, reason.strip()))
    return rows


def excluded(name, rows):
    return next((reason for pattern, reason in rows if fnmatch.fnmatchcase(name, pattern)), None)


def summary(cases, results):
    """Lines "op passed/all", those with failures first."""
    passed, total = collections.Counter(), collections.Counter()
    for case in cases:
        for op in case.ops():
            total[op] += 1
            passed[op] += results[case.name] == ""
    order = sorted(total, key=lambda op: (passed[op] - total[op], op))
    return [f"{op} {passed[op]}/{total[op]}" for op in order]


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--backend", default="cpu")
    options.add_argument("--match", default="")
    options.add_argument("--failures", action="store_true")
    options.add_argument("--by-op", action="store_true")
    options.add_argument("--slow", action="store_true")
    options.add_argument("--no-reload", action="store_true")
    options.add_argument("--loose", action="store_true", help="each test once more with the extents of its inputs unknown")
    options.add_argument("--plain", action="store_true", help="only ai.onnx on plain tensors of real, integer and boolean types")
    options.add_argument("--no-fallback", action="store_true", help="a step on the reference is a failure")
    options.add_argument("--no-run", action="store_true", help="engines are built, not run: the device may be a stand-in")
    options.add_argument("-j", type=int, default=None)
    options.add_argument("--json", help="file that receives the reason of each failure, by name")
    options.add_argument("--shared", action="store_true", help="instead, tests of one operator with one tensor as several inputs")
    options.add_argument("--constant", action="store_true", help="instead, tests of one operator with some inputs as constants")
    options.add_argument("--precision", choices=LEAST, help="with this type permitted; results in FP32 may be as far off as it is coarse")
    given = options.parse_args()
    cases = [c for c in collect() if given.match in c.name and (not given.plain or c.plain())]
    cases = shared(cases) if given.shared else constant(cases) if given.constant else cases
    if given.precision:  # whole networks round too often for one tolerance
        cases = [c for c in cases if c.kind != "real"]
    for case in cases if given.precision else []:
        case.rtol, case.atol = (max(t, LEAST[given.precision]) for t in (case.rtol, case.atol))
    begin = time.monotonic()
    results, seconds, refused = run_suite(
        cases, given.backend, given.j, not given.no_fallback, given.precision,
        reload=not given.no_reload, loose=given.loose, run=not given.no_run
    )
    if given.json:
        pathlib.Path(given.json).write_text(json.dumps({"results": results, "refused": refused}))
    if given.failures:
        for name, reason in sorted(results.items()):
            if reason:
                print(f"{name}: {reason}")
    if given.by_op:
        print("\n".join(summary(cases, results)))
    if given.slow:
        for name in sorted(seconds, key=seconds.get)[-20:]:
            print(f"{seconds[name]:.2f} s {name}")
    if given.loose:
        for name, reason in sorted(refused.items()):
            if reason and given.failures:
                print(f"{name}: refused with unknown extents: {reason}")
        tried = [r for r in refused.values() if r is not None]
        print(f"with unknown extents: {len(tried)} tried, {sum(map(bool, tried))} refused")
    good = sum(not r for r in results.values())
    print(f"{given.backend}: {good} of {len(cases)} pass, {time.monotonic() - begin:.0f} s")
    return 0 if good == len(cases) else 1


if __name__ == "__main__":
    sys.exit(main())
