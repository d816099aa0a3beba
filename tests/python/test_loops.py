# SPDX-License-Identifier: Apache-2.0
"""Loop and Scan: their bodies are steps of the engine, run by kernels of the backend."""

import json

import numpy as np
import onnx.helper as oh
import pytest
from onnx import TensorProto

import bireme
from test_branches import check, info, save, value

FLOAT, INT64, BOOL = TensorProto.FLOAT, TensorProto.INT64, TensorProto.BOOL
RANDOM = np.random.default_rng(4)


def body(name, nodes, inputs, outputs, constants=()):
    infos = [info(*o) if isinstance(o, tuple) else info(o) for o in outputs]
    return oh.make_graph(nodes, name, [info(*i) for i in inputs], infos, list(constants))


def real(*shape):
    return RANDOM.standard_normal(shape).astype(np.float32)


def test_a_loop_that_ends_by_its_condition(tmp_path):
    """Two carried values that change places, one stacked value, a matrix from around the loop."""
    turn = body(
        "turn",
        [
            oh.make_node("MatMul", ["a", "m"], ["p"]),
            oh.make_node("Tanh", ["p"], ["q"]),
            oh.make_node("Add", ["q", "b"], ["r"]),
            oh.make_node("ReduceSum", ["r"], ["s"], keepdims=0),
            oh.make_node("Less", ["s", "limit"], ["go"]),
        ],
        [("i", INT64, []), ("c", BOOL, []), ("a", FLOAT, ["N", 4]), ("b", FLOAT, ["N", 4])],
        [("go", BOOL, []), "r", "a", "s"],
    )
    nodes = [
        oh.make_node("Mul", ["w", "half"], ["m"]),
        oh.make_node("Loop", ["turns", "", "x", "x"], ["y", "z", "sums"], body=turn),
    ]
    inputs = [info("x", FLOAT, ["N", 4]), info("w", FLOAT, [4, 4]), info("turns", INT64, []), info("limit", FLOAT, [])]
    path = save(tmp_path / "m.onnx", nodes, inputs, ["y", "z", "sums"], [value("half", np.float32(0.5))])
    w = np.abs(real(4, 4))
    runs = [
        {"x": np.abs(real(n, 4)), "w": w, "turns": np.array(t), "limit": np.array(limit, np.float32)}
        for n, t, limit in ((2, 7, 1e9), (3, 50, 100), (2, 1, 0), (2, 0, 5), (3, 50, 100))
    ]
    text = check(path, runs, {"x": ((1, 4), (2, 4), (5, 4))}, rtol=1e-4)
    assert '"Loop"' in text


def test_what_no_turn_changes_is_computed_before(tmp_path):
    """A product of two tensors from around the loop, of unknown rows; an If in the loop whose branches begin alike."""
    then = body("then", [oh.make_node("Exp", ["e"], ["f"]), oh.make_node("Neg", ["f"], ["t"])], [], ["t"])
    other = body("else", [oh.make_node("Exp", ["e"], ["h"]), oh.make_node("Abs", ["h"], ["o"])], [], ["o"])
    turn = body(
        "turn",
        [
            oh.make_node("MatMul", ["x", "w"], ["p"]),
            oh.make_node("Tanh", ["p"], ["e"]),
            oh.make_node("If", ["flag"], ["q"], then_branch=then, else_branch=other),
            oh.make_node("Add", ["q", "e"], ["r"]),
            oh.make_node("Add", ["a", "r"], ["s"]),
            oh.make_node("Identity", ["c"], ["go"]),
        ],
        [("i", INT64, []), ("c", BOOL, []), ("a", FLOAT, ["N", 4])],
        [("go", BOOL, []), "s", "a"],
    )
    nodes = [oh.make_node("Loop", ["turns", "", "x"], ["y", "all"], body=turn, name="again")]
    inputs = [info("x", FLOAT, ["N", 4]), info("w", FLOAT, [4, 4]), info("turns", INT64, []), info("flag", BOOL, [])]
    path = save(tmp_path / "m.onnx", nodes, inputs, ["y", "all"])
    runs = [{"x": real(n, 4), "w": real(4, 4), "turns": np.array(t), "flag": np.array(f)}
            for n, t, f in ((2, 3, True), (5, 1, True), (1, 4, False))]  # fmt: skip
    layers = json.loads(check(path, runs, {"x": ((1, 4), (2, 4), (5, 4))}))["Layers"]
    outside = [layer["TacticName"] for layer in layers]
    assert any(name.startswith("cpu.matmul") for name in outside), outside


