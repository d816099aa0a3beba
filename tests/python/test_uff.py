# SPDX-License-Identifier: Apache-2.0
"""UFF files: every operation against what TensorFlow means by it, in numpy."""

import numpy as np
import pytest

import bireme as trt
import tf_numpy as tf
import uff
from uff import orders

RNG = np.random.default_rng(7)
X4 = RNG.standard_normal((2, 7, 6, 4)).astype(np.float32)
NHWC = orders("N+C")


def random(*shape):
    return RNG.standard_normal(shape).astype(np.float32)


def close(got, expected, tolerance=1e-5):
    assert got.shape == expected.shape
    assert np.abs(got - expected).max() <= tolerance * max(1, np.abs(expected).max())


def one(logger, x, build, dtype="float32", dynamic=False):
    """Result of the node that `build(graph, "x")` adds."""
    g = uff.Graph()
    g.input("x", (-1, *x.shape[1:]) if dynamic else x.shape, dtype)
    g.output(build(g, "x"))
    (out,) = uff.run(logger, g, x=x).values()
    return out


CONVOLUTIONS = {
    "valid": ((3, 3), (1, 1), (0, 0), {}),
    "same": ((3, 3), (1, 1), "SAME", {"implicit_padding": "same"}),
    "same, odd total": ((4, 3), (2, 2), "SAME", {"implicit_padding": "same"}),
    "padding": ((3, 2), (2, 1), (1, 2), {"padding": [1, 2]}),
    "dilation": ((2, 3), (1, 1), (0, 0), {"dilation": [2, 1]}),
}


@pytest.mark.parametrize("case", CONVOLUTIONS)
def test_conv(logger, case):
    kernel, strides, padding, more = CONVOLUTIONS[case]
    w = random(*kernel, 4, 5)
    got = one(logger, X4, lambda g, x: g.node(
        "y", "Conv", [x, g.const("w", w)], inputs_orders=orders("N+C", "+CK"),
        strides=list(strides), **more))
    close(got, tf.conv2d(X4, w, strides, padding, more.get("dilation", (1, 1))))


@pytest.mark.parametrize("multiplier", [1, 3])
def test_depthwise(logger, multiplier):
    w = random(3, 3, 4, multiplier)
    got = one(logger, X4, lambda g, x: g.node(
        "y", "Conv", [x, g.const("w", w)], inputs_orders=orders("N+C", "+CK"), strides=[2, 2],
        implicit_padding="same", number_groups=4))
    close(got, tf.depthwise(X4, w, (2, 2), "SAME"))


def test_conv_channels_first(logger):
    w = random(3, 3, 7, 5)
    got = one(logger, X4, lambda g, x: g.node(
        "y", "Conv", [x, g.const("w", w)], inputs_orders=orders("NC+", "+CK")))
    close(got, tf.conv2d(X4.transpose(0, 2, 3, 1), w).transpose(0, 3, 1, 2))


def test_conv_of_a_computed_kernel(logger):
    w = random(3, 3, 4, 5)

    def build(g, x):
        g.node("w2", "Unary", [g.const("w", w)], func="neg")
        return g.node("y", "Conv", [x, "w2"], inputs_orders=orders("N+C", "+CK"))

    close(one(logger, X4, build), tf.conv2d(X4, -w))


@pytest.mark.parametrize("size, strides, padding", [
    ((7, 6), (1, 1), "SAME"), ((14, 12), (2, 2), "SAME"), ((13, 11), (2, 2), "SAME"),
    ((15, 13), (2, 2), "VALID"), ((16, 14), (2, 2), "VALID"), ((21, 24), (3, 4), "SAME"),
])
def test_conv_transpose(logger, size, strides, padding):
    w = random(3, 3, 5, 4)
    more = {"implicit_padding": "same"} if padding == "SAME" else {}
    got = one(logger, X4, lambda g, x: g.node(
        "y", "ConvTranspose",
        [x, g.const("w", w), g.const("s", np.array([2, *size, 5], np.int32))],
        inputs_orders=orders("N+C", "+KC"), strides=list(strides), **more))
    close(got, tf.conv2d_transpose(X4, w, size, strides, padding))


