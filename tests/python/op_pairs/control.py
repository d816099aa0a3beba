# SPDX-License-Identifier: Apache-2.0
"""Bodies, sequences and optionals; tensors enter and leave."""

import numpy as np
import onnx
import onnx.helper as oh

from .case import Case, case

FLOAT, INT64, BOOL = onnx.TensorProto.FLOAT, onnx.TensorProto.INT64, onnx.TensorProto.BOOL


def info(name, kind=FLOAT, shape=None):
    return oh.make_tensor_value_info(name, kind, shape)


@case("If")
def if_(version, data):
    then = oh.make_graph([oh.make_node("Neg", ["b"], ["t"])], "then", [], [info("t", shape=[2, 3])])
    other = oh.make_graph([oh.make_node("Abs", ["b"], ["e"])], "else", [], [info("e", shape=[2, 3])])
    node = oh.make_node("If", ["a"], ["y0"], "node", then_branch=then, else_branch=other)
    return Case([np.bool_(version % 2), data.real(2, 3)], nodes=[node])


@case("Loop")
def loop(version, data):
    body = oh.make_graph(
        [oh.make_node("Add", ["s", "b"], ["s2"]), oh.make_node("Identity", ["go"], ["go2"]),
         oh.make_node("Mul", ["s2", "s2"], ["square"])],
        "body",
        [info("i", INT64, []), info("go", BOOL, []), info("s", shape=[2])],
        [info("go2", BOOL, []), info("s2", shape=[2]), info("square", shape=[2])],
    )
    node = oh.make_node("Loop", ["c", "", "a"], ["y0", "y1"], "node", body=body)
    return Case([data.real(2), data.real(2), np.int64(3)], outputs=2, nodes=[node])


@case("Scan")
def scan(version, data):
    body = oh.make_graph(
        [oh.make_node("Add", ["s", "x"], ["s2"]), oh.make_node("Identity", ["s2"], ["out"])],
        "body",
        [info("s", shape=[3]), info("x", shape=[3])],
        [info("s2", shape=[3]), info("out", shape=[3])],
    )
    if version == 8:
        node = oh.make_node("Scan", ["", "a", "b"], ["y0", "y1"], "node", body=body, num_scan_inputs=1)
        return Case([data.real(2, 3), data.real(2, 4, 3)], outputs=2, nodes=[node])
    node = oh.make_node("Scan", ["a", "b"], ["y0", "y1"], "node", body=body, num_scan_inputs=1,
                        scan_output_directions=[1])
    return Case([data.real(3), data.real(4, 3)], outputs=2, nodes=[node])


def sequence():
    return oh.make_node("SequenceConstruct", ["a", "b"], ["s"])


@case("SequenceConstruct", "SequenceAt")
def sequence_at(version, data):
    nodes = [sequence(), oh.make_node("SequenceAt", ["s", "c"], ["y0"])]
    return Case([data.real(2, 3), data.real(2, 3), np.int64(-1)], nodes=nodes)


@case("ConcatFromSequence")
def concat_from_sequence(version, data):
    node = oh.make_node("ConcatFromSequence", ["s"], ["y0"], axis=-1)
    return Case([data.real(2, 3), data.real(2, 1)], nodes=[sequence(), node])


@case("SequenceEmpty", "SequenceInsert")
def sequence_insert(version, data):
    nodes = [
        oh.make_node("SequenceEmpty", [], ["none"]),
        oh.make_node("SequenceInsert", ["none", "a"], ["one"]),
        oh.make_node("SequenceInsert", ["one", "b", "c"], ["s"]),
        oh.make_node("ConcatFromSequence", ["s"], ["y0"], axis=0),
    ]
    return Case([data.real(2, 3), data.real(1, 3), np.int64(0)], nodes=nodes)


@case("SequenceErase")
def sequence_erase(version, data):
    nodes = [
        sequence(),
        oh.make_node("SequenceErase", ["s", "c"], ["t"]),
        oh.make_node("ConcatFromSequence", ["t"], ["y0"], axis=0),
    ]
    return Case([data.real(2, 3), data.real(1, 3), np.int64(0)], nodes=nodes)


@case("SequenceLength")
def sequence_length(version, data):
    return Case([data.real(2, 3), data.real(1, 3)], nodes=[sequence(), oh.make_node("SequenceLength", ["s"], ["y0"])])


@case("SequenceMap")
def sequence_map(version, data):
    body = oh.make_graph([oh.make_node("Neg", ["x"], ["z"])], "body", [info("x", shape=[None, 3])],
                         [info("z", shape=[None, 3])])
    nodes = [
        sequence(),
        oh.make_node("SequenceMap", ["s"], ["t"], body=body),
        oh.make_node("ConcatFromSequence", ["t"], ["y0"], axis=0),
    ]
    return Case([data.real(2, 3), data.real(1, 3)], nodes=nodes)


@case("SplitToSequence")
def split_to_sequence(version, data):
    nodes = [
        oh.make_node("SplitToSequence", ["a", "b"], ["s"], axis=1),
        oh.make_node("SequenceAt", ["s", "c"], ["y0"]),
    ]
    return Case([data.real(2, 6), np.array([1, 2, 3], np.int64), np.int64(1)], constant=(1,), nodes=nodes)


@case("Optional", "OptionalGetElement", "OptionalHasElement")
def optional(version, data):
    nodes = [
        oh.make_node("Optional", ["a"], ["o"]),
        oh.make_node("OptionalGetElement", ["o"], ["y0"]),
        oh.make_node("OptionalHasElement", ["o"], ["y1"]),
    ]
    return Case([data.real(2, 3)], outputs=2, nodes=nodes)
