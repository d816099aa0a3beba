# SPDX-License-Identifier: Apache-2.0
"""Products, convolutions, pooling and normalisation."""

import numpy as np

from .case import Case, case


@case("MatMul")
def matmul(version, data):
    if version == 9:
        return Case([data.whole(2, 3, 4, dtype=np.int32), data.whole(4, 5, dtype=np.int32)])
    return Case([data.real(2, 3, 4), data.real(4, 5)])


@case("Gemm")
def gemm(version, data):
    a, b = data.real(4, 3), data.real(5, 4)
    attributes = {"transA": 1, "transB": 1, "alpha": 0.5, "beta": 2.0}
    if version == 11:
        return Case([a, b], attributes)
    return Case([a, b, data.real(5)], attributes, constant=(1, 2))


@case("Einsum")
def einsum(version, data):
    return Case([data.real(2, 3, 4), data.real(2, 4, 5)], {"equation": "bij,bjk->bik"})


@case("MatMulInteger")
def matmul_integer(version, data):
    a, b = data.whole(3, 4, low=0, high=255, dtype=np.uint8), data.whole(4, 5, low=-128, high=127, dtype=np.int8)
    return Case([a, b, np.uint8(7), np.int8(3)], constant=(2, 3))


@case("ConvInteger")
def conv_integer(version, data):
    x, w = data.whole(1, 2, 5, 5, low=0, high=255, dtype=np.uint8), data.whole(3, 2, 3, 3, low=0, dtype=np.uint8)
    return Case([x, w, np.uint8(7), np.uint8(3)], {"pads": [1, 1, 1, 1]}, constant=(1, 2, 3))


@case("QLinearConv")
def qlinear_conv(version, data):
    x, w = data.whole(1, 2, 5, 5, low=0, high=255, dtype=np.uint8), data.whole(3, 2, 3, 3, dtype=np.int8)
    inputs = [x, np.float32(0.02), np.uint8(120), w, data.real(3, low=0.01, high=0.03), np.zeros(3, np.int8),
              np.float32(0.05), np.uint8(110), data.whole(3, dtype=np.int32)]
    return Case(inputs, constant=tuple(range(1, 9)), atol=1)


@case("QLinearMatMul")
def qlinear_matmul(version, data):
    a, b = data.whole(3, 4, low=0, high=255, dtype=np.uint8), data.whole(4, 5, low=0, high=255, dtype=np.uint8)
    inputs = [a, np.float32(0.02), np.uint8(120), b, np.float32(0.03), np.uint8(100), np.float32(0.05), np.uint8(110)]
    return Case(inputs, constant=(1, 2, 4, 5, 6, 7), atol=1)


@case("Conv")
def conv(version, data):
    x, w = data.real(2, 4, 7, 6), data.real(6, 2, 3, 3)
    attributes = {"group": 2, "pads": [1, 0, 2, 1], "strides": [2, 1], "dilations": [1, 2]}
    if version == 11:
        attributes = {"group": 2, "auto_pad": "SAME_LOWER"}
    return Case([x, w, data.real(6)], attributes, constant=(1, 2), rtol=1e-3, atol=1e-4)


@case("ConvTranspose")
def conv_transpose(version, data):
    x, w = data.real(2, 4, 5, 4), data.real(4, 3, 3, 3)
    attributes = {"group": 2, "strides": [2, 2], "pads": [1, 1, 1, 1], "output_padding": [1, 0]}
    if version == 11:
        attributes = {"group": 2, "strides": [2, 2], "auto_pad": "SAME_UPPER"}
    return Case([x, w, data.real(6)], attributes, constant=(1, 2), rtol=1e-3, atol=1e-4)


@case("DeformConv")
def deform_conv(version, data):
    x, w, offset = data.real(1, 2, 6, 6), data.real(3, 2, 3, 3), data.real(1, 18, 4, 4, low=-0.5, high=0.5)
    return Case([x, w, offset, data.real(3), data.real(1, 9, 4, 4, low=0)], {"kernel_shape": [3, 3]}, rtol=1e-3,
                atol=1e-4)


@case("CausalConvWithState")
def causal_conv(version, data):
    return Case([data.real(2, 3, 6), data.real(3, 1, 4), data.real(3), data.real(2, 3, 3)], outputs=2)


