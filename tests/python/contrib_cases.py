# SPDX-License-Identifier: Apache-2.0
"""Models of one operator of com.microsoft: name: (operator, inputs (None: absent), letters of the inputs that are
initializers, attributes, number of outputs)."""

import numpy as np

RNG = np.random.default_rng(11)


def real(*shape):
    return RNG.standard_normal(shape).astype(np.float32)


def byte(*shape, dtype=np.uint8):
    info = np.iinfo(dtype)
    return RNG.integers(info.min, info.max, shape, endpoint=True).astype(dtype)


def words(*values):
    return np.array(values, np.int32)


def f32(value):
    return np.float32(value)


def u8(value):
    return np.uint8(value)


def quantised(*shape):
    """A tensor of bytes, its scale and its zero point."""
    return [byte(*shape), f32(0.02), u8(120)]


OUT = [f32(0.05), u8(110)]  # scale and zero point of a result
GQA = {"num_heads": 4, "kv_num_heads": 2}
ANGLES = real(16, 8)
COSINE, SINE = np.cos(ANGLES), np.sin(ANGLES)


def grouped(length, past, packed=False):
    """Inputs of GroupQueryAttention: batch 2, four heads of 16 and two for keys and values."""
    q, k, v = real(2, length, 64), real(2, length, 32), real(2, length, 32)
    x = [np.concatenate([q, k, v], -1), None, None] if packed else [q, k, v]
    total = length + past
    return x + [real(2, 2, past, 16), real(2, 2, past, 16), words(total - 1, total - 1), words(total)[0]]


