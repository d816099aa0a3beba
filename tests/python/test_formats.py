# SPDX-License-Identifier: Apache-2.0
"""How a model's weights may be stored: sparse, in files beside it, packed; and empty tensors and scalars."""

import os

import numpy as np
import onnx
import onnx.helper as oh
import pytest

import bireme
from helpers import onnxruntime_outputs

F = onnx.TensorProto.FLOAT


def model_of(nodes, x_shape, initializers=(), sparse=(), opset=17, inputs=None):
    graph = oh.make_graph(
        nodes,
        "g",
        inputs or [oh.make_tensor_value_info("x", F, x_shape)],
        [oh.make_empty_tensor_value_info("y")],
        list(initializers),
        sparse_initializer=list(sparse),
    )
    return oh.make_model(graph, opset_imports=[oh.make_opsetid("", opset)], ir_version=8)


def sparse(name, values, indices, dims):
    return oh.make_sparse_tensor(
        onnx.numpy_helper.from_array(np.array(values, np.float32), name),
        onnx.numpy_helper.from_array(np.array(indices, np.int64), name + ".indices"),
        dims,
    )


@pytest.mark.parametrize("indices", [[1, 5, 6], [[0, 1], [1, 1], [1, 2]]], ids=["flat", "coordinates"])
def test_sparse_initializer(indices):
    model = model_of([oh.make_node("MatMul", ["x", "w"], ["y"])], [3, 2], sparse=[sparse("w", [2, -1, 4], indices, [2, 4])])
    x = np.random.default_rng(0).standard_normal((3, 2)).astype(np.float32)
    dense = np.zeros((2, 4), np.float32)
    dense[0, 1], dense[1, 1], dense[1, 2] = 2, -1, 4
    np.testing.assert_allclose(bireme.build(model.SerializeToString())(x)["y"], x @ dense, rtol=1e-6)


def test_sparse_constant():
    constant = oh.make_node("Constant", [], ["w"], sparse_value=sparse("", [5], [2], [4]))
    model = model_of([constant, oh.make_node("Add", ["x", "w"], ["y"])], [4])
    x = np.ones(4, np.float32)
    np.testing.assert_array_equal(bireme.build(model.SerializeToString())(x)["y"], [1, 1, 6, 1])


@pytest.mark.parametrize(
    "values,indices,dims,why",
    [
        ([1.0, 2.0], [0, 8], [2, 4], "an index outside"),
        ([1.0], [[0, 4]], [2, 4], "an index outside"),
        ([1.0, 2.0], [0], [2, 4], "indices do not fit"),
        ([1.0], [0], [1 << 20, 1 << 20], "too large"),
    ],
)
def test_bad_sparse_initializer(values, indices, dims, why):
    tensor = onnx.SparseTensorProto(dims=dims)
    tensor.values.CopyFrom(onnx.numpy_helper.from_array(np.array(values, np.float32), "w"))
    tensor.indices.CopyFrom(onnx.numpy_helper.from_array(np.array(indices, np.int64), "i"))
    model = model_of([oh.make_node("Add", ["x", "w"], ["y"])], [4], sparse=[tensor])
    with pytest.raises(bireme.Error, match=f'tensor "w" .*{why}'):
        bireme.build(model.SerializeToString())


def external(name, dims, **entries):
    tensor = onnx.TensorProto(name=name, data_type=F, dims=dims, data_location=onnx.TensorProto.EXTERNAL)
    for key, value in entries.items():
        tensor.external_data.add(key=key, value=str(value))
    return tensor


def save_external(folder, tensors, nodes):
    path = folder / "model.onnx"
    path.write_bytes(model_of(nodes, [4], tensors).SerializeToString())
    return path


def test_external_data_at_odd_places(tmp_path):
    """Two tensors of one file in a folder below, one at an odd offset, one up to the file's end; one without elements."""
    a, b = np.arange(4, dtype=np.float32), np.full(4, 7, np.float32)
    (tmp_path / "w").mkdir()
    (tmp_path / "w" / "data").write_bytes(b"\0\0\0" + a.tobytes() + b.tobytes())
    tensors = [
        external("a", [4], location="w/data", offset=3, length=16),
        external("b", [4], location="./w/data", offset=19),
        external("none", [0], location="w/data", offset=0, length=0),
    ]
    nodes = [
        oh.make_node("Add", ["x", "a"], ["s"]),
        oh.make_node("Add", ["s", "b"], ["t"]),
        oh.make_node("Concat", ["t", "none"], ["y"], axis=0),
    ]
    path = save_external(tmp_path, tensors, nodes)
    np.testing.assert_array_equal(bireme.build(path)(np.zeros(4, np.float32))["y"], a + b)


