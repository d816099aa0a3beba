# SPDX-License-Identifier: Apache-2.0
"""Operators of com.microsoft against onnxruntime, which defines them."""

import numpy as np
import onnx
import onnx.helper as oh
import pytest

import bireme
from helpers import onnxruntime_outputs

RNG = np.random.default_rng(11)


def real(*shape):
    return RNG.standard_normal(shape).astype(np.float32)


def nibbles(*shape):
    return RNG.integers(0, 256, shape).astype(np.uint8)


# name: (op, inputs (None: absent), names of inputs that are initializers, attributes, outputs)
CASES = {
    "bias_gelu": ("BiasGelu", [real(2, 3, 8), real(8)], "b", {}, 1),
    "fast_gelu": ("FastGelu", [real(2, 3, 8), real(8)], "", {}, 1),
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
    "weights_of_4_bits": (
        "MatMulNBits",
        [real(3, 40), nibbles(6, 3, 8), real(18)],
        "bc",
        {"K": 40, "N": 6, "bits": 4, "block_size": 16},
        1,
    ),
    "weights_of_4_bits_with_zeros": (
        "MatMulNBits",
        [real(3, 40), nibbles(6, 3, 8), real(18), nibbles(12)],
        "bcd",
        {"K": 40, "N": 6, "bits": 4, "block_size": 16},
        1,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_operator(name):
    op, values, constant, attributes, outputs = CASES[name]
    names = [chr(ord("a") + i) if v is not None else "" for i, v in enumerate(values)]
    given = {n: v for n, v in zip(names, values) if n and n not in constant}
    results = [f"y{i}" for i in range(outputs)]
    graph = oh.make_graph(
        [oh.make_node(op, names, results, domain="com.microsoft", **attributes)],
        "test",
        [oh.make_tensor_value_info(n, oh.np_dtype_to_tensor_dtype(v.dtype), v.shape) for n, v in given.items()],
        [oh.make_empty_tensor_value_info(r) for r in results],
        [onnx.numpy_helper.from_array(v, n) for n, v in zip(names, values) if n and n in constant],
    )
    opsets = [oh.make_opsetid("", 17), oh.make_opsetid("com.microsoft", 1)]
    model = oh.make_model(graph, opset_imports=opsets, ir_version=8).SerializeToString()
    expected = onnxruntime_outputs(model, given)
    found = bireme.build(model)(given)
    for key, want in expected.items():
        assert found[key].dtype == want.dtype and found[key].shape == want.shape
        np.testing.assert_allclose(found[key], want, rtol=1e-4, atol=1e-4)
