# SPDX-License-Identifier: Apache-2.0
"""A case of about a million elements for every operator of ai.onnx that takes tensors.

In the forms of operator set 18 and later, but for the operators that ended before (`OPSET`).
"""

import pathlib
import sys

import numpy as np
import onnx
import onnx.helper as oh

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "tests" / "python"))
from op_pairs.case import Case, Data  # noqa: E402

CASES = {}  # operator -> function of (data, operator's name) that makes the Case
OPSET = {"Scatter": 10, "Upsample": 9}  # the only operator set of these
OPEN = {"ConstantOfShape"}  # inputs' extents are not told, or the result would be a constant
RANDOM = set("RandomNormal RandomNormalLike RandomUniform RandomUniformLike Bernoulli Multinomial".split())
IMAGE = (1, 64, 128, 128)
SQUARE = (1024, 1024)
FLOAT, INT64, BOOL = onnx.TensorProto.FLOAT, onnx.TensorProto.INT64, onnx.TensorProto.BOOL


def case(operators):
    def register(build):
        CASES.update({operator: build for operator in operators.split()})
        return build

    return register


def ints(*values):
    return np.array(values, np.int64)


def info(name, kind=FLOAT, shape=None):
    return oh.make_tensor_value_info(name, kind, shape)


@case("Abs Acosh Asinh Atan Ceil Celu Cos Cosh Elu Erf Exp Floor Gelu HardSigmoid HardSwish Identity IsInf IsNaN LeakyRelu "
      "Log Mish Neg Reciprocal Relu Round Selu Shrink Sigmoid Sign Sin Sinh Softplus Softsign Sqrt Swish Tan Tanh "
      "ThresholdedRelu Acos Asin Atanh Dropout EyeLike Shape Size Hardmax LogSoftmax LpNormalization Softmax "
      "RandomNormalLike RandomUniformLike DynamicQuantizeLinear NonZero ArgMax ArgMin Trilu BitCast")
def of_one(data, op):
    low, high = {"Acosh": (1.1, 4), "Log": (0.1, 4), "Sqrt": (0, 4), "Reciprocal": (0.5, 4), "Acos": (-1, 1), "Asin": (-1, 1),
                 "Atanh": (-0.9, 0.9)}.get(op, (-2, 2))
    attributes = {"BitCast": {"to": onnx.TensorProto.INT32}, "LpNormalization": {"p": 2}, "ArgMax": {"axis": -1},
                  "ArgMin": {"axis": -1}}.get(op, {})
    x = data.real(*SQUARE, low=low, high=high)
    return Case([np.maximum(x, 0) if op == "NonZero" else x], attributes,
                outputs=3 if op == "DynamicQuantizeLinear" else 1)


@case("Add Sub Mul Div Max Min Mean Sum Pow Equal Greater GreaterOrEqual Less LessOrEqual SwiGLU")
def of_two(data, op):
    return Case([data.real(*SQUARE, low=0.2), data.real(*SQUARE, low=0.2)])


@case("And Or Xor")
def of_two_flags(data, op):
    return Case([data.flags(*SQUARE), data.flags(*SQUARE)])


@case("BitwiseAnd BitwiseOr BitwiseXor Mod BitShift")
def of_two_integers(data, op):
    dtype = np.uint32 if op == "BitShift" else np.int32
    return Case([data.whole(*SQUARE, low=0, high=1000, dtype=dtype), data.whole(*SQUARE, low=1, high=8, dtype=dtype)],
                {"direction": "LEFT"} if op == "BitShift" else {})


@case("Not BitwiseNot")
def inverted(data, op):
    return Case([data.flags(*SQUARE) if op == "Not" else data.whole(*SQUARE, dtype=np.int32)])


@case("Where")
def where(data, op):
    return Case([data.flags(*SQUARE), data.real(*SQUARE), data.real(*SQUARE)])


@case("Clip PRelu")
def with_constants(data, op):
    if op == "Clip":
        return Case([data.real(*SQUARE), np.float32(-0.5), np.float32(1)], constant=(1, 2))
    return Case([data.real(*IMAGE), data.real(64, 1, 1)], constant=(1,))


@case("Cast CastLike")
def cast(data, op):
    if op == "Cast":
        return Case([data.real(*SQUARE)], {"to": onnx.TensorProto.FLOAT16})
    return Case([data.real(*SQUARE), np.zeros(1, np.int32)], constant=(1,))


