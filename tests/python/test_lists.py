# SPDX-License-Identifier: Apache-2.0
"""Sequences and optionals: packed lists in and out, and networks with them against onnxruntime."""

import numpy as np
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

import bireme
from bireme import pack_list, unpack_list

X = helper.make_tensor_value_info("x", TensorProto.FLOAT, [6, 3])
DATA = np.arange(18, dtype=np.float32).reshape(6, 3)


def _value(name, kind, shape):
    return helper.make_tensor_value_info(name, kind, shape)


def _sequence(name, shape=None):
    element = helper.make_tensor_type_proto(TensorProto.FLOAT, shape)
    return helper.make_value_info(name, helper.make_sequence_type_proto(element))


def _model(nodes, inputs, outputs, opset=18, initializers=()):
    graph = helper.make_graph(nodes, "g", inputs, outputs, list(initializers))
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=9)


def _both(model, feeds):
    """Outputs of an engine and of onnxruntime, by name."""
    bytes_ = model.SerializeToString()
    session = onnxruntime.InferenceSession(bytes_, providers=["CPUExecutionProvider"])
    names = [o.name for o in session.get_outputs()]
    theirs = dict(zip(names, session.run(None, feeds)))
    packed = {k: pack_list(v) if isinstance(v, list) else v for k, v in feeds.items()}
    ours = bireme.build(bytes_, shapes={k: v.shape for k, v in packed.items() if isinstance(feeds[k], list)})(packed)
    return ours, theirs


def _same(ours, theirs):
    for name, want in theirs.items():
        have = unpack_list(ours[name]) if isinstance(want, list) else [ours[name]]
        want = want if isinstance(want, list) else [want]
        assert len(have) == len(want)
        for a, b in zip(have, want):
            assert a.dtype == b.dtype
            np.testing.assert_array_equal(a, b)


def test_packing():
    arrays = [np.arange(6, dtype=np.int64).reshape(2, 3), np.float16(2.5), np.zeros((0, 4), np.bool_)]
    for data in (pack_list(arrays), pack_list([])):
        assert data.dtype == np.uint8 and data.size % 64 == 0
    back = unpack_list(pack_list(arrays))
    assert [a.dtype for a in back] == [np.asarray(a).dtype for a in arrays]
    assert all(np.array_equal(a, b) for a, b in zip(back, arrays))
    inner = unpack_list(pack_list([pack_list(arrays)])[:])[0]
    assert np.array_equal(unpack_list(inner)[0], arrays[0])


@pytest.mark.parametrize("damage", ["magic", "count", "type", "offset", "short"])
def test_damaged_lists(damage):
    data = pack_list([DATA, DATA[:1]])
    if damage == "short":
        data = data[:200]
    else:
        at, value = {"magic": (0, 1), "count": (15, 127), "type": (16, 99), "offset": (94, 127)}[damage]
        data[at] = value
    with pytest.raises(ValueError):
        unpack_list(data)
    model = _model([helper.make_node("SequenceLength", ["s"], ["n"])], [_sequence("s")],
                   [_value("n", TensorProto.INT64, [])])
    engine = bireme.build(model.SerializeToString(), shapes={"s": (data.size,)})
    with pytest.raises(bireme.Error, match="list"):
        engine({"s": data})


def test_parts_that_are_data():
    """All operators on lists of unknown length."""
    nodes = [
        helper.make_node("SplitToSequence", ["x", "parts"], ["s"]),
        helper.make_node("SequenceInsert", ["s", "x", "at"], ["longer"]),
        helper.make_node("SequenceErase", ["longer", "drop"], ["fewer"]),
        helper.make_node("SequenceLength", ["fewer"], ["n"]),
        helper.make_node("SequenceAt", ["fewer", "at"], ["one"]),
        helper.make_node("ConcatFromSequence", ["fewer"], ["all"], axis=0),
        helper.make_node("SplitToSequence", ["x"], ["rows"], keepdims=0),
        helper.make_node("ConcatFromSequence", ["rows"], ["again"], axis=-1, new_axis=1),
    ]
    inputs = [X, _value("parts", TensorProto.INT64, [3]), _value("at", TensorProto.INT64, []),
              _value("drop", TensorProto.INT64, [])]
    outputs = [_sequence("fewer"), _value("n", TensorProto.INT64, []), _value("one", TensorProto.FLOAT, None),
               _value("all", TensorProto.FLOAT, None), _value("again", TensorProto.FLOAT, None)]
    model = _model(nodes, inputs, outputs)
    for parts, at, drop in (([1, 2, 3], 1, 0), ([0, 5, 1], -1, -1), ([2, 2, 2], -3, 2)):
        feeds = {"x": DATA, "parts": np.array(parts), "at": np.array(at), "drop": np.array(drop)}
        _same(*_both(model, feeds))
    engine = bireme.build(model.SerializeToString())
    with pytest.raises(bireme.Error, match="position 9 in a list of"):
        engine({"x": DATA, "parts": np.array([1, 2, 3]), "at": np.array(1), "drop": np.array(9)})
    with pytest.raises(bireme.Error, match="the parts have 7 slices, the tensor 6"):
        engine({"x": DATA, "parts": np.array([1, 2, 4]), "at": np.array(1), "drop": np.array(0)})


