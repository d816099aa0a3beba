# SPDX-License-Identifier: Apache-2.0
"""Classifiers of images of 224 x 224 (Inception: 299 x 299): ResNet-50 (He et al. 2015, v1.5 strides), MobileNet-v2 (Sandler et
al. 2018), EfficientNet-B0 (Tan and Le 2019) and Lite0, VGG-16 (Simonyan and Zisserman 2014), Inception-v3 (Szegedy et al. 2015),
DenseNet-121 (Huang et al. 2017), ViT-B/16 (Dosovitskiy et al. 2020).
"""

import numpy as np
from onnx import TensorProto

from .net import Net

IMAGE = [("input", TensorProto.FLOAT, ["batch", 3, 224, 224])]


def resnet50(path, shrink=1, groups=1, inner=1):
    """With 32 groups and inner convolutions twice as wide it is ResNeXt-50 (Xie et al. 2017)."""
    n = Net(50)
    c = 64 // shrink
    x = n.op("Relu", n.conv("input", 3, c, 7, 2))
    x = n.op("MaxPool", x, kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
    for width, blocks, stride in ((64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2)):
        width //= shrink
        for i in range(blocks):
            s = stride if i == 0 else 1
            y = n.op("Relu", n.conv(x, c, inner * width, 1))
            y = n.op("Relu", n.conv(y, inner * width, inner * width, 3, s, groups=groups))
            y = n.conv(y, inner * width, 4 * width, 1)
            skip = n.conv(x, c, 4 * width, 1, s) if i == 0 else x
            x = n.op("Relu", n.op("Add", y, skip))
            c = 4 * width
    x = n.op("Flatten", n.op("GlobalAveragePool", x), axis=1)
    n.save(path, IMAGE, n.gemm(x, c, 1000), ["batch", 1000])


def resnext50(path):
    resnet50(path, groups=32, inner=2)


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

    x, c = n.silu(n.conv("input", 3, 32, 3, 2)), 32
    for expand, k, stride, width, repeat in ((1, 3, 1, 16, 1), (6, 3, 2, 24, 2), (6, 5, 2, 40, 2), (6, 3, 2, 80, 3),
                                             (6, 5, 1, 112, 3), (6, 5, 2, 192, 4), (6, 3, 1, 320, 1)):
        for i in range(repeat):
            s, h = stride if i == 0 else 1, c * expand
            y = n.silu(n.conv(x, c, h, 1)) if expand > 1 else x
            y = n.silu(n.conv(y, h, h, k, s, groups=h))
            squeezed = max(1, c // 4)
            z = n.silu(n.conv(n.op("GlobalAveragePool", y), h, squeezed, 1))
            y = n.op("Mul", n.op("Sigmoid", n.conv(z, squeezed, h, 1)), y)
            y = n.conv(y, h, width, 1)
            x = n.op("Add", y, x) if s == 1 and c == width else y
            c = width
    x = n.silu(n.conv(x, c, 1280, 1))
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


def efficientnet_lite0(path):
    """EfficientNet-B0 without squeeze and excitation, with ReLU6."""
    n = Net(30)

    def relu6(x):
        return n.op("Clip", x, n.const(np.float32(0)), n.const(np.float32(6)))

    x, c = relu6(n.conv("input", 3, 32, 3, 2)), 32
    for expand, k, stride, width, repeat in ((1, 3, 1, 16, 1), (6, 3, 2, 24, 2), (6, 5, 2, 40, 2), (6, 3, 2, 80, 3),
                                             (6, 5, 1, 112, 3), (6, 5, 2, 192, 4), (6, 3, 1, 320, 1)):
        for i in range(repeat):
            s, h = stride if i == 0 else 1, c * expand
            y = relu6(n.conv(x, c, h, 1)) if expand > 1 else x
            y = n.conv(relu6(n.conv(y, h, h, k, s, groups=h)), h, width, 1)
            x = n.op("Add", x, y) if s == 1 and c == width else y
            c = width
    x = relu6(n.conv(x, c, 1280, 1))
    x = n.op("Flatten", n.op("GlobalAveragePool", x), axis=1)
    n.save(path, IMAGE, n.gemm(x, 1280, 1000), ["batch", 1000])


def inception_v3(path, shrink=1):
    n = Net(33)

    def conv(x, c_in, c_out, k, stride=1, pad=None):
        return n.op("Relu", n.conv(x, c_in if c_in == 3 else c_in // shrink, c_out // shrink, k, stride, pad=pad))

    def chain(x, c, *steps):
        for c_out, k, *rest in steps:
            x, c = conv(x, c, c_out, k, *rest), c_out
        return x

    def join(*parts):
        return n.op("Concat", *parts, axis=1)

    def around(x):
        return n.op("AveragePool", x, kernel_shape=[3, 3], strides=[1, 1], pads=[1] * 4, ceil_mode=0, count_include_pad=1)

    x = chain("input", 3, (32, 3, 2, 0), (32, 3, 1, 0), (64, 3))
    x = chain(n.pool("MaxPool", x, 3, 2), 64, (80, 1), (192, 3, 1, 0))
    x, c = n.pool("MaxPool", x, 3, 2), 192
    for pooled in (32, 64, 64):
        x = join(conv(x, c, 64, 1), chain(x, c, (48, 1), (64, 5)), chain(x, c, (64, 1), (96, 3), (96, 3)), conv(around(x), c, pooled, 1))
        c = 224 + pooled
    x = join(conv(x, c, 384, 3, 2, 0), chain(x, c, (64, 1), (96, 3), (96, 3, 2, 0)), n.pool("MaxPool", x, 3, 2))
    c = 768
    for w in (128, 160, 160, 192):
        x = join(conv(x, c, 192, 1), chain(x, c, (w, 1), (w, (1, 7)), (192, (7, 1))),
                 chain(x, c, (w, 1), (w, (7, 1)), (w, (1, 7)), (w, (7, 1)), (192, (1, 7))), conv(around(x), c, 192, 1))
    x = join(chain(x, c, (192, 1), (320, 3, 2, 0)), chain(x, c, (192, 1), (192, (1, 7)), (192, (7, 1)), (192, 3, 2, 0)), n.pool("MaxPool", x, 3, 2))
    c = 1280
    for _ in range(2):
        y, z = conv(x, c, 384, 1), chain(x, c, (448, 1), (384, 3))
        x = join(conv(x, c, 320, 1), join(conv(y, 384, 384, (1, 3)), conv(y, 384, 384, (3, 1))),
                 join(conv(z, 384, 384, (1, 3)), conv(z, 384, 384, (3, 1))), conv(around(x), c, 192, 1))
        c = 2048
    x = n.op("Flatten", n.op("GlobalAveragePool", x), axis=1)
    n.save(path, [("input", TensorProto.FLOAT, ["batch", 3, 299, 299])], n.gemm(x, c // shrink, 1000), ["batch", 1000])
