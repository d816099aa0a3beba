# SPDX-License-Identifier: Apache-2.0
"""Whole Caffe networks by the short way, against OpenCV."""

import numpy as np
import pytest
from caffe import caffemodel, opencv
from caffe_nets import Net

import bireme

RNG = np.random.default_rng(11)


def pool(params):
    return f"pooling_param {{ {params} }}"


def lenet():
    n = Net(1, 1, 28, 28)
    x = n.conv("data", 4, 5)
    x = n.add("Pooling", [x], pool("pool: MAX kernel_size: 2 stride: 2"))
    n.add("Softmax", [n.dense(x, 576, 10, "ip")], top="prob")
    return n, "prob"


def googlenet():
    """Its nine inception modules, narrow."""
    n = Net(1, 3, 96, 96)
    x = n.conv("data", 16, 7, "stride: 2 pad: 3")
    x = n.add("Pooling", [x], pool("pool: MAX kernel_size: 3 stride: 2"))
    x = n.add("LRN", [x], "lrn_param { local_size: 5 alpha: 0.0001 beta: 0.75 }")
    for module in range(9):
        if module in (2, 7):
            x = n.add("Pooling", [x], pool("pool: MAX kernel_size: 3 stride: 2"))
        pooled = n.add("Pooling", [x], pool("pool: MAX kernel_size: 3 stride: 1 pad: 1"))
        parts = [n.conv(x, 8, 1), n.conv(n.conv(x, 8, 1), 12, 3, "pad: 1"),
                 n.conv(n.conv(x, 4, 1), 8, 5, "pad: 2"), n.conv(pooled, 8, 1)]  # fmt: skip
        x = n.add("Concat", parts, channels=36)
    x = n.add("Pooling", [x], pool("pool: AVE global_pooling: true"))
    x = n.add("Dropout", [x])
    n.add("Softmax", [n.dense(x, 36, 10, "ip")], top="prob")
    return n, "prob"


def squeezenet():
    """Its eight fire modules, narrow."""
    n = Net(1, 3, 95, 95)
    x = n.conv("data", 16, 3, "stride: 2")
    for module in range(8):
        if module in (0, 3, 7):
            x = n.add("Pooling", [x], pool("pool: MAX kernel_size: 3 stride: 2"))
        squeezed = n.conv(x, 8, 1)
        parts = [n.conv(squeezed, 16, 1), n.conv(squeezed, 16, 3, "pad: 1")]
        x = n.add("Concat", parts, channels=32)
    x = n.add("Pooling", [n.conv(x, 10, 1)], pool("pool: AVE global_pooling: true"))
    n.add("Softmax", [x], top="prob")
    return n, "prob"


def resnet():
    """All of ResNet-50's layers, an eighth as wide."""
    n = Net(2, 3, 64, 64)
    x = n.normalised(n.conv("data", 8, 7, "stride: 2 pad: 3", relu=False))
    x = n.add("Pooling", [n.add("ReLU", [x])], pool("pool: MAX kernel_size: 3 stride: 2"))
    for width, blocks in ((8, 3), (16, 4), (32, 6), (64, 3)):
        for block in range(blocks):
            stride = f"stride: {2 if block == 0 and width > 8 else 1}"
            side = x if block else n.normalised(n.conv(x, 4 * width, 1, stride, relu=False))
            y = n.add("ReLU", [n.normalised(n.conv(x, width, 1, stride, relu=False))])
            y = n.add("ReLU", [n.normalised(n.conv(y, width, 3, "pad: 1", relu=False))])
            y = n.normalised(n.conv(y, 4 * width, 1, relu=False))
            x = n.add("ReLU", [n.add("Eltwise", [side, y])])
    x = n.add("Pooling", [x], pool("pool: AVE global_pooling: true"))
    n.add("Power", [n.dense(x, 256, 10, "ip")], "power_param { scale: 0.5 }", top="scores")
    return n, "scores"


def unet():
    """Four levels down and up."""
    n = Net(1, 1, 64, 64)
    x, skips = "data", []
    for width in (4, 8, 16, 32):
        skips.append(n.conv(n.conv(x, width, 3, "pad: 1"), width, 3, "pad: 1"))
        x = n.add("Pooling", [skips[-1]], pool("kernel_size: 2 stride: 2"))
    x = n.conv(x, 64, 3, "pad: 1")
    for width in (32, 16, 8, 4):
        up = n.add("Deconvolution", [x],
                   f"convolution_param {{ num_output: {width} kernel_size: 2 stride: 2 }}", channels=width)  # fmt: skip
        n.weights[up] = [RNG.standard_normal((2 * width, width, 2, 2)) / np.sqrt(2 * width), RNG.standard_normal(width)]
        x = n.add("Concat", [skips.pop(), up], channels=2 * width)
        x = n.conv(n.conv(x, width, 3, "pad: 1"), width, 3, "pad: 1")
    n.add("Sigmoid", [n.conv(x, 1, 1, relu=False)], top="mask")
    return n, "mask"


@pytest.mark.parametrize("network", [lenet, googlenet, squeezenet, resnet, unet])
def test_whole_networks_are_opencvs(network, tmp_path):
    n, output = network()
    x = RNG.standard_normal(n.shape).astype(np.float32)
    (tmp_path / "net.prototxt").write_text("# a network\n" + n.text)
    (tmp_path / "net.caffemodel").write_bytes(caffemodel(n.weights))
    engine = bireme.build(
        tmp_path / "net.prototxt", weights=tmp_path / "net.caffemodel", device="cpu"
    )
    got = engine(x)
    assert list(got) == [output]
    want = opencv(n.text, n.weights, {"data": x}, [output])[output]
    np.testing.assert_allclose(
        got[output].reshape(want.shape), want, rtol=0, atol=1e-4 * np.ptp(want)
    )


def test_a_range_of_batches():
    n, _ = lenet()
    engine = bireme.build(
        n.text.encode(), weights=caffemodel(n.weights), device="cpu",
        shapes={"data": ((1, 1, 28, 28), (2, 1, 28, 28), (4, 1, 28, 28))},
    )  # fmt: skip
    x = RNG.standard_normal((4, 1, 28, 28)).astype(np.float32)
    want = opencv(n.text, n.weights, {"data": x}, ["prob"])["prob"]
    np.testing.assert_allclose(engine(x)["prob"], want, rtol=0, atol=1e-5)
    np.testing.assert_allclose(engine(x[:1])["prob"], want[:1], rtol=0, atol=1e-5)


def test_outputs_may_be_named_and_wrong_ones_are_told():
    n, _ = lenet()
    trained = caffemodel(n.weights)
    assert [o.name for o in bireme.build(n.text.encode(), weights=trained, device="cpu",
                                         outputs=["ip"]).outputs] == ["ip"]  # fmt: skip
    with pytest.raises(bireme.Error, match='no blob "soft"'):
        bireme.build(n.text.encode(), weights=trained, outputs=["soft"])
    with pytest.raises(bireme.Error, match="does not exist"):
        bireme.build(n.text.encode(), weights="missing.caffemodel")