@case("QuantizeLinear DequantizeLinear")
def quantize(data, op):
    x = data.real(*SQUARE) if op[0] == "Q" else data.whole(*SQUARE, low=0, high=255, dtype=np.uint8)
    return Case([x, np.float32(0.02), np.uint8(120)], constant=(1, 2))


# Products, convolutions, pooling, normalisation, recurrence


@case("MatMul Gemm")
def product(data, op):
    return Case([data.real(*SQUARE), data.real(*SQUARE)])


@case("Einsum")
def einsum(data, op):
    return Case([data.real(16, 256, 256), data.real(16, 256, 256)], {"equation": "bij,bjk->bik"})


@case("MatMulInteger QLinearMatMul")
def integer_product(data, op):
    a, b = (data.whole(*SQUARE, low=0, high=255, dtype=np.uint8) for _ in range(2))
    if op == "MatMulInteger":
        return Case([a, b, np.uint8(120), np.uint8(130)], constant=(1, 2, 3))
    scales = [np.float32(0.02), np.uint8(120)]
    return Case([a, *scales, b, *scales, np.float32(2), np.uint8(110)], constant=tuple(range(1, 8)), atol=1)


@case("Conv")
def conv(data, op):
    return Case([data.real(*IMAGE), data.real(64, 64, 3, 3), data.real(64)], {"pads": [1] * 4}, constant=(1, 2))


@case("ConvTranspose")
def conv_transpose(data, op):
    return Case([data.real(1, 64, 64, 64), data.real(64, 64, 2, 2), data.real(64)], {"strides": [2, 2]}, constant=(1, 2))


@case("DeformConv")
def deform_conv(data, op):
    return Case([data.real(*IMAGE), data.real(16, 64, 3, 3), data.real(1, 18, 128, 128, low=-0.5, high=0.5)],
                {"pads": [1] * 4}, constant=(1,))


@case("CausalConvWithState")
def causal_conv(data, op):
    return Case([data.real(2, 512, 1024), data.real(512, 1, 4), data.real(512), data.real(2, 512, 3)], outputs=2)


@case("ConvInteger QLinearConv")
def integer_conv(data, op):
    x, w = data.whole(*IMAGE, low=0, high=255, dtype=np.uint8), data.whole(64, 64, 3, 3, dtype=np.int8)
    if op == "ConvInteger":
        return Case([x, w.view(np.uint8), np.uint8(120), np.uint8(130)], {"pads": [1] * 4}, constant=(1, 2, 3))
    return Case([x, np.float32(0.02), np.uint8(120), w, data.real(64, low=0.01, high=0.03), np.zeros(64, np.int8),
                 np.float32(0.05), np.uint8(110), data.whole(64, dtype=np.int32)], {"pads": [1] * 4},
                constant=tuple(range(1, 9)), atol=1)


@case("AveragePool LpPool MaxPool")
def pool(data, op):
    return Case([data.real(*IMAGE)], {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [1] * 4})


@case("GlobalAveragePool GlobalLpPool GlobalMaxPool MeanVarianceNormalization LRN")
def over_image(data, op):
    return Case([data.real(*IMAGE)], {"size": 5} if op == "LRN" else {})


@case("MaxUnpool")
def max_unpool(data, op):
    places = np.arange(1 << 18, dtype=np.int64).reshape(1, 64, 64, 64)
    rows, columns = places // 64, places % 64
    return Case([data.real(1, 64, 64, 64), rows * 256 + columns * 2], {"kernel_shape": [2, 2], "strides": [2, 2]})


@case("MaxRoiPool RoiAlign")
def rois(data, op):
    corner, extent = data.real(300, 2, low=0, high=80), data.real(300, 2, low=8, high=40)
    boxes = np.concatenate([corner, corner + extent], 1)
    if op == "MaxRoiPool":
        boxes = np.concatenate([np.zeros((300, 1), np.float32), np.round(boxes)], 1)
        return Case([data.real(*IMAGE), boxes], {"pooled_shape": [7, 7]})
    return Case([data.real(*IMAGE), boxes, np.zeros(300, np.int64)],
                {"output_height": 7, "output_width": 7, "sampling_ratio": 2})


@case("BatchNormalization")
def batch_normalization(data, op):
    stats = [data.real(64), data.real(64), data.real(64), data.real(64, low=0.5)]
    return Case([data.real(*IMAGE), *stats], constant=(1, 2, 3, 4))


