# SPDX-License-Identifier: Apache-2.0
"""Frozen graphs: conversion to UFF node by node, and results through it."""

import cv2
import numpy as np
import pytest

import bireme
import graphdef
import uff
from bireme.tensorflow import tensorflow_to_uff
from graphdef import Shape, Type, read_uff

RNG = np.random.default_rng(9)
NHWC, NCHW = [0, 2, uff.INCREMENT, 1], [0, 1, 2, uff.INCREMENT]
HWIO, HWOI = [2, uff.INCREMENT, 1, 0], [2, uff.INCREMENT, 0, 1]


def random(*shape):
    return RNG.standard_normal(shape).astype(np.float32)


def converted(g, **more):
    return read_uff(tensorflow_to_uff(g.bytes(), **more))


def single(op, inputs=("x",), consts=None, shape=(-1, 6, 6, 3), name="y", **attributes):
    """What one node becomes: (operation, inputs, fields)."""
    g = graphdef.Graph()
    g.placeholder("x", shape)
    for key, value in (consts or {}).items():
        g.const(key, value)
    g.node(name, op, inputs, **attributes)
    found = {n[0]: n[1:] for n in converted(g, outputs=[name])}
    return found[name]


RENAMED = {
    "Binary": {"Add": "add", "AddV2": "add", "Sub": "sub", "Mul": "mul", "Div": "div",
               "RealDiv": "div", "Minimum": "min", "Maximum": "max", "Pow": "pow"},
    "Activation": {"Relu": "relu", "Relu6": "relu6", "Tanh": "tanh", "Sigmoid": "sigmoid",
                   "Elu": "elu", "Selu": "selu", "Softsign": "softsign", "Softplus": "softplus"},
    "Unary": {op: op.lower() for op in (
        "Neg Abs Acos Acosh Asin Asinh Atan Atanh Ceil Cos Cosh Sin Sinh Tan Floor Sqrt Rsqrt "
        "Square Exp Log").split()},
}


@pytest.mark.parametrize("operation", RENAMED)
def test_functions(operation):
    for op, func in RENAMED[operation].items():
        inputs = ["x", "x"] if operation == "Binary" else ["x"]
        assert single(op, inputs, T=Type("float32")) == (operation, inputs, {"func": func})


