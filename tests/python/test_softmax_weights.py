# SPDX-License-Identifier: Apache-2.0
"""Softmax on a CPU where scores lie far below the largest: what would be subnormal is 0; a NaN stays one."""

import numpy as np
import pytest
from helpers import run

import bireme as trt


@pytest.mark.parametrize("axis", [0, 1])
def test_far_scores(axis):
    x = np.zeros((3, 37), np.float32)
    x[0, 1:] = -80 - np.linspace(0, 30, 36, dtype=np.float32)  # into the subnormal numbers and beyond
    x[1, 7:] = np.finfo(np.float32).min  # as masks are
    x[2, 5] = np.nan
    want = np.exp(x.astype(np.float64) - x.max(axis=1, keepdims=True))
    want /= want.sum(axis=1, keepdims=True)
    x = np.ascontiguousarray(x if axis else x.T)
    builder = trt.Builder(trt.Logger(trt.Logger.ERROR))
    network = builder.create_network()
    softmax = network.add_softmax(network.add_input("x", trt.float32, x.shape))
    softmax.axes = 1 << axis
    softmax.get_output(0).name = "y"
    network.mark_output(softmax.get_output(0))
    config = builder.create_builder_config()
    config.default_device_type = trt.DeviceType.CPU
    plan = builder.build_serialized_network(network, config)
    engine = trt.Runtime(trt.Logger(trt.Logger.ERROR)).deserialize_cuda_engine(plan)
    y = run(engine.create_execution_context(), {"x": x}, engine)["y"]
    y = y if axis else y.T
    assert np.isnan(y[2]).all()
    np.testing.assert_allclose(y[:2], want[:2], rtol=1e-5, atol=np.finfo(np.float32).tiny)
    assert ((y[:2] == 0) | (y[:2] >= np.finfo(np.float32).tiny)).all()
