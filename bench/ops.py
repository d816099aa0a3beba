# SPDX-License-Identifier: Apache-2.0
"""Time of every operator of ai.onnx at about a million elements, beside onnxruntime, on the CPU backend.

Both run in one process, in turn, with inputs and outputs bound beforehand. The fastest run counts: it is what a machine
with nothing else to do shows most often, and what a busy one shows at all. Each operator is in a worker that may die.

    python bench/ops.py [--only Add,Conv] [--threads 2] [--seconds 0.5] [--json FILE] [--markdown FILE]
"""

import argparse
import json
import multiprocessing
import os
import re
import statistics
import sys
import time
import zlib

import numpy as np
import onnx
import onnx.helper as oh
import op_cases
from op_pairs.case import Data, feeds, names_of
from timing import Others

OPSETS = (24, 23, 22, 21, 20, 19, 18)  # the newest that onnxruntime has kernels for is taken
NEWEST = 28  # for what onnxruntime lacks
LIMIT = 3.0  # times onnxruntime: what is above is listed
SECONDS = 120  # for one operator; more is a failure


def model(operator, case, opset):
    """The bytes of a model of one case."""
    def value(name, array):
        shape = [None] * array.ndim if operator in op_cases.OPEN else array.shape
        return oh.make_tensor_value_info(name, oh.np_dtype_to_tensor_dtype(array.dtype), shape)

    names = names_of(case)
    results = [f"y{i}" for i in range(case.outputs)]
    nodes = case.nodes or [oh.make_node(operator, names, results, "node", **case.attributes)]
    given = feeds(case)
    constants = [onnx.numpy_helper.from_array(x, n) for n, x in zip(names, case.inputs) if n and n not in given]
    graph = oh.make_graph(nodes, "op", [value(n, x) for n, x in given.items()],
                          [oh.make_empty_tensor_value_info(r) for r in results], constants)
    return oh.make_model(graph, opset_imports=[oh.make_opsetid("", opset)], ir_version=10).SerializeToString()