@pytest.mark.parametrize(
    "entries,why",
    [
        ({"location": "gone"}, "gone.* is missing; it belongs beside the model"),
        ({"location": "../data"}, "lies outside its folder"),
        ({"location": "/etc/hostname"}, "absolute path"),
        ({"location": "link"}, "lies outside its folder"),
        ({"location": "data", "offset": 8}, "has 8 bytes of data"),
        ({"location": "data", "offset": 8, "length": 16}, "from byte 8"),
        ({"location": "data", "offset": -1}, "no count of bytes"),
        ({"location": "data", "length": "all"}, "no count of bytes"),
        ({}, "without a name"),
    ],
)
def test_bad_external_data(tmp_path, entries, why):
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "data").write_bytes(bytes(16))
    (tmp_path / "data").write_bytes(bytes(16))
    os.symlink(tmp_path / "data", folder / "link")
    path = save_external(folder, [external("w", [4], **entries)], [oh.make_node("Add", ["x", "w"], ["y"])])
    with pytest.raises(bireme.Error, match=f'tensor "w" .*{why}'):
        bireme.build(path)


def test_newer_ir_version_is_a_warning(logger):
    model = model_of([oh.make_node("Relu", ["x"], ["y"])], [4])
    model.ir_version = 99
    network = bireme.Builder(logger).create_network()
    assert bireme.OnnxParser(network, logger).parse(model.SerializeToString())
    assert any(s == bireme.ILogger.WARNING and "IR version 99" in m for s, m in logger.messages)


def test_all_unknown_operators_are_told_at_once():
    nodes = [oh.make_node(op, ["x"], [op]) for op in ("Fee", "Fi", "Fo")]
    nodes.append(oh.make_node("Sum", ["Fee", "Fi", "Fo"], ["y"]))
    with pytest.raises(bireme.Error) as caught:
        bireme.build(model_of(nodes, [4]).SerializeToString())
    assert all(f"operator {op} is not supported" in str(caught.value) for op in ("Fee", "Fi", "Fo"))


def test_names_that_are_no_utf8():
    """As damaged files have them, and exporters that write a local code page."""
    names = [oh.make_node("Add", ["x", "weight"], ["y"], "sum")]
    model = model_of(names, [4], [onnx.numpy_helper.from_array(np.ones(4, np.float32), "weight")]).SerializeToString()
    engine = bireme.build(model.replace(b"sum", b"s\xccm").replace(b"weight", b"w\xe9\x80ght"))
    np.testing.assert_array_equal(engine(np.zeros(4, np.float32))["y"], np.ones(4))
    inspector = engine.cuda_engine.create_engine_inspector()
    assert '"s?m"' in inspector.get_engine_information(bireme.LayerInformationFormat.JSON)
    with pytest.raises(bireme.Error, match=r'node 0 "s\?m" \(A\?d, .*operator A\?d is not supported'):
        bireme.build(model.replace(b"sum", b"s\xccm").replace(b"Add", b"A\xffd"))


