# SPDX-License-Identifier: Apache-2.0
"""Two profiles in one engine: single requests and batches, each tuned for its own range."""

import numpy as np

import bireme as trt

logger = trt.Logger(trt.Logger.WARNING)
builder = trt.Builder(logger)
network = builder.create_network(0)
x = network.add_input("x", trt.float32, (-1, 8))
y = network.add_unary(x, trt.UnaryOperation.ABS).get_output(0)
y.name = "y"
network.mark_output(y)
config = builder.create_builder_config()
ranges = [(1, 1, 4), (16, 64, 256)]
for low, opt, high in ranges:
    profile = builder.create_optimization_profile()
    profile.set_shape("x", (low, 8), (opt, 8), (high, 8))
    config.add_optimization_profile(profile)
engine = trt.Runtime(logger).deserialize_cuda_engine(builder.build_serialized_network(network, config))
for index, (low, opt, high) in enumerate(ranges):
    context = engine.create_execution_context()
    assert context.set_optimization_profile_async(index, 0)
    data = -np.arange(opt * 8, dtype=np.float32).reshape(opt, 8)
    result = np.empty_like(data)
    assert context.set_input_shape("x", data.shape)
    context.set_tensor_address("x", data.ctypes.data)
    context.set_tensor_address("y", result.ctypes.data)
    assert context.execute_async_v3(0)
    assert np.array_equal(result, -data)
    print("profile", index, data.shape)
