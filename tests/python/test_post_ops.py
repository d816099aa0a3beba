# SPDX-License-Identifier: Apache-2.0
"""Numbers added to and multiplied with a product's results, in one step with it: as onnxruntime computes them."""

import numpy as np
import onnxruntime
import pytest
from helpers import save_onnx
from onnx import TensorProto, helper, numpy_helper

import bireme as trt


@pytest.mark.parametrize("steps", [
    [("Mul", 2.0), ("Add", 3.0)],
    [("Add", 1e30), ("Mul", 1e-30), ("Add", 1.0)],
    [("Add", 1.0), ("Mul", np.inf)],
    [("Mul", np.inf)],
    [("Mul", 0.0), ("Add", 0.5), ("Mul", 4.0)],
], ids=lambda steps: "-".join(f"{op}{c}" for op, c in steps))
def test_numbers_in_a_row(tmp_path, steps):
    nodes = [helper.make_node("MatMul", ["x", "w"], ["m"]), helper.make_node("Relu", ["m"], ["v0"])]
    weights = [numpy_helper.from_array(np.linspace(0.1, 1, 32, dtype=np.float32).reshape(4, 8), "w")]
    for i, (op, c) in enumerate(steps):
        weights.append(numpy_helper.from_array(np.float32(c), f"c{i}"))
        nodes.append(helper.make_node(op, [f"v{i}", f"c{i}"], [f"v{i + 1}"]))
    model = save_onnx(tmp_path / "m.onnx", nodes, [("x", TensorProto.FLOAT, [3, 4])],
                      [(f"v{len(steps)}", TensorProto.FLOAT, [3, 8])], weights)
    x = np.linspace(0.5, 2, 12, dtype=np.float32).reshape(3, 4)
    expected, = onnxruntime.InferenceSession(model).run(None, {"x": x})
    result, = trt.build(model, device="cpu")({"x": x}).values()
    np.testing.assert_allclose(result, expected, rtol=1e-5)
