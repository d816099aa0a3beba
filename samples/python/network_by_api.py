# SPDX-License-Identifier: Apache-2.0
"""A network layer by layer, under TensorRT's Python names."""

import numpy as np

import bireme as trt

logger = trt.Logger(trt.Logger.WARNING)
builder = trt.Builder(logger)
network = builder.create_network(0)
x = network.add_input("x", trt.float32, (1, 3, 16, 16))
kernel = np.full((4, 3, 3, 3), 0.1, np.float32)
convolution = network.add_convolution_nd(x, 4, (3, 3), kernel, np.zeros(4, np.float32))
convolution.padding_nd = (1, 1)
relu = network.add_activation(convolution.get_output(0), trt.ActivationType.RELU)
relu.get_output(0).name = "y"
network.mark_output(relu.get_output(0))

plan = builder.build_serialized_network(network, builder.create_builder_config())
engine = trt.Runtime(logger).deserialize_cuda_engine(plan)
context = engine.create_execution_context()
image, result = np.ones((1, 3, 16, 16), np.float32), np.empty((1, 4, 16, 16), np.float32)
context.set_tensor_address("x", image.ctypes.data)
context.set_tensor_address("y", result.ctypes.data)
assert context.execute_async_v3(0)
print(result[0, 0, 8, 8])
assert abs(result[0, 0, 8, 8] - 2.7) < 1e-5
