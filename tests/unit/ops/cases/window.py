# SPDX-License-Identifier: Apache-2.0
"""Convolution, deconvolution and pooling against onnxruntime."""
from cases.common import *

MODES = {"SAME_UPPER": "same_upper", "SAME_LOWER": "same_lower"}


def _split(pads):
    n = len(pads) // 2
    return {"prePadding": pads[:n], "postPadding": pads[n:]}


def _attrs(onnx):
    """Our attributes for those of ONNX Conv, ConvTranspose and the pools."""
    a = {}
    for theirs, ours in (("strides", "stride"), ("dilations", "dilation"), ("group", "groups"),
                         ("output_padding", "outputPadding"), ("kernel_shape", "window")):
        if theirs in onnx:
            a[ours] = onnx[theirs]
    if "pads" in onnx:
        a |= _split(onnx["pads"])
    if "auto_pad" in onnx:
        a["paddingMode"] = MODES[onnx["auto_pad"]]
    if onnx.get("ceil_mode"):
        a["paddingMode"] = "explicit_round_up"
    if onnx.get("count_include_pad"):
        a["excludePadding"] = False
    return a


CONVOLUTIONS = [
    ("plain_1d", [2, 3, 9], [4, 3, 3], True, {}),
    ("stride_1d", [1, 2, 10], [2, 2, 4], False, dict(strides=[3], pads=[2, 1])),
    ("plain_2d", [2, 3, 6, 5], [4, 3, 3, 2], True, {}),
    ("pads_2d", [1, 2, 5, 6], [3, 2, 3, 3], True, dict(pads=[1, 2, 0, 1], strides=[2, 1])),
    ("groups", [1, 4, 5, 5], [6, 2, 3, 3], True, dict(group=2, pads=[1, 1, 1, 1])),
    ("depthwise", [1, 4, 6, 6], [4, 1, 3, 3], False, dict(group=4, strides=[2, 2], pads=[1, 1, 1, 1])),
    ("dilation", [1, 2, 9, 8], [2, 2, 3, 3], False, dict(dilations=[2, 3], pads=[2, 3, 2, 3])),
    ("same_upper", [1, 2, 7, 6], [2, 2, 3, 2], False, dict(auto_pad="SAME_UPPER", strides=[2, 2])),
    ("same_lower", [1, 2, 7, 6], [2, 2, 3, 2], False, dict(auto_pad="SAME_LOWER", strides=[2, 2])),
    ("same_sparse", [1, 1, 8, 7], [1, 1, 1, 2], False, dict(auto_pad="SAME_UPPER", strides=[3, 4])),
    ("plain_3d", [1, 2, 4, 5, 3], [2, 2, 2, 3, 2], True, dict(strides=[1, 2, 1], pads=[1, 0, 1, 0, 1, 0])),
    ("wide_padding", [1, 1, 2, 2], [1, 1, 2, 2], False, dict(pads=[3, 3, 3, 3], strides=[2, 2])),
]


def convolutions():
    for name, x, w, bias, attrs in CONVOLUTIONS:
        inputs = [data(name + "x", *x), data(name + "w", *w), data(name + "b", w[0]) if bias else None]
        yield Case("convolution", name, _attrs(attrs), inputs, onnxruntime_node("Conv", inputs, **attrs))
    x, w = data("up", 1, 1, 6, 5), data("upw", 1, 1, 3, 2)
    padded = np.pad(x, ((0, 0), (0, 0), (0, 1), (0, 1)))   # the last window may hang over the end
    yield Case("convolution", "round_up", {"paddingMode": "explicit_round_up", "stride": [2, 2]}, [x, w],
               onnxruntime_node("Conv", [padded, w], strides=[2, 2]))
    x, w = data("f64", 1, 2, 5, dtype=np.float64), data("f64w", 1, 2, 3, dtype=np.float64)
    want = np.zeros((1, 1, 3))
    for i in range(3):
        want[0, 0, i] = np.sum(x[0, :, i:i + 3] * w[0])
    yield Case("convolution", "double", {}, [x, w], [want])
    x = data("c4", 1, 4, 5, 5)
    yield Case("convolution", "channels", {}, [x, data("w", 2, 3, 3, 3)],
               error="weights have 3 input channels, input has 4")
    yield Case("convolution", "too_large", {}, [x, data("w", 2, 4, 6, 3)], error="a window of 6 does not fit into 5")
    yield Case("convolution", "stride_count", {"stride": [1]}, [x, data("w", 2, 4, 3, 3)],
               error="stride has 1 values, the input has 2 spatial dimensions")
    yield Case("convolution", "zero_stride", {"stride": [1, 0]}, [x, data("w", 2, 4, 3, 3)], error="stride is 0")
    yield Case("convolution", "bias", {}, [x, data("w", 2, 4, 3, 3), data("b", 3)],
               error="the bias has 3 values, there are 2 output channels")
    yield Case("convolution", "types", {}, [x, data("w", 2, 4, 3, 3).astype(np.float16)], error="different types")