@pytest.mark.parametrize("func", ["max", "avg"])
@pytest.mark.parametrize("padding", ["SAME", (0, 0), (1, 1)])
def test_pool(logger, func, padding):
    more = {"implicit_padding": "same"} if padding == "SAME" else {"padding": list(padding)}
    got = one(logger, X4 - 3, lambda g, x: g.node(
        "y", "Pool", [x], func=func, kernel=[3, 2], strides=[2, 2], inputs_orders=NHWC, **more))
    pool = tf.max_pool if func == "max" else tf.avg_pool
    close(got, pool(X4 - 3, (3, 2), (2, 2), padding))


@pytest.mark.parametrize("order", ["NC_CK", "NC_KC", "CN_CK"])
def test_fully_connected(logger, order):
    x, w = random(3, 8), random(8, 5)
    data, weights = order.split("_")
    got = one(logger, x.T.copy() if data == "CN" else x, lambda g, i: g.node(
        "y", "FullyConnected", [i, g.const("w", w.T.copy() if weights == "KC" else w)],
        inputs_orders=orders(data, weights)))
    close(got, x @ w)


@pytest.mark.parametrize("how", ["Flatten", "Reshape"])
@pytest.mark.parametrize("dynamic", [False, True])
def test_flatten_reads_tensorflows_order(logger, how, dynamic):
    k, w = random(3, 3, 4, 2), random(5 * 4 * 2, 6)

    def build(g, x):
        g.node("c", "Conv", [x, g.const("k", k)], inputs_orders=orders("N+C", "+CK"))
        if how == "Flatten":
            g.node("f", "Flatten", ["c"])
        else:
            g.node("f", "Reshape", ["c", g.const("s", np.array([-1, 40], np.int32))])
        return g.node("y", "FullyConnected", ["f", g.const("w", w)],
                      inputs_orders=orders("NC", "CK"))

    close(one(logger, X4, build, dynamic=dynamic), tf.conv2d(X4, k).reshape(2, -1) @ w)


def test_flatten_alone(logger):
    def build(g, x):
        g.node("p", "Pool", [x], func="max", kernel=[2, 2], strides=[2, 2], inputs_orders=NHWC)
        return g.node("y", "Flatten", ["p"])

    close(one(logger, X4, build), tf.max_pool(X4, (2, 2), (2, 2)).reshape(2, -1))


BINARY = {"add": np.add, "sub": np.subtract, "mul": np.multiply, "div": np.divide,
          "min": np.minimum, "max": np.maximum, "pow": np.power}


@pytest.mark.parametrize("func", BINARY)
@pytest.mark.parametrize("shape", [(), (4,), (6, 1), (7, 6, 4), (1, 1, 1, 4)])
def test_binary(logger, func, shape):
    x = np.abs(X4) + 0.1
    other = np.abs(random(*shape)) + 0.5

    def build(g, i):
        g.node("p", "Pool", [i], func="max", kernel=[1, 1], inputs_orders=NHWC)
        g.node("a", "Binary", ["p", g.const("o", other)], func=func)
        return g.node("y", "Binary", ["o", "a"], func=func)

    close(one(logger, x, build), BINARY[func](other, BINARY[func](x, other)), 1e-4)


UNARY = {"neg": np.negative, "exp": np.exp, "log": np.log, "abs": np.abs, "sqrt": np.sqrt,
         "rsqrt": lambda x: 1 / np.sqrt(x), "square": np.square, "sin": np.sin, "cos": np.cos,
         "tan": np.tan, "sinh": np.sinh, "cosh": np.cosh, "asin": np.arcsin, "acos": np.arccos,
         "atan": np.arctan, "asinh": np.arcsinh, "acosh": lambda x: np.arccosh(x + 1),
         "atanh": np.arctanh, "ceil": np.ceil, "floor": np.floor}


def test_unary(logger):
    x = RNG.uniform(0.05, 0.9, (2, 3)).astype(np.float32)
    g = uff.Graph()
    g.input("x", x.shape)
    g.node("x1", "Binary", ["x", g.const("one", np.float32(1))], func="add")
    for func in UNARY:
        g.output(g.node(func, "Unary", ["x1" if func == "acosh" else "x"], func=func))
    out = uff.run(logger, g, x=x)
    for func, f in UNARY.items():
        close(out[func], f(x), 1e-5)


ACTIVATIONS = {
    "relu": lambda x: np.maximum(x, 0), "relu6": lambda x: np.clip(x, 0, 6),
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)), "tanh": np.tanh,
    "elu": lambda x: np.where(x > 0, x, np.expm1(x)),
    "selu": lambda x: 1.0507009873554805 * np.where(x > 0, x, 1.6732632423543772 * np.expm1(x)),
    "softsign": lambda x: x / (1 + np.abs(x)), "softplus": lambda x: np.log1p(np.exp(x)),
}


