# SPDX-License-Identifier: Apache-2.0
"""Infinite values and NaN go where onnxruntime lets them go."""

import numpy as np
import onnx.helper as oh
import pytest
from helpers import onnxruntime_outputs, save_onnx
from onnx import TensorProto

import bireme

F, I = TensorProto.FLOAT, TensorProto.INT64


@pytest.mark.parametrize("op", ["NegativeLogLikelihoodLoss", "SoftmaxCrossEntropyLoss"])
@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
def test_ignored_targets_add_nothing(tmp_path, op, reduction):
    node = oh.make_node(op, ["x", "t"], ["y"], ignore_index=-1, reduction=reduction)
    shape = [4] if reduction == "none" else []
    path = save_onnx(tmp_path / "loss.onnx", [node], [("x", F, [4, 3]), ("t", I, [4])], [("y", F, shape)], opset=13)
    x = np.array([[0.5, -1, 2], [-np.inf, 0.1, 0.2], [1, 2, 3], [-np.inf, -np.inf, 1]], np.float32)
    feed = {"x": x, "t": np.array([2, -1, 0, -1])}
    want = onnxruntime_outputs(path, feed)["y"]
    np.testing.assert_allclose(bireme.build(path)(feed)["y"], want, rtol=1e-5, atol=1e-6)