@case("InstanceNormalization GroupNormalization")
def image_normalization(data, op):
    return Case([data.real(*IMAGE), data.real(64), data.real(64)], {"num_groups": 8} if op[0] == "G" else {},
                constant=(1, 2))


@case("LayerNormalization RMSNormalization")
def row_normalization(data, op):
    scale = [data.real(1024)] + ([data.real(1024)] if op[0] == "L" else [])
    return Case([data.real(*SQUARE), *scale], constant=tuple(range(1, 1 + len(scale))))


@case("RNN GRU LSTM")
def recurrent(data, op):
    gates = {"RNN": 1, "GRU": 3, "LSTM": 4}[op]
    w, r, b = (data.real(1, *s, low=-0.1, high=0.1) for s in ((gates * 256, 256), (gates * 256, 256), (gates * 512,)))
    return Case([data.real(128, 32, 256), w, r, b], {"hidden_size": 256}, outputs=2, constant=(1, 2, 3))


@case("Attention")
def attention(data, op):
    return Case([data.real(1, 16, 1024, 64) for _ in range(3)])


@case("LinearAttention")
def linear_attention(data, op):
    return Case([data.real(1, 1024, 1024) for _ in range(3)],
                {"q_num_heads": 16, "kv_num_heads": 16, "update_rule": "linear"}, outputs=2)


@case("RotaryEmbedding")
def rotary(data, op):
    return Case([data.real(1, 16, 1024, 64), data.real(1024, 32, low=-1, high=1), data.real(1024, 32, low=-1, high=1),
                 np.arange(1024, dtype=np.int64).reshape(1, 1024)])


# Folding, sorting, counting


@case("ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare")
def reduce(data, op):
    return Case([data.real(*SQUARE, low=0.9, high=1.1), ints(-1)], {"keepdims": 0}, constant=(1,))


@case("CumSum CumProd")
def cumulative(data, op):
    return Case([data.real(*SQUARE, low=0.99, high=1.01), np.int64(1)], constant=(1,))


@case("TopK")
def topk(data, op):
    return Case([data.real(*SQUARE), ints(10)], outputs=2, constant=(1,))


@case("Unique")
def unique(data, op):
    return Case([data.whole(1 << 20, low=0, high=100000)], outputs=4)


@case("Compress")
def compress(data, op):
    return Case([data.real(*SQUARE), data.flags(1024)], {"axis": 0})


@case("NegativeLogLikelihoodLoss SoftmaxCrossEntropyLoss")
def loss(data, op):
    return Case([data.real(8, 128, 1024), data.whole(8, 1024, low=0, high=127)])


@case("Det")
def det(data, op):
    return Case([data.real(1 << 14, 8, 8)])


@case("TfIdfVectorizer")
def tf_idf(data, op):
    pool = np.concatenate([np.arange(1000), data.whole(2000, low=0, high=999)]).tolist()
    return Case([data.whole(1024, 1024, low=0, high=999, dtype=np.int32)],
                {"min_gram_length": 1, "max_gram_length": 2, "max_skip_count": 0, "mode": "TF", "ngram_counts": [0, 1000],
                 "ngram_indexes": list(range(2000)), "pool_int64s": [int(v) for v in pool]})


# Moving, choosing, resizing, making


@case("Concat")
def concat(data, op):
    return Case([data.real(1024, 256) for _ in range(4)], {"axis": 1})


@case("Constant")
def constant(data, op):
    value = onnx.numpy_helper.from_array(data.real(*SQUARE))
    nodes = [oh.make_node("Constant", [], ["c"], value=value), oh.make_node("Add", ["a", "c"], ["y0"])]
    return Case([data.real(*SQUARE)], nodes=nodes)


@case("ConstantOfShape")
def constant_of_shape(data, op):
    nodes = [oh.make_node("Shape", ["a"], ["s"]), oh.make_node("ConstantOfShape", ["s"], ["y0"])]
    return Case([data.real(*SQUARE)], nodes=nodes)


@case("Expand Tile")
def repeated(data, op):
    if op == "Tile":
        return Case([data.real(256, 256), ints(4, 4)], constant=(1,))
    return Case([data.real(1024, 1), ints(1024, 1024)], constant=(1,))