def test_lists_of_a_length_that_running_tells_are_timed():
    """Packed lists are larger than the timer could guess."""
    nodes = [
        helper.make_node("SequenceConstruct", ["x", "x"], ["s"]),
        helper.make_node("SequenceAt", ["s", "at"], ["y"]),
    ]
    inputs = [_value("x", TensorProto.FLOAT, [64, 64]), _value("at", TensorProto.INT64, [])]
    feeds = {"x": np.arange(4096, dtype=np.float32).reshape(64, 64), "at": np.array(1)}
    ours, theirs = _both(_model(nodes, inputs, [_value("y", TensorProto.FLOAT, [64, 64])]), feeds)
    np.testing.assert_array_equal(ours["y"], theirs["y"])


def test_known_lengths_leave_no_list():
    nodes = [
        helper.make_node("SplitToSequence", ["x", "two"], ["s"]),
        helper.make_node("SequenceAt", ["s", "one"], ["b"]),
        helper.make_node("SequenceAt", ["s", "zero"], ["a"]),
        helper.make_node("Sub", ["b", "a"], ["y"]),
        helper.make_node("SequenceLength", ["s"], ["n"]),
    ]
    constants = [helper.make_tensor(n, TensorProto.INT64, [], [v]) for n, v in (("zero", 0), ("one", 1), ("two", 2))]
    model = _model(nodes, [X], [_value("y", TensorProto.FLOAT, [2, 3]), _value("n", TensorProto.INT64, [])],
                   initializers=constants)
    _same(*_both(model, {"x": DATA}))
    logger = bireme.Logger(bireme.Logger.ERROR)
    network = bireme.Builder(logger).create_network()
    assert bireme.OnnxParser(network, logger).parse(model.SerializeToString())
    assert all(layer.type != bireme.LayerType.CUSTOM_OP for layer in network)


def test_loop_that_collects():
    """A list that grows from turn to turn, of slices of different extents."""
    body = helper.make_graph(
        [
            helper.make_node("Identity", ["go"], ["go_on"]),
            helper.make_node("Add", ["i", "one"], ["next"]),
            helper.make_node("Unsqueeze", ["next", "axis"], ["end"]),
            helper.make_node("Slice", ["x", "axis", "end", "axis"], ["rows"]),
            helper.make_node("SequenceInsert", ["before", "rows"], ["after"]),
        ],
        "body",
        [_value("i", TensorProto.INT64, []), _value("go", TensorProto.BOOL, []), _sequence("before")],
        [_value("go_on", TensorProto.BOOL, []), _sequence("after")],
    )
    nodes = [
        helper.make_node("SequenceEmpty", [], ["empty"]),
        helper.make_node("Loop", ["turns", "", "empty"], ["s"], body=body),
        helper.make_node("ConcatFromSequence", ["s"], ["y"], axis=0),
    ]
    constants = [helper.make_tensor("one", TensorProto.INT64, [], [1]),
                 helper.make_tensor("axis", TensorProto.INT64, [1], [0])]
    model = _model(nodes, [X, _value("turns", TensorProto.INT64, [])],
                   [_sequence("s"), _value("y", TensorProto.FLOAT, None)], initializers=constants)
    _same(*_both(model, {"x": DATA, "turns": np.array(4)}))


def test_lists_enter_and_leave():
    nodes = [helper.make_node("SequenceInsert", ["s", "x"], ["t"]), helper.make_node("SequenceErase", ["t", "at"], ["u"])]
    at = helper.make_tensor("at", TensorProto.INT64, [], [0])
    model = _model(nodes, [_sequence("s"), X], [_sequence("u")], initializers=[at])
    _same(*_both(model, {"s": [DATA[:2], DATA[:, :1]], "x": DATA}))


