# SPDX-License-Identifier: Apache-2.0
"""If: both branches are steps of the engine, run by kernels of the backend."""

import numpy as np
import onnx
import onnx.helper as oh
import pytest
from onnx import TensorProto

import bireme
from helpers import onnxruntime_outputs

FLOAT, INT64, BOOL = TensorProto.FLOAT, TensorProto.INT64, TensorProto.BOOL
RANDOM = np.random.default_rng(3)
CONV = RANDOM.standard_normal((4, 3, 3, 3)).astype(np.float32)


def value(name, array):
    return onnx.numpy_helper.from_array(np.asarray(array), name)


def info(name, kind=FLOAT, shape=None):
    return oh.make_tensor_value_info(name, kind, shape)


def branch(name, nodes, outputs, constants=()):
    infos = [info(*o) if isinstance(o, tuple) else info(o) for o in outputs]
    return oh.make_graph(nodes, name, [], infos, list(constants))


def save(path, nodes, inputs, outputs, constants=()):
    graph = oh.make_graph(nodes, "g", inputs, [info(*o) if isinstance(o, tuple) else info(o) for o in outputs], list(constants))
    model = oh.make_model(graph, opset_imports=[oh.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, path)
    return str(path)


def check(path, runs, shapes=None, rtol=1e-5):
    """Every run agrees with onnxruntime, of the engine as built and as loaded, and no step rests on the reference.
    Returns what the inspector tells."""
    engine = bireme.build(path, shapes=shapes)
    engine.save(path + ".engine")
    for inputs in runs:
        theirs = onnxruntime_outputs(path, inputs)
        for e in (engine, bireme.load(path + ".engine")):
            ours = e(inputs)
            for name, expected in theirs.items():
                assert ours[name].shape == expected.shape
                np.testing.assert_allclose(ours[name], expected, rtol=rtol, atol=rtol)
    text = described(path, shapes or {})
    assert "reference." not in text
    return text


def described(path, shapes):
    """What the inspector tells of an engine for these shapes, in full."""
    logger = bireme.Logger(bireme.Logger.ERROR)
    builder = bireme.Builder(logger)
    network = builder.create_network()
    assert bireme.OnnxParser(network, logger).parse_from_file(path)
    config = builder.create_builder_config()
    config.profiling_verbosity = bireme.ProfilingVerbosity.DETAILED
    profile = builder.create_optimization_profile()
    for name, (low, likely, high) in shapes.items():
        profile.set_shape(name, low, likely, high)
    config.add_optimization_profile(profile)
    engine = builder.build_engine_with_config(network, config)
    return engine.create_engine_inspector().get_engine_information(bireme.LayerInformationFormat.JSON)


def test_convolutions_in_branches(tmp_path):
    """Branches read weights of their own, a computed tensor and an input from around them."""
    then = branch("then", [oh.make_node("Conv", ["r", "w"], ["a"], pads=[1] * 4), oh.make_node("Relu", ["a"], ["b"])], ["b"], [value("w", CONV)])  # fmt: skip
    other = branch("else", [oh.make_node("Concat", ["x", "first"], ["c"], axis=1), oh.make_node("Neg", ["c"], ["d"])], ["d"])  # fmt: skip
    nodes = [
        oh.make_node("Sigmoid", ["x"], ["r"]),
        oh.make_node("Slice", ["x", "zero", "one", "one"], ["first"]),
        oh.make_node("If", ["choose"], ["y"], then_branch=then, else_branch=other),
        oh.make_node("Mul", ["y", "two"], ["z"]),
    ]
    inputs = [info("x", FLOAT, ["N", 3, 6, 5]), info("choose", BOOL, [])]
    constants = [value("zero", [0]), value("one", [1]), value("two", np.float32(2))]
    path = save(tmp_path / "m.onnx", nodes, inputs, ["z"], constants)
    x = [RANDOM.standard_normal((n, 3, 6, 5)).astype(np.float32) for n in (1, 3)]
    runs = [{"x": a, "choose": np.array(c)} for a in x for c in (True, False, True)]
    text = check(path, runs, {"x": ((1, 3, 6, 5), (2, 3, 6, 5), (4, 3, 6, 5))})
    assert '"Branches"' in text


def test_branches_of_other_extents(tmp_path):
    """Only running tells how long the result is; one branch is another If, one gives what it is given."""
    inner = oh.make_node("If", ["small"], ["i"], then_branch=branch("t", [oh.make_node("Identity", ["x"], ["p"])], ["p"]), else_branch=branch("e", [oh.make_node("Concat", ["x", "x"], ["q"], axis=0)], ["q"]))  # fmt: skip
    then = branch("then", [inner, oh.make_node("Add", ["i", "i"], ["a"])], ["a"])
    other = branch("else", [oh.make_node("Slice", ["x", "zero", "three"], ["s"])], ["s"])
    nodes = [
        oh.make_node("ReduceMax", ["x"], ["m"], keepdims=0),
        oh.make_node("Less", ["m", "limit"], ["small"]),
        oh.make_node("If", ["choose"], ["y"], then_branch=then, else_branch=other),
        oh.make_node("Shape", ["y"], ["n"]),
        oh.make_node("Expand", ["limit", "n"], ["z"]),
    ]
    constants = [value("zero", [0]), value("three", [3]), value("limit", np.float32(10))]
    inputs = [info("x", FLOAT, [5]), info("choose", BOOL, [])]
    path = save(tmp_path / "m.onnx", nodes, inputs, ["y", "z"], constants)
    a = np.arange(5, dtype=np.float32)
    check(path, [{"x": x, "choose": np.array(c)} for x in (a, a * 9, a) for c in (True, False)])


def test_shapes_in_branches(tmp_path):
    """A branch reshapes by extents from around it; one result is a constant, one a shape."""
    then = branch("then", [oh.make_node("Reshape", ["x", "to"], ["a"]), oh.make_node("Shape", ["x"], ["b"])], ["a", ("b", INT64)])  # fmt: skip
    other = branch("else", [oh.make_node("Reshape", ["half", "to"], ["c"]), oh.make_node("Identity", ["k"], ["d"])], ["c", ("d", INT64)], [value("k", np.int64([7, 8]))])  # fmt: skip
    nodes = [
        oh.make_node("Shape", ["x"], ["s"]),
        oh.make_node("Gather", ["s", "zero"], ["n"]),
        oh.make_node("Concat", ["n", "minus"], ["to"], axis=0),
        oh.make_node("Mul", ["x", "factor"], ["half"]),
        oh.make_node("If", ["choose"], ["y", "w"], then_branch=then, else_branch=other),
    ]
    constants = [value("zero", [0]), value("minus", [2, -1]), value("factor", np.float32(0.5))]
    inputs = [info("x", FLOAT, ["N", 4]), info("choose", BOOL, [1])]
    path = save(tmp_path / "m.onnx", nodes, inputs, ["y", ("w", INT64)], constants)
    runs = [{"x": RANDOM.standard_normal((n, 4)).astype(np.float32), "choose": np.array([c])} for n in (2, 5) for c in (True, False)]  # fmt: skip
    check(path, runs, {"x": ((1, 4), (2, 4), (6, 4))})


def test_an_error_in_a_branch_names_its_layer(tmp_path):
    then = branch("then", [oh.make_node("TopK", ["x", "five"], ["a", "p"], name="largest")], ["a"])
    other = branch("else", [oh.make_node("Abs", ["x"], ["c"])], ["c"])
    nodes = [oh.make_node("If", ["choose"], ["y"], then_branch=then, else_branch=other)]
    inputs = [info("x", FLOAT, ["K"]), info("choose", BOOL, [])]
    path = save(tmp_path / "m.onnx", nodes, inputs, ["y"], [value("five", [5])])
    engine = bireme.build(path, shapes={"x": ((1,), (7,), (8,))})
    four = np.arange(4, dtype=np.float32)
    assert engine({"x": four, "choose": np.array(False)})["y"].shape == (4,)
    with pytest.raises(bireme.Error, match="largest.*5"):
        engine({"x": four, "choose": np.array(True)})
    assert engine({"x": np.arange(6, dtype=np.float32), "choose": np.array(True)})["y"].shape == (5,)