@case("Flatten Reshape Squeeze Unsqueeze Transpose")
def viewed(data, op):
    operand = {"Reshape": [ints(512, 2048)], "Squeeze": [ints(0)], "Unsqueeze": [ints(0)]}.get(op, [])
    x = data.real(1, *SQUARE) if op == "Squeeze" else data.real(*SQUARE)
    return Case([x, *operand], {"perm": [1, 0]} if op == "Transpose" else {}, constant=(1,))


@case("Gather")
def gather(data, op):
    return Case([data.real(10000, 256), data.whole(4096, low=0, high=9999)])


@case("GatherElements Scatter ScatterElements")
def by_element(data, op):
    places = data.rng.permuted(np.broadcast_to(np.arange(1024), SQUARE), axis=1)
    return Case([data.real(*SQUARE), places] + ([data.real(*SQUARE)] if op[0] == "S" else []), {"axis": 1})


@case("GatherND")
def gather_nd(data, op):
    return Case([data.real(*SQUARE), data.whole(1 << 19, 2, low=0, high=1023)])


@case("ScatterND")
def scatter_nd(data, op):
    return Case([data.real(4096, 256), data.rng.permutation(4096)[:2048].reshape(-1, 1), data.real(2048, 256)])


@case("TensorScatter")
def tensor_scatter(data, op):
    return Case([data.real(4, 16, 256, 64), data.real(4, 16, 64, 64), ints(0, 1, 2, 3)])


@case("OneHot")
def one_hot(data, op):
    return Case([data.whole(1024, low=0, high=1023), np.int64(1024), np.array([0, 1], np.float32)], constant=(1, 2))


@case("Pad Slice Split CenterCropPad")
def cut(data, op):
    if op == "Pad":
        return Case([data.real(1, 64, 126, 126), ints(0, 0, 1, 1, 0, 0, 1, 1)], constant=(1,))
    if op == "Slice":
        return Case([data.real(64, 130, 256), ints(1, 0), ints(129, 256), ints(1, 2), ints(1, 2)], constant=(1, 2, 3, 4))
    if op == "Split":
        return Case([data.real(*SQUARE)], {"axis": 1, "num_outputs": 4}, outputs=4)
    return Case([data.real(*SQUARE), ints(900, 1100)], constant=(1,))


@case("Range BlackmanWindow HammingWindow HannWindow MelWeightMatrix")
def made(data, op):
    if op == "Range":
        return Case([np.float32(0), np.float32(1 << 20), np.float32(1)])
    if op == "MelWeightMatrix":
        return Case([np.int64(128), np.int64(16384), np.int64(16000), np.float32(0), np.float32(8000)])
    return Case([np.int64(1 << 20)])


@case("ReverseSequence")
def reverse_sequence(data, op):
    return Case([data.real(128, 64, 128), data.whole(64, low=1, high=128)], {"time_axis": 0, "batch_axis": 1})


@case("DepthToSpace SpaceToDepth")
def blocks(data, op):
    return Case([data.real(1, 256, 64, 64) if op[0] == "D" else data.real(*IMAGE)], {"blocksize": 2})


@case("Col2Im")
def col2im(data, op):
    return Case([data.real(1, 72, 126 * 126), ints(128, 128), ints(3, 3)], constant=(1, 2))


@case("Upsample Resize")
def resize(data, op):
    scales = np.array([1, 1, 2, 2], np.float32)
    inputs = [data.real(1, 64, 64, 64)] + ([None] if op == "Resize" else []) + [scales]
    return Case(inputs, {"mode": "linear"}, constant=(len(inputs) - 1,))


@case("GridSample")
def grid_sample(data, op):
    return Case([data.real(*IMAGE), data.real(1, 128, 128, 2, low=-1.1, high=1.1)])


@case("AffineGrid")
def affine_grid(data, op):
    return Case([data.real(2, 2, 3), ints(2, 3, 512, 512)], constant=(1,))


@case("NonMaxSuppression")
def nms(data, op):
    corner = data.real(1, 4096, 2, low=0, high=1)
    boxes = np.concatenate([corner, corner + data.real(1, 4096, 2, low=0.05, high=0.2)], -1)
    return Case([boxes, data.real(1, 8, 4096, low=0, high=1), np.int64(100), np.float32(0.5), np.float32(0.2)],
                constant=(2, 3, 4))


@case("RandomNormal RandomUniform")
def random(data, op):
    return Case([], {"shape": [1024, 1024]})


@case("Bernoulli Multinomial")
def drawn(data, op):
    return Case([data.real(*SQUARE, low=0, high=1)], {"sample_size": 4} if op == "Multinomial" else {})


