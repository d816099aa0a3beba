# SPDX-License-Identifier: Apache-2.0
"""What the optimizer makes of the spellings that PyTorch's and TensorFlow's exporters use: how many layers are left, and
the results beside onnxruntime's. Conversions of formats at the edges of these small networks are not counted, except
where a form says that there must be none."""

import json

import numpy as np
import onnx
import onnx.helper as oh
import pytest
from helpers import onnxruntime_outputs, relative_difference, run
from onnx import TensorProto, numpy_helper

import bireme as trt


class Net:
    """Collects ONNX nodes: n.Relu(x) adds one and returns its output's name."""

    def __init__(self):
        self.nodes, self.weights, self.inputs, self.rng, self.count = [], [], [], np.random.default_rng(0), 0

    def name(self, kind):
        self.count += 1
        return f"{kind}{self.count}"

    def input(self, *shape):
        self.inputs.append(oh.make_tensor_value_info(self.name("in"), TensorProto.FLOAT, list(shape)))
        return self.inputs[-1].name

    def const(self, value):
        value = np.asarray(value)
        value = value.astype(np.float32) if value.dtype == np.float64 else value
        self.weights.append(numpy_helper.from_array(value, self.name("c")))
        return self.weights[-1].name

    def random(self, *shape):
        return self.const(self.rng.standard_normal(shape) * 0.3)

    def ints(self, *values):
        return self.const(np.array(values, np.int64))

    def __getattr__(self, kind):
        def add(*operands, n=1, **attributes):
            names = [self.name(kind) for _ in range(n)]
            inputs = [x if isinstance(x, str) else self.const(np.float32(x)) for x in operands]
            self.nodes.append(oh.make_node(kind, inputs, names, name=names[0] + "_node", **attributes))
            return names[0] if n == 1 else names
        return add

    def conv(self, x, c_in, c_out, k=1):
        return self.Conv(x, self.random(c_out, c_in, k, k), self.random(c_out), kernel_shape=[k, k], pads=[k // 2] * 4)

    def model(self, outputs):
        outputs = [oh.make_tensor_value_info(o, TensorProto.FLOAT, None) for o in outputs]
        graph = oh.make_graph(self.nodes, "form", self.inputs, outputs, self.weights)
        model = oh.make_model(graph, opset_imports=[oh.make_opsetid("", 17)], ir_version=8)
        return onnx.shape_inference.infer_shapes(model)


FORMS = {}


def form(layers, conversions=None):
    def put(make):
        FORMS[make.__name__] = (make, layers, conversions)
        return make
    return put


def conv_form(name, layers, activation):
    FORMS[name] = (lambda n: activation(n, n.conv(n.input(1, 16, 8, 8), 16, 16, 3)), layers, None)


def row_form(name, layers, function):
    FORMS[name] = (lambda n: function(n, n.input(4, 32)), layers, None)


conv_form("leaky_relu_by_max", 1, lambda n, x: n.Max(x, n.Mul(x, 0.1)))
conv_form("leaky_relu_by_where", 1, lambda n, x: n.Where(n.Less(x, 0.0), n.Mul(x, 0.1), x))
conv_form("elu_by_where", 1, lambda n, x: n.Where(n.Greater(x, 0.0), x, n.Mul(n.Sub(n.Exp(x), 1.0), 0.5)))
conv_form("celu_by_parts", 1, lambda n, x: n.Add(n.Relu(x), n.Min(n.Mul(n.Sub(n.Exp(n.Div(x, 2.0)), 1.0), 2.0), 0.0)))
conv_form("silu_by_exponential", 1, lambda n, x: n.Div(x, n.Add(n.Exp(n.Neg(x)), 1.0)))
conv_form("softsign", 1, lambda n, x: n.Div(x, n.Add(n.Abs(x), 1.0)))
conv_form("softplus_up_to_20", 1, lambda n, x: n.Where(n.Greater(x, 20.0), x, n.Log(n.Add(n.Exp(x), 1.0))))
conv_form("mish_up_to_20", 1, lambda n, x: n.Mul(
    x, n.Tanh(n.Where(n.Greater(x, 20.0), x, n.Log(n.Add(n.Exp(x), 1.0))))))
conv_form("hard_swish", 1, lambda n, x: n.HardSwish(x))
conv_form("hard_swish_clip", 1, lambda n, x: n.Div(n.Mul(x, n.Clip(n.Add(x, 3.0), 0.0, 6.0)), 6.0))
conv_form("hard_swish_tensorflow", 1, lambda n, x: n.Mul(x, n.Mul(n.Min(n.Relu(n.Add(x, 3.0)), 6.0), 1 / 6)))
conv_form("hard_sigmoid", 1, lambda n, x: n.Div(n.Clip(n.Add(x, 3.0), 0.0, 6.0), 6.0))
conv_form("silu", 1, lambda n, x: n.Mul(n.Sigmoid(x), x))
conv_form("selu", 1, lambda n, x: n.Selu(x))
FORMS["selu_of_5x5"] = (lambda n: n.Selu(n.conv(n.input(1, 16, 8, 8), 16, 16, 5)), 1, None)
conv_form("mish", 1, lambda n, x: n.Mul(x, n.Tanh(n.Softplus(x))))
conv_form("prelu", 1, lambda n, x: n.PRelu(x, n.random(16, 1, 1)))
conv_form("prelu_keras", 1, lambda n, x: n.Add(n.Relu(x), n.Mul(n.Neg(n.random(16, 1, 1)), n.Relu(n.Neg(x)))))
conv_form("prelu_tensorflow1", 1,
          lambda n, x: n.Add(n.Relu(x), n.Mul(n.Mul(n.Sub(x, n.Abs(x)), n.random(16, 1, 1)), 0.5)))


def prelu_form(name, anchor, slopes=(12, 1, 1), x=(1, 12, 8, 8)):
    FORMS[f"prelu_of_{name}"] = (lambda n: n.PRelu(anchor(n, n.input(*x)), n.random(*slopes)), 1, None)


prelu_form("5x5", lambda n, x: n.conv(x, 12, 12, 5))
prelu_form("stride", lambda n, x: n.Conv(x, n.random(12, 12, 3, 3), n.random(12), strides=[2, 2], pads=[1] * 4))
prelu_form("groups", lambda n, x: n.Conv(x, n.random(12, 4, 3, 3), group=3, dilations=[2, 2]))
prelu_form("depthwise", lambda n, x: n.Conv(x, n.random(12, 1, 3, 3), n.random(12), group=12, pads=[1] * 4))
prelu_form("depthwise_7x7", lambda n, x: n.Conv(x, n.random(12, 1, 7, 7), group=12, strides=[2, 2], pads=[3] * 4))
prelu_form("one_dimension", lambda n, x: n.Conv(x, n.random(12, 12, 3), n.random(12)), (12, 1), (2, 12, 20))
prelu_form("meeting", lambda n, x: n.ConvTranspose(x, n.random(12, 12, 2, 2), n.random(12), strides=[2, 2]))
prelu_form("linear", lambda n, x: n.Gemm(x, n.random(12, 32), n.random(12), transB=1), (12,), (6, 32))

row_form("clip_then_min", 1, lambda n, x: n.Min(n.Clip(x, 0.0, 6.0), 10.0))
row_form("clip_twice", 1, lambda n, x: n.Clip(n.Clip(x, 0.0, 6.0), -1.0, 4.0))
row_form("double_negation", 1, lambda n, x: n.Relu(n.Neg(n.Neg(x))))
row_form("softmax", 1, lambda n, x: (lambda e: n.Div(e, n.ReduceSum(e, n.ints(-1))))(
    n.Exp(n.Sub(x, n.ReduceMax(x, axes=[-1])))))
row_form("log_softmax", 1, lambda n, x: n.Log(n.Softmax(x, axis=-1)))
row_form("log_softmax_sum", 1, lambda n, x: (lambda d: n.Sub(d, n.Log(n.ReduceSum(n.Exp(d), n.ints(-1)))))(
    n.Sub(x, n.ReduceMax(x, axes=[-1]))))
row_form("log_softmax_lse", 1, lambda n, x: n.Sub(x, n.ReduceLogSumExp(x, axes=[-1])))
row_form("scale_then_product", 1, lambda n, x: n.MatMul(n.Mul(x, n.random(32)), n.random(32, 8)))
row_form("slice_of_slice", 1, lambda n, x: n.Relu(
    n.Slice(n.Slice(x, n.ints(8), n.ints(30), n.ints(1)), n.ints(4), n.ints(20), n.ints(1))))
row_form("weight_norm", 1, lambda n, x: (lambda v: n.Gemm(
    x, n.Mul(n.Div(v, n.ReduceL2(v, axes=[1], keepdims=1)), n.random(8, 1)), n.random(8), transB=1))(n.random(8, 32)))
row_form("l2_norm_torch", 1, lambda n, x: n.Div(x, n.Expand(n.Clip(n.ReduceL2(x, axes=[-1], keepdims=1), 1e-12), n.Shape(x))))
row_form("l2_norm_tensorflow", 1, lambda n, x: n.Mul(x, n.Reciprocal(n.Sqrt(n.Max(n.ReduceSum(n.Mul(x, x), n.ints(-1)), 1e-12)))))
row_form("rms_norm", 1, lambda n, x: n.Mul(n.random(32), n.Mul(
    x, n.Reciprocal(n.Sqrt(n.Add(n.ReduceMean(n.Pow(x, 2.0), axes=[-1]), 1e-5))))))


def tanh_gelu(n, argument):
    x = n.Add(n.MatMul(n.input(4, 32), n.random(32, 64)), n.random(64))
    return n.Mul(n.Mul(0.5, x), n.Add(1.0, n.Tanh(argument(x))))


@form(1)
def gelu_tanh(n):
    k = (2 / np.pi) ** 0.5
    return tanh_gelu(n, lambda x: n.Mul(k, n.Add(x, n.Mul(0.044715, n.Pow(x, 3.0)))))


@form(1)
def gelu_fast(n):
    return tanh_gelu(n, lambda x: n.Mul(n.Mul(x, 0.7978845608), n.Add(1.0, n.Mul(n.Mul(0.044715, x), x))))


@form(1)
def layer_norm_tensorflow(n):
    x = n.input(4, 32)
    mean = n.ReduceMean(x, axes=[-1])
    d = n.Sub(x, mean)
    factor = n.Mul(n.Reciprocal(n.Sqrt(n.Add(n.ReduceMean(n.Mul(d, d), axes=[-1]), 1e-3))), n.random(32))
    return n.Add(n.Mul(x, factor), n.Sub(n.random(32), n.Mul(mean, factor)))


@form(1)
def group_norm_pytorch(n):
    x = n.Reshape(n.input(2, 16, 8, 8), n.ints(0, 4, -1))
    y = n.InstanceNormalization(x, n.const(np.ones(4)), n.const(np.zeros(4)), epsilon=1e-5)
    return n.Add(n.Mul(n.Reshape(y, n.ints(2, 16, 8, 8)), n.random(16, 1, 1)), n.random(16, 1, 1))


@form(1)
def group_norm_silu(n):  # diffusion networks'
    x = n.Reshape(n.input(2, 16, 8, 8), n.ints(0, 4, -1))
    y = n.InstanceNormalization(x, n.const(np.ones(4)), n.const(np.zeros(4)), epsilon=1e-5)
    y = n.Add(n.Mul(n.Reshape(y, n.ints(2, 16, 8, 8)), n.random(16, 1, 1)), n.random(16, 1, 1))
    return n.Mul(y, n.Sigmoid(y))


@form(1)
def instance_norm_relu(n):
    return n.Relu(n.InstanceNormalization(n.input(2, 16, 8, 8), n.random(16), n.random(16)))


@form(2)
def focus(n):
    x = n.input(1, 3, 8, 8)

    def part(i, j):
        rows = n.Slice(x, n.ints(i), n.ints(2**62), n.ints(2), n.ints(2))
        return n.Slice(rows, n.ints(j), n.ints(2**62), n.ints(3), n.ints(2))

    joined = n.Concat(part(0, 0), part(1, 0), part(0, 1), part(1, 1), axis=1)
    return n.Relu(n.conv(joined, 12, 16, 3))


def shuffled(n, x, c, h):
    x = n.Reshape(x, n.ints(1, 2, c // 2, h, h))
    return n.Reshape(n.Transpose(x, perm=[0, 2, 1, 3, 4]), n.ints(1, c, h, h))


@form(2, conversions=3)  # two at the edges, one permutation of channels-last tensors
def channel_shuffle(n):
    x = shuffled(n, n.conv(n.input(1, 16, 8, 8), 16, 16), 16, 8)
    return n.Conv(x, n.random(8, 8, 3, 3), n.random(8), kernel_shape=[3, 3], pads=[1] * 4, group=2)


@form(2, conversions=2)
def channel_shuffle_into_weights(n):
    return n.conv(shuffled(n, n.conv(n.input(1, 16, 8, 8), 16, 16), 16, 8), 16, 8, 3)


@form(15, conversions=2)  # ShuffleNet v2's: of the copies one a unit is left
def channel_shuffle_units(n):
    def branch(x, c, stride):
        x = n.Relu(n.conv(x, c, 12))
        x = n.Conv(x, n.random(12, 1, 3, 3), n.random(12), kernel_shape=[3, 3], pads=[1] * 4, strides=[stride] * 2, group=12)
        return n.Relu(n.conv(x, 12, 12))

    x = n.input(1, 8, 16, 16)
    x = shuffled(n, n.Concat(branch(x, 8, 2), branch(x, 8, 2), axis=1), 24, 8)
    for _ in range(2):
        left, right = n.Split(x, n.ints(12, 12), axis=1, n=2)
        x = shuffled(n, n.Concat(left, branch(right, 12, 1), axis=1), 24, 8)
    return n.conv(x, 24, 8)


def squeeze_excite(n, gates, spatial=(2, 3)):
    """A convolution, whose channels the gates scale, and one of one element."""
    x = n.Relu(n.conv(n.input(2, 3, 9, 8), 3, 16, 3))
    return n.conv(n.Mul(x, gates(x)), 16, 8)


@form(3)
def squeeze_excite_pytorch(n):
    return squeeze_excite(n, lambda x: n.Sigmoid(n.conv(n.Relu(n.conv(n.GlobalAveragePool(x), 16, 4)), 4, 16)))


@form(3)
def squeeze_excite_linear(n):  # SENet's: linear layers, and the gates seen as an image again
    def gates(x):
        m = n.Reshape(n.GlobalAveragePool(x), n.ints(2, 16))
        h = n.Relu(n.Gemm(m, n.random(4, 16), n.random(4), transB=1))
        g = n.Sigmoid(n.Gemm(h, n.random(16, 4), n.random(16), transB=1))
        return n.Expand(n.Reshape(g, n.ints(2, 16, 1, 1)), n.ints(2, 16, 9, 8))
    return squeeze_excite(n, gates)


@form(3)
def squeeze_excite_hard(n):  # MobileNetV3's, with means in numbers
    def gates(x):
        h = n.Relu(n.conv(n.ReduceMean(x, axes=[-1, -2]), 16, 4))
        return n.Div(n.Clip(n.Add(n.conv(h, 4, 16), 3.0), 0.0, 6.0), 6.0)
    return squeeze_excite(n, gates)


@form(3)
def squeeze_excite_of_one_product(n):  # eSE's
    return squeeze_excite(n, lambda x: n.HardSigmoid(n.conv(n.GlobalAveragePool(x), 16, 16)))


@form(3)
def squeeze_excite_over_channels(n):  # ECA's
    def gates(x):
        m = n.Reshape(n.GlobalAveragePool(x), n.ints(2, 1, 16))
        y = n.Conv(m, n.random(1, 1, 3), kernel_shape=[3], pads=[1, 1])
        return n.Sigmoid(n.Reshape(y, n.ints(2, 16, 1, 1)))
    return squeeze_excite(n, gates)


@form(4)  # gates, then scale, residual and activation in one
def squeeze_excite_residual(n):
    x = n.conv(n.input(2, 3, 9, 8), 3, 16, 3)
    g = n.Sigmoid(n.conv(n.Relu(n.conv(n.GlobalAveragePool(x), 16, 4)), 4, 16))
    return n.conv(n.Relu(n.Add(n.Mul(x, g), n.input(2, 16, 9, 8))), 16, 8)


@form(3)
def squeeze_excite_tensorflow(n):  # channels last: means, products and gates of [N, 1, 1, C]
    def conv(x, a, b, k=1):
        y = n.Conv(n.Transpose(x, perm=[0, 3, 1, 2]), n.random(b, a, k, k), kernel_shape=[k, k], pads=[k // 2] * 4)
        return n.Add(n.Transpose(y, perm=[0, 2, 3, 1]), n.random(b))

    def silu(x):
        return n.Mul(x, n.Sigmoid(x))

    x = silu(conv(n.input(2, 9, 8, 3), 3, 16, 3))
    m = n.Reshape(n.ReduceMean(x, axes=[1, 2], keepdims=0), n.ints(-1, 1, 1, 16))
    return conv(n.Mul(x, n.Sigmoid(conv(silu(conv(m, 16, 4)), 4, 16))), 16, 8)


@form(3)
def squeeze_excite_tensorflow_pool(n):  # tf2onnx's: a pool between transposes that it drops again
    def conv(x, a, b, k=1):
        y = n.Conv(n.Transpose(x, perm=[0, 3, 1, 2]), n.random(b, a, k, k), kernel_shape=[k, k], pads=[k // 2] * 4)
        return n.Add(n.Transpose(y, perm=[0, 2, 3, 1]), n.random(b))

    x = n.Relu(conv(n.input(2, 9, 8, 3), 3, 16, 3))
    m = n.Squeeze(n.GlobalAveragePool(n.Transpose(x, perm=[0, 3, 1, 2])), n.ints(2, 3))
    h = n.Relu(n.Add(n.MatMul(m, n.random(16, 4)), n.random(4)))
    g = n.Sigmoid(n.Add(n.MatMul(h, n.random(4, 16)), n.random(16)))
    return conv(n.Mul(x, n.Reshape(g, n.ints(2, 1, 1, 16))), 16, 8)


@form(2, conversions=0)
def concat_of_concats(n):
    a, b, c = (n.input(1, 4, 8, 8) for _ in range(3))
    return n.Concat(n.Concat(n.Relu(a), b, axis=1), n.Concat(c, a, axis=1), axis=1)


@form(1, conversions=0)
def concat_then_split(n):
    p, q = n.Split(n.Concat(n.input(1, 4, 8, 8), n.input(1, 4, 8, 8), axis=1), n.ints(4, 4), axis=1, n=2)
    return n.Add(p, q)


@form(1, conversions=0)
def split_then_concat(n):
    p, q = n.Split(n.input(1, 8, 8, 8), n.ints(4, 4), axis=1, n=2)
    return n.Relu(n.Concat(p, q, axis=1))


@form(1)
def pad_then_max_pool(n):
    padded = n.Pad(n.input(1, 8, 8, 8), n.ints(0, 0, 1, 1, 0, 0, 1, 1), n.const(np.float32(-np.inf)))
    return n.MaxPool(padded, kernel_shape=[3, 3], strides=[2, 2])


@form(1)
def pad_then_average_pool(n):
    padded = n.Pad(n.input(1, 8, 8, 8), n.ints(0, 0, 1, 1, 0, 0, 1, 1))
    return n.AveragePool(padded, kernel_shape=[3, 3])


@form(1, conversions=0)
def channels_last_pad_then_convolution(n):
    padded = n.Pad(n.input(1, 8, 8, 3), n.ints(0, 0, 0, 0, 0, 1, 1, 0))
    y = n.Conv(n.Transpose(padded, perm=[0, 3, 1, 2]), n.random(8, 3, 3, 3), kernel_shape=[3, 3], strides=[2, 2])
    return n.Relu(n.Transpose(y, perm=[0, 2, 3, 1]))


@form(2, conversions=0)
def channels_last_residual_block(n):  # TensorFlow's: bias, addition and ReLU on channels-last tensors
    def conv(x):
        y = n.Conv(n.Transpose(x, perm=[0, 3, 1, 2]), n.random(8, 8, 3, 3), kernel_shape=[3, 3], pads=[1] * 4)
        return n.Add(n.Transpose(y, perm=[0, 2, 3, 1]), n.random(8))

    x = n.Relu(conv(n.input(1, 8, 8, 8)))
    return n.Relu(n.Add(conv(x), x))


def attention(n, kv_heads=4, mask=None):
    """Projections, attention of 4 heads over 8 tokens, projection: three layers when all is recognised."""
    x, e = n.input(1, 8, 32), 8

    def heads(count):
        y = n.Add(n.MatMul(x, n.random(32, count * e)), n.random(count * e))
        return n.Transpose(n.Reshape(y, n.ints(1, 8, count, e)), perm=[0, 2, 1, 3])

    def repeat(t):
        wide = n.Expand(n.Unsqueeze(t, n.ints(2)), n.ints(1, kv_heads, 4 // kv_heads, 8, e))
        return n.Reshape(wide, n.ints(1, 4, 8, e))

    q, k, v = heads(4), heads(kv_heads), heads(kv_heads)
    if kv_heads != 4:
        k, v = repeat(k), repeat(v)
    scores = n.Div(n.MatMul(q, n.Transpose(k, perm=[0, 1, 3, 2])), e**0.5)
    y = n.MatMul(n.Softmax(mask(scores) if mask else scores, axis=-1), v)
    y = n.Reshape(n.Transpose(y, perm=[0, 2, 1, 3]), n.ints(1, 8, 32))
    return n.Add(n.MatMul(y, n.random(32, 32)), n.random(32))


FORMS["attention"] = (attention, 3, 0)
FORMS["attention_grouped_query"] = (lambda n: attention(n, kv_heads=2), 3, 0)


@form(3, conversions=0)
def attention_causal_of_two_dims(n):
    return attention(n, mask=lambda s: n.Add(s, n.const(np.triu(np.full((8, 8), -1e9), 1))))


@form(3, conversions=0)
def attention_causal_by_where(n):
    seen = np.tril(np.ones((1, 1, 8, 8), bool))
    return attention(n, mask=lambda s: n.Where(n.const(seen), s, n.const(np.float32(-3e38))))


def rotary(n, neighbours, per_pair):
    """Rotary positions of [batch, heads, tokens, features], in the spellings of Llama, GPT-J and ONNX's own operator."""
    x, width = n.input(2, 3, 5, 8), 4 if per_pair else 8
    cos, sin = n.input(1, 5, width), n.input(2, 1, 5, width)
    ranges = [(0, 8, 2), (1, 8, 2)] if neighbours else [(0, 4, 1), (4, 8, 1)]
    p, q = (n.Slice(x, n.ints(a), n.ints(b), n.ints(3), n.ints(s)) for a, b, s in ranges)

    def beside(a, b):
        if not neighbours:
            return n.Concat(a, b, axis=-1)
        return n.Reshape(n.Concat(n.Unsqueeze(a, n.ints(-1)), n.Unsqueeze(b, n.ints(-1)), axis=-1), n.ints(2, 3, 5, 8))

    if per_pair:
        return beside(n.Sub(n.Mul(p, cos), n.Mul(q, sin)), n.Add(n.Mul(q, cos), n.Mul(p, sin)))
    return n.Add(n.Mul(x, cos), n.Mul(beside(n.Neg(q), p), sin))


for neighbours in (False, True):
    for per_pair in (False, True):
        FORMS[f"rotary_{'neighbours' if neighbours else 'halves'}_{'pairs' if per_pair else 'features'}"] = (
            lambda n, a=neighbours, b=per_pair: rotary(n, a, b), 1, 0)


@form(1, conversions=0)
def rotary_of_first_features(n):  # GPT-NeoX, Phi
    x, cos, sin = n.input(2, 3, 5, 10), n.input(1, 5, 4), n.input(2, 1, 5, 4)
    turned, rest = n.Split(x, n.ints(4, 6), axis=-1, n=2)
    p, q = n.Split(turned, n.ints(2, 2), axis=-1, n=2)
    return n.Concat(n.Add(n.Mul(turned, cos), n.Mul(n.Concat(n.Neg(q), p, axis=-1), sin)), rest, axis=-1)


@form(1, conversions=0)
def rotary_of_last_tokens(n):  # EVA: a class token stands before
    x, cos, sin = n.input(2, 3, 5, 8), n.random(4, 8), n.random(4, 8)
    first, turned = n.Split(x, n.ints(1, 4), axis=2, n=2)
    p, q = n.Split(turned, n.ints(4, 4), axis=-1, n=2)
    return n.Concat(first, n.Add(n.Mul(turned, cos), n.Mul(n.Concat(n.Neg(q), p, axis=-1), sin)), axis=2)


@form(1, conversions=0)
def rotary_by_gathers(n):
    x, cos, sin = n.input(2, 3, 5, 8), n.input(2, 1, 5, 8), n.input(2, 1, 5, 8)
    p, q = n.Gather(x, n.ints(0, 1, 2, 3), axis=-1), n.Gather(x, n.ints(4, 5, 6, 7), axis=-1)
    return n.Add(n.Mul(x, cos), n.Mul(n.Concat(n.Neg(q), p, axis=-1), sin))


@form(1, conversions=0)
def rotary_of_pairs(n):  # complex numbers as Llama's own code has them, taken apart by indices
    x, cos, sin = n.input(2, 5, 3, 8), n.input(1, 5, 1, 4), n.input(1, 5, 1, 4)
    pairs = n.Reshape(x, n.ints(2, 5, 3, 4, 2))
    p, q = (n.Gather(pairs, n.const(np.int64(i)), axis=-1) for i in (0, 1))
    real, imaginary = n.Sub(n.Mul(p, cos), n.Mul(q, sin)), n.Add(n.Mul(p, sin), n.Mul(q, cos))
    both = n.Concat(n.Unsqueeze(real, n.ints(-1)), n.Unsqueeze(imaginary, n.ints(-1)), axis=-1)
    return n.Reshape(both, n.ints(2, 5, 3, 8))


def scaled_dot_product(n, mask=None):
    """torch's scaled_dot_product_attention as its exporter writes it: the root of the scale on both sides, rows that see
    nothing give 0."""
    y = n.Add(n.MatMul(n.input(1, 8, 32), n.random(32, 96)), n.random(96))
    q, k, v = (n.Transpose(n.Reshape(t, n.ints(1, 8, 4, 8)), perm=[0, 2, 1, 3])
               for t in n.Split(y, n.ints(32, 32, 32), axis=-1, n=3))
    flat = n.Transpose(n.Reshape(k, n.ints(-1, 8, 8)), perm=[0, 2, 1])
    k = n.Mul(n.Reshape(flat, n.ints(1, 4, 8, 8)), 8**-0.25)
    scores = n.MatMul(n.Mul(q, 8**-0.25), k)
    p = n.Softmax(n.Add(scores, mask(n)) if mask else scores, axis=-1)
    y = n.MatMul(n.Where(n.IsNaN(p), 0.0, p), v)
    return n.Add(n.MatMul(n.Reshape(n.Transpose(y, perm=[0, 2, 1, 3]), n.ints(1, 8, 32)), n.random(32, 32)), n.random(32))


FORMS["scaled_dot_product"] = (scaled_dot_product, 3, 0)


@form(3, conversions=0)
def scaled_dot_product_of_padding(n):  # the first tokens see nothing
    seen = np.tril(np.ones((8, 8), bool)) & (np.arange(8) >= 2)
    return scaled_dot_product(n, lambda n: n.Where(n.const(seen[None, None]), 0.0, n.const(np.float32(-np.inf))))


def finish(n, q, k, v, back, shape):
    scores = n.Mul(n.MatMul(q, n.Transpose(k, perm=back)), 8**-0.5)
    y = n.MatMul(n.Softmax(scores, axis=-1), v)
    y = n.Transpose(y, perm=[1, 0, 2] if len(back) == 3 else [0, 2, 1, 3])
    return n.Add(n.MatMul(n.Reshape(y, n.ints(*shape)), n.random(32, 32)), n.random(32))


@form(3, conversions=0)
def attention_of_torch_multihead(n):  # batch and heads in one dim, tokens first
    y = n.Add(n.MatMul(n.input(8, 1, 32), n.random(32, 96)), n.random(96))
    q, k, v = (n.Transpose(n.Reshape(t, n.ints(8, 4, 8)), perm=[1, 0, 2])
               for t in n.Split(y, n.ints(32, 32, 32), axis=-1, n=3))
    return finish(n, q, k, v, [0, 2, 1], (8, 1, 32))


@form(3, conversions=0)
def attention_of_torch_module(n):  # nn.MultiheadAttention, tokens first, for two samples
    y = n.Add(n.MatMul(n.input(8, 2, 32), n.random(32, 96)), n.random(96))
    y = n.Unsqueeze(n.Reshape(y, n.ints(8, 2, 3, 32)), n.ints(0))
    y = n.Squeeze(n.Transpose(y, perm=[3, 1, 2, 0, 4]), n.ints(3))
    q, k, v = (n.Gather(y, n.const(np.int64(i)), axis=0) for i in range(3))
    q, k, v = (n.Transpose(n.Reshape(t, n.ints(8, 8, 8)), perm=[1, 0, 2]) for t in (q, k, v))
    q, k, v = (n.Reshape(t, n.ints(2, 4, 8, 8)) for t in (q, k, v))
    scores = n.Mul(n.MatMul(q, n.Transpose(k, perm=[0, 1, 3, 2])), 8**-0.5)
    y = n.Transpose(n.MatMul(n.Softmax(scores, axis=-1), v), perm=[2, 0, 1, 3])
    y = n.Gemm(n.Reshape(y, n.ints(16, 32)), n.random(32, 32), n.random(32), transB=1)
    return n.Reshape(y, n.ints(8, 2, 32))


@form(3, conversions=0)
def attention_of_timm(n):  # queries, keys and values unbound from one product
    y = n.Add(n.MatMul(n.input(1, 8, 32), n.random(32, 96)), n.random(96))
    y = n.Transpose(n.Reshape(y, n.ints(1, 8, 3, 4, 8)), perm=[2, 0, 3, 1, 4])
    q, k, v = (n.Squeeze(t, n.ints(0)) for t in n.Split(y, n.ints(1, 1, 1), axis=0, n=3))
    return finish(n, q, k, v, [0, 1, 3, 2], (1, 8, 32))


def windows(n, normalize, scale):
    """Attention of windows as Swin has it: 2 images of 3 windows of 8 tokens, a bias for all and a mask for each window."""
    y = n.Add(n.MatMul(n.input(6, 8, 32), n.random(32, 96)), n.random(96))
    y = n.Transpose(n.Reshape(y, n.ints(6, 8, 3, 4, 8)), perm=[2, 0, 3, 1, 4])
    q, k, v = (n.Squeeze(t, n.ints(0)) for t in n.Split(y, n.ints(1, 1, 1), axis=0, n=3))
    q, k = normalize(q), normalize(k)
    scores = n.Add(n.Mul(n.MatMul(q, n.Transpose(k, perm=[0, 1, 3, 2])), scale), n.random(1, 4, 8, 8))
    scores = n.Add(n.Reshape(scores, n.ints(2, 3, 4, 8, 8)), n.random(1, 3, 1, 8, 8))
    y = n.MatMul(n.Softmax(n.Reshape(scores, n.ints(6, 4, 8, 8)), axis=-1), v)
    y = n.Reshape(n.Transpose(y, perm=[0, 2, 1, 3]), n.ints(6, 8, 32))
    return n.Add(n.MatMul(y, n.random(32, 32)), n.random(32))


@form(3, conversions=0)
def attention_of_windows(n):
    return windows(n, lambda x: x, 8**-0.5)


@form(5, conversions=0)  # Swin v2: lengths of 1, a scale for each head
def attention_of_normalized_windows(n):
    return windows(n, lambda x: n.Div(x, n.Clip(n.ReduceL2(x, axes=[-1], keepdims=1), 1e-12)), n.random(1, 4, 1, 1))


@form(1)
def sibling_chains(n):  # one reading of the tensor, 8 MiB, serves all
    x = n.input(1, 32, 256, 256)
    return [n.Mul(n.Sigmoid(x), n.random(32, 1, 1)), n.Relu(n.Add(x, 1.0)), n.Sqrt(n.Abs(x)),
            n.Where(n.Less(x, 0.5), n.random(32, 1, 1), x)]


@form(1)
def sibling_chains_joined(n):  # into one buffer: their parts of it are no runs of memory
    x = n.input(2, 16, 256, 256)
    return n.Concat(n.Mul(n.Sigmoid(x), n.random(16, 1, 1)), n.Relu(n.Add(x, 1.0)), n.Sqrt(n.Abs(x)), axis=1)


def engine_of(model, *flags):
    logger = trt.Logger(trt.Logger.ERROR)
    builder = trt.Builder(logger)
    network = builder.create_network()
    parser = trt.OnnxParser(network, logger)
    assert parser.parse(model)
    config = builder.create_builder_config()
    config.builder_optimization_level = 0  # nothing is timed: the graph is what counts
    config.profiling_verbosity = trt.ProfilingVerbosity.DETAILED
    config.default_device_type = trt.DeviceType.CPU
    for flag in flags:
        config.set_flag(flag)
    engine = builder.build_engine_with_config(network, config)
    assert engine is not None
    return engine


@pytest.mark.parametrize("name", FORMS)
def test_form(name):
    make, layers, conversions = FORMS[name]
    net = Net()
    made = make(net)
    model = net.model(made if isinstance(made, list) else [made]).SerializeToString()
    engine = engine_of(model)
    left = json.loads(engine.create_engine_inspector().get_engine_information(trt.LayerInformationFormat.JSON))["Layers"]
    reformats = [layer["Name"] for layer in left if layer["LayerType"] == "Reformat"]
    names = [layer["Name"] for layer in left if layer["LayerType"] != "Reformat"]
    assert len(names) <= layers, names
    assert conversions is None or len(reformats) <= conversions, reformats
    rng = np.random.default_rng(1)
    feed = {i.name: rng.standard_normal([d.dim_value for d in i.type.tensor_type.shape.dim]).astype(np.float32)
            for i in net.inputs}
    results = run(engine.create_execution_context(), feed)
    for output, expected in onnxruntime_outputs(model, feed).items():
        assert relative_difference(results[output], expected) < 1e-5


def test_views_are_less_than_untimed_kernels():
    """Parts of tensors are not copied where BF16 is permitted and nothing is timed."""
    net = Net()
    model = net.model([FORMS["channel_shuffle_units"][0](net)]).SerializeToString()
    engine = engine_of(model, trt.BuilderFlag.BF16)
    left = json.loads(engine.create_engine_inspector().get_engine_information(trt.LayerInformationFormat.JSON))["Layers"]
    assert len(left) <= 17, [layer["Name"] for layer in left]
