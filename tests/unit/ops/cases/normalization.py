# SPDX-License-Identifier: Apache-2.0
"""Normalizations, scale and quantization."""
import ml_dtypes

from cases.common import *


def _normalize(x, axes, epsilon=1e-5, rms=False):
    x = x.astype(np.float64)
    if not rms:
        x = x - x.mean(axes, keepdims=True)
    return x / np.sqrt((x * x).mean(axes, keepdims=True) + epsilon)


def normalizations():
    x, s, b = data("n", 2, 3, 4), data("s", 3, 4), data("b", 3, 4)
    y = reference_node("LayerNormalization", [x, s, b], opset=17, axis=1, epsilon=1e-3)
    yield Case("normalization", "layer", {"axes": [1, 2], "epsilon": 1e-3}, [x, s, b], y)
    y = reference_node("LayerNormalization", [x, s[0]], opset=17, axis=-1)
    yield Case("normalization", "layer_last", {"axes": [-1]}, [x, s[0].reshape(1, 1, 4)], y)
    yield Case("normalization", "plain", {"axes": [2]}, [x], [_normalize(x, (2,)).astype(np.float32)])
    yield Case("normalization", "bias", {"axes": [2]}, [x, None, b], [(_normalize(x, (2,)) + b).astype(np.float32)])
    yield Case("normalization", "rms", {"axes": [2], "rms": True, "epsilon": 1e-2}, [x, s[0]],
               [(_normalize(x, (2,), 1e-2, True) * s[0]).astype(np.float32)])
    x, s, b = data("i", 2, 3, 4, 2), data("is", 3), data("ib", 3)
    y = onnxruntime_node("InstanceNormalization", [x, s, b], epsilon=1e-4)
    yield Case("normalization", "instance", {"axes": [2, 3], "epsilon": 1e-4}, [x, s.reshape(1, 3, 1, 1), b.reshape(1, 3, 1, 1)], y)
    x, s, b = data("g", 2, 6, 2, 3), data("gs", 6), data("gb", 6)
    y = reference_node("GroupNormalization", [x, s, b], opset=21, num_groups=3)
    yield Case("normalization", "group", {"axes": [2, 3], "groups": 3}, [x, s.reshape(1, 6, 1, 1), b.reshape(1, 6, 1, 1)], y)
    s, b = data("ps", 3), data("pb", 3)
    y = reference_node("GroupNormalization", [x, s, b], opset=18, num_groups=3)
    yield Case("normalization", "per_group", {"axes": [2, 3], "groups": 3, "v2": False},
               [x, s.reshape(1, 3, 1, 1), b.reshape(1, 3, 1, 1)], y)
    far = (data("far", 1, 64) + 1000).astype(np.float32)
    yield Case("normalization", "far_mean", {"axes": [1]}, [far], [_normalize(far, (1,)).astype(np.float32)], tol=(1e-5, 1e-5))
    yield Case("normalization", "no_axis", {}, [far], error="at least one axis")
    yield Case("normalization", "channels", {"axes": [2, 3], "groups": 4}, [x], error="6 channels do not divide into 4 groups")
    yield Case("normalization", "group_axes", {"axes": [1, 2, 3], "groups": 3}, [x], error="all spatial dimensions")
    yield Case("normalization", "scale", {"axes": [3]}, [x, data("s", 2)], error="the scale f32[2] cannot be broadcast")