@case("DFT")
def dft(data, op):
    return Case([data.real(64, 16384, 1), None, np.int64(1)], constant=(2,))


@case("STFT")
def stft(data, op):
    return Case([data.real(1, 1 << 18, 1), np.int64(256), data.real(1024)], constant=(1, 2))


# Bodies, sequences and optionals: tensors enter and leave


@case("If")
def if_(data, op):
    then = oh.make_graph([oh.make_node("Neg", ["b"], ["t"])], "then", [], [info("t", shape=SQUARE)])
    other = oh.make_graph([oh.make_node("Abs", ["b"], ["e"])], "else", [], [info("e", shape=SQUARE)])
    node = oh.make_node("If", ["a"], ["y0"], then_branch=then, else_branch=other)
    return Case([np.bool_(True), data.real(*SQUARE)], nodes=[node])


@case("Loop")
def loop(data, op):
    body = oh.make_graph([oh.make_node("Add", ["s", "b"], ["s2"]), oh.make_node("Identity", ["go"], ["go2"])], "body",
                         [info("i", INT64, []), info("go", BOOL, []), info("s", shape=[1 << 16])],
                         [info("go2", BOOL, []), info("s2", shape=[1 << 16])])
    return Case([data.real(1 << 16), data.real(1 << 16), np.int64(16)],
                nodes=[oh.make_node("Loop", ["c", "", "a"], ["y0"], body=body)])


@case("Scan")
def scan(data, op):
    body = oh.make_graph([oh.make_node("Add", ["s", "x"], ["s2"]), oh.make_node("Identity", ["s2"], ["out"])], "body",
                         [info("s", shape=[1 << 14]), info("x", shape=[1 << 14])],
                         [info("s2", shape=[1 << 14]), info("out", shape=[1 << 14])])
    return Case([data.real(1 << 14), data.real(64, 1 << 14)], outputs=2,
                nodes=[oh.make_node("Scan", ["a", "b"], ["y0", "y1"], body=body, num_scan_inputs=1)])


@case("SequenceConstruct SequenceAt ConcatFromSequence SequenceErase SequenceInsert SequenceEmpty SequenceLength SequenceMap")
def sequence(data, op):
    nodes = [oh.make_node("SequenceConstruct", ["a", "b"], ["s"])]
    inputs, join = [data.real(512, 1024), data.real(512, 1024)], oh.make_node("ConcatFromSequence", ["t"], ["y0"], axis=0)
    at = [np.int64(0)] if op in ("SequenceAt", "SequenceErase") else []
    if op in ("SequenceConstruct", "ConcatFromSequence"):
        nodes += [oh.make_node("ConcatFromSequence", ["s"], ["y0"], axis=0)]
    elif op == "SequenceAt":
        nodes += [oh.make_node(op, ["s", "c"], ["y0"])]
    elif op == "SequenceLength":
        nodes += [oh.make_node(op, ["s"], ["y0"])]
    elif op == "SequenceErase":
        nodes += [oh.make_node(op, ["s", "c"], ["t"]), join]
    elif op == "SequenceMap":
        body = oh.make_graph([oh.make_node("Neg", ["x"], ["z"])], "body", [info("x", shape=[512, 1024])],
                             [info("z", shape=[512, 1024])])
        nodes += [oh.make_node(op, ["s"], ["t"], body=body), join]
    else:
        nodes = [oh.make_node("SequenceEmpty", [], ["none"]), oh.make_node("SequenceInsert", ["none", "a"], ["one"]),
                 oh.make_node("SequenceInsert", ["one", "b"], ["t"]), join]
    return Case(inputs + at, nodes=nodes)


@case("SplitToSequence")
def split_to_sequence(data, op):
    nodes = [oh.make_node(op, ["a", "b"], ["t"], axis=1), oh.make_node("ConcatFromSequence", ["t"], ["y0"], axis=0)]
    return Case([data.real(*SQUARE), np.int64(256)], constant=(1,), nodes=nodes)


@case("Optional OptionalGetElement OptionalHasElement")
def optional(data, op):
    nodes = [oh.make_node("Optional", ["a"], ["o"]), oh.make_node("OptionalGetElement", ["o"], ["y0"]),
             oh.make_node("OptionalHasElement", ["o"], ["y1"])]
    return Case([data.real(*SQUARE)], outputs=2, nodes=nodes)