def test_activations(logger):
    x = random(2, 50) * 4
    g = uff.Graph()
    g.input("x", x.shape)
    for func in ACTIVATIONS:
        g.output(g.node(func, "Activation", ["x"], func=func))
    g.output(g.node("leaky", "LeakyRelu", ["x"], alpha=0.1))
    out = uff.run(logger, g, x=x)
    for func, f in ACTIVATIONS.items():
        close(out[func], f(x), 1e-5)
    close(out["leaky"], np.where(x > 0, x, 0.1 * x))


def test_lrn(logger):
    x = random(2, 3, 4, 9)
    got = one(logger, x, lambda g, i: g.node(
        "y", "LRN", [i], window_size=2, alpha=0.3, beta=0.75, k=1.5, inputs_orders=orders("NC+")))
    close(got, tf.lrn(x, 2, 1.5, 0.3, 0.75))


@pytest.mark.parametrize("shape", [(2, 7), (2, 5, 3), (2, 7, 6, 4)])
def test_softmax(logger, shape):
    x = random(*shape)

    def build(g, i):
        if len(shape) == 4:
            i = g.node("p", "Pool", [i], func="max", kernel=[1, 1], inputs_orders=NHWC)
        return g.node("y", "Softmax", [i], axis=0, inputs_orders=NHWC)

    close(one(logger, x, build), tf.softmax(x))


@pytest.mark.parametrize("order", ["N+C", "NC+", "NC"])
def test_batch_norm(logger, order):
    x = random(3, 4) if order == "NC" else X4
    c = x.shape[1 if order == "NC+" else -1]
    p = [random(c), random(c), random(c), np.abs(random(c)) + 0.1]
    got = one(logger, x, lambda g, i: g.node(
        "y", "BatchNorm", [i, *(g.const(f"p{k}", v) for k, v in enumerate(p))], epsilon=0.01,
        inputs_orders=orders(order)))
    if order == "NC+":
        p = [v.reshape(-1, 1, 1) for v in p]
    close(got, tf.batch_norm(x, *p, 0.01))


def pooled(g, x):
    """A feature map that lies as N, C, H, W."""
    return g.node("pooled", "Pool", [x], func="max", kernel=[1, 1], inputs_orders=NHWC)


# What moves or indexes, on a feature map: name -> (operation, extra inputs, fields, numpy)
MOVES = {
    "transpose": ("Transpose", [], {"permutation": [3, 0, 2, 1]},
                  lambda x: x.transpose(3, 0, 2, 1)),
    "expand": ("ExpandDims", [], {"axis": 1}, lambda x: x[:, None]),
    "expand last": ("ExpandDims", [], {"axis": -1}, lambda x: x[..., None]),
    "squeeze nothing": ("Squeeze", [], {"axes": []}, lambda x: x),
    "argmax": ("ArgMax", [], {"axis": 3}, lambda x: x.argmax(3).astype(np.int32)),
    "argmin": ("ArgMin", [], {"axis": 1}, lambda x: x.argmin(1).astype(np.int32)),
    "sum": ("Reduce", [], {"func": "sum", "axes": [1, 2], "keepdims": False},
            lambda x: x.sum((1, 2))),
    "prod": ("Reduce", [], {"func": "prod", "axes": [-1], "keepdims": True},
             lambda x: x.prod(-1, keepdims=True)),
    "max": ("Reduce", [], {"func": "max", "axes": [1, 3], "keepdims": False},
            lambda x: x.max((1, 3))),
    "min": ("Reduce", [], {"func": "min", "axes": [2], "keepdims": False}, lambda x: x.min(2)),
    "mean": ("Reduce", [], {"func": "mean"}, lambda x: x.mean()),
    "reshape": ("Reshape", [np.array([0, -1, 8], np.int32)], {}, lambda x: x.reshape(2, -1, 8)),
    "pad": ("Pad", [np.array([[0, 0], [1, 2], [0, 3], [2, 0]], np.int32)], {},
            lambda x: np.pad(x, [(0, 0), (1, 2), (0, 3), (2, 0)])),
    "slice": ("StridedSlice",
              [np.array(v, np.int32) for v in ([0, 1, -1, 0], [0, 6, 0, 3], [1, 2, -2, 1])],
              {"begin_mask": 1, "end_mask": 1, "shrink_axis_mask": 0},
              lambda x: x[:, 1:6:2, -1:0:-2, 0:3]),
    "index": ("StridedSlice", [np.array(v, np.int32) for v in ([0, -2, 1], [0, 0, 0], [1, 1, 1])],
              {"begin_mask": 1, "end_mask": 5, "shrink_axis_mask": 2},
              lambda x: x[:, -2, 1:]),
    "gather": ("Gather", [np.array([1, 0, 1], np.int32)], {}, lambda x: x[[1, 0, 1]]),
    "gather v2": ("GatherV2", [np.array([[3, 0]], np.int32)], {"axis": -1},
                  lambda x: x[..., [[3, 0]]]),
    "concat": ("Concat", [random(2, 7, 6, 3)], {"axis": -1}, None),
    "concat rows": ("Concat", [random(2, 2, 6, 4)], {"axis": 1}, None),
    "stack": ("Stack", [random(2, 7, 6, 4)], {"axis": 2}, None),
}


