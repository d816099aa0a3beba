# SPDX-License-Identifier: Apache-2.0
"""Networks made to hurt the optimizer: how long they build at two sizes, and whether they give what they give unoptimized.

Each is built at level 0 (nothing is timed) at a size and at four times that; time is the processor's, of this process, so
that others on the machine disturb it less. "growth" is the ratio of the times: 4 is linear, 16 quadratic. At a sixteenth of
the smaller size the engine with all passes and the one without any run on the same inputs; "difference" is of the largest
result.

    python bench/crafted.py [--only chain,...] [--scale 1.0]

The table is Markdown; docs/performance-optimizer.md has it.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import onnx
import onnx.helper as oh
from onnx import TensorProto, numpy_helper

import engines

FLOAT, INT64, BOOL = TensorProto.FLOAT, TensorProto.INT64, TensorProto.BOOL


class Net:
    """ONNX nodes in a list; every method returns the name of what it added."""

    def __init__(self):
        self.nodes, self.constants, self.inputs, self.rng = [], [], [], np.random.default_rng(0)

    def input(self, *shape):
        self.inputs.append(oh.make_tensor_value_info(f"x{len(self.inputs)}", FLOAT, shape))
        return self.inputs[-1].name

    def const(self, array):
        self.constants.append(numpy_helper.from_array(np.asarray(array), f"c{len(self.constants)}"))
        return self.constants[-1].name

    def weights(self, *shape):
        return self.const((self.rng.standard_normal(shape) * 0.1).astype(np.float32))

    def ints(self, *values):
        return self.const(np.array(values, np.int64))

    def add(self, kind, *inputs, **attributes):
        self.nodes.append(oh.make_node(kind, inputs, [f"v{len(self.nodes)}"], **attributes))
        return self.nodes[-1].output[0]

    def save(self, path, outputs):
        outputs = [oh.make_tensor_value_info(o, FLOAT, None) for o in outputs]
        graph = oh.make_graph(self.nodes, "crafted", self.inputs, outputs, self.constants)
        onnx.save(oh.make_model(graph, opset_imports=[oh.make_opsetid("", 17)], ir_version=8), path)


def chain(n, size):
    """f(g(f(g(x))))"""
    v = n.input(2, 2)
    for i in range(size):
        v = n.add("Tanh" if i % 2 else "Neg", v)
    return [v]


def diamonds(n, size):
    """x -> (f(x), g(x)) -> sum, again and again"""
    v = n.input(4)
    for _ in range(size // 3):
        v = n.add("Add", n.add("Tanh", v), n.add("Sigmoid", v))
    return [v]


def residuals(n, size):
    """x + relu(x w), again and again"""
    v, w = n.input(2, 4), [n.weights(4, 4) for _ in range(8)]
    for i in range(size // 3):
        v = n.add("Add", v, n.add("Relu", n.add("MatMul", v, w[i % 8])))
    return [v]


def sibling_products(n, size):
    """products of one tensor, joined"""
    x = n.input(3, 4)
    return [n.add("Concat", *(n.add("MatMul", x, n.weights(4, 2)) for _ in range(size)), axis=1)]


def sibling_convolutions(n, size):
    """convolutions of one tensor with windows of one element and ReLU, joined"""
    x = n.input(1, 4, 3, 3)
    each = [n.add("Relu", n.add("Conv", x, n.weights(1 + i % 3, 4, 1, 1))) for i in range(size // 2)]
    return [n.add("Concat", *each, axis=1)]


def sibling_functions(n, size):
    """chains of functions of one tensor, joined"""
    x = n.input(3, 4)
    return [n.add("Concat", *(n.add("Tanh", n.add("Mul", x, n.weights(1))) for _ in range(size // 2)), axis=1)]


def concatenations(n, size):
    """each joins the last one's result and a function of it, and a slice takes the half back"""
    v = n.input(1, 2)
    for _ in range(size // 3):
        v = n.add("Slice", n.add("Concat", v, n.add("Neg", v), axis=1), n.ints(1), n.ints(3), n.ints(1))
    return [v]


def slices(n, size):
    """parts of one tensor, each read by a function"""
    x = n.input(1, size // 2)
    return [n.add("Concat", *(n.add("Abs", n.add("Slice", x, n.ints(i), n.ints(i + 1), n.ints(1)))
                              for i in range(size // 2)), axis=1)]


def views(n, size):
    """transposes and reshapes of dims of 1"""
    v = n.input(1, 1, 5, 1)
    for i in range(size // 2):
        v = n.add("Transpose", v, perm=[1, 0, 3, 2] if i % 2 else [3, 2, 1, 0])
        v = n.add("Reshape", v, n.ints(1, 5, 1, 1) if i % 3 else n.ints(1, 1, 5, 1))
    return [n.add("Relu", v)]


def reshapes(n, size):
    """reshapes of reshapes"""
    v = n.input(2, 6)
    for i in range(size):
        v = n.add("Reshape", v, n.ints(*((3, 4), (2, 6), (12,), (4, 3))[i % 4]))
    return [n.add("Relu", v)]


def nested(n, size):
    """each joins the last one's result and one tensor"""
    x = v = n.input(1, 2)
    for _ in range(size):
        v = n.add("Concat", v, x, axis=0)
    return [n.add("Relu", v)]


def scales(n, size):
    """times a number, again and again"""
    v = n.input(2, 3)
    for _ in range(size):
        v = n.add("Mul", v, n.const(np.float32(n.rng.uniform(0.9, 1.1))))
    return [n.add("Relu", v)]


def casts(n, size):
    """to FP64 and back, again and again"""
    v = n.input(2, 2)
    for i in range(size):
        v = n.add("Cast", v, to=FLOAT if i % 2 else TensorProto.DOUBLE)
    return [n.add("Relu", n.add("Cast", v, to=FLOAT))]


def split(n, size):
    """the rows of one tensor, each read by a function, joined"""
    rows = [f"r{i}" for i in range(size)]
    n.nodes.append(oh.make_node("Split", [n.input(size, 4), n.ints(*[1] * size)], rows, axis=0))
    return [n.add("Concat", *(n.add("Abs", r) for r in rows), axis=0)]


def nothing(n, size):
    """tensors without elements"""
    v = n.input(0, 4)
    for i in range(size // 2):
        v = n.add("Concat", v, n.add("Exp", v), axis=0)
    return [n.add("Relu", v)]


def scalars(n, size):
    """tensors of no dims"""
    x = v = n.input()
    for i in range(size // 2):
        v = n.add("Tanh", n.add("Add" if i % 2 else "Mul", v, x))
    return [v]


def outputs(n, size):
    """every second tensor is an output: views of one tensor, and functions of them"""
    x = n.input(2, 3)
    all_views = [n.add("Reshape", x, n.ints(3, 2) if i % 2 else n.ints(6)) for i in range(size // 2)]
    return all_views + [n.add("Abs", v) for v in all_views]


def constant_outputs(n, size):
    """outputs that hang on constants alone"""
    x = n.input(2, 3)
    return [n.add("Exp", n.weights(2, 3)) for _ in range(size - 1)] + [n.add("Relu", x)]


def invariants(n, size):
    """a loop whose body is functions of a tensor from around it"""
    x, y = n.input(2, 3), n.input(2, 3)
    inner, v = [], y
    for i in range(size):
        inner.append(oh.make_node("Tanh" if i % 2 else "Neg", [v], [f"b{i}"]))
        v = f"b{i}"
    inner += [oh.make_node("Add", ["state", v], ["next"]), oh.make_node("Identity", ["go"], ["on"])]
    given = [("turn", INT64, []), ("go", BOOL, []), ("state", FLOAT, [2, 3])]
    body = oh.make_graph(inner, "body", [oh.make_tensor_value_info(*g) for g in given],
                         [oh.make_tensor_value_info("on", BOOL, []), oh.make_tensor_value_info("next", FLOAT, [2, 3])])
    return [n.add("Loop", n.const(np.int64(3)), "", x, body=body)]


KINDS = {chain: 25000, diamonds: 7500, residuals: 7500, sibling_products: 2500, sibling_convolutions: 5000,
         sibling_functions: 5000, concatenations: 3000, slices: 5000, views: 5000,
         reshapes: 5000, nested: 2000, scales: 5000, casts: 5000, split: 5000, nothing: 64, scalars: 5000,
         outputs: 1000, constant_outputs: 1000, invariants: 2500}


NEEDED = ("lower_public_layers", "decompose_unsupported")  # without them kernels lack what they take


def made(kind, size, path):
    n = Net()
    n.save(path, kind(n, size))
    return len(n.nodes) + sum(len(a.g.node) for node in n.nodes for a in node.attribute)


def built(path, without=""):
    begin = time.process_time()
    plan, _, _ = engines.build(str(path), {}, 1, level=0, without=without)
    return plan, time.process_time() - begin


def difference(path, off):
    results = []
    for without in ("", off):
        engine = engines.Engine(built(path, without)[0])
        shapes = {i.name: [d.dim_value for d in i.type.tensor_type.shape.dim] for i in onnx.load(str(path)).graph.input}
        rng = np.random.default_rng(1)
        engine.bind({k: rng.standard_normal(s).astype(np.float32) for k, s in shapes.items()})
        engine()
        results.append(engine.outputs)
    worst = 0.0
    for name, want in results[1].items():
        if want.size:
            worst = max(worst, float(np.abs(results[0][name] - want).max() / max(1.0, np.abs(want).max())))
    return worst


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--only", default="", help="names, with commas")
    options.add_argument("--scale", type=float, default=1.0, help="of all sizes")
    options.add_argument("--bireme", default="build/release/bin/bireme", help="the command, which lists the passes")
    a = options.parse_args()
    listed = subprocess.check_output([a.bireme, "opt", "--list"], text=True).splitlines()
    off = ",".join(line.split()[0] for line in listed if line.split()[0] not in NEEDED)
    print("| network | nodes | seconds | four times | growth | difference |\n|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "m.onnx"
        for kind, size in KINDS.items():
            if a.only and kind.__name__ not in a.only.split(","):
                continue
            size = max(16, int(size * a.scale))
            made(kind, max(16, size // 16), path)
            worst = difference(path, off)
            nodes = made(kind, size, path)
            small = built(path)[1]
            made(kind, 4 * size, path)
            large = built(path)[1]
            print(f"| {kind.__name__.replace('_', ' ')}: {kind.__doc__} | {nodes} | {small:.2f} | {large:.2f} | "
                  f"{large / small:.1f} | {worst:.0e} |", flush=True)


if __name__ == "__main__":
    sys.exit(main())
