# SPDX-License-Identifier: Apache-2.0
"""Operators of com.microsoft against onnxruntime, which defines them."""

import numpy as np
import onnx
import onnx.helper as oh
import pytest
from contrib_cases import CASES, OUT, grouped, quantised, real

import bireme
from helpers import onnxruntime_outputs


def model_of(op, values, constant, attributes, outputs):
    """The model's bytes and its inputs by name."""
    names = [chr(ord("a") + i) if v is not None else "" for i, v in enumerate(values)]
    arrays = {n: np.asarray(v) for n, v in zip(names, values) if n}
    given = {n: v for n, v in arrays.items() if n not in constant}
    results = [f"y{i}" for i in range(outputs)]
    graph = oh.make_graph(
        [oh.make_node(op, names, results, domain="com.microsoft", **attributes)],
        "test",
        [oh.make_tensor_value_info(n, oh.np_dtype_to_tensor_dtype(v.dtype), v.shape) for n, v in given.items()],
        [oh.make_empty_tensor_value_info(r) for r in results],
        [onnx.numpy_helper.from_array(v, n) for n, v in arrays.items() if n in constant],
    )
    opsets = [oh.make_opsetid("", 17), oh.make_opsetid("com.microsoft", 1)]
    return oh.make_model(graph, opset_imports=opsets, ir_version=8).SerializeToString(), given


@pytest.mark.parametrize("name", CASES)
def test_operator(name):
    model, given = model_of(*CASES[name])
    expected = onnxruntime_outputs(model, given)
    found = bireme.build(model)(given)
    for key, want in expected.items():
        assert found[key].dtype == want.dtype and found[key].shape == want.shape
        # A step of quantisation where the sums fall on different sides of a half.
        step = 1 if want.dtype.kind in "ui" else 0
        np.testing.assert_allclose(found[key].astype(np.float64), want, rtol=1e-4, atol=1e-4 + step)
        assert step == 0 or np.mean(found[key] != want) < 0.2


def attention(q, k, v):
    """softmax(q k^T / sqrt(d)) v of [B, S, heads, d], as [B, S, heads * d]."""
    q, k, v = (x.astype(np.float64).transpose(0, 2, 1, 3) for x in (q, k, v))
    scores = q @ k.transpose(0, 1, 3, 2) / np.sqrt(q.shape[-1])
    p = np.exp(scores - scores.max(-1, keepdims=True))
    y = p / p.sum(-1, keepdims=True) @ v
    return y.transpose(0, 2, 1, 3).reshape(y.shape[0], y.shape[2], -1)


def test_packed_projections():
    """Layouts that onnxruntime has on GPUs alone: against the formula."""
    x = real(2, 5, 3, 3, 4)
    model, given = model_of("MultiHeadAttention", [x], "", {"num_heads": 3}, 1)
    want = attention(x[:, :, :, 0], x[:, :, :, 1], x[:, :, :, 2])
    np.testing.assert_allclose(bireme.build(model)(given)["y0"], want, rtol=1e-4, atol=1e-4)
    q, kv = real(2, 5, 12), real(2, 7, 3, 2, 4)
    model, given = model_of("MultiHeadAttention", [q, kv], "", {"num_heads": 3}, 1)
    want = attention(q.reshape(2, 5, 3, 4), kv[:, :, :, 0], kv[:, :, :, 1])
    np.testing.assert_allclose(bireme.build(model)(given)["y0"], want, rtol=1e-4, atol=1e-4)


def test_grouped_attention_of_rows_with_pasts_of_their_own():
    """A batch whose rows have seen 6 and 3 keys: each row as if it were alone."""
    q, k, v, past_k, past_v = real(2, 1, 32), real(2, 1, 16), real(2, 1, 16), real(2, 2, 6, 8), real(2, 2, 6, 8)
    inputs = [q, k, v, past_k, past_v, np.array([6, 3], np.int32), np.int32(7)]
    model, given = model_of("GroupQueryAttention", inputs, "g", {"num_heads": 4, "kv_num_heads": 2}, 3)
    found = bireme.build(model)(given)
    for row, seen in enumerate([6, 3]):
        keys = np.concatenate([past_k[row : row + 1, :, :seen], k[row].reshape(1, 1, 2, 8).transpose(0, 2, 1, 3)], 2)
        values = np.concatenate([past_v[row : row + 1, :, :seen], v[row].reshape(1, 1, 2, 8).transpose(0, 2, 1, 3)], 2)
        wide = [np.repeat(x, 2, 1).transpose(0, 2, 1, 3) for x in (keys, values)]
        want = attention(q[row : row + 1].reshape(1, 1, 4, 8), *wide)
        np.testing.assert_allclose(found["y0"][row], want[0], rtol=1e-4, atol=1e-4)
        np.testing.assert_array_equal(found["y1"][row, :, : seen + 1], keys[0])


