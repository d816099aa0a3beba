# SPDX-License-Identifier: Apache-2.0
"""EfficientNet-Lite0 from its state dict, described once, emitted twice: as layers of our network
and, to compare with, as ONNX."""

from typing import NamedTuple

import numpy as np
import onnx
import onnx.helper as oh
from PIL import Image

import bireme as trt

_EPSILON = 1e-3
# Stride of the blocks that have one; the others have 1.
_STRIDES = {1: 2, 3: 2, 5: 2, 11: 2}


class Conv(NamedTuple):
    """Convolution, batch normalisation and, where `clip`, min(max(x, 0), 6)."""

    weight: str
    norm: str
    stride: int
    clip: bool


def blocks(weights):
    """Convolutions of every block in order."""
    yield [Conv("_conv_stem.weight", "_bn0", 2, True)]
    count = 1 + max(int(name.split(".")[1]) for name in weights if name.startswith("_blocks."))
    for i in range(count):
        prefix = f"_blocks.{i}."
        convs = [Conv(f"{prefix}_expand_conv.weight", f"{prefix}_bn0", 1, True)]
        if convs[0].weight not in weights:
            convs = []
        convs.append(
            Conv(f"{prefix}_depthwise_conv.weight", f"{prefix}_bn1", _STRIDES.get(i, 1), True)
        )
        convs.append(Conv(f"{prefix}_project_conv.weight", f"{prefix}_bn2", 1, False))
        yield convs
    yield [Conv("_conv_head.weight", "_bn1", 1, True)]


def network(builder, weights):
    """image [1, 3, 224, 224] -> probabilities [1, 1000], through the network API."""
    net = builder.create_network()
    tensor = net.add_input("image", trt.float32, (1, 3, 224, 224))
    for convs in blocks(weights):
        entry = tensor
        for conv in convs:
            tensor = _convolution(net, tensor, weights, conv)
        if tuple(tensor.shape) == tuple(entry.shape) and len(convs) > 1:
            tensor = net.add_elementwise(entry, tensor, trt.ElementWiseOperation.SUM).get_output(0)
    mean = net.add_reduce(tensor, trt.ReduceOperation.AVG, 1 << 2 | 1 << 3, True).get_output(0)
    flat = net.add_shuffle(mean)
    flat.reshape_dims = (1, -1)
    matrix = net.add_constant((1000, 1280), weights["_fc.weight"]).get_output(0)
    bias = net.add_constant((1, 1000), weights["_fc.bias"]).get_output(0)
    scores = net.add_matrix_multiply(
        flat.get_output(0), trt.MatrixOperation.NONE, matrix, trt.MatrixOperation.TRANSPOSE
    ).get_output(0)
    scores = net.add_elementwise(scores, bias, trt.ElementWiseOperation.SUM).get_output(0)
    scores.name = "scores"
    softmax = net.add_softmax(scores)
    softmax.axes = 1 << 1
    softmax.get_output(0).name = "probabilities"
    net.mark_output(scores)
    net.mark_output(softmax.get_output(0))
    return net


def _convolution(net, tensor, weights, conv):
    kernel = weights[conv.weight]
    layer = net.add_convolution_nd(tensor, kernel.shape[0], kernel.shape[2:], kernel)
    layer.name = conv.weight
    layer.stride_nd = (conv.stride, conv.stride)
    layer.padding_mode = trt.PaddingMode.SAME_UPPER
    layer.num_groups = tensor.shape[1] // kernel.shape[1]
    factor = weights[f"{conv.norm}.weight"] / np.sqrt(
        weights[f"{conv.norm}.running_var"] + np.float32(_EPSILON)
    )
    shift = weights[f"{conv.norm}.bias"] - weights[f"{conv.norm}.running_mean"] * factor
    norm = net.add_scale(layer.get_output(0), trt.ScaleMode.CHANNEL, shift, factor)
    norm.name = conv.norm
    if not conv.clip:
        return norm.get_output(0)
    clip = net.add_activation(norm.get_output(0), trt.ActivationType.CLIP)
    clip.alpha, clip.beta = 0, 6
    return clip.get_output(0)


def onnx_model(weights):
    """The same network as the bytes of an ONNX model."""
    nodes, tensor, shape = [], "image", [3, 224]
    constants = {"zero": np.float32(0), "six": np.float32(6)}
    for b, convs in enumerate(blocks(weights)):
        entry, entry_shape = tensor, list(shape)
        for c, conv in enumerate(convs):
            name, kernel = f"t{b}_{c}", weights[conv.weight]
            constants[conv.weight] = kernel
            norm = [f"{conv.norm}.{p}" for p in ("weight", "bias", "running_mean", "running_var")]
            constants.update((n, weights[n]) for n in norm)
            nodes += [
                oh.make_node(
                    "Conv",
                    [tensor, conv.weight],
                    [name],
                    auto_pad="SAME_UPPER",
                    strides=[conv.stride] * 2,
                    group=shape[0] // kernel.shape[1],
                ),
                oh.make_node(
                    "BatchNormalization", [name, *norm], [name + "n"], epsilon=_EPSILON
                ),
            ]
            tensor, shape = name + "n", [kernel.shape[0], shape[1] // conv.stride]
            if conv.clip:
                nodes.append(oh.make_node("Clip", [tensor, "zero", "six"], [name + "c"]))
                tensor = name + "c"
        if shape == entry_shape and len(convs) > 1:
            nodes.append(oh.make_node("Add", [entry, tensor], [f"s{b}"]))
            tensor = f"s{b}"
    constants.update((n, weights[n]) for n in ("_fc.weight", "_fc.bias"))
    nodes += [
        oh.make_node("GlobalAveragePool", [tensor], ["mean"]),
        oh.make_node("Flatten", ["mean"], ["flat"]),
        oh.make_node("Gemm", ["flat", "_fc.weight", "_fc.bias"], ["scores"], transB=1),
        oh.make_node("Softmax", ["scores"], ["probabilities"]),
    ]
    outputs = [oh.make_tensor_value_info(n, 1, [1, 1000]) for n in ("scores", "probabilities")]
    graph = oh.make_graph(
        nodes,
        "efficientnet_lite0",
        [oh.make_tensor_value_info("image", 1, [1, 3, 224, 224])],
        outputs,
        [onnx.numpy_helper.from_array(np.asarray(v), n) for n, v in constants.items()],
    )
    model = oh.make_model(graph, opset_imports=[oh.make_opsetid("", 17)], ir_version=8)
    return model.SerializeToString()


def image(photo):
    """An RGB photo, scaled and cut to its middle 224 x 224: [1, 3, 224, 224], (x - 127) / 128."""
    height, width = photo.shape[:2]
    scale = 224 / min(height, width)
    size = round(width * scale), round(height * scale)
    scaled = np.asarray(Image.fromarray(photo).resize(size, Image.BICUBIC), np.float32)
    top, left = (scaled.shape[0] - 224) // 2, (scaled.shape[1] - 224) // 2
    middle = scaled[top : top + 224, left : left + 224]
    return np.ascontiguousarray(((middle - 127) / 128).transpose(2, 0, 1)[None])