@case("AveragePool", "LpPool", "MaxPool")
def pool(version, data, operator):
    attributes = {"kernel_shape": [3, 2], "strides": [2, 1], "pads": [1, 0, 1, 1]}
    if version >= 10 and not (operator == "LpPool" and version < 18):
        attributes["ceil_mode"] = 1
    if operator == "AveragePool":
        attributes["count_include_pad"] = 1
    if version >= {"AveragePool": 19, "LpPool": 18, "MaxPool": 10}[operator]:
        attributes["dilations"] = [2, 1]
    if operator == "MaxPool" and version == 12:
        return Case([data.whole(1, 2, 7, 6, dtype=np.int8)], attributes)
    outputs = 2 if operator == "MaxPool" and version >= 8 else 1
    return Case([data.real(1, 2, 7, 6)], attributes, outputs)


@case("GlobalAveragePool", "GlobalLpPool", "GlobalMaxPool")
def global_pool(version, data, operator):
    judged = 7 if operator == "GlobalLpPool" and version == 22 else None
    return Case([data.real(2, 3, 4, 5)], judged=judged)


@case("MaxUnpool")
def max_unpool(version, data):
    x = data.real(1, 1, 2, 2)
    places = np.array([[[[5, 7], [13, 15]]]], np.int64)
    return Case([x, places], {"kernel_shape": [2, 2], "strides": [2, 2]})


@case("MaxRoiPool")
def max_roi_pool(version, data):
    rois = np.array([[0, 0, 0, 3, 3], [0, 2, 1, 6, 5]], np.float32)
    return Case([data.real(1, 2, 8, 8), rois], {"pooled_shape": [2, 2], "spatial_scale": 1.0},
                judged=7 if version == 22 else None)


@case("RoiAlign")
def roi_align(version, data):
    rois = np.array([[0, 0, 3, 3], [2, 1, 6, 5]], np.float32)
    attributes = {"output_height": 2, "output_width": 3, "sampling_ratio": 2, "mode": "avg"}
    return Case([data.real(1, 2, 8, 8), rois, np.zeros(2, np.int64)], attributes)


@case("BatchNormalization")
def batch_normalization(version, data):
    stats = [data.real(3), data.real(3), data.real(3), data.real(3, low=0.5)]
    return Case([data.real(2, 3, 4), *stats], {"epsilon": 1e-3}, constant=(1, 2, 3, 4))


@case("InstanceNormalization")
def instance_normalization(version, data):
    return Case([data.real(2, 3, 4, 5), data.real(3), data.real(3)], constant=(1, 2))


@case("LayerNormalization")
def layer_normalization(version, data):
    return Case([data.real(2, 3, 8), data.real(8), data.real(8)], outputs=1, constant=(1, 2))


@case("GroupNormalization")
def group_normalization(version, data):
    count = 2 if version == 18 else 4
    return Case([data.real(2, 4, 5), data.real(count), data.real(count)], {"num_groups": 2}, constant=(1, 2))


@case("RMSNormalization")
def rms_normalization(version, data):
    return Case([data.real(2, 3, 8), data.real(8)], constant=(1,))


@case("LRN")
def lrn(version, data):
    return Case([data.real(2, 6, 3, 3)], {"size": 3, "alpha": 0.01})


@case("MeanVarianceNormalization")
def mean_variance(version, data):
    return Case([data.real(2, 3, 4, 4)])


@case("RNN", "GRU", "LSTM")
def recurrent(version, data, operator):
    gates = {"RNN": 1, "GRU": 3, "LSTM": 4}[operator]
    w, r, b = data.real(2, gates * 4, 3), data.real(2, gates * 4, 4), data.real(2, gates * 8)
    attributes = {"hidden_size": 4, "direction": "bidirectional"}
    if operator == "GRU" and version >= 14:
        attributes["linear_before_reset"] = 1
    inputs = [data.real(5, 2, 3), w, r, b, np.array([5, 3], np.int32), data.real(2, 2, 4)]
    return Case(inputs, attributes, outputs=3 if operator == "LSTM" else 2, constant=(1, 2, 3))


@case("Attention")
def attention(version, data):
    return Case([data.real(2, 4, 3, 8), data.real(2, 2, 5, 8), data.real(2, 2, 5, 8)],
                {"is_causal": 1} if version == 23 else {"softcap": 2.0}, judge="onnx")


@case("LinearAttention")
def linear_attention(version, data):
    inputs = [data.real(1, 3, 16), data.real(1, 3, 16), data.real(1, 3, 16)]
    return Case(inputs, {"q_num_heads": 2, "kv_num_heads": 2, "update_rule": "linear"}, outputs=2)


@case("RotaryEmbedding")
def rotary(version, data):
    return Case([data.real(2, 3, 4, 8), data.real(4, 4, low=-1, high=1), data.real(4, 4, low=-1, high=1),
                 data.whole(2, 4, low=0, high=3)])