W = random(3, 3, 3, 4)
ONE = np.int32(1)
# name -> (arguments of single, what it becomes)
NODES = {
    "conv": (dict(op="Conv2D", inputs=("x", "w"), consts={"w": W}, strides=[1, 2, 1, 1],
                  padding="SAME", data_format="NHWC", dilations=[1, 1, 3, 1]),
             ("Conv", ["x", "w"], {"inputs_orders": [NHWC, HWIO], "strides": [2, 1],
                                   "dilation": [1, 3], "implicit_padding": "same"})),
    "conv channels first": (
        dict(op="Conv2D", inputs=("x", "w"), consts={"w": W}, strides=[1, 1, 1, 2],
             padding="VALID", data_format="NCHW", shape=(-1, 3, 6, 6)),
        ("Conv", ["x", "w"], {"inputs_orders": [NCHW, HWIO], "strides": [1, 2]})),
    "depthwise": (
        dict(op="DepthwiseConv2dNative", inputs=("x", "w"), consts={"w": W}, padding="VALID",
             strides=[1, 1, 1, 1]),
        ("Conv", ["x", "w"], {"inputs_orders": [NHWC, HWIO], "strides": [1, 1],
                              "number_groups": 3})),
    "transposed": (
        dict(op="Conv2DBackpropInput", inputs=("s", "w", "x"), strides=[1, 2, 2, 1],
             consts={"s": np.array([1, 12, 12, 4], np.int32), "w": random(3, 3, 4, 3)},
             padding="SAME"),
        ("ConvTranspose", ["x", "w", "s"], {"inputs_orders": [NHWC, HWOI], "strides": [2, 2],
                                            "implicit_padding": "same"})),
    "max": (dict(op="MaxPool", ksize=[1, 2, 3, 1], strides=[1, 2, 1, 1], padding="VALID"),
            ("Pool", ["x"], {"func": "max", "kernel": [2, 3], "strides": [2, 1],
                             "inputs_orders": [NHWC]})),
    "avg": (dict(op="AvgPool", ksize=[1, 1, 2, 3], strides=[1, 1, 1, 1], padding="SAME",
                 data_format="NCHW"),
            ("Pool", ["x"], {"func": "avg", "kernel": [2, 3], "strides": [1, 1],
                             "inputs_orders": [NCHW], "implicit_padding": "same"})),
    "matmul": (dict(op="MatMul", inputs=("x", "w"), consts={"w": random(4, 5)}, shape=(-1, 4),
                    transpose_a=False, transpose_b=False),
               ("FullyConnected", ["x", "w"], {"inputs_orders": [[0, 1], [1, 0]]})),
    "matmul transposed": (
        dict(op="MatMul", inputs=("x", "w"), consts={"w": random(5, 4)}, shape=(4, 2),
             transpose_a=True, transpose_b=True),
        ("FullyConnected", ["x", "w"], {"inputs_orders": [[1, 0], [0, 1]]})),
    "lrn": (dict(op="LRN", depth_radius=2, bias=1.5, alpha=0.25, beta=0.75),
            ("LRN", ["x"], {"window_size": 2, "alpha": 0.25, "beta": 0.75, "k": 1.5,
                            "inputs_orders": [NCHW]})),
    "lrn defaults": (dict(op="LRN"),
                     ("LRN", ["x"], {"window_size": 5, "alpha": 1.0, "beta": 0.5, "k": 1.0,
                                     "inputs_orders": [NCHW]})),
    "softmax": (dict(op="Softmax"), ("Softmax", ["x"], {"axis": 0, "inputs_orders": [NHWC]})),
    "leaky": (dict(op="LeakyRelu", alpha=0.5), ("LeakyRelu", ["x"], {"alpha": 0.5})),
    "reshape": (dict(op="Reshape", inputs=("x", "s"), consts={"s": np.array([-1, 9], np.int32)}),
                ("Reshape", ["x", "s"], {})),
    "flatten": (dict(op="Reshape", inputs=("x", "s"), consts={"s": np.array([-1, 9], np.int32)},
                     name="net/Flatten_1/Reshape"), ("Flatten", ["x"], {})),
    "called flatten": (dict(op="Reshape", inputs=("x", "s"), consts={"s": np.array([-1], np.int32)},
                            name="flatten/Reshape"), ("Reshape", ["x", "s"], {})),
    "transpose": (dict(op="Transpose", inputs=("x", "p"),
                       consts={"p": np.array([0, 3, 1, 2], np.int32)}),
                  ("Transpose", ["x"], {"permutation": [0, 3, 1, 2]})),
    "pack": (dict(op="Pack", inputs=("x", "x"), axis=2, N=2), ("Stack", ["x", "x"], {"axis": 2})),
    "concat": (dict(op="ConcatV2", inputs=("x", "x", "a"), consts={"a": np.int32(-1)}),
               ("Concat", ["x", "x"], {"axis": -1})),
    "expand": (dict(op="ExpandDims", inputs=("x", "a"), consts={"a": np.int64(2)}),
               ("ExpandDims", ["x"], {"axis": 2})),
    "argmax": (dict(op="ArgMax", inputs=("x", "a"), consts={"a": ONE}),
               ("ArgMax", ["x"], {"axis": 1})),
    "squeeze": (dict(op="Squeeze", squeeze_dims=[1, 2]), ("Squeeze", ["x"], {"axes": [1, 2]})),
    "mean": (dict(op="Mean", inputs=("x", "a"), consts={"a": np.array([1, 2], np.int32)},
                  keep_dims=True),
             ("Reduce", ["x"], {"func": "mean", "axes": [1, 2], "keepdims": True})),
    "slice": (dict(op="StridedSlice", inputs=("x", "b", "b", "b"),
                   consts={"b": np.array([1], np.int32)}, begin_mask=1, end_mask=0,
                   ellipsis_mask=0, new_axis_mask=0, shrink_axis_mask=1),
              ("StridedSlice", ["x", "b", "b", "b"],
               {"begin_mask": 1, "end_mask": 0, "shrink_axis_mask": 1})),
    "shape": (dict(op="Shape"), ("Shape", ["x"], {})),
    "pad": (dict(op="Pad", inputs=("x", "p"), consts={"p": np.zeros((4, 2), np.int32)}),
            ("Pad", ["x", "p"], {})),
    "gather": (dict(op="GatherV2", inputs=("x", "i", "a"), Tindices=Type("int32"),
                    Tparams=Type("float32"), consts={"i": np.array([0], np.int32), "a": ONE}),
               ("GatherV2", ["x", "i"], {"axis": 1, "indices_dtype": "int32",
                                         "params_dtype": "float32"})),
    "batch norm": (dict(op="FusedBatchNormV3", inputs=("x", *"abcd"), epsilon=0.5,
                        consts={k: random(3) for k in "abcd"}, is_training=False),
                   ("BatchNorm", ["x", *"abcd"], {"epsilon": 0.5, "inputs_orders": [NHWC]})),
    "bias": (dict(op="BiasAdd", inputs=("x", "b"), consts={"b": random(3)}),
             ("Binary", ["x", "b"], {"func": "add"})),
    "identity": (dict(op="Identity"), ("Identity", ["x"], {})),
    "custom": (dict(op="ResizeBilinear", inputs=("x", "s"), align_corners=True, T=Type("float32"),
                    consts={"s": np.array([3, 3], np.int32)}, data_format="NHWC", sizes=[1, 2],
                    scales_u_flist=[0.5, 2.0], _class=["loc:@x"], out=Shape((1, 2))),
               ("_ResizeBilinear", ["x", "s"],
                {"align_corners": True, "T": "float32", "data_format": "NHWC", "sizes": [1, 2],
                 "scales_u_flist": [0.5, 2.0], "out": [1, 2]})),
}


