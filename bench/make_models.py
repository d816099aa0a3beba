# SPDX-License-Identifier: Apache-2.0
"""Writes the benchmark networks as ONNX files with random weights, spelled as PyTorch's exporter spells them (opset 17).

Needs only numpy and onnx. Architectures: ResNet-50 (He et al. 2015, v1.5 strides), MobileNet-v2 (Sandler et al. 2018),
EfficientNet-B0 (Tan and Le 2019), VGG-16 (Simonyan and Zisserman 2014), DenseNet-121 (Huang et al. 2017),
ViT-B/16 (Dosovitskiy et al. 2020), BERT-base (Devlin et al. 2018).

    python bench/make_models.py FOLDER [NAME...]
"""

import os
import sys

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
        pad = k // 2 if pad is None else pad
        fan = c_in // groups * k * k
        w = self.random(c_out, c_in // groups, k, k, scale=(2 / fan) ** 0.5)
        b = self.random(c_out, scale=0.05)
        return self.op("Conv", x, w, b, kernel_shape=[k, k], strides=[stride] * 2, pads=[pad] * 4, group=groups, dilations=[1, 1])

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
        value = helper.make_tensor_value_info
        graph = helper.make_graph(
            self.nodes + [helper.make_node("Identity", [output], ["output"], name="output_node")], "main",
            [value(n, t, s) for n, t, s in inputs], [value("output", TensorProto.FLOAT, shape)], self.weights)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        onnx.checker.check_model(model)
        onnx.save(model, path)


IMAGE = [("input", TensorProto.FLOAT, ["batch", 3, 224, 224])]


def resnet50(path, shrink=1):
    n = Net(50)
    c = 64 // shrink
    x = n.op("Relu", n.conv("input", 3, c, 7, 2))
    x = n.op("MaxPool", x, kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
    for width, blocks, stride in ((64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2)):
        width //= shrink
        for i in range(blocks):
            s = stride if i == 0 else 1
            y = n.op("Relu", n.conv(x, c, width, 1))
            y = n.op("Relu", n.conv(y, width, width, 3, s))
            y = n.conv(y, width, 4 * width, 1)
            skip = n.conv(x, c, 4 * width, 1, s) if i == 0 else x
            x = n.op("Relu", n.op("Add", y, skip))
            c = 4 * width
    x = n.op("Flatten", n.op("GlobalAveragePool", x), axis=1)
    n.save(path, IMAGE, n.gemm(x, c, 1000), ["batch", 1000])


def mobilenet_v2(path):
    n = Net(2)

    def relu6(x):
        return n.op("Clip", x, n.const(np.float32(0)), n.const(np.float32(6)))

    x, c = relu6(n.conv("input", 3, 32, 3, 2)), 32
    for expand, width, repeat, stride in ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1),
                                          (6, 160, 3, 2), (6, 320, 1, 1)):
        for i in range(repeat):
            s, h = stride if i == 0 else 1, c * expand
            y = relu6(n.conv(x, c, h, 1)) if expand > 1 else x
            y = n.conv(relu6(n.conv(y, h, h, 3, s, groups=h)), h, width, 1)
            x = n.op("Add", x, y) if s == 1 and c == width else y
            c = width
    x = relu6(n.conv(x, c, 1280, 1))
    x = n.op("Flatten", n.op("GlobalAveragePool", x), axis=1)
    n.save(path, IMAGE, n.gemm(x, 1280, 1000), ["batch", 1000])


