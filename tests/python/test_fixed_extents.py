# SPDX-License-Identifier: Apache-2.0
"""Extents that all profiles fix are numbers to the optimizer; the engine still tells them as open, and checks them."""

import json

import numpy as np
import onnx
import onnx.helper as oh
import pytest
from onnx import TensorProto

import bireme
from helpers import onnxruntime_outputs, save_onnx

FLOAT = TensorProto.FLOAT


def positions(path):
    """y = x + a table's first rows, as many as x has: a slice that only the length decides."""
    nodes = [
        oh.make_node("Shape", ["x"], ["extents"]),
        oh.make_node("Slice", ["extents", "one", "two"], ["length"]),
        oh.make_node("Slice", ["table", "zero", "length", "zero"], ["rows"]),
        oh.make_node("Add", ["x", "rows"], ["y"]),
    ]  # fmt: skip
    table = np.random.default_rng(0).standard_normal((9, 4)).astype(np.float32)
    constants = [onnx.numpy_helper.from_array(table, "table")] + [
        onnx.numpy_helper.from_array(np.array([k], np.int64), n) for k, n in enumerate(("zero", "one", "two"))]  # fmt: skip
    return save_onnx(path, nodes, [("x", FLOAT, ["batch", "length", 4])], [("y", FLOAT, None)], constants)


def built(path, logger, profiles):
    builder = bireme.Builder(logger)
    network = builder.create_network()
    parser = bireme.OnnxParser(network, logger)
    assert parser.parse_from_file(str(path)), parser.get_error(0).desc()
    config = builder.create_builder_config()
    for shapes in profiles:
        profile = builder.create_optimization_profile()
        for name, three in shapes.items():
            profile.set_shape(name, *three)
        config.add_optimization_profile(profile)
    plan = builder.build_serialized_network(network, config)
    return bireme.Runtime(logger).deserialize_cuda_engine(plan) if plan else None


def steps(engine):
    return json.loads(engine.create_engine_inspector().get_engine_information(bireme.LayerInformationFormat.JSON))["Layers"]


def run(engine, x):
    context = engine.create_execution_context()
    assert context.set_input_shape("x", x.shape)
    y = np.empty(tuple(context.get_tensor_shape("y")), np.float32)
    context.set_tensor_address("x", x.ctypes.data)
    context.set_tensor_address("y", y.ctypes.data)
    assert context.execute_async_v3(0)
    return y


def test_what_hangs_on_them_is_a_constant(tmp_path, logger):
    path = positions(tmp_path / "m.onnx")
    fixed = built(path, logger, [{"x": ((2, 5, 4),) * 3}])
    x = np.random.default_rng(1).standard_normal((2, 5, 4)).astype(np.float32)
    np.testing.assert_allclose(run(fixed, x), onnxruntime_outputs(path, {"x": x})["y"], rtol=1e-6)
    assert tuple(fixed.get_tensor_shape("x")) == (-1, -1, 4) and tuple(fixed.get_tensor_shape("y")) == (-1, -1, 4)
    assert len(steps(fixed)) == 1  # the rows are a constant of the sum
    context = fixed.create_execution_context()
    assert not context.set_input_shape("x", (2, 6, 4))


@pytest.mark.parametrize("lengths", [[(1, 5, 5)], [(5, 5, 5), (6, 6, 6)]])
def test_what_some_profile_leaves_open_stays(tmp_path, logger, lengths):
    path = positions(tmp_path / "m.onnx")
    engine = built(path, logger, [{"x": tuple((2, n, 4) for n in three)} for three in lengths])
    x = np.random.default_rng(1).standard_normal((2, 5, 4)).astype(np.float32)
    np.testing.assert_allclose(run(engine, x), onnxruntime_outputs(path, {"x": x})["y"], rtol=1e-6)
    assert tuple(engine.get_tensor_shape("y")) == (-1, -1, 4)


def test_inputs_that_name_one_extent_must_agree(tmp_path, logger):
    nodes = [oh.make_node("Add", ["x", "z"], ["y"])]
    path = save_onnx(tmp_path / "m.onnx", nodes, [("x", FLOAT, ["n"]), ("z", FLOAT, ["n"])], [("y", FLOAT, None)], [])
    assert built(path, logger, [{"x": ((2,),) * 3, "z": ((3,),) * 3}]) is None
    assert any('"n" is shared' in m for s, m in logger.messages)