@pytest.mark.parametrize("case", NODES)
def test_nodes(case):
    arguments, expected = NODES[case]
    assert single(**arguments) == expected


@pytest.mark.parametrize("compact", [False, True])
def test_constants(compact):
    for value in (np.full((2, 3), 1.5, np.float32), np.full(4, -2, np.int64), np.int32(7),
                  np.full(2, 0.25, np.float16), np.full(3, 9, np.int8), np.full(3, -5, np.int16)):
        g = graphdef.Graph()
        g.const("c", value, compact)
        _, op, _, fields = converted(g, outputs=["c"])[0]
        assert op == "Const" and fields["dtype"] == value.dtype.name
        assert fields["shape"] == list(value.shape) and fields["values"] == value.tobytes()
    g = graphdef.Graph()
    g.const("c", np.full(3, 0.1), compact)
    fields = converted(g, outputs=["c"])[0][3]
    assert fields["dtype"] == "float32"
    assert fields["values"] == np.full(3, 0.1, np.float32).tobytes()


def test_order_of_nodes():
    """Outputs first, depth first from the last input; a bias stands before its add."""
    g = graphdef.Graph()
    g.placeholder("x", (-1, 4))
    g.const("w", random(4, 5))
    g.node("w/read", "Identity", ["w"])
    g.node("mul", "MatMul", ["x", "w/read"])
    g.const("b", random(5))
    g.node("b/read", "Identity", ["b"])
    g.node("add", "BiasAdd", ["mul", "b/read"])
    g.node("relu", "Relu", ["add"])
    g.node("tanh", "Tanh", ["add"])
    assert [n[0] for n in converted(g)] == [
        "tanh", "b", "add", "mul", "w", "x", "relu", "MarkOutput_0", "MarkOutput_1"]
    assert [n[2] for n in converted(g)[-2:]] == [["relu"], ["tanh"]]


def test_channels_first_bias():
    def nodes(extra):
        g = graphdef.Graph()
        g.placeholder("x", (-1, 3, 5, 5))
        b = g.const("b", random(3))
        g.node("add", "BiasAdd", ["x", b], data_format="NCHW")
        g.node("y", "Mul", ["add", b]) if extra else None
        return {n[0]: n for n in converted(g)}

    assert nodes(False)["b"][3]["shape"] == [3, 1, 1]
    shared = nodes(True)
    assert shared["b"][3]["shape"] == [3]
    assert shared["add"][2] == ["x", "b/channels_first"]
    assert shared["b/channels_first"][3]["shape"] == [3, 1, 1]


