# SPDX-License-Identifier: Apache-2.0
"""One network by ONNX, Caffe and UFF gives the same engine: the builder meets nothing new after the first."""

import json

import numpy as np
import onnx.helper as oh
import pytest
import uff
from caffe import parse
from caffe_nets import Net
from helpers import run, save_onnx
from onnx import TensorProto, numpy_helper

import bireme as trt

X = np.random.default_rng(2).standard_normal((1, 3, 16, 16)).astype(np.float32)


def caffe_net():
    """A residual block and a classifier."""
    n = Net(*X.shape, seed=4)
    x = n.normalised(n.conv("data", 8, 3, "pad: 1", relu=False))
    x = n.add("ReLU", [x])
    x = n.add("Pooling", [x], "pooling_param { pool: MAX kernel_size: 2 stride: 2 }")
    y = n.normalised(n.conv(x, 8, 3, "pad: 1", relu=False))
    x = n.add("ReLU", [n.add("Eltwise", [x, y])])
    n.add("Softmax", [n.dense(x, 8 * 8 * 8, 10, "ip")], top="prob")
    return n


def by_caffe(builder, n):
    network, blobs = parse(builder, n.text, n.weights)
    network.mark_output(blobs.find("prob"))
    return network, None


def by_onnx(builder, n, tmp_path):
    weights, nodes = {}, []

    def put(name, value):
        weights[name] = np.asarray(value, np.float32)
        return name

    for name, blobs in n.weights.items():
        for i, blob in enumerate(blobs):
            put(f"{name}.{i}", blob)

    def normalised(x, conv, y, batch, scale):
        w = [f"{conv}.0", f"{conv}.1"]
        nodes.append(oh.make_node("Conv", [x, *w], [y + "c"], pads=[1, 1, 1, 1]))
        parts = [f"{scale}.0", f"{scale}.1", f"{batch}.0", f"{batch}.1"]
        nodes.append(oh.make_node("BatchNormalization", [y + "c", *parts], [y], epsilon=1e-5))

    names = list(n.weights)
    normalised("data", *names[:1], "a", *names[1:3])
    nodes.append(oh.make_node("Relu", ["a"], ["b"]))
    nodes.append(oh.make_node("MaxPool", ["b"], ["p"], kernel_shape=[2, 2], strides=[2, 2]))
    normalised("p", *names[3:4], "c", *names[4:6])
    nodes.append(oh.make_node("Add", ["p", "c"], ["s"]))
    nodes.append(oh.make_node("Relu", ["s"], ["r"]))
    nodes.append(oh.make_node("Flatten", ["r"], ["f"]))
    nodes.append(oh.make_node("Gemm", ["f", f"{names[6]}.0", f"{names[6]}.1"], ["ip"], transB=1))
    nodes.append(oh.make_node("Softmax", ["ip"], ["prob"]))
    path = save_onnx(
        tmp_path / "net.onnx", nodes, [("data", TensorProto.FLOAT, X.shape)],
        [("prob", TensorProto.FLOAT, [1, 10])],
        [numpy_helper.from_array(v, k) for k, v in weights.items()],
    )  # fmt: skip
    network = builder.create_network()
    parser = trt.OnnxParser(network, builder.logger)
    assert parser.parse_from_file(path)
    return network, parser


def engine_of(builder, network, cache=None):
    config = builder.create_builder_config()
    config.profiling_verbosity = trt.ProfilingVerbosity.DETAILED
    if cache is None:
        cache = config.create_timing_cache(b"")
    else:
        config.set_flag(trt.BuilderFlag.ERROR_ON_TIMING_CACHE_MISS)
    assert config.set_timing_cache(cache, False)
    engine = builder.build_engine_with_config(network, config)
    assert engine is not None, "something was not among the timings of the first engine"
    return engine, cache


def layers(engine):
    """Kind, kernel and result of every step."""
    text = engine.create_engine_inspector().get_engine_information(trt.LayerInformationFormat.JSON)
    return [
        (layer["LayerType"], layer["TacticValue"],
         [(o["Dimensions"], o["Format/Datatype"]) for o in layer["Outputs"]])
        for layer in json.loads(text)["Layers"]
    ]  # fmt: skip


def by_uff(builder, n):
    g, names = uff.Graph(), list(n.weights)
    first = uff.orders("NC+")

    def value(name, *shape):
        layer, i = name.split(".")
        return g.const(name, np.asarray(n.weights[layer][int(i)], np.float32).reshape(shape or -1))

    def normalised(x, conv, y, batch, scale):
        kernel = np.asarray(n.weights[conv][0], np.float32).transpose(2, 3, 1, 0)
        g.node(y + "k", "Conv", [x, g.const(conv + ".0", kernel)], padding=[1, 1], strides=[1, 1],
               inputs_orders=uff.orders("NC+", "+CK"))  # fmt: skip
        g.node(y + "b", "Binary", [y + "k", value(conv + ".1", -1, 1, 1)], func="add")
        parts = [value(f"{name}.{i}") for name in (scale, batch) for i in (0, 1)]
        return g.node(y, "BatchNorm", [y + "b", *parts], epsilon=1e-5, inputs_orders=first)

    g.input("data", X.shape)
    normalised("data", names[0], "a", names[1], names[2])
    g.node("b", "Activation", ["a"], func="relu")
    g.node("p", "Pool", ["b"], func="max", kernel=[2, 2], strides=[2, 2], inputs_orders=first)
    normalised("p", names[3], "c", names[4], names[5])
    g.node("s", "Binary", ["p", "c"], func="add")
    g.node("r", "Activation", ["s"], func="relu")
    g.node("f", "Flatten", ["r"])
    g.node("i", "FullyConnected", ["f", g.const(names[6] + ".0", np.float32(n.weights[names[6]][0]))],
           inputs_orders=uff.orders("NC", "KC"))  # fmt: skip
    g.node("ip", "Binary", ["i", value(names[6] + ".1", 1, 10)], func="add")
    g.output(g.node("prob", "Softmax", ["ip"], axis=0, inputs_orders=uff.orders("NC")))
    network, parser = builder.create_network(), trt.UffParser()
    assert parser.parse_buffer(g.bytes(), network, trt.float32), parser.get_error(0)
    return network, parser


@pytest.mark.parametrize("other", [by_caffe, by_uff])
def test_the_layers_are_those_of_onnx(logger, tmp_path, other):
    builder, n = trt.Builder(logger), caffe_net()
    onnx, parser = by_onnx(builder, n, tmp_path)
    first, cache = engine_of(builder, onnx)
    network, kept = other(builder, n)
    second, _ = engine_of(builder, network, cache)
    assert layers(first) == layers(second)
    got, want = (next(iter(run(e.create_execution_context(), {"data": X}).values())) for e in (second, first))
    np.testing.assert_allclose(got, want, rtol=0, atol=1e-6)
