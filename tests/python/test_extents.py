# SPDX-License-Identifier: Apache-2.0
"""Extents that exported networks compute: from numbers on the way through float, and from data."""

import numpy as np
import onnx
import onnx.helper as oh
from onnx import TensorProto

import bireme
from helpers import onnxruntime_outputs, save_onnx

FLOAT, INT64 = TensorProto.FLOAT, TensorProto.INT64


def number(name, value, dtype=np.int64):
    return onnx.numpy_helper.from_array(np.array(value, dtype), name)


def agree(path, inputs):
    engine = bireme.build(path)
    ours, theirs = engine(inputs), onnxruntime_outputs(path, inputs)
    for name, values in theirs.items():
        assert ours[name].shape == values.shape
        np.testing.assert_allclose(ours[name], values, rtol=1e-6, atol=1e-6)


def resize_by_scale(path, least):
    """Resize to floor(extent * 9 / least) as torchvision's detectors write it, then a convolution; `least` is a number,
    or None for an input."""
    nodes = [
        oh.make_node("Shape", ["x"], ["shape"]),
        oh.make_node("Slice", ["shape", "two", "four"], ["extents"]),
        oh.make_node("Cast", ["extents"], ["real"], to=FLOAT),
        oh.make_node("Reciprocal", ["least"], ["inverse"]),
        oh.make_node("Mul", ["inverse", "wanted"], ["scale"]),
        oh.make_node("Mul", ["real", "scale"], ["scaled"]),
        oh.make_node("Floor", ["scaled"], ["whole"]),
        oh.make_node("Cast", ["whole"], ["sides"], to=INT64),
        oh.make_node("Slice", ["shape", "zero", "two"], ["others"]),
        oh.make_node("Concat", ["others", "sides"], ["all"], axis=0),
        oh.make_node("Resize", ["x", "", "", "sides" if least is None else "all"], ["r"], mode="nearest",
                     axes=[2, 3] if least is None else None, coordinate_transformation_mode="asymmetric",
                     nearest_mode="floor"),
        oh.make_node("Conv", ["r", "w"], ["y"]),
    ]  # fmt: skip
    inputs = [("x", FLOAT, [1, 2, 8, 10])] + ([("least", FLOAT, [])] if least is None else [])
    constants = [number("zero", [0]), number("two", [2]), number("four", [4]), number("wanted", 9, np.float32),
                 number("w", np.ones((3, 2, 2, 2)), np.float32)]  # fmt: skip
    constants += [] if least is None else [number("least", least, np.float32)]
    return save_onnx(path, nodes, inputs, [("y", FLOAT, None)], constants, opset=18)


X = np.arange(160, dtype=np.float32).reshape(1, 2, 8, 10)


def test_sizes_through_float_are_known_when_parsed(tmp_path, logger):
    path = resize_by_scale(tmp_path / "m.onnx", 8)
    builder = bireme.Builder(logger)
    network = builder.create_network()
    assert bireme.OnnxParser(network, logger).parse_from_file(path)
    assert tuple(network.get_output(0).shape) == (1, 3, 8, 10)  # 9 x 11 less the window
    agree(path, {"x": X})


def test_sizes_from_data_have_no_bound(tmp_path):
    path = resize_by_scale(tmp_path / "m.onnx", None)
    for least in (8.0, 4.0, 16.0):
        agree(path, {"x": X, "least": np.array(least, np.float32)})


def test_an_extent_that_only_a_count_decides(tmp_path):
    """No data leads from NonZero to ConstantOfShape: only the number of its columns does."""
    nodes = [
        oh.make_node("NonZero", ["x"], ["found"]),
        oh.make_node("Shape", ["found"], ["shape"]),
        oh.make_node("Slice", ["shape", "one", "two"], ["count"]),
        oh.make_node("Min", ["count", "most"], ["least"]),
        oh.make_node("ConstantOfShape", ["least"], ["y"], value=number("", [2.5], np.float32)),
    ]
    constants = [number("one", [1]), number("two", [2]), number("most", [4])]
    path = save_onnx(tmp_path / "m.onnx", nodes, [("x", FLOAT, [6])], [("y", FLOAT, None)], constants)
    engine = bireme.build(path)
    for count in (0, 2, 4, 6):
        x = (np.arange(6) < count).astype(np.float32)
        y = engine({"x": x})["y"]
        assert y.tolist() == [2.5] * min(count, 4)
