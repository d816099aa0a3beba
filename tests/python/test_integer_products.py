# SPDX-License-Identifier: Apache-2.0
"""Products of bytes against numpy's integers: every sum exact, also beyond 2^24, where FLOAT is not."""

from pathlib import Path

import numpy as np
import onnx
import onnx.helper as oh
import pytest

import bireme as trt

RNG = np.random.default_rng(4)
EXACT = "vnni" in Path("/proc/cpuinfo").read_text()  # elsewhere products are computed in FLOAT
LIMITS = {np.uint8: (0, 256), np.int8: (-128, 128)}


def byte(dtype, *shape):
    return RNG.integers(*LIMITS[dtype], size=shape).astype(dtype)


def same(got, want):
    if EXACT:
        np.testing.assert_array_equal(got, want)
    else:
        np.testing.assert_allclose(got, want, rtol=1e-6, atol=64)


def run(op, inputs, constant=(), **attributes):
    """The output of one node; names of inputs are letters, None is absent."""
    names = [chr(ord("a") + i) if x is not None else "" for i, x in enumerate(inputs)]
    given = {n: x for n, x in zip(names, inputs) if n}
    infos = [oh.make_tensor_value_info(n, oh.np_dtype_to_tensor_dtype(x.dtype), x.shape)
             for n, x in given.items() if n not in constant]
    weights = [onnx.numpy_helper.from_array(given[n], n) for n in constant]
    node = oh.make_node(op, names, ["y"], "node", **attributes)
    graph = oh.make_graph([node], "g", infos, [oh.make_empty_tensor_value_info("y")], weights)
    model = oh.make_model(graph, opset_imports=[oh.make_opsetid("", 21)], ir_version=10)
    engine = trt.build(model.SerializeToString())
    return engine({n: x for n, x in given.items() if n not in constant})["y"]


def centred(x, zero, axis):
    x = x.astype(np.int64)
    if zero is None:
        return x
    zero = zero.astype(np.int64)
    return x - (zero.reshape([-1 if d == axis % x.ndim else 1 for d in range(x.ndim)]) if zero.ndim else zero)


@pytest.mark.parametrize("fixed", [(), ("b",), ("b", "c", "d")])
@pytest.mark.parametrize("left", [np.uint8, np.int8])
@pytest.mark.parametrize("right", [np.uint8, np.int8])
def test_matrices(left, right, fixed):
    a, b = byte(left, 3, 17, 1000), byte(right, 1000, 33)
    a[0, 0], b[:, 0] = LIMITS[left][1] - 1, LIMITS[right][1] - 1  # a sum that FLOAT cannot hold
    za, zb = byte(left), byte(right, 33)
    zb[0] = LIMITS[right][0]
    want = centred(a, za, 0) @ centred(b, zb, 1)
    assert abs(want).max() > 1 << 24
    same(run("MatMulInteger", [a, b, za, zb], fixed), want)


def test_rows_have_zero_points():
    a, b, za = byte(np.uint8, 5, 8), byte(np.int8, 8, 6), byte(np.uint8, 5)
    same(run("MatMulInteger", [a, b, za]), centred(a, za, 0) @ b.astype(np.int64))


def test_batches_broadcast():
    a, b, zb = byte(np.uint8, 2, 1, 3, 4), byte(np.uint8, 5, 4, 6), byte(np.uint8)
    want = a.astype(np.int64) @ centred(b, zb, 0)
    same(run("MatMulInteger", [a, b, None, zb]), want)


def convolved(x, w, pads, strides, groups):
    """The definition, two spatial dims, on integers that are centred already."""
    x = np.pad(x, [(0, 0), (0, 0), (pads[0], pads[2]), (pads[1], pads[3])])
    maps, channels = w.shape[0] // groups, w.shape[1]
    size = [(x.shape[2 + d] - w.shape[2 + d]) // strides[d] + 1 for d in (0, 1)]
    y = np.zeros((x.shape[0], w.shape[0], *size), np.int64)
    for i, j in np.ndindex(*size):
        part = x[:, :, i * strides[0]:i * strides[0] + w.shape[2], j * strides[1]:j * strides[1] + w.shape[3]]
        for g in range(groups):
            y[:, g * maps:(g + 1) * maps, i, j] = np.einsum(
                "nchw,kchw->nk", part[:, g * channels:(g + 1) * channels], w[g * maps:(g + 1) * maps])
    return y


@pytest.mark.parametrize("groups", [1, 2, 16])
@pytest.mark.parametrize("left", [np.uint8, np.int8])
@pytest.mark.parametrize("right", [np.uint8, np.int8])
def test_convolutions(left, right, groups):
    x, w = byte(left, 2, 16, 9, 10), byte(right, 32, 16 // groups, 3, 3)
    zx, zw = byte(left), byte(right, 32)
    pads, strides = [1, 0, 2, 1], [2, 1]
    want = convolved(centred(x, zx, 0), centred(w, zw, 0), pads, strides, groups)
    for fixed in ((), ("b",), ("b", "d")):
        got = run("ConvInteger", [x, w, zx, zw], fixed, pads=pads, strides=strides, group=groups)
        same(got, want)


def test_convolution_of_large_sums():
    x, w = np.full((1, 128, 8, 8), 255, np.uint8), np.full((4, 128, 5, 5), 127, np.int8)
    w[1, 0, 0, 0] = 126  # odd sums, that FLOAT rounds
    got = run("ConvInteger", [x, w], ("b",))
    same(got, convolved(x.astype(np.int64), w.astype(np.int64), [0] * 4, [1, 1], 1))
    assert got.max() > 1 << 24


def test_quantised_convolution():
    x, w, zx = byte(np.uint8, 1, 8, 6, 6), byte(np.int8, 16, 8, 3, 3), byte(np.uint8)
    xs, ws, ys = np.float32(0.02), RNG.uniform(0.01, 0.03, 16).astype(np.float32), np.float32(0.7)
    bias, zero = RNG.integers(-5000, 5000, 16).astype(np.int32), np.int8(-7)
    sums = convolved(centred(x, zx, 0), w.astype(np.int64), [1] * 4, [1, 1], 1) + bias[:, None, None]
    steps = np.rint(sums.astype(np.float32) * (xs * ws / ys)[:, None, None])
    inputs = [x, np.array(xs), zx, w, ws, np.zeros(16, np.int8), np.array(ys), np.array(zero), bias]
    got = run("QLinearConv", inputs, ("d", "e", "f"), pads=[1] * 4)
    np.testing.assert_array_equal(got, np.clip(steps + zero, -128, 127).astype(np.int8))


def test_quantised_matrices():
    a, b, za, zb = byte(np.uint8, 2, 5, 40), byte(np.int8, 40, 12), byte(np.uint8), byte(np.int8, 12)
    sa, sb, sy = np.float32(0.03), RNG.uniform(0.01, 0.03, 12).astype(np.float32), np.float32(0.9)
    sums = (centred(a, za, 0) @ centred(b, zb, 1)).astype(np.float32)
    want = np.clip(np.rint(sums * (sa * sb / sy)) + 100, 0, 255).astype(np.uint8)
    got = run("QLinearMatMul", [a, np.array(sa), za, b, sb, zb, np.array(sy), np.array(np.uint8(100))], ("d", "e", "f"))
    np.testing.assert_array_equal(got, want)