CASES = {
    "bias_gelu": ("BiasGelu", [real(2, 3, 8), real(8)], "b", {}, 1),
    "gelu": ("Gelu", [real(2, 3, 8)], "", {}, 1),
    "quick_gelu": ("QuickGelu", [real(2, 3, 8)], "", {}, 1),
    "quick_gelu_alpha": ("QuickGelu", [real(2, 3, 8)], "", {"alpha": 1.2}, 1),
    "fast_gelu": ("FastGelu", [real(2, 3, 8), real(8)], "", {}, 1),
    "fast_gelu_without_bias": ("FastGelu", [real(2, 3, 8)], "", {}, 1),
    "fused_conv": (
        "FusedConv",
        [real(1, 3, 8, 8), real(4, 3, 3, 3), real(4), real(1, 4, 6, 6)],
        "bc",
        {"activation": "Relu", "kernel_shape": [3, 3]},
        1,
    ),
    "fused_conv_leaky": (
        "FusedConv",
        [real(1, 3, 8, 8), real(4, 3, 3, 3), real(4)],
        "bc",
        {"activation": "LeakyRelu", "activation_params": [0.2]},
        1,
    ),
    "fused_gemm": (
        "FusedGemm",
        [real(3, 4), real(5, 4), real(5)],
        "bc",
        {"transB": 1, "activation": "LeakyRelu", "activation_alpha": 0.3},
        1,
    ),
    "fused_matmul": ("FusedMatMul", [real(2, 4, 3), real(2, 5, 4)], "", {"transA": 1, "transB": 1, "alpha": 0.5}, 1),
    "fused_matmul_batches_last": (
        "FusedMatMul",
        [real(3, 2, 4), real(4, 2, 5)],
        "",
        {"transBatchA": 1, "transBatchB": 1},
        1,
    ),
    "skip_layer_norm": (
        "SkipLayerNormalization",
        [real(2, 3, 8), real(2, 3, 8), real(8), real(8), real(8)],
        "cde",
        {"epsilon": 1e-5},
        1,
    ),
    "skip_rms": (
        "SkipSimplifiedLayerNormalization",
        [real(2, 3, 8), real(2, 3, 8), real(8)],
        "c",
        {"epsilon": 1e-5},
        1,
    ),
    "embed": (
        "EmbedLayerNormalization",
        [
            RNG.integers(0, 9, (2, 5)).astype(np.int32),
            RNG.integers(0, 2, (2, 5)).astype(np.int32),
            real(9, 8),
            real(6, 8),
            real(2, 8),
            real(8),
            real(8),
            np.array([[1, 1, 1, 1, 0], [1, 1, 0, 0, 0]], np.int32),
        ],
        "cdefg",
        {"epsilon": 1e-5},
        2,
    ),
    "multi_head": (
        "MultiHeadAttention",
        [real(2, 5, 12), real(2, 7, 12), real(2, 7, 12), real(36)],
        "d",
        {"num_heads": 3},
        1,
    ),
    "multi_head_masked": (
        "MultiHeadAttention",
        [
            real(2, 5, 12),
            real(2, 7, 12),
            real(2, 7, 12),
            None,
            np.array([[1, 1, 1, 1, 1, 0, 0], [1, 1, 1, 0, 0, 0, 0]], np.int32),
            real(2, 3, 5, 7),
        ],
        "",
        {"num_heads": 3},
        1,
    ),
    "multi_head_past": (
        "MultiHeadAttention",
        [real(2, 1, 12), real(2, 1, 12), real(2, 1, 12), None, None, None, real(2, 3, 4, 4), real(2, 3, 4, 4)],
        "",
        {"num_heads": 3, "unidirectional": 1},
        3,
    ),
    "packed_attention": (
        "Attention",
        [real(2, 5, 12), real(12, 36), real(36)],
        "bc",
        {"num_heads": 3, "unidirectional": 1},
        1,
    ),
    "packed_attention_lengths": (
        "Attention",
        [real(2, 5, 12), real(12, 36), real(36), np.array([3, 5], np.int32)],
        "bc",
        {"num_heads": 3},
        1,
    ),
    "packed_attention_ranges": (
        "Attention",
        [real(2, 5, 12), real(12, 36), real(36), words(5, 4, 1, 0)],
        "bc",
        {"num_heads": 3},
        1,
    ),
    "packed_attention_mask_per_query": (
        "Attention",
        [real(2, 3, 12), real(12, 36), real(36), RNG.integers(0, 2, (2, 3, 3)).astype(np.int32)],
        "bc",
        {"num_heads": 3},
        1,
    ),
    "packed_attention_past": (
        "Attention",
        [real(2, 1, 12), real(12, 36), real(36), np.ones((2, 5), np.int32), real(2, 2, 3, 4, 4)],
        "bc",
        {"num_heads": 3, "unidirectional": 1},
        2,
    ),
    "grouped": ("GroupQueryAttention", grouped(5, 0), "g", GQA, 3),
    "grouped_packed": ("GroupQueryAttention", grouped(5, 0, packed=True), "g", GQA, 3),
    "grouped_past": ("GroupQueryAttention", grouped(1, 6), "g", GQA, 3),
    "grouped_rotated": ("GroupQueryAttention", grouped(1, 6) + [COSINE, SINE], "ghi", {**GQA, "do_rotary": 1}, 3),
    "grouped_rotated_prompt": (
        "GroupQueryAttention",
        grouped(5, 0, packed=True) + [COSINE, SINE],
        "ghi",
        {**GQA, "do_rotary": 1, "rotary_interleaved": 1},
        3,
    ),
    "grouped_window": ("GroupQueryAttention", grouped(5, 0), "g", {**GQA, "local_window_size": 2}, 3),
    "grouped_softcap": ("GroupQueryAttention", grouped(5, 0), "g", {**GQA, "softcap": 3.0, "scale": 0.7}, 3),
    "grouped_biased": ("GroupQueryAttention", grouped(5, 0) + [None, None, None, real(2, 1, 5, 5)], "g", GQA, 3),
    "grouped_smooth": ("GroupQueryAttention", grouped(5, 0), "g", {**GQA, "smooth_softmax": 1}, 3),
    "grouped_sink": ("GroupQueryAttention", grouped(5, 0) + [None, None, None, None, real(4)], "gl", GQA, 3),
    "rotary_of_microsoft": (
        "RotaryEmbedding",
        [real(2, 3, 64), RNG.integers(0, 9, (2, 3)), COSINE, SINE],
        "cd",
        {},
        1,
    ),
    "rotary_from_a_first_place": ("RotaryEmbedding", [real(2, 4, 3, 16), np.array([2]), COSINE, SINE], "cd", {}, 1),
    "weights_of_4_bits": (
        "MatMulNBits",
        [real(3, 40), byte(6, 3, 8), real(18)],
        "bc",
        {"K": 40, "N": 6, "bits": 4, "block_size": 16},
        1,
    ),
    "weights_of_4_bits_with_zeros": (
        "MatMulNBits",
        [real(3, 40), byte(6, 3, 8), real(18), byte(12)],
        "bcd",
        {"K": 40, "N": 6, "bits": 4, "block_size": 16},
        1,
    ),
    "weights_of_8_bits": (
        "MatMulNBits",
        [real(2, 3, 64), byte(6, 2, 32), real(12), byte(12), None, real(6)],
        "bcdf",
        {"K": 64, "N": 6, "bits": 8, "block_size": 32},
        1,
    ),
    "weights_in_shuffled_groups": (
        "MatMulNBits",
        [real(3, 32), byte(6, 2, 8), real(12), None, RNG.permutation(32).astype(np.int32) % 2],
        "bce",
        {"K": 32, "N": 6, "bits": 4, "block_size": 16},
        1,
    ),
    "gather_of_4_bits": (
        "GatherBlockQuantized",
        [byte(7, 16), RNG.integers(0, 7, (2, 3)), real(7, 2), byte(7, 1)],
        "acd",
        {"block_size": 16, "gather_axis": 0, "quantize_axis": 1},
        1,
    ),
    "quantised_attention": (
        "QAttention",
        [byte(2, 5, 12), byte(12, 36, dtype=np.int8), real(36), f32(0.02), f32(0.01), words(5, 4), u8(120), np.int8(3)],
        "bcdegh",
        {"num_heads": 3},
        1,
    ),
    "dynamic_quantise_matmul": (
        "DynamicQuantizeMatMul",
        [real(3, 8), byte(8, 5, dtype=np.int8), RNG.uniform(0.01, 0.03, 5).astype(np.float32), None, real(5)],
        "bce",
        {},
        1,
    ),
    "matmul_integer_to_float": (
        "MatMulIntegerToFloat",
        [byte(3, 8), byte(8, 5), f32(0.02), f32(0.01), u8(120), u8(100), real(5)],
        "bcdefg",
        {},
        1,
    ),
    "q_add": ("QLinearAdd", quantised(2, 3, 4) + quantised(3, 1) + OUT, "bcefgh", {}, 1),
    "q_mul": ("QLinearMul", quantised(2, 3, 4) + quantised(3, 1) + OUT, "bcefgh", {}, 1),
    "q_concat": ("QLinearConcat", OUT + quantised(2, 3) + quantised(2, 4), "abdegh", {"axis": 1}, 1),
    "q_leaky_relu": ("QLinearLeakyRelu", quantised(2, 9) + OUT, "bcde", {"alpha": 0.2}, 1),
    "q_sigmoid": ("QLinearSigmoid", quantised(2, 9) + [f32(1 / 256), u8(0)], "bcde", {}, 1),
    "q_softmax": (
        "QLinearSoftmax",
        quantised(2, 9) + [f32(1 / 256), u8(0)],
        "bcde",
        {"axis": -1, "opset": 13},
        1,
    ),
    "q_where": (
        "QLinearWhere",
        [RNG.integers(0, 2, (2, 3)).astype(bool)] + quantised(2, 3) + quantised(2, 3) + OUT,
        "cdfghi",
        {},
        1,
    ),
    "q_average_pool": (
        "QLinearAveragePool",
        quantised(1, 3, 6, 6) + OUT,
        "bcde",
        {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [1, 1, 1, 1]},
        1,
    ),
    "q_global_pool_channels_last": (
        "QLinearGlobalAveragePool",
        quantised(2, 4, 5, 3) + OUT,
        "bcde",
        {"channels_last": 1},
        1,
    ),
    "q_conv": (
        "QLinearConv",
        quantised(1, 2, 5, 5) + [byte(3, 2, 3, 3, dtype=np.int8), f32(0.01), np.int8(0)] + OUT,
        "bcdefgh",
        {"pads": [1, 1, 1, 1]},
        1,
    ),
    "q_gemm": (
        "QGemm",
        quantised(3, 4) + [byte(5, 4), f32(0.01), u8(100), RNG.integers(-50, 50, 5).astype(np.int32)] + OUT,
        "bcdefghi",
        {"transB": 1},
        1,
    ),
    "q_gemm_to_real": (
        "QGemm",
        quantised(3, 4) + [byte(5, 4), f32(0.01), u8(100)],
        "bcdef",
        {"transB": 1, "alpha": 0.5},
        1,
    ),
    "quantise": ("QuantizeLinear", [real(2, 8), f32(0.02), u8(120)], "bc", {}, 1),
    "dequantise": ("DequantizeLinear", quantised(2, 8), "bc", {}, 1),
    "inverse": ("Inverse", [real(2, 4, 4) + 3 * np.eye(4, dtype=np.float32)], "", {}, 1),
    "distances": ("CDist", [real(4, 3), real(5, 3)], "", {"metric": "euclidean"}, 1),
    "distances_squared": ("CDist", [real(4, 3), real(5, 3)], "", {"metric": "sqeuclidean"}, 1),
    "expand_dims": ("ExpandDims", [real(2, 3), np.array(-1, np.int32)], "b", {}, 1),
    "trilu": ("Trilu", [real(2, 4, 5)], "", {"upper": 0}, 1),
    "grid_sample": ("GridSample", [real(1, 2, 4, 5), np.tanh(real(1, 3, 3, 2))], "", {"mode": "bilinear"}, 1),
    "pad": ("Pad", [real(2, 3), np.array([1, 0, 0, 2]), f32(4)], "bc", {"mode": "constant"}, 1),
    "range": ("Range", [f32(1), f32(7), f32(1.5)], "abc", {}, 1),
    "embed_without_mask": (
        "EmbedLayerNormalization",
        [RNG.integers(0, 9, (2, 5)).astype(np.int32), None, real(9, 8), real(6, 8), None, real(8), real(8)],
        "cdfg",
        {},
        2,
    ),
}
