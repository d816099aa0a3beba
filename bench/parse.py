# SPDX-License-Identifier: Apache-2.0
"""Time and memory of reading ONNX files: a large model, in one file and with its weights beside it, and a long one.

The time of a large model is compared with that of reading its bytes (both from the page cache), its peak memory with
its size; every figure is taken in a process of its own.

    python bench/parse.py [--folder FOLDER] [--megabytes 500] [--nodes 10000] [--json FILE]
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time

import numpy as np


def large(path, megabytes, external):
    """Layers of 1024 x 1024 weights, 4 MiB each."""
    import onnx
    import onnx.helper as oh

    rng = np.random.default_rng(0)
    count = megabytes * 1_000_000 // (4 << 20) + 1
    nodes, weights = [], []
    for i in range(count):
        weights.append(onnx.numpy_helper.from_array(rng.standard_normal((1024, 1024), np.float32), f"w{i}"))
        nodes += [oh.make_node("MatMul", [f"r{i}", f"w{i}"], [f"m{i}"], f"matmul{i}")]
        nodes += [oh.make_node("Relu", [f"m{i}"], [f"r{i + 1}"], f"relu{i}")]
    save(path, nodes, "r0", f"r{count}", weights, ["n", 1024], external)


def long(path, nodes_wanted):
    """A chain of small layers with shape computations between them, as exporters write them."""
    import onnx
    import onnx.helper as oh

    nodes, at = [], "x"
    constants = [onnx.numpy_helper.from_array(np.ones(64, np.float32), "one"),
                 onnx.numpy_helper.from_array(np.array(0), "zero"),
                 onnx.numpy_helper.from_array(np.array([0]), "axes"),
                 onnx.numpy_helper.from_array(np.array([64]), "width")]
    for i in range(nodes_wanted // 8):
        def new(op, inputs, **attributes):
            name = f"{op}{i}_{len(nodes)}"
            nodes.append(oh.make_node(op, inputs, [name], name, **attributes))
            return name

        at = new("Relu", [new("Add", [at, "one"])])
        extent = new("Unsqueeze", [new("Gather", [new("Shape", [at]), "zero"], axis=0), "axes"])
        at = new("Mul", [new("Reshape", [at, new("Concat", [extent, "width"], axis=0)]), "one"])
    save(path, nodes, "x", at, constants, ["n", 64], False)
    return len(nodes)


def save(path, nodes, start, end, weights, shape, external):
    import onnx
    import onnx.helper as oh

    graph = oh.make_graph(
        nodes,
        "bench",
        [oh.make_tensor_value_info(start, onnx.TensorProto.FLOAT, shape)],
        [oh.make_tensor_value_info(end, onnx.TensorProto.FLOAT, shape)],
        weights,
    )
    model = oh.make_model(graph, opset_imports=[oh.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, path, save_as_external_data=external, location=os.path.basename(path) + ".data")


def files_of(path):
    return [p for p in (path, path + ".data") if os.path.exists(p)]


def peak_mib():
    with open("/proc/self/status") as f:
        return next(int(line.split()[1]) for line in f if line.startswith("VmHWM")) / 1024


def read_all(path):
    for file in files_of(path):
        with open(file, "rb") as f:
            f.read()


def measure(path, what):
    """Seconds (the best of three) and the MiB that the first time added to the process's peak memory."""
    import bireme as trt

    logger = trt.Logger(trt.Logger.ERROR)
    builder = trt.Builder(logger)
    before, seconds, added = peak_mib(), [], None
    for _ in range(3):
        begin = time.perf_counter()
        if what == "read":
            read_all(path)
        else:
            network = builder.create_network()
            parser = trt.OnnxParser(network, logger)
            assert parser.parse_from_file(path), parser.get_error(0).desc()
            del network, parser
        seconds.append(time.perf_counter() - begin)
        added = peak_mib() - before if added is None else added
    return {"seconds": min(seconds), "mib": added}


def measured_apart(path, what):
    command = [sys.executable, __file__, "--measure", path, what]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--folder")
    options.add_argument("--megabytes", type=int, default=500)
    options.add_argument("--nodes", type=int, default=10000)
    options.add_argument("--json")
    options.add_argument("--measure", nargs=2)
    given = options.parse_args()
    if given.measure:
        print(json.dumps(measure(*given.measure)))
        return
    rows = []
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        for name in ("one file", "weights beside", "long"):
            path = os.path.join(folder, name.replace(" ", "_") + ".onnx")
            nodes = long(path, given.nodes) if name == "long" else 0
            if name != "long":
                large(path, given.megabytes, external=name == "weights beside")
            size = sum(os.path.getsize(p) for p in files_of(path)) / 2**20
            read_all(path)  # into the page cache
            row = {"model": name, "nodes": nodes, "mib": size, "read": measured_apart(path, "read"),
                   "parse": measured_apart(path, "parse")}
            rows.append(row)
            print(f"{name}: {size:.0f} MiB, {nodes or 'few'} nodes: read {row['read']['seconds']:.3f} s, parse "
                  f"{row['parse']['seconds']:.3f} s, peak + {row['parse']['mib']:.0f} MiB", file=sys.stderr)
            for file in files_of(path):
                os.remove(file)
    if given.json:
        with open(given.json, "w") as f:
            json.dump(rows, f, indent=1)


if __name__ == "__main__":
    main()