def test_refusals():
    node = helper.make_node("Relu", ["s"], ["y"], name="relu")
    model = _model([node], [_sequence("s")], [_value("y", TensorProto.FLOAT, None)])
    with pytest.raises(bireme.Error, match="relu.*a sequence or an optional is given where a tensor is expected"):
        bireme.build(model.SerializeToString())
    node = helper.make_node("SequenceConstruct", ["x", "i"], ["s"], name="mixed")
    model = _model([node], [X, _value("i", TensorProto.INT64, [2])], [_sequence("s")])
    with pytest.raises(bireme.Error, match="mixed.*FLOAT and INT64"):
        bireme.build(model.SerializeToString())


@pytest.mark.parametrize("flat", [True, False])
def test_sparse_initializers(flat):
    values = helper.make_tensor("w", TensorProto.FLOAT, [3], [2, -1, 5])
    places = [1, 3, 8] if flat else [0, 1, 1, 0, 2, 2]
    indices = helper.make_tensor("at", TensorProto.INT64, [3] if flat else [3, 2], places)
    graph = helper.make_graph([helper.make_node("MatMul", ["x", "w"], ["y"])], "g", [X],
                              [_value("y", TensorProto.FLOAT, [6, 3])],
                              sparse_initializer=[helper.make_sparse_tensor(values, indices, [3, 3])])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    dense = np.zeros((3, 3), np.float32)
    dense[0, 1], dense[1, 0], dense[2, 2] = 2, -1, 5
    np.testing.assert_allclose(bireme.build(model.SerializeToString())(DATA)["y"], DATA @ dense, rtol=1e-6)
    indices.int64_data[0] = 99
    model.graph.sparse_initializer[0].indices.CopyFrom(indices)
    with pytest.raises(bireme.Error, match='"w" is sparse and has an index outside'):
        bireme.build(model.SerializeToString())


@pytest.mark.parametrize("given", [True, False])
@pytest.mark.parametrize("turns", [0, 1, 3])
def test_loop_of_known_turns_is_unrolled(given, turns):
    """As torch writes tensor_split: a Loop collects parts in a sequence; the elements' extents stay known."""
    body = helper.make_graph(
        [
            helper.make_node("Gather", ["at", "i"], ["from"], axis=0),
            helper.make_node("Add", ["i", "one"], ["j"]),
            helper.make_node("Gather", ["at", "j"], ["to"], axis=0),
            helper.make_node("Slice", ["x", "from", "to", "axis"], ["part"]),
            helper.make_node("SequenceInsert", ["s", "part"], ["s_out"]),
            helper.make_node("Identity", ["yes" if given else "c"], ["c_out"]),
        ],
        "body",
        [_value("i", TensorProto.INT64, [1]), _value("c", TensorProto.BOOL, []), _sequence("s")],
        [_value("c_out", TensorProto.BOOL, []), _sequence("s_out")],
    )
    constants = {"at": [0, 1, 3, 6], "one": [1], "axis": [0], "turns": turns, "last": -1}
    nodes = [
        helper.make_node("SequenceEmpty", [], ["s0"]),
        helper.make_node("Loop", ["turns", "yes" if given else "", "s0"], ["s1"], body=body),
        helper.make_node("SequenceInsert", ["s1", "x"], ["s2"]),
        helper.make_node("SequenceLength", ["s2"], ["n"]),
        helper.make_node("SequenceAt", ["s2", "last"], ["y"]),
        helper.make_node("ConcatFromSequence", ["s2"], ["all"], axis=0),
    ]
    initializers = [numpy_helper.from_array(np.array(v, np.int64), k) for k, v in constants.items()]
    initializers.append(numpy_helper.from_array(np.array(True), "yes"))
    outputs = [_value("n", TensorProto.INT64, []), _value("y", TensorProto.FLOAT, [6, 3]),
               _value("all", TensorProto.FLOAT, [None, 3])]  # fmt: skip
    model = _model(nodes, [X], outputs, initializers=initializers)
    ours, theirs = _both(model, {"x": DATA})
    for name, want in theirs.items():
        np.testing.assert_array_equal(ours[name], want)
    network = bireme.Builder(bireme.Logger()).create_network()
    assert bireme.OnnxParser(network, bireme.Logger()).parse(model.SerializeToString())
    assert tuple(next(network.get_output(i) for i in range(3) if network.get_output(i).name == "all").shape)[0] >= 6
