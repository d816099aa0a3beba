# SPDX-License-Identifier: Apache-2.0
"""Batches on a CPU in slices of few samples: the same results as whole batches and as onnxruntime's, and only where samples
are independent."""

import json

import numpy as np
import onnx
import onnx.helper as oh
import pytest
from onnx import TensorProto

import bireme
from helpers import onnxruntime_outputs, save_onnx

FLOAT, INT64 = TensorProto.FLOAT, TensorProto.INT64
RNG = np.random.default_rng(0)


def weight(name, *shape):
    return onnx.numpy_helper.from_array(RNG.standard_normal(shape).astype(np.float32) * 0.2, name)


def number(name, value):
    return onnx.numpy_helper.from_array(np.array(value, np.int64), name)


def classifier(path, batch="batch"):
    """Convolution, residual, pooling, a reshape that computes with the batch, product, softmax."""
    nodes = [
        oh.make_node("Conv", ["x", "w", "b"], ["c"], pads=[1, 1, 1, 1]),
        oh.make_node("Relu", ["c"], ["r"]),
        oh.make_node("Conv", ["r", "v"], ["d"], pads=[1, 1, 1, 1]),
        oh.make_node("Add", ["d", "r"], ["s"]),
        oh.make_node("GlobalAveragePool", ["s"], ["p"]),
        oh.make_node("Shape", ["p"], ["extents"]),
        oh.make_node("Gather", ["extents", "first"], ["n"]),
        oh.make_node("Concat", ["n", "rest"], ["flat"], axis=0),
        oh.make_node("Reshape", ["p", "flat"], ["f"]),
        oh.make_node("MatMul", ["f", "m"], ["l"]),
        oh.make_node("Softmax", ["l"], ["y"], axis=-1),
    ]  # fmt: skip
    constants = [weight("w", 16, 3, 3, 3), weight("b", 16), weight("v", 16, 16, 3, 3), weight("m", 16, 5),
                 number("first", [0]), number("rest", [-1])]  # fmt: skip
    return save_onnx(path, nodes, [("x", FLOAT, [batch, 3, 9, 7])], [("y", FLOAT, None)], constants)


def slices(engine):
    """(samples, lanes) of the engine's variants; None for one that runs whole."""
    told = json.loads(engine.create_engine_inspector().get_engine_information(bireme.LayerInformationFormat.JSON))
    return [(s["Samples"], s["Lanes"]) if s else None for s in told["Slices"]]


def built(path, logger, low, likely, high, threads=2, name="x"):
    builder = bireme.Builder(logger)
    network = builder.create_network()
    parser = bireme.OnnxParser(network, logger)
    assert parser.parse_from_file(str(path)), parser.get_error(0).desc()
    config = builder.create_builder_config()
    config.num_threads = threads
    profile = builder.create_optimization_profile()
    shape = tuple(network.get_input(0).shape)[1:]
    profile.set_shape(name, *((n, *shape) for n in (low, likely, high)))
    config.add_optimization_profile(profile)
    plan = builder.build_serialized_network(network, config)
    return bireme.Runtime(logger).deserialize_cuda_engine(plan)


def run(context, x):
    engine = context.engine
    assert context.set_input_shape("x", x.shape)
    assert context.set_tensor_address("x", x.ctypes.data)
    y = np.full(tuple(context.get_tensor_shape("y")), np.nan, np.float32)
    assert context.set_tensor_address("y", y.ctypes.data)
    assert context.execute_async_v3(0)
    assert engine.num_io_tensors == 2
    return y


@pytest.mark.parametrize("batch", ["batch", 8])
def test_a_batch_of_one_size(tmp_path, logger, batch):
    path = classifier(tmp_path / "m.onnx", batch)
    engine = built(path, logger, 8, 8, 8)
    assert slices(engine)[0][1] == 2
    assert tuple(engine.get_tensor_shape("y")) == ((8, 5) if batch == 8 else (-1, 5))
    x = RNG.standard_normal((8, 3, 9, 7)).astype(np.float32)
    context = engine.create_execution_context()
    want = onnxruntime_outputs(path, {"x": x})["y"]
    for _ in range(3):  # bound one lane after the other, then beside each other
        np.testing.assert_allclose(run(context, x), want, rtol=1e-4, atol=1e-6)