def responses():
    x = data("lrn", 2, 7, 2, 3)
    for size in (1, 3, 4, 5):
        # The reference evaluator looks at as many channels as there are batches.
        if size % 2:
            y = onnxruntime_node("LRN", [x], size=size, alpha=0.02, beta=0.6, bias=1.5)
        else:
            square = np.pad(x.astype(np.float64) ** 2, ((0, 0), ((size - 1) // 2, size // 2), (0, 0), (0, 0)))
            total = sum(square[:, i:i + 7] for i in range(size))
            y = [(x / (1.5 + 0.02 / size * total) ** 0.6).astype(np.float32)]
        yield Case("lrn", f"window{size}", {"window": size, "alpha": 0.02, "beta": 0.6, "k": 1.5}, [x], y)
    yield Case("lrn", "rank", {}, [f32(1, 2)], error="batch and channel dimensions")


def scales():
    x = data("scale", 2, 3, 2, 4, low=0.1)
    shift, scale, power = data("sh", 3, low=0.1), data("sc", 3, low=0.1), data("po", 3)
    per = lambda v: v.reshape(1, 3, 1, 1).astype(np.float64)
    want = (x * per(scale) + per(shift)) ** per(power)
    yield Case("scale", "channel", {"mode": "channel"}, [x, shift, scale, power], [want.astype(np.float32)])
    yield Case("scale", "scale_only", {"mode": "channel"}, [x, None, scale], [(x * per(scale)).astype(np.float32)])
    yield Case("scale", "uniform", {}, [x, f32(0.5), f32(2)], [x * 2 + f32(0.5)])
    yield Case("scale", "nothing", {}, [x], [x])
    last = data("last", 4)
    yield Case("scale", "last_axis", {"mode": "channel", "channelAxis": 3}, [x, last], [x + last])
    every = data("every", 24)
    yield Case("scale", "elementwise", {"mode": "elementwise"}, [x, every], [x + every.reshape(3, 2, 4)])
    yield Case("scale", "count", {"mode": "channel"}, [x, last], error="the shift has 4 values, expected 3")
    yield Case("scale", "axis", {"mode": "channel", "channelAxis": 4}, [x, last], error="channel axis 4 is outside")


def quantizations():
    x = data("q", 2, 3, 4, low=-8, high=8)
    ties = f32(0.5, 1.5, -0.5, -2.5, 100, -100, 1e6, -1e6)
    one = np.float32(0.5)
    each = f32(0.1, 0.25, 0.03)
    for kind in ("int8", "uint8", "int16", "uint16"):
        t = np.dtype(kind)
        zero = np.array(3, t)
        y = reference_node("QuantizeLinear", [ties, one, zero], opset=21)
        name = TYPES_SHORT[kind]
        yield Case("quantize", "ties_" + name, {"type": name}, [ties, one, zero], y)
        back = reference_node("DequantizeLinear", [y[0], one, zero], opset=21)
        yield Case("dequantize", "ties_" + name, {}, [y[0], one, zero], back)
        zeros = np.array([1, 0, 5], t)
        y = reference_node("QuantizeLinear", [x, each, zeros], opset=21, axis=1)
        yield Case("quantize", "axis_" + name, {"type": name, "axis": 1}, [x, each, zeros], y)
        back = reference_node("DequantizeLinear", [y[0], each, zeros], opset=21, axis=1)
        yield Case("dequantize", "axis_" + name, {"axis": -2}, [y[0], each, zeros], back)
    q4 = np.clip(np.rint(ties[:6] / one), -8, 7).astype(ml_dtypes.int4)
    yield Case("quantize", "int4", {"type": "i4"}, [ties[:6], one], [q4])
    yield Case("dequantize", "int4", {}, [q4, one], [q4.astype(np.float32) * one])
    q8 = (x / one).astype(ml_dtypes.float8_e4m3fn)
    yield Case("quantize", "fp8", {"type": "f8e4m3"}, [x, one], [q8])
    yield Case("dequantize", "fp8", {}, [q8, one], [q8.astype(np.float32) * one])
    big = np.array([2**31 - 1, -2**31, 12345], np.int32)
    yield Case("dequantize", "int32", {}, [big, one], [(big * 0.5).astype(np.float32)])
    yield Case("dequantize", "to_half", {"type": "f16"}, [q8, one], [(q8.astype(np.float32) * one).astype(np.float16)])
    yield Case("quantize", "one_element", {"axis": 7}, [x, f32(0.5)], reference_node(
        "QuantizeLinear", [x, one, np.int8(0)], opset=21), symbols=[0])
    yield Case("quantize", "scales", {"axis": 2}, [x, each], error="there are 3 scales for an axis of 4")
    yield Case("quantize", "zero_type", {}, [x, one, np.uint8(0)], error="takes i8 for input 2, not u8")
    yield Case("dequantize", "real", {}, [x, one], error="dequantize takes quantized numbers")


TYPES_SHORT = {"int8": "i8", "uint8": "u8", "int16": "i16", "uint16": "u16"}


def cases():
    yield from normalizations()
    yield from responses()
    yield from scales()
    yield from quantizations()