def onnxruntime_session(operator, case, threads):
    """(model, session), the session None where onnxruntime lacks the operator."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.log_severity_level = 4
    options.add_session_config_entry("session.force_spinning_stop", "1")  # between runs: the other one runs then
    fixed = op_cases.OPSET.get(operator)
    for opset in [fixed] if fixed else OPSETS:
        data = model(operator, case, opset)
        try:
            return data, onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
        except Exception:  # of many types
            continue
    return model(operator, case, fixed or NEWEST), None


def bound_onnxruntime(session, inputs):
    """A call without arguments that runs `session`, and one that gives its outputs."""
    import onnxruntime

    names = [o.name for o in session.get_outputs()]
    first = session.run(names, inputs)
    if not all(isinstance(x, np.ndarray) for x in first):
        return lambda: session.run(names, inputs), lambda: first
    binding = session.io_binding()
    for name, array in inputs.items():
        binding.bind_ortvalue_input(name, onnxruntime.OrtValue.ortvalue_from_numpy(array))
    open_shapes = any(not isinstance(d, int) for o in session.get_outputs() for d in o.shape)
    for name, array in zip(names, first):
        if open_shapes:
            binding.bind_output(name)
        else:
            binding.bind_ortvalue_output(name, onnxruntime.OrtValue.ortvalue_from_numpy(array))
    return lambda: session.run_with_iobinding(binding), lambda: first


def bound_bireme(data, inputs, threads):
    """As `bound_onnxruntime`, and the names of the kernels."""
    import bireme as trt

    engine = trt.build(data, threads=threads)
    outputs = engine(inputs)  # an engine with open inputs is built here
    raw = engine.cuda_engine
    context, keep = raw.create_execution_context(), []
    for name, array in inputs.items():
        array = np.ascontiguousarray(array)
        keep.append(array)
        if -1 in tuple(raw.get_tensor_shape(name)):
            assert context.set_input_shape(name, array.shape)
        assert context.set_tensor_address(name, array.ctypes.data)

    class Output(trt.IOutputAllocator):
        def __init__(self):
            super().__init__()
            self.data = np.empty(0, np.uint8)

        def reallocate_output(self, tensor_name, memory, size, alignment):
            if self.data.nbytes < size or size == 0:
                self.data = np.empty(max(size, 1), np.uint8)
            return self.data.ctypes.data

        def notify_shape(self, tensor_name, shape):
            pass

    for name, array in outputs.items():
        if -1 in tuple(context.get_tensor_shape(name)):
            keep.append(Output())
            context.set_output_allocator(name, keep[-1])
        else:
            keep.append(np.empty_like(array))
            context.set_tensor_address(name, keep[-1].ctypes.data or 64)

    def run(_keep=keep):
        assert context.execute_async_v3(0)

    text = raw.create_engine_inspector().get_engine_information(trt.LayerInformationFormat.JSON)
    return run, lambda: list(outputs.values()), sorted(set(re.findall(r'"((?:cpu|reference)\.[\w.]+)"', text)))


def fastest(runs, seconds):
    """Milliseconds of each, one run in turn, with one untimed before it: threads wake up and data come into the caches."""
    times = [[] for _ in runs]
    begin = time.perf_counter()
    while len(times[0]) < 3 or (time.perf_counter() - begin < seconds and len(times[0]) < 50):
        for run, kept in zip(runs, times):
            time.sleep(0.002)
            for timed in (False, True):
                t = time.perf_counter()
                run()
                if timed:
                    kept.append(1e3 * (time.perf_counter() - t))
                elif time.perf_counter() - t > 0.2:  # nothing to wake up there
                    kept.append(1e3 * (time.perf_counter() - t))
                    break
    return [min(kept) for kept in times]


def difference(ours, theirs):
    """Largest difference as a share of the range of `theirs`, over all outputs."""
    worst = 0.0
    for a, b in zip(ours, theirs):
        a, b = np.asarray(a), np.asarray(b)
        if a.shape != b.shape or a.dtype != b.dtype:
            return f"{a.dtype}{list(a.shape)} for {b.dtype}{list(b.shape)}"
        if b.size:
            a, b = a.astype(np.float64), b.astype(np.float64)
            with np.errstate(invalid="ignore"):
                gap = np.where(a == b, 0, np.abs(a - b))
            worst = max(worst, float(np.nan_to_num(gap).max() / (np.ptp(b[np.isfinite(b)]) or 1)))
    return worst


def measure(operator, threads, seconds):
    """The row of an operator, as a dict."""
    case = op_cases.CASES[operator](Data(zlib.crc32(operator.encode())), operator)
    inputs = feeds(case)
    data, session = onnxruntime_session(operator, case, threads)
    run, found, kernels = bound_bireme(data, inputs, threads)
    row = {"operator": operator, "kernels": kernels, "opset": onnx.load_from_string(data).opset_import[0].version}
    if session is None:
        return {**row, "ms": fastest([run], seconds)[0]}
    peer, expected = bound_onnxruntime(session, inputs)
    if operator not in op_cases.RANDOM:
        row["difference"] = difference(found(), expected())
    with Others() as others:
        row["ms"], row["onnxruntime"] = fastest([run, peer], seconds)
    return {**row, "ratio": row["ms"] / row["onnxruntime"], "others": others.percent}


def in_process(operator, threads, seconds):
    """measure(...) in a process of its own."""
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe(False)

    def work():
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        try:
            theirs.send(measure(operator, threads, seconds))
        except Exception as error:
            theirs.send({"operator": operator, "failed": f"{type(error).__name__}: {error}"[:300]})
        theirs.close()
        os._exit(0)

    process = context.Process(target=work)
    process.start()
    theirs.close()
    try:
        row = ours.recv() if ours.poll(SECONDS) else {"operator": operator, "failed": f"no end in {SECONDS} s"}
    except EOFError:
        process.join()
        row = {"operator": operator, "failed": f"died: {process.exitcode}"}
    process.kill()
    process.join()
    return row


def on_reference(row):
    return any(k.startswith("reference.") for k in row.get("kernels", []))


def line(row):
    if "failed" in row:
        return f"{row['operator']:<28} {row['failed']}"
    text = f"{row['operator']:<28}{row['ms']:>10.3f} ms"
    if "ratio" in row:
        text += f"{row['onnxruntime']:>10.3f} ms{row['ratio']:>8.2f}"
        found = row.get("difference", 0)
        text += f"  differs: {found}" if isinstance(found, str) or found > 1e-3 else ""
    return text + ("  on the reference" if on_reference(row) else "")


def totals(rows):
    """Lines of the whole."""
    ratios = sorted(r["ratio"] for r in rows if "ratio" in r)
    slow = sorted((r for r in rows if r.get("ratio", 0) > LIMIT), key=lambda r: -r["ratio"])
    if ratios:
        mean = float(np.exp(np.mean(np.log(ratios))))
        yield f"{len(ratios)} operators beside onnxruntime: median {statistics.median(ratios):.2f}, " \
            f"geometric mean {mean:.2f}, {len(slow)} above {LIMIT:g}."
    if slow:
        yield f"Above {LIMIT:g}: " + ", ".join(f"{r['operator']} {r['ratio']:.1f}" for r in slow) + "."
    alone = [r["operator"] for r in rows if "ratio" not in r and "failed" not in r]
    if alone:
        yield "onnxruntime has no kernel for " + ", ".join(alone) + "."


def markdown(rows, threads):
    from importlib.metadata import version
    from report import processor

    yield "<!-- written by bench/ops.py -->"
    yield "# Performance of single operators on a CPU\n"
    yield f"Measured on {processor()}, {threads} thread{'s' if threads > 1 else ''}; onnxruntime {version('onnxruntime')}. One operator, about a"
    yield "million elements (`bench/op_cases.py` has the shapes), float32 where the operator takes it. Milliseconds of"
    yield "the fastest run; both run in one process, in turn, with inputs and outputs bound beforehand. An operator marked *"
    yield "rests on the reference backend.\n"
    yield "\n".join(totals(rows)) + "\n"
    yield "```\npython bench/ops.py --json ops.json --markdown docs/performance-ops.md\n```\n"
    yield "| operator | Bireme ms | onnxruntime ms | ratio |\n|---|---|---|---|"
    for r in rows:
        name = r["operator"] + (" *" if on_reference(r) else "")
        if "failed" in r:
            yield f"| {name} | {r['failed']} | | |"
        else:
            peer = f"{r['onnxruntime']:.3f} | {r['ratio']:.2f}" if "ratio" in r else "none | "
            yield f"| {name} | {r['ms']:.3f} | {peer} |"


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--only", default="", help="names of operators, separated by commas")
    options.add_argument("--threads", type=int, default=2)
    options.add_argument("--seconds", type=float, default=0.5, help="of measuring one operator, at least three rounds")
    options.add_argument("--json")
    options.add_argument("--markdown")
    given = options.parse_args()
    only = [n for n in given.only.split(",") if n] or sorted(op_cases.CASES)
    rows = []
    print(f"{'':<28}{'Bireme':>13}{'onnxruntime':>13}{'ratio':>8}")
    for operator in only:
        rows.append(in_process(operator, given.threads, given.seconds))
        print(line(rows[-1]), flush=True)
    print("\n" + "\n".join(totals(rows)))
    if given.json:
        with open(given.json, "w") as file:
            json.dump(rows, file, indent=1)
    if given.markdown:
        with open(given.markdown, "w") as file:
            file.write("\n".join(markdown(rows, given.threads)) + "\n")
    return 1 if any("failed" in r for r in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