def efficientnet_b0(path):
    n = Net(3)

    def silu(x):
        return n.op("Mul", x, n.op("Sigmoid", x))

    x, c = silu(n.conv("input", 3, 32, 3, 2)), 32
    for expand, k, stride, width, repeat in ((1, 3, 1, 16, 1), (6, 3, 2, 24, 2), (6, 5, 2, 40, 2), (6, 3, 2, 80, 3),
                                             (6, 5, 1, 112, 3), (6, 5, 2, 192, 4), (6, 3, 1, 320, 1)):
        for i in range(repeat):
            s, h = stride if i == 0 else 1, c * expand
            y = silu(n.conv(x, c, h, 1)) if expand > 1 else x
            y = silu(n.conv(y, h, h, k, s, groups=h))
            squeezed = max(1, c // 4)
            z = silu(n.conv(n.op("GlobalAveragePool", y), h, squeezed, 1))
            y = n.op("Mul", n.op("Sigmoid", n.conv(z, squeezed, h, 1)), y)
            y = n.conv(y, h, width, 1)
            x = n.op("Add", y, x) if s == 1 and c == width else y
            c = width
    x = silu(n.conv(x, c, 1280, 1))
    x = n.op("Flatten", n.op("GlobalAveragePool", x), axis=1)
    n.save(path, IMAGE, n.gemm(x, 1280, 1000), ["batch", 1000])


def vgg16(path):
    n = Net(17)
    x, c = "input", 3
    for width, count in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)):
        for _ in range(count):
            x = n.op("Relu", n.conv(x, c, width, 3))
            c = width
        x = n.op("MaxPool", x, kernel_shape=[2, 2], strides=[2, 2], pads=[0] * 4, ceil_mode=0, dilations=[1, 1])
    x = n.op("Flatten", x, axis=1)
    for n_in, n_out in ((512 * 49, 4096), (4096, 4096)):
        x = n.op("Relu", n.gemm(x, n_in, n_out))
    n.save(path, IMAGE, n.gemm(x, 4096, 1000), ["batch", 1000])


