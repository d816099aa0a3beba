# SPDX-License-Identifier: Apache-2.0
"""Transposed convolutions with many channels, whose bias and what follows are added once."""

import numpy as np
import onnx
import onnx.helper as oh
import pytest
from onnx import TensorProto

import bireme
from helpers import onnxruntime_outputs, save_onnx

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("after", [[], ["LeakyRelu"], ["Add"], ["LeakyRelu", "Add"]], ids="+".join)
def test_bias_and_epilogue(tmp_path, bias, after):
    """512 channels to 17, a window of 4 x 4 and strides of 2: the library sums them block by block."""
    weights = {"w": RNG.standard_normal((512, 17, 4, 4)), "b": RNG.standard_normal(17), "z": RNG.standard_normal((17, 1, 1))}
    inputs = ["x", "w"] + ["b"] * bias
    nodes = [oh.make_node("ConvTranspose", inputs, ["t"], kernel_shape=[4, 4], pads=[1] * 4, strides=[2, 2])]
    for i, op in enumerate(after):
        nodes.append(oh.make_node(op, [nodes[-1].output[0]] + ["z"] * (op == "Add"), [f"t{i}"]))
    nodes[-1].output[0] = "y"
    constants = [onnx.numpy_helper.from_array(v.astype(np.float32), n) for n, v in weights.items()]
    path = save_onnx(tmp_path / "m.onnx", nodes, [("x", TensorProto.FLOAT, [2, 512, 8, 8])],
                     [("y", TensorProto.FLOAT, None)], constants)  # fmt: skip
    x = RNG.standard_normal((2, 512, 8, 8)).astype(np.float32)
    want = onnxruntime_outputs(path, {"x": x})["y"]
    np.testing.assert_allclose(bireme.build(path)(x)["y"], want, rtol=1e-4, atol=1e-3)