# Nodes that break ONNX's rules: operator, shape of x, other inputs, attributes, reason.
BROKEN = {
    "reshape_two_unknowns": ("Reshape", (2, 3), [np.array([-1, -1])], {}, "more than one extent to be found"),
    "reshape_below": ("Reshape", (2, 3), [np.array([-5, 3])], {}, "one below -1"),
    "concat_without_axis": ("Concat", (2, 3), [np.ones((2, 3), np.float32)], {}, 'attribute "axis" is missing'),
    "conv_group_0": ("Conv", (1, 3, 4, 4), [np.ones((2, 3, 1, 1), np.float32)], {"group": 0}, "group is not positive"),
    "transpose_twice": ("Transpose", (2, 3), [], {"perm": [0, 0]}, "an axis occurs twice"),
    "conv_stride_0": ("Conv", (1, 3, 4, 4), [np.ones((2, 3, 1, 1), np.float32)], {"strides": [0, 1]}, "strides contains 0"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_nodes_are_named(name):
    op, shape, others, attributes, why = BROKEN[name]
    constants = [onnx.numpy_helper.from_array(v, f"c{i}") for i, v in enumerate(others)]
    node = oh.make_node(op, ["x"] + [c.name for c in constants], ["y"], "bad", **attributes)
    with pytest.raises(bireme.Error, match=f'node 0 "bad" \\({op}, opset 17\\): .*{why}'):
        bireme.build(model_of([node], shape, constants).SerializeToString())


def test_functions_in_a_circle():
    opsets = [oh.make_opsetid("", 17), oh.make_opsetid("my", 1)]
    again = oh.make_node("Again", ["a"], ["b"], domain="my")
    model = model_of([oh.make_node("Again", ["x"], ["y"], domain="my")], [4])
    model.opset_import.append(opsets[1])
    model.functions.append(oh.make_function("my", "Again", ["a"], ["b"], [again], opsets))
    with pytest.raises(bireme.Error, match="perhaps in a circle") as caught:
        bireme.build(model.SerializeToString())
    assert str(caught.value).count("in function Again") == 4 and "and 28 more" in str(caught.value)


# Operators on tensors without elements and on scalars: name, nodes' operator, shapes of x, attributes, other inputs.
EDGES = {
    "relu_empty": ("Relu", (0, 3), {}, []),
    "relu_scalar": ("Relu", (), {}, []),
    "add_scalars": ("Add", (), {}, [np.float32(2)]),
    "add_empty_broadcast": ("Add", (2, 0, 1), {}, [np.ones((1, 3), np.float32)]),
    "matmul_no_inner": ("MatMul", (2, 0), {}, [np.ones((0, 3), np.float32)]),
    "concat_empty": ("Concat", (2, 0), {"axis": 1}, [np.ones((2, 3), np.float32)]),
    "reduce_sum_of_nothing": ("ReduceSum", (0, 3), {"keepdims": 0}, [np.array([0])]),
    "reduce_mean_scalar": ("ReduceMean", (), {"keepdims": 0}, []),
    "reshape_empty": ("Reshape", (0, 3), {"allowzero": 1}, [np.array([3, 0])]),
    "reshape_to_scalar": ("Reshape", (1, 1), {}, [np.zeros(0, np.int64)]),
    "transpose_empty": ("Transpose", (2, 0, 3), {"perm": [2, 0, 1]}, []),
    "gather_nothing": ("Gather", (4, 3), {}, [np.zeros((0,), np.int64)]),
    "gather_one": ("Gather", (4,), {}, [np.int64(2)]),
    "slice_to_nothing": ("Slice", (4, 3), {}, [np.array([3]), np.array([1])]),
    "softmax_empty": ("Softmax", (0, 3), {}, []),
    "unsqueeze_scalar": ("Unsqueeze", (), {}, [np.array([0])]),
    "squeeze_to_scalar": ("Squeeze", (1, 1), {}, []),
    "expand_scalar": ("Expand", (), {}, [np.array([2, 3])]),
    "tile_by_nothing": ("Tile", (2, 3), {}, [np.array([0, 2])]),
    "pad_empty": ("Pad", (0, 2), {}, [np.array([1, 0, 1, 0])]),
    "cast_empty": ("Cast", (0,), {"to": 7}, []),
    "shape_of_scalar": ("Shape", (), {}, []),
    "size_of_empty": ("Size", (2, 0), {}, []),
    "nonzero_of_empty": ("NonZero", (0, 3), {}, []),
    "nonzero_of_zeros": ("NonZero", (2, 3), {}, []),
    "cumsum_empty": ("CumSum", (0, 3), {}, [np.int64(0)]),
    "global_pool_no_batch": ("GlobalAveragePool", (0, 2, 5, 5), {}, []),
    "layer_norm_empty": ("LayerNormalization", (0, 4), {}, [np.ones(4, np.float32)]),
    "topk_none": ("TopK", (2, 3), {}, [np.array([0])]),
}


@pytest.mark.parametrize("name", EDGES)
@pytest.mark.parametrize("dynamic", [False, True], ids=["known", "dynamic"])
def test_empty_tensors_and_scalars(name, dynamic):
    op, shape, attributes, others = EDGES[name]
    constants = [onnx.numpy_helper.from_array(np.asarray(v), f"c{i}") for i, v in enumerate(others)]
    results = ["y", "z"] if op == "TopK" else ["y"]
    node = oh.make_node(op, ["x"] + [c.name for c in constants], results, **attributes)
    free = dynamic and op != "Squeeze"  # which needs to know its extents
    dims = [f"d{i}" for i in range(len(shape))] if free else list(shape)
    info = [oh.make_tensor_value_info("x", F, dims)]
    model = model_of([node], None, constants, opset=14 if op != "LayerNormalization" else 17, inputs=info)
    model = model.SerializeToString()
    x = np.zeros(shape, np.float32) if name.endswith("zeros") else np.ones(shape, np.float32)
    want = onnxruntime_outputs(model, {"x": x})["y"]
    given = {"x": (shape, shape, shape)} if dims != list(shape) else {}
    have = bireme.build(model, shapes=given)({"x": x})["y"]
    assert have.shape == want.shape and have.dtype == want.dtype
    np.testing.assert_allclose(have, want, rtol=1e-6)


@pytest.mark.parametrize("value", [0, 2])
def test_places_in_a_scalar(value):
    """No coordinates, but a count of places: [0, N]."""
    info = [oh.make_tensor_value_info("x", F, [])]
    engine = bireme.build(model_of([oh.make_node("NonZero", ["x"], ["y"])], None, inputs=info).SerializeToString())
    assert engine(np.float32(value))["y"].shape == (0, int(value != 0))


def test_a_batch_of_nothing():
    """Kernels of libraries that refuse such shapes are not asked for them."""
    w = np.ones((3, 2, 3, 3), np.float32)
    nodes = [
        oh.make_node("Conv", ["x", "w"], ["c"]),
        oh.make_node("Flatten", ["c"], ["f"]),
        oh.make_node("MatMul", ["f", "m"], ["y"]),
    ]
    constants = [onnx.numpy_helper.from_array(w, "w"), onnx.numpy_helper.from_array(np.ones((27, 4), np.float32), "m")]
    model = model_of(nodes, ["n", 2, 5, 5], constants).SerializeToString()
    engine = bireme.build(model, shapes={"x": ((0, 2, 5, 5), (2, 2, 5, 5), (4, 2, 5, 5))})
    assert engine(np.ones((0, 2, 5, 5), np.float32))["y"].shape == (0, 4)
    np.testing.assert_allclose(engine(np.ones((1, 2, 5, 5), np.float32))["y"], np.full((1, 4), 18 * 27), rtol=1e-6)