@pytest.mark.parametrize("pads, op, fold", [
    ([[0, 0], [1, 1], [2, 2], [0, 0]], "Conv2D", True),
    ([[0, 0], [1, 2], [2, 2], [0, 0]], "Conv2D", False),
    ([[0, 0], [1, 1], [2, 2], [0, 0]], "AvgPool", True),
    ([[0, 0], [1, 1], [2, 2], [0, 0]], "MaxPool", False),
])
def test_pad_in_front(pads, op, fold):
    g = graphdef.Graph()
    g.placeholder("x", (-1, 6, 6, 3))
    g.const("p", np.array(pads, np.int32))
    g.node("pad", "Pad", ["x", "p"])
    g.const("w", W)
    inputs = ["pad", "w"] if op == "Conv2D" else ["pad"]
    g.node("y", op, inputs, strides=[1, 1, 1, 1], padding="VALID", ksize=[1, 2, 2, 1])
    nodes = {n[0]: n for n in converted(g)}
    assert ("pad" not in nodes) == fold
    assert nodes["y"][2][0] == ("x" if fold else "pad")
    assert nodes["y"][3].get("padding") == ([1, 2] if fold else None)


def dilated(paddings=((2, 3), (2, 3)), crops=((0, 1), (0, 1))):
    g = graphdef.Graph()
    g.placeholder("x", (1, 7, 7, 3))
    g.const("block", np.array([2, 2], np.int32))
    g.const("paddings", np.array(paddings, np.int32))
    g.const("crops", np.array(crops, np.int32))
    g.node("space", "SpaceToBatchND", ["x", "block", "paddings"])
    g.const("w", W)
    g.node("conv", "Conv2D", ["space", "w"], strides=[1, 1, 1, 1], padding="VALID")
    g.node("batch", "BatchToSpaceND", ["conv", "block", "crops"])
    g.node("relu", "Relu", ["batch"])
    return g


def test_dilated_convolution():
    nodes = {n[0]: n for n in converted(dilated())}
    assert nodes["relu"][2] == ["conv"] and nodes["conv"][2] == ["x", "w"]
    assert nodes["conv"][3]["dilation"] == [2, 2] and nodes["conv"][3]["padding"] == [2, 2]
    nodes = {n[0]: n for n in converted(dilated(paddings=((2, 4), (2, 3))))}
    assert nodes["space"][1] == "_SpaceToBatchND"


def test_softmax_of_higher_rank():
    """What TensorFlow 1 wrote for a softmax over the last of four dimensions."""
    g = graphdef.Graph()
    g.placeholder("x", (-1, 2, 3, 5))
    g.node("rank_shape", "Shape", ["x"])
    g.const("four", np.int32(4))
    g.const("one", np.int32(1))
    g.node("sub", "Sub", ["four", "one"])
    g.node("begin", "Pack", ["sub"], axis=0, N=1)
    g.const("size", np.array([1], np.int32))
    g.node("last", "Slice", ["rank_shape", "begin", "size"])
    g.const("minus", np.array([-1], np.int32))
    g.const("axis", np.int32(0))
    g.node("rows_shape", "ConcatV2", ["minus", "last", "axis"])
    g.node("rows", "Reshape", ["x", "rows_shape"])
    g.node("softmax", "Softmax", ["rows"])
    g.node("shape", "Shape", ["x"])
    g.node("back", "Reshape", ["softmax", "shape"])
    assert [(n[0], n[1], n[2]) for n in converted(g)] == [
        ("softmax", "Softmax", ["x"]), ("x", "Input", []), ("MarkOutput_0", "MarkOutput", ["softmax"])]


def test_asserts_go():
    g = graphdef.Graph()
    g.placeholder("x", (-1, 4))
    g.node("check", "IsFinite", ["x"])
    g.node("assert", "Assert", ["check"])
    g.node("y", "Relu", ["x", "^assert"])
    assert [n[0] for n in converted(g)] == ["y", "x", "MarkOutput_0"]


def test_inputs_and_outputs():
    g = graphdef.Graph()
    g.placeholder("x", (-1, 4))
    g.node("a", "Relu", ["x"])
    g.node("b", "Tanh", ["a"])
    nodes = converted(g, outputs=["b", "a"], inputs=[("x", "data", bireme.float16, (2, 4))])
    assert nodes[-2:] == [("MarkOutput_0", "MarkOutput", ["b"], {}),
                          ("MarkOutput_1", "MarkOutput", ["a"], {})]
    assert ("data", "Input", [], {"dtype": "float16", "shape": [2, 4]}) in nodes
    nodes = converted(g, inputs=[("a", "a", bireme.float32, (1, 4))])
    assert [n[:2] for n in nodes] == [
        ("b", "Activation"), ("a", "Input"), ("MarkOutput_0", "MarkOutput")]