def test_grouped_attention_whose_length_is_an_input():
    model, given = model_of("GroupQueryAttention", grouped(1, 6), "", {"num_heads": 4, "kv_num_heads": 2}, 3)
    found, want = bireme.build(model)(given), onnxruntime_outputs(model, given)
    for name, values in want.items():
        np.testing.assert_allclose(found[name], values, rtol=1e-4, atol=1e-5)


def test_mean_of_bytes():
    """onnxruntime has no kernel of its own for it."""
    values = quantised(2, 3, 8) + OUT
    model, given = model_of("QLinearReduceMean", values, "bcde", {"axes": [1], "keepdims": 0}, 1)
    mean = ((values[0].astype(np.float64) - 120) * 0.02).mean(1)
    want = np.clip(np.round(mean / 0.05) + 110, 0, 255)
    assert np.abs(bireme.build(model)(given)["y0"].astype(int) - want).max() <= 1


@pytest.mark.parametrize("kind,block", [("FP8", 0), ("INT4", 0), ("INT4", 4)])
def test_quantisation_of_tensorrt(kind, block):
    """Operators of TensorRT's domain have the type in their name: against onnx's evaluator of ONNX's own."""
    from onnx.reference import ReferenceEvaluator

    element = {"FP8": onnx.TensorProto.FLOAT8E4M3FN, "INT4": onnx.TensorProto.INT4}[kind]
    x = real(3, 8)
    scale = np.full((3, 2) if block else (), 0.3, np.float32)
    more = {"axis": 1, "block_size": block} if block else {}

    def model(names, domain, **typed):
        nodes = [
            oh.make_node(names[0], ["x", "s"], ["q"], domain=domain, **typed, **more),
            oh.make_node(names[1], ["q", "s"], ["y"], domain=domain, **more),
        ]
        graph = oh.make_graph(
            nodes,
            "g",
            [oh.make_tensor_value_info("x", onnx.TensorProto.FLOAT, x.shape)],
            [oh.make_tensor_value_info("y", onnx.TensorProto.FLOAT, x.shape)],
            [onnx.numpy_helper.from_array(scale, "s")],
        )
        opsets = [oh.make_opsetid("", 23)] + ([oh.make_opsetid(domain, 1)] if domain else [])
        return oh.make_model(graph, opset_imports=opsets, ir_version=10)

    want = ReferenceEvaluator(model(("QuantizeLinear", "DequantizeLinear"), "", output_dtype=element)).run(None, {"x": x})[0]
    ours = model((f"TRT_{kind}QuantizeLinear", f"TRT_{kind}DequantizeLinear"), "trt").SerializeToString()
    np.testing.assert_allclose(bireme.build(ours)(x)["y"], want, rtol=1e-6)


def test_weights_of_fp8_stored_as_bytes():
    codes = np.array([0x38, 0x40, 0xB8, 0x30], np.uint8)  # 1, 2, -1, 0.5 in E4M3
    graph = oh.make_graph(
        [
            oh.make_node("TRT_FP8DequantizeLinear", ["w", "s"], ["d"], domain="trt"),
            oh.make_node("Add", ["x", "d"], ["y"]),
        ],
        "g",
        [oh.make_tensor_value_info("x", onnx.TensorProto.FLOAT, [4])],
        [oh.make_tensor_value_info("y", onnx.TensorProto.FLOAT, [4])],
        [onnx.numpy_helper.from_array(codes, "w"), onnx.numpy_helper.from_array(np.float32(2), "s")],
    )
    model = oh.make_model(graph, opset_imports=[oh.make_opsetid("", 17), oh.make_opsetid("trt", 1)], ir_version=8)
    found = bireme.build(model.SerializeToString())(np.zeros(4, np.float32))["y"]
    np.testing.assert_array_equal(found, [2, 4, -2, 1])
