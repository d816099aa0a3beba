# SPDX-License-Identifier: Apache-2.0
"""Operators of one element, or of one of each input."""

import numpy as np

from .case import Case, case


@case(
    *"Abs Asinh Atan Ceil Cos Elu Erf Exp Floor Gelu HardSigmoid HardSwish Identity LeakyRelu Mish Neg Relu Selu "
    "Sigmoid Sign Sin Sinh Cosh Softplus Softsign Swish Tan Tanh Celu Shrink".split()
)
def unary(version, data):
    return Case([data.real(2, 3, 4)])


@case("Acos", "Asin", "Atanh")
def within_one(version, data):
    return Case([data.real(2, 5, low=-0.9, high=0.9)])


@case("Acosh", "Log", "Sqrt", "Reciprocal")
def positive(version, data):
    return Case([data.real(2, 5, low=1.1, high=4)])


@case("ThresholdedRelu")
def thresholded(version, data):
    return Case([data.real(2, 5)], {"alpha": 0.4})


@case("Round")
def round_(version, data):
    return Case([np.array([-2.5, -1.5, -0.5, 0.2, 0.5, 1.5, 2.7], np.float32)])


@case("IsNaN", "IsInf")
def special(version, data, operator):
    dtype = np.float16 if version == 13 else np.float32
    return Case([np.array([1, np.nan, np.inf, -np.inf, 0], dtype)])


@case("Add", "Sub", "Mul", "Div")
def arithmetic(version, data):
    if version == 14:
        return Case([data.whole(2, 3, 4), data.whole(3, 1, low=1)])
    return Case([data.real(2, 3, 4), data.real(3, 1, low=0.5)])


@case("Pow")
def power(version, data):
    exponent = data.whole(4, low=0, high=3, dtype=np.int32) if version >= 12 else data.real(4, low=0, high=3)
    return Case([data.real(2, 4, low=0.5), exponent])


@case("Mod")
def modulo(version, data):
    if version == 13:
        return Case([data.real(2, 5), data.real(5, low=0.5)], {"fmod": 1})
    return Case([data.whole(2, 5), data.whole(5, low=1)])


@case("And", "Or", "Xor")
def logic(version, data):
    return Case([data.flags(2, 3, 4), data.flags(3, 1)])


@case("Not")
def negation(version, data):
    return Case([data.flags(2, 5)])


@case("Equal")
def equal(version, data):
    if version == 7:
        return Case([data.whole(3, 8, low=0, high=3), data.whole(8, low=0, high=3)])
    x = data.real(3, 8)
    return Case([x, np.where(data.flags(3, 8), x, x + 1)])


@case("Greater", "Less", "GreaterOrEqual", "LessOrEqual")
def comparison(version, data):
    if version in (9, 16):
        return Case([data.whole(3, 8, low=0, high=3), data.whole(8, low=0, high=3)])
    return Case([data.real(3, 8), data.real(8)])


@case("Max", "Min", "Mean", "Sum")
def variadic(version, data, operator):
    if version < 8:
        return Case([data.real(2, 4) for _ in range(3)])
    if version == 12:
        return Case([data.whole(2, 4), data.whole(4), data.whole(2, 1)])
    return Case([data.real(2, 4), data.real(4), data.real(2, 1)])


@case("BitShift")
def shift(version, data):
    return Case([data.whole(6, low=0, high=200, dtype=np.uint32), data.whole(6, low=0, high=4, dtype=np.uint32)],
                {"direction": "LEFT" if version == 11 else "RIGHT"})


@case("BitwiseAnd", "BitwiseOr", "BitwiseXor")
def bits(version, data):
    return Case([data.whole(2, 6, dtype=np.int32), data.whole(6, dtype=np.int32)])


@case("BitwiseNot")
def not_bits(version, data):
    return Case([data.whole(2, 6, dtype=np.int32)])


@case("BitCast")
def bit_cast(version, data):
    return Case([data.real(2, 3)], {"to": 6})


@case("Clip")
def clip(version, data):
    if version < 11:
        return Case([data.real(2, 5)], {"min": -0.5, "max": 1.0})
    if version == 12:
        return Case([data.whole(2, 5), np.int64(-3), np.int64(4)])
    return Case([data.real(2, 5), np.float32(-0.5), np.float32(1)])


@case("PRelu")
def prelu(version, data):
    slope = data.real(3, 1, low=0)
    return Case([data.real(2, 3, 4), slope], constant=(1,))


@case("Where")
def where(version, data):
    if version == 9:
        return Case([data.flags(2, 3), data.whole(3), data.whole(2, 1)])
    return Case([data.flags(2, 3), data.real(3), data.real(2, 1)])


@case("Cast", "CastLike")
def cast(version, data, operator):
    # A value goes to the type that the version brought and back.
    import onnx
    import onnx.helper as oh

    types = {9: "INT32", 13: "BFLOAT16", 15: "BFLOAT16", 19: "FLOAT8E4M3FN", 21: "INT4", 23: "FLOAT8E5M2"}
    to = onnx.TensorProto.DataType.Value(types.get(version, "FLOAT16"))
    x = data.whole(2, 4, low=-8, high=7, dtype=np.float32) if version == 21 else data.real(2, 4)
    if operator == "Cast":
        there = oh.make_node("Cast", ["a"], ["mid"], "node", to=to)
    else:
        like = oh.make_tensor("like", to, [1], [1.0])
        nodes = [oh.make_node("Constant", [], ["like"], value=like)]
        there = oh.make_node("CastLike", ["a", "like"], ["mid"], "node")
    back = oh.make_node("Cast", ["mid"], ["y0"], "back", to=onnx.TensorProto.FLOAT)
    return Case([x], nodes=([] if operator == "Cast" else nodes) + [there, back])


@case("QuantizeLinear")
def quantize(version, data):
    x = data.real(3, 8)
    if version == 10:
        return Case([x, np.float32(0.02), np.uint8(120)], constant=(1, 2))
    scale, zero = data.real(3, low=0.01, high=0.05), data.whole(3, dtype=np.int8)
    if version < 21:
        return Case([x, scale, zero], {"axis": 0}, constant=(1, 2))
    scale, zero = data.real(3, 2, low=0.01, high=0.05), data.whole(3, 2, dtype=np.int8)
    return Case([x, scale, zero], {"axis": 1, "block_size": 4}, constant=(1, 2))


@case("DequantizeLinear")
def dequantize(version, data):
    if version == 10:
        return Case([data.whole(3, 8, low=0, high=255, dtype=np.uint8), np.float32(0.02), np.uint8(120)],
                    constant=(1, 2))
    x = data.whole(3, 8, low=-128, high=127, dtype=np.int8)
    scale, zero = data.real(3, low=0.01, high=0.05), data.whole(3, dtype=np.int8)
    if version < 21:
        return Case([x, scale, zero], {"axis": 0}, constant=(1, 2))
    scale, zero = data.real(3, 2, low=0.01, high=0.05), data.whole(3, 2, dtype=np.int8)
    return Case([x, scale, zero], {"axis": 1, "block_size": 4}, constant=(1, 2))


@case("DynamicQuantizeLinear")
def dynamic_quantize(version, data):
    return Case([data.real(3, 8)], outputs=3)


@case("Dropout")
def dropout(version, data):
    if version < 12:
        return Case([data.real(2, 5)], {"ratio": 0.3})
    return Case([data.real(2, 5), np.float32(0.3)], outputs=2, constant=(1,))


@case("SwiGLU")
def swiglu(version, data):
    return Case([data.real(2, 8), data.real(2, 8)])