def test_errors_all_at_once():
    g = graphdef.Graph()
    g.placeholder("x", (-1, 6, 6, 3))
    g.node("v", "VariableV2")
    g.node("split", "Split", ["x"], num_split=2)
    g.node("y", "Add", ["v", "split:1"])
    g.node("z", "FusedBatchNorm", ["x", "v", "v", "v", "v"], is_training=True)
    g.node("s", "StridedSlice", ["x", "x", "x", "x"], new_axis_mask=1)
    with pytest.raises(bireme.Error) as caught:
        tensorflow_to_uff(g.bytes())
    text = str(caught.value)
    assert 'node "y" (Add): it reads output 1 of "split"' in text
    assert 'node "z" (FusedBatchNorm): it computes its mean' in text
    assert "new_axis_mask is not supported" in text
    with pytest.raises(bireme.Error, match='no node "nothing"'):
        tensorflow_to_uff(g.bytes(), outputs=["nothing"])
    for data in (b"", b"\x08\x01", g.bytes()[:-3], b"\x89HDF\r\n"):
        with pytest.raises(bireme.Error):
            tensorflow_to_uff(data)


def test_variables_are_named():
    g = graphdef.Graph()
    g.node("v", "VarHandleOp")
    g.node("y", "ReadVariableOp", ["v"])
    with pytest.raises(bireme.Error, match="frozen"):
        tensorflow_to_uff(g.bytes())


def small_network(channels_first=False):
    """Convolutions of every padding, poolings, normalisations, two heads."""
    more = {"data_format": "NCHW" if channels_first else "NHWC"}

    def four(a, b):
        return [1, 1, a, b] if channels_first else [1, a, b, 1]

    g = graphdef.Graph()
    g.placeholder("x", (1, 3, 17, 16) if channels_first else (1, 17, 16, 3))
    g.const("w1", random(3, 3, 3, 8))
    g.node("c1", "Conv2D", ["x", "w1"], strides=four(2, 2), padding="SAME", **more)
    g.const("b1", random(8))
    g.node("a1", "BiasAdd", ["c1", "b1"], **more)
    g.node("r1", "Relu6", ["a1"])
    g.const("w2", random(3, 3, 8, 1))
    g.node("c2", "DepthwiseConv2dNative", ["r1", "w2"], strides=four(1, 1), padding="SAME", **more)
    for name, value in zip("gbmv", (random(8), random(8), random(8), np.abs(random(8)) + 0.5)):
        g.const(name, value)
    g.node("n2", "FusedBatchNorm", ["c2", *"gbmv"], epsilon=0.001, is_training=False, **more)
    g.node("r2", "Relu", ["n2"])
    g.node("p2", "MaxPool", ["r2"], ksize=four(3, 3), strides=four(2, 2), padding="SAME", **more)
    g.node("p3", "AvgPool", ["p2"], ksize=four(2, 2), strides=four(1, 1), padding="VALID", **more)
    g.const("shape", np.array([-1, 4 * 3 * 8], np.int32))
    g.node("flat/flatten/Reshape", "Reshape", ["p3", "shape"])
    g.const("w4", random(4 * 3 * 8, 10) * 0.1)
    g.node("fc", "MatMul", ["flat/flatten/Reshape", "w4"], transpose_a=False, transpose_b=False)
    g.const("b4", random(10))
    g.node("logits", "BiasAdd", ["fc", "b4"])
    g.node("prob", "Softmax", ["logits"])
    return g


def test_results_agree_with_opencv(logger):
    g = small_network()
    x = random(1, 17, 16, 3)
    reference = cv2.dnn.readNetFromTensorflow(np.frombuffer(g.bytes(), np.uint8))
    reference.setInput(x.transpose(0, 3, 1, 2))
    expected = reference.forward()
    got = uff.Net(logger, tensorflow_to_uff(g.bytes())).run(x=x)["prob"]
    assert got.shape == (1, 10) and np.abs(got - expected).max() < 1e-5