DECONVOLUTIONS = [
    ("plain_1d", [1, 2, 4], [2, 3, 3], True, dict(strides=[2])),
    ("plain_2d", [2, 3, 3, 4], [3, 2, 3, 2], True, {}),
    ("stride", [1, 2, 3, 4], [2, 2, 3, 3], False, dict(strides=[2, 3], pads=[1, 0, 1, 2])),
    ("groups", [1, 4, 3, 3], [4, 2, 2, 2], True, dict(strides=[2, 2], group=2)),
    ("dilation", [1, 2, 3, 3], [2, 1, 3, 2], False, dict(dilations=[2, 3], pads=[1, 1, 1, 1])),
    ("output_padding", [1, 1, 3, 3], [1, 2, 3, 3], False,
     dict(strides=[2, 3], pads=[1, 1, 1, 1], output_padding=[1, 2])),
    ("same_upper", [1, 1, 3, 4], [1, 1, 3, 4], False, dict(strides=[2, 3], auto_pad="SAME_UPPER")),
    ("same_lower", [1, 1, 3, 4], [1, 1, 4, 4], False, dict(strides=[3, 3], auto_pad="SAME_LOWER")),
    ("plain_3d", [1, 2, 2, 3, 2], [2, 2, 2, 3, 2], True, dict(strides=[2, 1, 2], pads=[0, 1, 0, 0, 1, 1])),
]


def deconvolutions():
    for name, x, w, bias, attrs in DECONVOLUTIONS:
        maps = w[1] * attrs.get("group", 1)
        inputs = [data(name + "x", *x), data(name + "w", *w), data(name + "b", maps) if bias else None]
        yield Case("deconvolution", name, _attrs(attrs), inputs, onnxruntime_node("ConvTranspose", inputs, **attrs))
    x = data("c3", 1, 3, 4, 4)
    yield Case("deconvolution", "channels", {}, [x, data("w", 2, 3, 3, 3)],
               error="weights have 2 input channels, input has 3")
    yield Case("deconvolution", "trimmed", {"prePadding": [9, 0]}, [x, data("w", 3, 3, 3, 3)], error="trims more than")


MAXIMA = [
    ("plain_1d", [1, 2, 7], dict(kernel_shape=[3], strides=[2])),
    ("plain_2d", [1, 2, 6, 5], dict(kernel_shape=[2, 3])),
    ("padded", [1, 1, 5, 6], dict(kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])),
    ("ceil", [1, 1, 6, 6], dict(kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1)),
    ("ceil_dropped", [1, 1, 4, 5], dict(kernel_shape=[1, 2], strides=[3, 4], pads=[0, 1, 0, 1], ceil_mode=1)),
    ("dilation", [1, 1, 8, 7], dict(kernel_shape=[3, 2], dilations=[2, 3], strides=[1, 2])),
    ("same_upper", [1, 1, 5, 6], dict(kernel_shape=[2, 3], strides=[2, 2], auto_pad="SAME_UPPER")),
    ("same_lower", [1, 1, 5, 6], dict(kernel_shape=[2, 3], strides=[2, 2], auto_pad="SAME_LOWER")),
    ("plain_3d", [1, 2, 4, 5, 3], dict(kernel_shape=[2, 3, 2], strides=[2, 1, 1], pads=[1, 1, 0, 0, 1, 1])),
]
AVERAGES = MAXIMA[:4] + MAXIMA[5:] + [
    ("include", [1, 1, 5, 6], dict(kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1], count_include_pad=1)),
    ("include_ceil", [1, 1, 6, 6], dict(kernel_shape=[3, 3], strides=[2, 2], pads=[1, 0, 1, 0],
                                        count_include_pad=1, ceil_mode=1)),
]


def pools():
    for name, shape, attrs in MAXIMA:
        x = data(name, *shape)
        y, indices = onnxruntime_node("MaxPool", [x], 2, opset=12, **attrs)
        ours = _attrs(attrs)
        yield Case("pooling", "max_" + name, ours, [x], [y])
        yield Case("pooling", "indices_" + name, ours | {"indices": True}, [x], [y, indices])
    for name, shape, attrs in AVERAGES:
        x = data(name, *shape)
        y = reference_node("AveragePool", [x], opset=22, **attrs)
        ours = _attrs(attrs) | {"type": "average"}
        yield Case("pooling", "average_" + name, ours, [x], y)
    x = data("global", 2, 3, 4, 5)
    top, mean = x.max((2, 3), keepdims=True), x.mean((2, 3), keepdims=True, dtype=np.float64)
    yield Case("pooling", "global_max", {}, [x], [top])
    yield Case("pooling", "global_average", {"type": "average"}, [x], [mean.astype(np.float32)])
    yield Case("pooling", "blend", {"type": "max_average_blend", "blend": 0.25}, [x],
               [(0.75 * top + 0.25 * mean).astype(np.float32)])
    i8 = data("i8", 1, 1, 4, 4, low=-128, high=127, dtype=np.int8)
    yield Case("pooling", "int8", {"window": [2, 2], "stride": [2, 2]}, [i8],
               [i8.reshape(1, 1, 2, 2, 2, 2).max((3, 5))])
    yield Case("pooling", "int8_average", {"type": "average"}, [i8], error="pooling takes real numbers")
    yield Case("pooling", "rank", {}, [data("r", 3, 4)], error="1 to 3 spatial dimensions")


def cases():
    yield from convolutions()
    yield from deconvolutions()
    yield from pools()
