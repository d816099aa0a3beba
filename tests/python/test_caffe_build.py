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
    n = Net(1, 3, 64, 64)
    x = n.conv("data", 16, 7, "stride: 2 pad: 3")
    x = n.add("Pooling", [x], pool("pool: MAX kernel_size: 3 stride: 2"))
    x = n.add("LRN", [x], "lrn_param { local_size: 5 alpha: 0.0001 beta: 0.75 }")
    for _ in range(2):
        pooled = n.add("Pooling", [x], pool("pool: MAX kernel_size: 3 stride: 1 pad: 1"))
        parts = [n.conv(x, 8, 1), n.conv(n.conv(x, 8, 1), 12, 3, "pad: 1"),
                 n.conv(n.conv(x, 4, 1), 8, 5, "pad: 2"), n.conv(pooled, 8, 1)]  # fmt: skip
        x = n.add("Concat", parts, channels=36)
    x = n.add("Pooling", [x], pool("pool: AVE kernel_size: 7 stride: 2"))
    x = n.add("Dropout", [x])
    n.add("Softmax", [n.dense(x, 36 * 6 * 6, 10, "ip")], top="prob")
    return n, "prob"


def squeezenet():
    n = Net(1, 3, 47, 47)
    x = n.conv("data", 16, 3, "stride: 2")
    x = n.add("Pooling", [x], pool("pool: MAX kernel_size: 3 stride: 2"))
    for _ in range(3):
        squeezed = n.conv(x, 8, 1)
        parts = [n.conv(squeezed, 16, 1), n.conv(squeezed, 16, 3, "pad: 1")]
        x = n.add("Concat", parts, channels=32)
    x = n.add("Pooling", [n.conv(x, 10, 1)], pool("pool: AVE global_pooling: true"))
    n.add("Softmax", [x], top="prob")
    return n, "prob"


def resnet():
    n = Net(2, 3, 48, 48)
    x = n.normalised(n.conv("data", 16, 7, "stride: 2 pad: 3", relu=False))
    x = n.add("Pooling", [n.add("ReLU", [x])], pool("pool: MAX kernel_size: 3 stride: 2"))
    for stride in (1, 2):
        side = n.normalised(n.conv(x, 32, 1, f"stride: {stride}", relu=False))
        y = n.normalised(n.conv(x, 8, 1, f"stride: {stride}"))
        y = n.normalised(n.conv(y, 8, 3, "pad: 1"))
        y = n.normalised(n.conv(y, 32, 1, relu=False))
        x = n.add("ReLU", [n.add("Eltwise", [side, y])])
    x = n.add("Pooling", [x], pool("pool: AVE kernel_size: 6 stride: 1"))
    n.add("Softmax", [n.dense(x, 32, 10, "ip")], top="prob")
    return n, "prob"


def unet():
    n = Net(1, 1, 32, 32)
    skip = n.conv("data", 8, 3, "pad: 1")
    x = n.conv(n.add("Pooling", [skip], pool("kernel_size: 2 stride: 2")), 16, 3, "pad: 1")
    up = n.add("Deconvolution", [x],
               "convolution_param { num_output: 8 kernel_size: 2 stride: 2 }", channels=8)
    n.weights[up] = [RNG.standard_normal((16, 8, 2, 2)) / 8, RNG.standard_normal(8)]
    x = n.conv(n.add("Concat", [skip, up], channels=16), 8, 3, "pad: 1")
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