def test_batches_of_a_range(tmp_path, logger):
    path = classifier(tmp_path / "m.onnx")
    engine = built(path, logger, 1, 8, 12)
    assert [s is None for s in slices(engine)] == [True, False]
    context = engine.create_execution_context()
    for n in (8, 1, 7, 12, 2, 3, 8, 7):
        x = RNG.standard_normal((n, 3, 9, 7)).astype(np.float32)
        want = onnxruntime_outputs(path, {"x": x})["y"]
        for _ in range(2):
            np.testing.assert_allclose(run(context, x), want, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("samples", [1, 2, 4])
def test_slices_of_several_samples(tmp_path, logger, monkeypatch, samples):
    monkeypatch.setenv("BIREME_SLICES", str(samples))
    path = classifier(tmp_path / "m.onnx")
    for low in (1, 8):
        engine = built(path, logger, low, 8, 8)
        assert slices(engine)[-1] == (samples, 2)
        context = engine.create_execution_context()
        for n in range(3 if low == 1 else 8, 9):
            x = RNG.standard_normal((n, 3, 9, 7)).astype(np.float32)
            want = onnxruntime_outputs(path, {"x": x})["y"]
            for _ in range(2):
                np.testing.assert_allclose(run(context, x), want, rtol=1e-4, atol=1e-6)


def test_none_are_made_where_told(tmp_path, logger, monkeypatch):
    monkeypatch.setenv("BIREME_SLICES", "0")
    assert slices(built(classifier(tmp_path / "m.onnx"), logger, 8, 8, 8)) == [None]


MIXING = {
    "softmax": [oh.make_node("Softmax", ["x"], ["y"], axis=0)],
    "mean": [oh.make_node("ReduceMean", ["x"], ["m"], axes=[0]), oh.make_node("Sub", ["x", "m"], ["y"])],
    "rows": [oh.make_node("Reshape", ["x", "rows"], ["r"]), oh.make_node("Softmax", ["r"], ["q"], axis=0),
             oh.make_node("Reshape", ["q", "back"], ["y"])],
    "count": [oh.make_node("Shape", ["x"], ["s"]), oh.make_node("Gather", ["s", "zero"], ["n"]),
              oh.make_node("Cast", ["n"], ["f"], to=FLOAT), oh.make_node("Div", ["x", "f"], ["y"])],
    "flat": [oh.make_node("MatMul", ["x", "square"], ["y"])],
    "cumulative": [oh.make_node("CumSum", ["x", "zero"], ["y"])],
    "reversed": [oh.make_node("Gather", ["x", "reversal"], ["y"], axis=0)],
}  # fmt: skip


@pytest.mark.parametrize("case", MIXING)
def test_samples_that_mix_run_whole(tmp_path, logger, case):
    constants = [number("rows", [-1, 4]), number("back", [8, 6, 4]), number("zero", 0), number("reversal", range(7, -1, -1)),
                 onnx.numpy_helper.from_array(RNG.standard_normal((8, 4, 5)).astype(np.float32), "square")]  # fmt: skip
    path = save_onnx(tmp_path / "m.onnx", MIXING[case], [("x", FLOAT, [8, 6, 4])], [("y", FLOAT, None)], constants)
    engine = built(path, logger, 8, 8, 8)
    assert slices(engine) == [None]
    x = RNG.standard_normal((8, 6, 4)).astype(np.float32)
    want = onnxruntime_outputs(path, {"x": x})["y"]
    np.testing.assert_allclose(run(engine.create_execution_context(), x), want, rtol=1e-5, atol=1e-6)


def test_an_engine_of_slices_is_built_again_from_itself(tmp_path, logger):
    path = classifier(tmp_path / "m.onnx", 8)
    builder = bireme.Builder(logger)
    network = builder.create_network()
    parser = bireme.OnnxParser(network, logger)
    assert parser.parse_from_file(str(path))
    config = builder.create_builder_config()
    config.num_threads = 2
    plan = builder.build_serialized_network(network, config)
    again = builder.rebuild_serialized_network(plan, config)
    engine = bireme.Runtime(logger).deserialize_cuda_engine(again)
    assert tuple(engine.get_tensor_shape("x")) == (8, 3, 9, 7)
    x = RNG.standard_normal((8, 3, 9, 7)).astype(np.float32)
    want = onnxruntime_outputs(path, {"x": x})["y"]
    np.testing.assert_allclose(run(engine.create_execution_context(), x), want, rtol=1e-4, atol=1e-6)
