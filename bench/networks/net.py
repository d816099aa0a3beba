# SPDX-License-Identifier: Apache-2.0
"""Networks as ONNX files with random weights, spelled as PyTorch's exporter spells them (opset 17)."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


class Net:
    """Collects nodes and weights; every method returns the name of its output."""

    def __init__(self, seed=0):
        self.nodes, self.weights, self.rng, self.count = [], [], np.random.default_rng(seed), 0

    def name(self, kind):
        self.count += 1
        return f"{kind}_{self.count}"

    def const(self, value, kind="w"):
        name = self.name(kind)
        self.weights.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def ints(self, *values):
        return self.const(np.array(values, np.int64), "shape")

    def random(self, *shape, scale):
        return self.const(self.rng.normal(0, scale, shape).astype(np.float32))

    def op(self, kind, *inputs, outputs=1, **attributes):
        names = [self.name(kind) for _ in range(outputs)]
        self.nodes.append(helper.make_node(kind, list(inputs), names, name=names[0] + "_node", **attributes))
        return names[0] if outputs == 1 else names

    def conv(self, x, c_in, c_out, k, stride=1, groups=1, pad=None):
        """`k` and `pad` are numbers, or one for height and one for width; `pad` keeps the size unless given."""
        k = [k, k] if isinstance(k, int) else list(k)
        pad = [i // 2 for i in k] if pad is None else [pad, pad]
        fan = c_in // groups * k[0] * k[1]
        w = self.random(c_out, c_in // groups, *k, scale=(2 / fan) ** 0.5)
        b = self.random(c_out, scale=0.05)
        return self.op("Conv", x, w, b, kernel_shape=k, strides=[stride] * 2, pads=pad + pad, group=groups, dilations=[1, 1])

    def up(self, x, c_in, c_out):
        """Deconvolution of 2x2 windows that meet: twice the size."""
        w = self.random(c_in, c_out, 2, 2, scale=c_in**-0.5)
        b = self.random(c_out, scale=0.05)
        return self.op("ConvTranspose", x, w, b, kernel_shape=[2, 2], strides=[2, 2], pads=[0] * 4, group=1, dilations=[1, 1])

    def pool(self, kind, x, k, stride, pad=0):
        return self.op(kind, x, kernel_shape=[k, k], strides=[stride] * 2, pads=[pad] * 4, ceil_mode=0)

    def halves(self, x, half):
        """The first and the last `half` of the channels."""
        return self.op("Split", x, self.ints(half, half), outputs=2, axis=1)

    def silu(self, x):
        return self.op("Mul", x, self.op("Sigmoid", x))

    def twice(self, x):
        """The nearest neighbour at twice the size."""
        scales = self.const(np.array([1, 1, 2, 2], np.float32))
        return self.op("Resize", x, "", scales, mode="nearest", nearest_mode="floor", coordinate_transformation_mode="asymmetric")

    def linear(self, x, n_in, n_out):
        y = self.op("MatMul", x, self.random(n_in, n_out, scale=n_in**-0.5))
        return self.op("Add", self.random(n_out, scale=0.02), y)

    def gemm(self, x, n_in, n_out):
        return self.op("Gemm", x, self.random(n_out, n_in, scale=n_in**-0.5), self.random(n_out, scale=0.02), transB=1)

    def norm(self, x, n):
        return self.op("LayerNormalization", x, self.const(np.ones(n, np.float32)), self.random(n, scale=0.02), axis=-1, epsilon=1e-6)

    def gelu(self, x):
        y = self.op("Erf", self.op("Div", x, self.const(np.float32(2**0.5))))
        y = self.op("Mul", x, self.op("Add", y, self.const(np.float32(1))))
        return self.op("Mul", y, self.const(np.float32(0.5)))

    def save(self, path, inputs, output, shape):
        """`output` and `shape` are lists of them where there are several outputs; those are called output, output1, ..."""
        value = helper.make_tensor_value_info
        outputs, shapes = ([output], [shape]) if isinstance(output, str) else (output, shape)
        names = ["output" + (str(i) if i else "") for i in range(len(outputs))]
        ends = [helper.make_node("Identity", [o], [n], name=n + "_node") for o, n in zip(outputs, names)]
        graph = helper.make_graph(
            self.nodes + ends, "main", [value(n, t, s) for n, t, s in inputs],
            [value(n, TensorProto.FLOAT, s) for n, s in zip(names, shapes)], self.weights)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        onnx.checker.check_model(model)
        onnx.save(model, path)