@pytest.mark.parametrize("case", MOVES)
@pytest.mark.parametrize("channels_first", [False, True])
def test_moves(logger, case, channels_first):
    op, extra, fields, expected = MOVES[case]

    def build(g, x):
        i = pooled(g, x) if channels_first else x
        return g.node("y", op, [i, *(g.const(f"c{k}", v) for k, v in enumerate(extra))], **fields)

    got = one(logger, X4, build)
    if op == "Concat":
        close(got, np.concatenate([X4, *extra], fields["axis"]))
    elif op == "Stack":
        close(got, np.stack([X4, *extra], fields["axis"]))
    else:
        close(got, np.asarray(expected(X4)))


def test_squeeze(logger):
    x = random(2, 1, 5, 1)
    for axes, expected in (([1], x[:, 0]), ([-1], x[..., 0]), ([], x[:, 0, :, 0])):
        close(one(logger, x, lambda g, i: g.node("y", "Squeeze", [pooled(g, i)], axes=axes)),
              expected)


@pytest.mark.parametrize("dynamic", [False, True])
def test_computed_shape(logger, dynamic):
    """Shape, StridedSlice and Stack make the shape of a Reshape, as Keras writes it."""

    def build(g, x):
        g.node("shape", "Shape", [pooled(g, x)])
        one_, zero = g.const("c1", np.array([1], np.int32)), g.const("c0", np.array([0], np.int32))
        g.node("batch", "StridedSlice", ["shape", zero, one_, g.const("c", np.array([1], np.int32))],
               begin_mask=0, end_mask=0, shrink_axis_mask=1)
        g.node("s", "Stack", ["batch", g.const("c21", np.int32(21)), g.const("c8", np.int32(8))],
               axis=0)
        return g.node("y", "Reshape", ["pooled", "s"])

    close(one(logger, X4, build, dynamic=dynamic), X4.reshape(2, 21, 8))


@pytest.mark.parametrize("dtype", ["float16", "int32", "int64"])
def test_types(logger, dtype):
    x = RNG.integers(-9, 9, (2, 5)).astype(dtype)
    c = np.array([1, 2, 3, 4, 5], dtype)
    got = one(logger, x, lambda g, i: g.node("y", "Binary", [i, g.const("c", c)], func="mul"),
              dtype)
    assert got.dtype == x.dtype and np.array_equal(got, x * c)


def test_narrow_constants(logger):
    x = np.arange(5, dtype=np.int32).reshape(1, 5)
    for narrow in (np.int8, np.int16):
        c = np.array([-3, 2, -1, 0, 7], narrow)
        got = one(logger, x, lambda g, i: g.node("y", "Binary", [i, g.const("c", c)], func="add"),
                  "int32")
        assert np.array_equal(got, x + c)


def test_half_weights(logger):
    g = uff.Graph()
    g.input("x", (1, 4))
    c = np.array([1 / 3, 70000, 1e-8, -2.5], np.float32)
    g.output(g.node("y", "Binary", ["x", g.const("c", c)], func="max"))
    net = uff.Net(logger, g.bytes(), weights=trt.float16)
    got = net.run(x=np.full((1, 4), -1e9, np.float32))["y"]
    with np.errstate(over="ignore"):
        assert np.array_equal(got[0], c.astype(np.float16).astype(np.float32))