def test_a_carried_value_that_grows(tmp_path):
    """Slices at the turn's place are put behind one another; a loop and an If inside of it."""
    inner = body(
        "inner",
        [oh.make_node("Add", ["u", "one"], ["v"]), oh.make_node("Identity", ["d"], ["e"])],
        [("j", INT64, []), ("d", BOOL, []), ("u", FLOAT, [])],
        [("e", BOOL, []), "v"],
    )
    then = body("then", [oh.make_node("Neg", ["part"], ["t"])], [], ["t"])
    other = body("else", [oh.make_node("Identity", ["part"], ["o"])], [], ["o"])
    turn = body(
        "turn",
        [
            oh.make_node("Unsqueeze", ["i", "zero"], ["from"]),
            oh.make_node("Add", ["from", "two"], ["to"]),
            oh.make_node("Slice", ["x", "from", "to", "zero"], ["part"]),
            oh.make_node("Greater", ["i", "first"], ["late"]),
            oh.make_node("If", ["late"], ["w"], then_branch=then, else_branch=other),
            oh.make_node("Concat", ["list", "w"], ["longer"], axis=0),
            oh.make_node("Loop", ["i", "", "count"], ["more"], body=inner),
            oh.make_node("Identity", ["c"], ["go"]),
        ],
        [("i", INT64, []), ("c", BOOL, []), ("list", FLOAT, None), ("count", FLOAT, [])],
        [("go", BOOL, []), "longer", "more"],
    )
    nodes = [oh.make_node("Loop", ["turns", "yes", "nothing", "start"], ["y", "n"], body=turn)]
    constants = [value("zero", [0]), value("two", [2]), value("first", 1), value("one", np.float32(1))]
    constants += [value("yes", True), value("nothing", np.zeros((0, 3), np.float32)), value("start", np.float32(0))]
    inputs = [info("x", FLOAT, [6, 3]), info("turns", INT64, [])]
    path = save(tmp_path / "m.onnx", nodes, inputs, ["y", "n"], constants)
    x = real(6, 3)
    check(path, [{"x": x, "turns": np.array(t)} for t in (3, 0, 5, 3)])


def test_scans_in_both_directions(tmp_path):
    """Slices of a middle axis, read backwards; results stacked along the last axis, and backwards."""
    turn = body(
        "turn",
        [
            oh.make_node("Mul", ["a", "b"], ["p"]),
            oh.make_node("Add", ["state", "p"], ["next"]),
            oh.make_node("Sub", ["next", "shift"], ["d"]),
            oh.make_node("Exp", ["d"], ["e"]),
        ],
        [("state", FLOAT, [2, 3]), ("a", FLOAT, [2, 3]), ("b", FLOAT, [2, 3])],
        ["next", "e", "p"],
    )
    scan = oh.make_node(
        "Scan", ["start", "x", "y"], ["last", "all", "back"], body=turn, num_scan_inputs=2, scan_input_axes=[1, -1],
        scan_input_directions=[0, 1], scan_output_axes=[2, 0], scan_output_directions=[0, 1],
    )  # fmt: skip
    nodes = [oh.make_node("Neg", ["s"], ["start"]), scan]
    inputs = [info("s", FLOAT, [2, 3]), info("x", FLOAT, [2, "T", 3]), info("y", FLOAT, [2, 3, "T"])]
    path = save(tmp_path / "m.onnx", nodes, inputs, ["last", "all", "back"], [value("shift", np.float32(0.25))])
    runs = [{"s": real(2, 3), "x": real(2, t, 3), "y": real(2, 3, t)} for t in (4, 1, 7)]
    check(path, runs, {"x": ((2, 1, 3), (2, 4, 3), (2, 9, 3)), "y": ((2, 3, 1), (2, 3, 4), (2, 3, 9))})


def test_results_that_cannot_be_stacked(tmp_path):
    turn = body(
        "turn",
        [oh.make_node("Unsqueeze", ["i", "zero"], ["to"]), oh.make_node("Slice", ["x", "zero", "to"], ["part"]), oh.make_node("Identity", ["c"], ["go"])],
        [("i", INT64, []), ("c", BOOL, [])],
        [("go", BOOL, []), "part"],
    )  # fmt: skip
    nodes = [oh.make_node("Loop", ["turns", ""], ["y"], body=turn, name="ragged")]
    inputs = [info("x", FLOAT, [6]), info("turns", INT64, [])]
    path = save(tmp_path / "m.onnx", nodes, inputs, ["y"], [value("zero", [0])])
    engine = bireme.build(path)
    assert engine({"x": real(6), "turns": np.array(1)})["y"].shape == (1, 0)
    with pytest.raises(bireme.Error, match="ragged.*cannot be stacked"):
        engine({"x": real(6), "turns": np.array(2)})
