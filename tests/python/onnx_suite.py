#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""All backend tests of the package onnx, each built and run in a worker that may die.

As a script: onnx_suite.py [--backend cpu|reference] [--match TEXT] [--failures] [--by-op] [-j N]
"""

import argparse
import collections
import fnmatch
import json
import multiprocessing
import multiprocessing.connection
import os
import pathlib
import signal
import sys
import time
import warnings

import numpy as np
import onnx
from onnx import numpy_helper

KINDS = ("node", "simple", "pytorch-converted", "pytorch-operator", "real")
EXCLUSIONS = pathlib.Path(__file__).with_name("onnx_suite_exclusions.txt")
SECONDS = 240  # for one test; more is a failure


class Case:
    """Name, model and expected results of one test."""

    def __init__(self, test, kind):
        self.name, self.kind = test.name, kind
        self.rtol, self.atol = test.rtol, test.atol
        self._test = test

    def load(self):
        """The model, and pairs of (inputs, outputs)."""
        test = self._test
        if test.model is not None:
            return test.model, [([_value(x) for x in i], [_value(x) for x in o]) for i, o in test.data_sets]
        if test.url and "/data/light/" in test.url:
            return _light(pathlib.Path(onnx.__file__).parents[1] / test.url)
        return _folder(pathlib.Path(test.model_dir))

    def ops(self):
        """Operators of the model, for the summary; those of a function under its name too."""
        model = self._test.model
        if model is None:
            return [self.kind]
        local = {f.name for f in model.functions}
        names = list(dict.fromkeys(n.op_type for n in model.graph.node if n.op_type not in local))
        return names or [self.kind]


def _value(x):
    if isinstance(x, onnx.TensorProto):
        return numpy_helper.to_array(x)
    if isinstance(x, onnx.SequenceProto):
        return numpy_helper.to_list(x)
    if isinstance(x, onnx.OptionalProto):
        return numpy_helper.to_optional(x)
    return x


def _light(path):
    model = onnx.load(path)
    constants = {i.name for i in model.graph.initializer}
    inputs = []
    for info in model.graph.input:
        if info.name in constants:
            continue
        shape = [d.dim_value if d.HasField("dim_value") else 1 for d in info.type.tensor_type.shape.dim]
        count = int(np.prod(shape))
        inputs.append((np.arange(count).reshape(shape) / count).astype(np.float32))
    outputs = []
    for i in range(len(model.graph.output)):
        tensor = onnx.TensorProto()
        tensor.ParseFromString(path.with_name(f"{path.stem}_output_{i}.pb").read_bytes())
        outputs.append(numpy_helper.to_array(tensor))
    return model, [(inputs, outputs)]


def _proto(path, info):
    kinds = {"sequence_type": onnx.SequenceProto, "optional_type": onnx.OptionalProto}
    proto = kinds.get(info.type.WhichOneof("value"), onnx.TensorProto)()
    proto.ParseFromString(path.read_bytes())
    return _value(proto)


def _folder(folder):
    model = onnx.load(folder / "model.onnx")
    sets = []
    for data in sorted(folder.glob("test_data_set*")):
        lists = []
        for stem, infos in (("input", model.graph.input), ("output", model.graph.output)):
            count = len(list(data.glob(f"{stem}_*.pb")))
            lists.append([_proto(data / f"{stem}_{i}.pb", infos[i]) for i in range(count)])
        sets.append(tuple(lists))
    return model, sets


def collect(kinds=KINDS):
    from onnx.backend.test.loader import load_model_tests

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return [Case(test, kind) for kind in kinds for test in load_model_tests(kind=kind)]


# Elements below a byte: numpy holds one a byte, a tensor several.
_PACKED = {"int4": 4, "uint4": 4, "float4_e2m1fn": 4, "int2": 2, "uint2": 2}


def _pack(array):
    bits = _PACKED.get(array.dtype.name)
    if bits is None:
        return np.ascontiguousarray(array)
    codes = np.ascontiguousarray(array).reshape(-1).view(np.uint8) & ((1 << bits) - 1)
    per = 8 // bits
    codes = np.concatenate([codes, np.zeros(-len(codes) % per, np.uint8)]).reshape(-1, per)
    return (codes << (np.arange(per, dtype=np.uint8) * bits)).sum(1).astype(np.uint8)


def _unpack(data, dtype, shape):
    bits = _PACKED.get(dtype.name)
    count = int(np.prod(shape, dtype=np.int64))
    if bits is None:
        return data[: count * dtype.itemsize].view(dtype).reshape(shape)
    per = 8 // bits
    codes = (data[:, None] >> (np.arange(per, dtype=np.uint8) * bits)) & ((1 << bits) - 1)
    codes = codes.reshape(-1)[:count].astype(np.uint8)
    if dtype.name.startswith("int"):
        signed = codes.astype(np.int8)
        signed[codes >= 1 << (bits - 1)] -= 1 << bits
        return signed.astype(dtype).reshape(shape)
    return codes.view(dtype).reshape(shape)


def _ml(name):
    import ml_dtypes

    return np.dtype(getattr(ml_dtypes, name))


class Fault(Exception):
    """Why a model could not be parsed, built or run."""


class Runner:
    """One backend; builds every model without timing."""

    def __init__(self, backend):
        os.environ["BIREME_BACKEND"] = backend
        import bireme as trt

        class Sink(trt.ILogger):
            def __init__(self):
                trt.ILogger.__init__(self)
                self.errors, self.warnings = [], []

            def log(self, severity, msg):
                if severity <= trt.ILogger.ERROR:
                    self.errors.append(msg)
                elif severity == trt.ILogger.WARNING:
                    self.warnings.append(msg)

        class Output(trt.IOutputAllocator):
            def __init__(self):
                super().__init__()
                self.data, self.shape = np.empty(1, np.uint8), (0,)

            def reallocate_output(self, tensor_name, memory, size, alignment):
                self.data = np.empty(max(size, 1), np.uint8)
                return self.data.ctypes.data

            def notify_shape(self, tensor_name, shape):
                self.shape = tuple(shape)

        self.trt, self.sink, self.output = trt, Sink(), Output
        self.builder = trt.Builder(self.sink)
        names = {"FP8": "float8_e4m3fn", "FP8_E5M2": "float8_e5m2", "BF16": "bfloat16", "INT4": "int4"}
        names |= {"UINT4": "uint4", "FP4": "float4_e2m1fn", "E8M0": "float8_e8m0fnu", "INT2": "int2"}
        names |= {"UINT2": "uint2", "FP8_FNUZ": "float8_e4m3fnuz", "FP8_E5M2_FNUZ": "float8_e5m2fnuz"}
        self.names = names

    def dtype(self, engine_type):
        name = str(engine_type).rsplit(".", 1)[-1]
        if name in self.names:
            return _ml(self.names[name])
        return np.dtype(self.trt.nptype(engine_type))

    def fail(self, what):
        raise Fault(f"{what}: " + " | ".join(self.sink.errors[:3]))

    def build(self, model, inputs):
        trt, sink = self.trt, self.sink
        sink.errors.clear()
        network = self.builder.create_network()
        parser = trt.OnnxParser(network, sink)
        if not parser.parse(model.SerializeToString()):
            text = " | ".join(parser.get_error(i).desc() for i in range(min(3, parser.num_errors)))
            raise Fault("parse: " + (text or " ".join(sink.errors[:2])))
        config = self.builder.create_builder_config()
        config.builder_optimization_level = 0
        config.num_threads = 1
        config.clear_flag(trt.BuilderFlag.TF32)
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
                profile.set_shape(t.name, given.shape, given.shape, given.shape)
                used = True
        if used and config.add_optimization_profile(profile) < 0:
            self.fail("profile")
        engine = self.builder.build_engine_with_config(network, config)
        if engine is None:
            self.fail("build")
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
            data = _pack(array)
            keep.append(data)
            context.set_tensor_address(name, data.ctypes.data or 64)
        for i in range(engine.num_io_tensors):
            name = engine.get_tensor_name(i)
            if engine.get_tensor_mode(name) == trt.TensorIOMode.INPUT:
                continue
            outputs[name] = self.output()
            context.set_output_allocator(name, outputs[name])
        if not context.execute_async_v3(0):
            self.fail("run")
        results = {}
        for name, out in outputs.items():
            results[name] = _unpack(out.data, self.dtype(engine.get_tensor_dtype(name)), out.shape)
        del keep
        return results


def _compare(case, model, expected, results):
    names = [o.name for o in model.graph.output]
    for name, want in zip(names, expected):
        if name not in results:
            raise Fault(f"output {name} is missing")
        have, want = results[name], np.asarray(want)
        if have.shape != want.shape:
            raise Fault(f"output {name}: shape {have.shape}, expected {want.shape}")
        if have.dtype != want.dtype:
            raise Fault(f"output {name}: type {have.dtype}, expected {want.dtype}")
        if case.name.startswith("test_bernoulli"):  # the draws are each library's own
            if not np.isin(have, (0, 1)).all():
                raise Fault(f"output {name}: a draw is neither 0 nor 1")
            continue
        rtol = case.rtol
        if have.dtype.kind == "V" or have.dtype.name == "bfloat16" or have.dtype.name in _PACKED:
            rtol = max(rtol, 2**-6) if have.dtype.name == "bfloat16" else rtol
            have, want = have.astype(np.float32), want.astype(np.float32)
        try:
            np.testing.assert_allclose(have, want, rtol=rtol, atol=case.atol)
        except AssertionError as error:
            lines = [s.strip() for s in str(error).splitlines() if s.strip()]
            raise Fault(f"output {name}: " + "; ".join(lines[1:4])) from None


def run_case(runner, case, reload=True):
    """Raises Fault with the reason; runs a second time after saving and loading."""
    model, sets = case.load()
    graph_inputs = [i.name for i in model.graph.input]
    constants = {i.name for i in model.graph.initializer}
    for given, expected in sets:
        names = graph_inputs if len(given) == len(graph_inputs) else [n for n in graph_inputs if n not in constants]
        if any(not isinstance(x, (np.ndarray, np.generic)) for x in list(given) + list(expected)):
            raise Fault("the test's data are no plain tensors")
        inputs = {n: np.asarray(x) for n, x in zip(names, given)}
        engine = runner.build(model, inputs)
        _compare(case, model, expected, runner.run(engine, inputs))
        if reload:
            try:
                _compare(case, model, expected, runner.run(runner.reload(engine), inputs))
            except Fault as fault:
                raise Fault(f"after loading: {fault}") from None


def _work(connection, cases, backend, reload):
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    runner = Runner(backend)
    while True:
        index = connection.recv()
        if index is None:
            return
        begin = time.perf_counter()
        try:
            run_case(runner, cases[index], reload)
            answer = ""
        except Fault as fault:
            answer = str(fault) or "failed"
        except Exception as error:  # a fault of the harness or of the binding: told as such
            answer = f"{type(error).__name__}: {error}"
        connection.send((index, answer[:600], time.perf_counter() - begin))


def run_suite(cases, backend, jobs=None, reload=True):
    """{name: "" or the reason of its failure} and {name: seconds}."""
    fork = multiprocessing.get_context("fork")
    results, seconds = {}, {}
    queue = collections.deque(range(len(cases)))
    workers = {}

    def start():
        ours, theirs = fork.Pipe()
        process = fork.Process(target=_work, args=(theirs, cases, backend, reload), daemon=True)
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
                index, answer, took = connection.recv()
            except (EOFError, ConnectionResetError):
                workers[connection][0].join()
                bury(connection, "")
                continue
            results[cases[index].name], seconds[cases[index].name] = answer, took
            feed(connection)
        for connection in list(workers):
            if time.monotonic() - workers[connection][2] > SECONDS:
                bury(connection, f"no result after {SECONDS} s")
    return results, seconds


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
    options.add_argument("-j", type=int, default=None)
    options.add_argument("--json", help="file that receives the reason of each failure, by name")
    given = options.parse_args()
    cases = [c for c in collect() if given.match in c.name]
    begin = time.monotonic()
    results, seconds = run_suite(cases, given.backend, given.j, not given.no_reload)
    if given.json:
        pathlib.Path(given.json).write_text(json.dumps(results))
    if given.failures:
        for name, reason in sorted(results.items()):
            if reason:
                print(f"{name}: {reason}")
    if given.by_op:
        print("\n".join(summary(cases, results)))
    if given.slow:
        for name in sorted(seconds, key=seconds.get)[-20:]:
            print(f"{seconds[name]:.2f} s {name}")
    good = sum(not r for r in results.values())
    print(f"{given.backend}: {good} of {len(cases)} pass, {time.monotonic() - begin:.0f} s")
    return 0 if good == len(cases) else 1


if __name__ == "__main__":
    sys.exit(main())
