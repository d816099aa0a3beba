# SPDX-License-Identifier: Apache-2.0
"""The network definition: layers, tensors, who keeps whom alive."""

import gc

import numpy as np
import pytest

import bireme as trt
from helpers import profiled, relu_expected, relu_network, run


@pytest.fixture
def builder(logger):
    return trt.Builder(logger)


def test_tensors_and_layers(builder):
    network = relu_network(builder)
    network.name = "small"
    assert (network.name, network.num_inputs, network.num_outputs) == ("small", 1, 1)
    assert len(network) == network.num_layers == 2
    x = network.get_input(0)
    assert x.name == "x" and x.shape == (-1, 3, 8, 8) and x.dtype == trt.float32
    assert x.is_network_input and not x.is_network_output
    conv = network[0]
    assert type(conv) is trt.ILayer and conv.type == trt.LayerType.CONVOLUTION
    assert conv.get_output(0).shape == (-1, 4, 8, 8)
    assert conv.get_input(0) is x and conv.get_input(5) is None
    assert [layer.type for layer in network] == [
        trt.LayerType.CONVOLUTION,
        trt.LayerType.ACTIVATION,
    ]
    assert network.get_layer(9) is None
    with pytest.raises(IndexError):
        network[9]


def test_layer_properties_round_trip(builder):
    network = builder.create_network()
    x = network.add_input("x", trt.float32, (1, 4, 8, 8))
    conv = network.add_convolution_nd(
        input=x, num_output_maps=8, kernel_shape=(3, 3), kernel=np.ones((8, 2, 3, 3), np.float32)
    )
    conv.num_groups = 2
    conv.stride_nd = (2, 2)
    conv.pre_padding, conv.post_padding = (1, 1), (0, 1)
    conv.dilation_nd = [1, 1]
    conv.padding_mode = trt.PaddingMode.SAME_UPPER
    assert (conv.num_groups, tuple(conv.stride_nd), tuple(conv.post_padding)) == (2, (2, 2), (0, 1))
    assert conv.padding_mode == trt.PaddingMode.SAME_UPPER
    assert conv.kernel.shape == (144,) and conv.kernel.dtype == np.float32
    assert isinstance(conv.bias, trt.Weights) and conv.bias.size == 0
    pool = network.add_pooling_nd(x, trt.PoolingType.MAX, (2, 2))
    pool.type = trt.PoolingType.AVERAGE
    assert pool.average_count_excludes_padding
    shuffle = network.add_shuffle(x)
    shuffle.first_transpose = (0, 2, 3, 1)
    shuffle.reshape_dims = (1, -1)
    assert shuffle.get_output(0).shape == (1, 256)
    assert list(shuffle.first_transpose)[:4] == [0, 2, 3, 1]
    resize = network.add_resize(x)
    resize.scales = [1, 1, 2, 2]
    resize.resize_mode = trt.InterpolationMode.LINEAR
    assert resize.scales == [1, 1, 2, 2] and resize.get_output(0).shape == (1, 4, 16, 16)
    product = network.add_matrix_multiply(
        x, trt.MatrixOperation.NONE, x, trt.MatrixOperation.TRANSPOSE
    )
    assert product.op1 == trt.MatrixOperation.TRANSPOSE
    fill = network.add_fill((3,), trt.FillOperation.LINSPACE, trt.int64)
    fill.alpha, fill.beta = 2, 3
    assert (fill.alpha, fill.beta, fill.is_alpha_beta_int64()) == (2, 3, True)
    conv.name = "first"
    conv.metadata = "note"
    assert (conv.name, conv.metadata) == ("first", "note")


def test_assigning_the_class_that_a_layer_has(builder):
    network = relu_network(builder)
    layer = network.get_layer(0)
    layer.__class__ = trt.IConvolutionLayer
    assert layer.num_output_maps == 4
    activation = network.get_layer(1)
    assert activation.type == trt.LayerType.ACTIVATION
    activation.__class__ = trt.IActivationLayer
    assert activation.type == trt.ActivationType.RELU != trt.LayerType.CONVOLUTION
    assert activation.layer_type == trt.LayerType.ACTIVATION


def test_weights_stay_alive(builder):
    weights = np.random.default_rng(3).standard_normal((4, 3, 3, 3)).astype(np.float32)
    network = relu_network(builder, weights=weights.copy())
    conv = network[0]
    conv.__class__ = trt.IConvolutionLayer
    conv.bias = np.arange(4, dtype=np.float32)
    del conv
    gc.collect()
    junk = [np.full((4, 3, 3, 3), 7, np.float32) for _ in range(50)]
    config = profiled(
        builder, builder.create_builder_config(), x=[(1, 3, 8, 8), (2, 3, 8, 8), (4, 3, 8, 8)]
    )
    engine = builder.build_engine_with_config(network, config)
    del junk
    x = np.random.default_rng(4).standard_normal((2, 3, 8, 8)).astype(np.float32)
    y = run(engine.create_execution_context(), {"x": x})["y"]
    assert np.allclose(y, relu_expected(x, weights), atol=1e-4)


def test_children_keep_parents_alive(logger):
    x = relu_network(trt.Builder(logger)).get_input(0)
    gc.collect()
    assert x.name == "x"
    layer = relu_network(trt.Builder(logger))[0]
    gc.collect()
    assert layer.get_output(0).shape == (-1, 4, 8, 8)


def test_failed_add_gives_none_and_a_reason(builder, logger):
    network = builder.create_network()
    assert network.add_input("x", trt.float32, (1, 3)) is not None
    assert network.add_input("x", trt.float32, (1, 3)) is None
    assert any('"x"' in message for message in logger.errors())


def test_wrong_arguments_are_type_errors(builder):
    network = relu_network(builder)
    with pytest.raises(TypeError):
        network.add_activation(None, trt.ActivationType.RELU)
    with pytest.raises(TypeError):
        network.add_activation(network.get_input(0), "relu")


def test_operator_by_name(builder):
    network = builder.create_network()
    x = network.add_input("x", trt.float32, (2, 5))
    layer = network.add_operator("softmax", [x], {"axis": 1})
    assert type(layer) is trt.ICustomOpLayer and layer.operator_name == "softmax"
    network.mark_output(layer.get_output(0))
    engine = builder.build_engine_with_config(network, builder.create_builder_config())
    a = np.random.default_rng(0).standard_normal((2, 5)).astype(np.float32)
    (y,) = run(engine.create_execution_context(), {"x": a}).values()
    e = np.exp(a - a.max(1, keepdims=True))
    assert np.allclose(y, e / e.sum(1, keepdims=True), atol=1e-6)
    assert network.add_operator("no_such_thing", [x]) is None


def test_dynamic_range(builder):
    x = relu_network(builder).get_input(0)
    assert x.dynamic_range is None
    x.dynamic_range = (-1, 2)
    assert x.dynamic_range == (-1, 2)
    x.reset_dynamic_range()
    assert x.dynamic_range is None
