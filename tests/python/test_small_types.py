# SPDX-License-Identifier: Apache-2.0
"""Floats of at most a byte and integers below one, bit by bit against ml_dtypes."""

import ml_dtypes
import numpy as np

import pytest
from onnx import TensorProto, helper, numpy_helper

import bireme

FLOATS = {
    "FLOAT8E4M3FN": ml_dtypes.float8_e4m3fn,
    "FLOAT8E5M2": ml_dtypes.float8_e5m2,
    "FLOAT8E4M3FNUZ": ml_dtypes.float8_e4m3fnuz,
    "FLOAT8E5M2FNUZ": ml_dtypes.float8_e5m2fnuz,
}


def _model(nodes, inputs, outputs, constants=()):
    graph = helper.make_graph(nodes, "g", inputs, outputs, list(constants))
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 26)], ir_version=13)
    return bireme.build(model.SerializeToString())


def _info(name, kind, count):
    return helper.make_tensor_value_info(name, kind, [count])


def _numbers():
    """All that matters to a format of 8 bits: every value, what lies between, and far beyond."""
    grid = np.concatenate([np.arange(256, dtype=np.uint8).view(t).astype(np.float32) for t in FLOATS.values()])
    grid = np.unique(grid[np.isfinite(grid)])
    middles = (grid[1:] + grid[:-1]) / 2
    return np.concatenate([grid, middles, np.nextafter(middles, np.inf), np.float32([1e6, -1e6, -0.0, 1e-9])])


@pytest.mark.parametrize("name", FLOATS)
def test_every_code(name):
    kind = getattr(TensorProto, name)
    nodes = [
        helper.make_node("BitCast", ["x"], ["c"], to=kind),
        helper.make_node("Cast", ["c"], ["y"], to=TensorProto.FLOAT),
    ]
    model = _model(nodes, [_info("x", TensorProto.UINT8, 256)], [_info("y", TensorProto.FLOAT, 256)])
    codes = np.arange(256, dtype=np.uint8)
    np.testing.assert_array_equal(model(codes)["y"], codes.view(FLOATS[name]).astype(np.float32))


@pytest.mark.parametrize("saturate", [0, 1])
@pytest.mark.parametrize("name", FLOATS)
def test_rounding(name, saturate):
    kind, x = getattr(TensorProto, name), _numbers()
    if not saturate:
        x = np.append(x, np.float32([np.inf, -np.inf]))
    nodes = [
        helper.make_node("Cast", ["x"], ["c"], to=kind, saturate=saturate),
        helper.make_node("BitCast", ["c"], ["y"], to=TensorProto.UINT8),
    ]
    model = _model(nodes, [_info("x", TensorProto.FLOAT, len(x))], [_info("y", TensorProto.UINT8, len(x))])
    limits = ml_dtypes.finfo(FLOATS[name])
    want = (np.clip(x, limits.min, limits.max) if saturate else x).astype(FLOATS[name])
    have = model(x)["y"].view(FLOATS[name])
    np.testing.assert_array_equal(have.astype(np.float32), want.astype(np.float32))
    finite = np.isfinite(want.astype(np.float32))  # a NaN has more than one code
    np.testing.assert_array_equal(have.view(np.uint8)[finite], want.view(np.uint8)[finite])


@pytest.mark.parametrize("name", ["INT2", "UINT2", "INT4", "UINT4", "FLOAT4E2M1"])
def test_below_a_byte(name):
    """There and back; integers out of range keep their low bits."""
    dtype = helper.tensor_dtype_to_np_dtype(getattr(TensorProto, name))
    x = np.float32([-9, -8, -3, -2, -1, 0, 0.25, 0.75, 1, 1.5, 2, 2.5, 3, 4, 5, 7, 8, 100])
    nodes = [
        helper.make_node("Cast", ["x"], ["c"], to=getattr(TensorProto, name)),
        helper.make_node("Cast", ["c"], ["y"], to=TensorProto.FLOAT),
    ]
    model = _model(nodes, [_info("x", TensorProto.FLOAT, len(x))], [_info("y", TensorProto.FLOAT, len(x))])
    np.testing.assert_array_equal(model(x)["y"], x.astype(dtype).astype(np.float32))


@pytest.mark.parametrize("name", ["INT2", "INT4", "FLOAT4E2M1"])
def test_constants(name):
    """Packed in the file: seven elements, the last byte not full."""
    dtype = helper.tensor_dtype_to_np_dtype(getattr(TensorProto, name))
    values = np.array([1, -2, 0, 1, -1, -2, 1], np.float32).astype(dtype)
    for constant in (
        numpy_helper.from_array(values, "c"),
        helper.make_tensor("c", getattr(TensorProto, name), [7], values),
    ):
        nodes = [
            helper.make_node("Cast", ["c"], ["w"], to=TensorProto.FLOAT),
            helper.make_node("Mul", ["x", "w"], ["y"]),
        ]
        model = _model(nodes, [_info("x", TensorProto.FLOAT, 7)], [_info("y", TensorProto.FLOAT, 7)], [constant])
        x = np.arange(7, dtype=np.float32)
        np.testing.assert_array_equal(model(x)["y"], x * values.astype(np.float32))


def test_scales_of_exponents():
    """E8M0: powers of two, rounded up; 0 is the smallest and infinity the largest."""
    x = np.float32([0, 2**-127, 0.124, 0.25, 1.1, 1.9, 2, 2**127, 3e38, np.inf, np.nan])
    want = np.uint8([0, 0, 124, 125, 128, 128, 128, 254, 254, 254, 255])
    nodes = [
        helper.make_node("Cast", ["x"], ["c"], to=TensorProto.FLOAT8E8M0),
        helper.make_node("BitCast", ["c"], ["y"], to=TensorProto.UINT8),
        helper.make_node("Cast", ["c"], ["z"], to=TensorProto.FLOAT),
    ]
    outputs = [_info("y", TensorProto.UINT8, len(x)), _info("z", TensorProto.FLOAT, len(x))]
    y, z = _model(nodes, [_info("x", TensorProto.FLOAT, len(x))], outputs)(x).values()
    np.testing.assert_array_equal(y, want)
    np.testing.assert_array_equal(z, want.view(ml_dtypes.float8_e8m0fnu).astype(np.float32))


def test_refusals():
    x, y = _info("x", TensorProto.FLOAT, 2), _info("y", TensorProto.FLOAT8E8M0, 2)
    node = helper.make_node("Cast", ["x"], ["y"], to=TensorProto.FLOAT8E8M0, round_mode="down")
    with pytest.raises(bireme.Error, match='only round_mode "up"'):
        _model([node], [x], [y])
