# SPDX-License-Identifier: Apache-2.0
"""What several tests need: small networks, small ONNX models, comparing with onnxruntime."""

import json

import numpy as np
import onnx
import onnx.helper as oh
import pytest
from onnx import TensorProto

import bireme as trt


def has_backend(name):
    """Is a backend there, whether or not it has a device?"""
    report = json.loads(trt.get_machine_report(trt.LayerInformationFormat.JSON))
    return any(b["name"] == name for b in report["backends"])


def _no_gpu():
    """Why no GPU can be used here; "" when one can."""
    report = json.loads(trt.get_machine_report(trt.LayerInformationFormat.JSON))
    if any(b["devices"] for b in report["backends"] if b["name"] == "cuda"):
        return ""
    return "; ".join(m["reason"] for m in report["missing"] if m["name"] == "cuda") or "no GPU"


#: Marks a test that needs a GPU; where there is none it is reported as skipped, with the reason.
needs_gpu = pytest.mark.skipif(bool(_no_gpu()), reason=f"gpu: {_no_gpu()}")

RELU = trt.ActivationType.RELU


def relu_network(builder, shape=(-1, 3, 8, 8), weights=None):
    """x -> convolution 3x3 (4 maps, padding 1) -> ReLU -> y."""
    network = builder.create_network()
    x = network.add_input("x", trt.float32, shape)
    if weights is None:
        weights = np.random.default_rng(0).standard_normal((4, 3, 3, 3)).astype(np.float32)
    conv = network.add_convolution_nd(x, 4, (3, 3), weights, np.arange(4, dtype=np.float32))
    conv.padding_nd = (1, 1)
    conv.name = "conv"
    relu = network.add_activation(conv.get_output(0), RELU)
    y = relu.get_output(0)
    y.name = "y"
    network.mark_output(y)
    return network


def relu_expected(x, weights=None):
    """What relu_network computes."""
    if weights is None:
        weights = np.random.default_rng(0).standard_normal((4, 3, 3, 3)).astype(np.float32)
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(2, 3))
    y = np.einsum("nchwij,kcij->nkhw", windows, weights, optimize=True)
    return np.maximum(y + np.arange(4, dtype=np.float32)[:, None, None], 0)


def profiled(builder, config, **ranges):
    profile = builder.create_optimization_profile()
    for name, (low, likely, high) in ranges.items():
        profile.set_shape(name, low, likely, high)
    assert config.add_optimization_profile(profile) >= 0
    return config


def run(context, inputs, engine=None):
    """Runs a context on numpy arrays by name; the outputs by name."""
    engine = engine or context.engine
    outputs = {}
    for name, array in inputs.items():
        assert context.set_input_shape(name, array.shape)
        assert context.set_tensor_address(name, array.ctypes.data)
    for i in range(engine.num_io_tensors):
        name = engine.get_tensor_name(i)
        if engine.get_tensor_mode(name) == trt.TensorIOMode.OUTPUT:
            dtype = trt.nptype(engine.get_tensor_dtype(name))
            outputs[name] = np.empty(tuple(context.get_tensor_shape(name)), dtype)
            assert context.set_tensor_address(name, outputs[name].ctypes.data)
    assert context.execute_async_v3(0)
    return outputs


def save_onnx(path, nodes, inputs, outputs, initializers=(), opset=17):
    """Writes a small model; inputs and outputs are (name, element type, shape)."""
    graph = oh.make_graph(
        nodes,
        "test",
        [oh.make_tensor_value_info(*i) for i in inputs],
        [oh.make_tensor_value_info(*o) for o in outputs],
        list(initializers),
    )
    model = oh.make_model(graph, opset_imports=[oh.make_opsetid("", opset)], ir_version=8)
    onnx.save(model, str(path))
    return str(path)


def save_conv(path, height="h", width="w", channels=3):
    """x [n, 3, h, w] -> 1x1 convolution -> ReLU -> y [n, 2, h, w]."""
    w = np.random.default_rng(1).standard_normal((2, channels, 1, 1)).astype(np.float32)
    return save_onnx(
        path,
        [oh.make_node("Conv", ["x", "w"], ["c"], "conv"), oh.make_node("Relu", ["c"], ["y"])],
        [("x", TensorProto.FLOAT, ["n", channels, height, width])],
        [("y", TensorProto.FLOAT, ["n", 2, height, width])],
        [onnx.numpy_helper.from_array(w, "w")],
    )


def onnxruntime_outputs(model, inputs):
    """Outputs by name; `model` is a path or bytes."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    names = [o.name for o in session.get_outputs()]
    return dict(zip(names, session.run(names, inputs)))


def relative_difference(ours, theirs):
    """Largest difference as a share of the range of `theirs`, or of its magnitude where all its elements are equal but
    for rounding (networks of constant weights)."""
    assert ours.shape == theirs.shape and ours.dtype == theirs.dtype
    if theirs.size == 0:
        return 0.0
    ours, theirs = ours.astype(np.float64), theirs.astype(np.float64)
    largest = np.abs(theirs).max()
    spread = theirs.max() - theirs.min()
    if spread < 1e-3 * largest:
        spread = largest  # all the same but for rounding
    return float(np.abs(ours - theirs).max() / (spread or 1.0))