def densenet121(path, growth=32):
    n = Net(121)

    def activated(x, c):
        ones, zeros = np.ones(c, np.float32), np.zeros(c, np.float32)
        y = n.op("BatchNormalization", x, n.const(ones), n.const(zeros), n.const(zeros), n.const(ones), epsilon=1e-5)
        return n.op("Relu", y)

    x, c = n.op("Relu", n.conv("input", 3, 64, 7, 2)), 64
    x = n.op("MaxPool", x, kernel_shape=[3, 3], strides=[2, 2], pads=[1] * 4, ceil_mode=0, dilations=[1, 1])
    for block, layers in enumerate((6, 12, 24, 16)):
        parts = [x]
        for _ in range(layers):
            y = n.op("Concat", *parts, axis=1) if len(parts) > 1 else parts[0]
            y = n.op("Relu", n.conv(activated(y, c), c, 4 * growth, 1))
            parts.append(n.conv(y, 4 * growth, growth, 3))
            c += growth
        x = n.op("Concat", *parts, axis=1)
        if block < 3:
            x = n.conv(activated(x, c), c, c // 2, 1)
            c //= 2
            x = n.op("AveragePool", x, kernel_shape=[2, 2], strides=[2, 2], pads=[0] * 4, ceil_mode=0)
    x = n.op("Flatten", n.op("GlobalAveragePool", activated(x, c)), axis=1)
    n.save(path, IMAGE, n.gemm(x, c, 1000), ["batch", 1000])


def vit_b16(path):
    n, d, heads, tokens = Net(16), 768, 12, 197
    x = n.conv("input", 3, d, 16, 16, pad=0)
    batch = n.op("Gather", n.op("Shape", "input"), n.const(np.int64(0)), axis=0)
    batch1 = n.op("Unsqueeze", batch, n.ints(0))
    x = n.op("Reshape", x, n.op("Concat", batch1, n.ints(d), n.ints(tokens - 1), axis=0))
    x = n.op("Transpose", x, perm=[0, 2, 1])
    token = n.op("Expand", n.random(1, 1, d, scale=0.02), n.op("Concat", batch1, n.ints(1), n.ints(d), axis=0))
    x = n.op("Add", n.op("Concat", token, x, axis=1), n.random(1, tokens, d, scale=0.02))
    for _ in range(12):
        y = n.norm(x, d)
        qkv = n.op("Reshape", n.linear(y, d, 3 * d), n.op("Concat", batch1, n.ints(tokens), n.ints(3), n.ints(heads), n.ints(d // heads), axis=0))
        qkv = n.op("Transpose", qkv, perm=[2, 0, 3, 1, 4])
        q, k, v = (n.op("Gather", qkv, n.const(np.int64(i)), axis=0) for i in range(3))
        scores = n.op("MatMul", n.op("Mul", q, n.const(np.float32(64**-0.5))), n.op("Transpose", k, perm=[0, 1, 3, 2]))
        y = n.op("MatMul", n.op("Softmax", scores, axis=-1), v)
        y = n.op("Reshape", n.op("Transpose", y, perm=[0, 2, 1, 3]), n.op("Concat", batch1, n.ints(tokens), n.ints(d), axis=0))
        x = n.op("Add", x, n.linear(y, d, d))
        x = n.op("Add", x, n.linear(n.gelu(n.linear(n.norm(x, d), d, 4 * d)), 4 * d, d))
    x = n.op("Gather", n.norm(x, d), n.const(np.int64(0)), axis=1)
    n.save(path, IMAGE, n.gemm(x, d, 1000), ["batch", 1000])


def bert_base(path, d=768, words=30522):
    n, heads = Net(12), 12
    shape = n.op("Shape", "input_ids")
    batch1 = n.op("Unsqueeze", n.op("Gather", shape, n.const(np.int64(0)), axis=0), n.ints(0))
    seq1 = n.op("Unsqueeze", n.op("Gather", shape, n.const(np.int64(1)), axis=0), n.ints(0))
    mask = n.op("Cast", n.op("Unsqueeze", "attention_mask", n.ints(1, 2)), to=TensorProto.FLOAT)
    mask = n.op("Mul", n.op("Sub", n.const(np.float32(1)), mask), n.const(np.float32(np.finfo(np.float32).min)))
    positions = n.op("Slice", n.const(np.arange(512, dtype=np.int64)[None]), n.ints(0), seq1, n.ints(1))
    x = n.op("Add", n.op("Gather", n.random(words, d, scale=0.02), "input_ids"), n.op("Gather", n.random(2, d, scale=0.02), "token_type_ids"))
    x = n.norm(n.op("Add", x, n.op("Gather", n.random(512, d, scale=0.02), positions)), d)

    def split(y):
        y = n.op("Reshape", y, n.op("Concat", batch1, seq1, n.ints(heads), n.ints(d // heads), axis=0))
        return n.op("Transpose", y, perm=[0, 2, 1, 3])

    for _ in range(12):
        q, v = split(n.linear(x, d, d)), split(n.linear(x, d, d))
        k = n.op("Reshape", n.linear(x, d, d), n.op("Concat", batch1, seq1, n.ints(heads), n.ints(d // heads), axis=0))
        scores = n.op("MatMul", q, n.op("Transpose", k, perm=[0, 2, 3, 1]))
        scores = n.op("Add", n.op("Div", scores, n.const(np.float32(8))), mask)
        y = n.op("Transpose", n.op("MatMul", n.op("Softmax", scores, axis=-1), v), perm=[0, 2, 1, 3])
        y = n.op("Reshape", y, n.op("Concat", batch1, seq1, n.ints(d), axis=0))
        x = n.norm(n.op("Add", n.linear(y, d, d), x), d)
        x = n.norm(n.op("Add", n.linear(n.gelu(n.linear(x, d, 4 * d)), 4 * d, d), x), d)
    inputs = [(i, TensorProto.INT64, ["batch", "sequence"]) for i in ("input_ids", "attention_mask", "token_type_ids")]
    n.save(path, inputs, x, ["batch", "sequence", d])


MODELS = {"vgg16": vgg16, "densenet121": densenet121, "resnet50": resnet50, "mobilenet_v2": mobilenet_v2, "efficientnet_b0": efficientnet_b0, "vit_b16": vit_b16, "bert_base": bert_base}


def make(folder, names=None):
    os.makedirs(folder, exist_ok=True)
    for name in names or MODELS:
        path = os.path.join(folder, name + ".onnx")
        if not os.path.exists(path):
            MODELS[name](path)
            print(f"{path}: {os.path.getsize(path) / 1e6:.1f} MB")


if __name__ == "__main__":
    make(sys.argv[1], sys.argv[2:])