def test_channels_first_agrees_with_channels_last(logger):
    """The same weights in both layouts; the head reads the map in the graph's own order."""
    global RNG
    outputs = []
    for channels_first in (False, True):
        RNG = np.random.default_rng(3)
        g = small_network(channels_first)
        x = random(1, 17, 16, 3)
        x = np.ascontiguousarray(x.transpose(0, 3, 1, 2)) if channels_first else x
        data = tensorflow_to_uff(g.bytes(), outputs=["p3"])
        outputs.append(uff.Net(logger, data).run(x=x)["p3"])
    assert np.abs(outputs[0].transpose(0, 3, 1, 2) - outputs[1]).max() < 1e-4


def resized(x, size, align_corners, half_pixel_centers, nearest):
    """What TensorFlow's ResizeNearestNeighbor and ResizeBilinear compute."""

    def coordinates(out, extent):
        o = np.arange(out)
        if align_corners:
            return o * (extent - 1) / max(out - 1, 1)
        if half_pixel_centers:
            return (o + 0.5) * extent / out - 0.5
        return o * extent / out

    for axis, out in ((1, size[0]), (2, size[1])):
        extent = x.shape[axis]
        c = coordinates(out, extent)
        if nearest:
            rounded = np.floor(c + 0.5) if align_corners or half_pixel_centers else np.floor(c)
            x = np.take(x, np.clip(rounded, 0, extent - 1).astype(int), axis)
            continue
        c = np.clip(c, 0, extent - 1)
        low = np.floor(c).astype(int)
        part = (c - low).reshape([-1 if i == axis else 1 for i in range(4)])
        high = np.minimum(low + 1, extent - 1)
        x = np.take(x, low, axis) * (1 - part) + np.take(x, high, axis) * part
    return x


@pytest.mark.parametrize("op", ["ResizeBilinear", "ResizeNearestNeighbor"])
@pytest.mark.parametrize("how", [(False, False), (True, False), (False, True)])
@pytest.mark.parametrize("size", [(12, 9), (4, 5)])
def test_resize(op, how, size):
    g = graphdef.Graph()
    g.placeholder("x", (2, 6, 6, 3))
    g.const("size", np.array(size, np.int32))
    g.node("y", op, ["x", "size"], align_corners=how[0], half_pixel_centers=how[1])
    x = random(2, 6, 6, 3)
    got = bireme.build(g.bytes())(x)["y"]
    expected = resized(x, size, *how, op == "ResizeNearestNeighbor")
    assert got.shape == expected.shape and np.abs(got - expected).max() < 1e-5


def test_operations_that_uff_lacks():
    x, b = random(2, 5, 4, 3), random(3)
    g = graphdef.Graph()
    g.placeholder("x", x.shape)
    g.node("m", "MaxPool", ["x"], ksize=[1, 1, 1, 1], strides=[1, 1, 1, 1], padding="VALID")
    g.const("b", b)
    g.const("begin", np.array([0, 1, 0, 1], np.int32))
    g.const("size", np.array([-1, 3, 4, 2], np.int32))
    g.const("low", np.float32(-0.5))
    g.const("high", np.float32(0.5))
    nodes = {
        "AddN": (["m", "x", "m"], {}, 3 * x),
        "SquaredDifference": (["m", "b"], {}, (x - b) ** 2),
        "Slice": (["m", "begin", "size"], {}, x[:, 1:4, :, 1:3]),
        "ClipByValue": (["m", "low", "high"], {}, np.clip(x, -0.5, 0.5)),
        "Reciprocal": (["m"], {}, 1 / x),
        "Round": (["m"], {}, np.round(x)),
        "Sign": (["m"], {}, np.sign(x)),
        "StopGradient": (["m"], {}, x),
        "Cast": (["m"], {"DstT": Type("int32")}, x.astype(np.int32)),
        "BatchMatMulV2": (["m", "x"], {"adj_x": False, "adj_y": True},
                          x @ x.transpose(0, 1, 3, 2)),
    }
    for op, (inputs, attributes, _) in nodes.items():
        g.node(op, op, inputs, **attributes)
    got = bireme.build(g.bytes(), outputs=list(nodes))(x)
    for op, (_, _, expected) in nodes.items():
        assert got[op].shape == expected.shape and np.allclose(got[op], expected, 1e-5, 1e-5), op
