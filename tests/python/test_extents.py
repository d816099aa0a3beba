# SPDX-License-Identifier: Apache-2.0
"""Extents that exported networks compute: from numbers on the way through float, and from data."""

import numpy as np
import onnx
import onnx.helper as oh
import pytest
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


def constant(*shape):
    return onnx.numpy_helper.from_array(np.ones(shape, np.float32), "w")


# operator, attributes, shapes of its inputs, constants
EMPTY = {
    "convolution": ("Conv", {}, [[0, 3, 8, 8]], [constant(4, 3, 3, 3)]),
    "transposed convolution": ("ConvTranspose", {}, [[0, 3, 8, 8]], [constant(3, 4, 2, 2)]),
    "product of no rows": ("MatMul", {}, [[0, 8]], [constant(8, 5)]),
    "product of no columns": ("MatMul", {}, [[4, 3], [3, 0]], []),
    "product of no terms": ("MatMul", {}, [[2, 4, 0], [2, 0, 5]], []),
    "no products": ("MatMul", {}, [[0, 4, 8], [0, 8, 5]], []),
    "softmax": ("Softmax", {}, [[0, 8]], []),
    "pooling": ("MaxPool", {"kernel_shape": [2, 2]}, [[0, 3, 8, 8]], []),
}


@pytest.mark.parametrize("case", EMPTY)
def test_extents_of_zero(tmp_path, case):
    operator, attributes, shapes, constants = EMPTY[case]
    names = "ab"[: len(shapes)]
    nodes = [oh.make_node(operator, [*names, *(c.name for c in constants)], ["r"], **attributes),
             oh.make_node("Relu", ["r"], ["y"])]  # fmt: skip
    path = save_onnx(tmp_path / "m.onnx", nodes, [(n, FLOAT, s) for n, s in zip(names, shapes)], [("y", FLOAT, None)],
                     constants)  # fmt: skip
    agree(path, {n: np.ones(s, np.float32) for n, s in zip(names, shapes)})


def test_products_of_no_terms_at_run_time(tmp_path):
    nodes = [oh.make_node("MatMul", ["a", "b"], ["r"]), oh.make_node("Add", ["r", "w"], ["y"])]
    inputs = [("a", FLOAT, [4, "k"]), ("b", FLOAT, ["k", 5])]
    path = save_onnx(tmp_path / "m.onnx", nodes, inputs, [("y", FLOAT, None)], [constant(5)])
    engine = bireme.build(path, shapes={"a": ((4, 0), (4, 3), (4, 6)), "b": ((0, 5), (3, 5), (6, 5))})
    for k in (3, 0, 6):
        y = engine(a=np.ones((4, k), np.float32), b=np.ones((k, 5), np.float32))["y"]
        np.testing.assert_array_equal(y, np.full((4, 5), k + 1))


def test_an_optimum_that_no_window_fits_into(tmp_path):
    """The layer is named, and the extent."""
    path = save_onnx(
        tmp_path / "m.onnx",
        [oh.make_node("Conv", ["x", "w"], ["y"], name="wide", kernel_shape=[5]), oh.make_node("Relu", ["y"], ["z"])],
        [("x", FLOAT, [1, 2, "L"])],
        [("z", FLOAT, None)],
        [onnx.numpy_helper.from_array(np.ones((3, 2, 5), np.float32), "w")],
    )
    with pytest.raises(bireme.Error, match='wide.*: at the optimum of profile 0 .* negative extent, -1, which is L-4'):
        bireme.build(path, shapes={"x": ((1, 2, 3), (1, 2, 3), (1, 2, 9))})
