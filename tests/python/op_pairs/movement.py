# SPDX-License-Identifier: Apache-2.0
"""Operators that move, choose, resize and make data."""

import numpy as np
import onnx
import onnx.helper as oh

from .case import Case, case


def ints(*values):
    return np.array(values, np.int64)


@case("Concat")
def concat(version, data):
    return Case([data.real(2, 3), data.real(2, 1), data.real(2, 2)], {"axis": 1 if version == 4 else -1})


@case("Constant")
def constant(version, data):
    if version < 12:
        value = {"value": onnx.numpy_helper.from_array(data.real(2, 3))}
    else:
        value = {"value_floats": [1.5, -2.0, 0.25]}
    nodes = [oh.make_node("Constant", [], ["c"], "node", **value), oh.make_node("Add", ["a", "c"], ["y0"])]
    return Case([data.real(2, 3)], nodes=nodes)


@case("ConstantOfShape")
def constant_of_shape(version, data):
    value = onnx.numpy_helper.from_array(np.array([7], np.float32))
    return Case([ints(2, 3)], {"value": value}, constant=(0,))


@case("Expand")
def expand(version, data):
    return Case([data.real(3, 1), ints(2, 1, 4)], constant=(1,))


@case("EyeLike")
def eye(version, data):
    return Case([data.real(3, 4)], {"k": 1, "dtype": onnx.TensorProto.INT64 if version == 9 else onnx.TensorProto.FLOAT})


@case("Flatten")
def flatten(version, data):
    return Case([data.real(2, 3, 4)], {"axis": 2 if version < 11 else -1})


@case("Gather")
def gather(version, data):
    low = 0 if version == 1 else -4
    return Case([data.real(3, 4), data.whole(2, 3, low=low, high=3)], {"axis": 1})


@case("GatherElements")
def gather_elements(version, data):
    return Case([data.real(3, 4), data.whole(3, 2, low=-4, high=3)], {"axis": 1})


@case("GatherND")
def gather_nd(version, data):
    if version == 11:
        return Case([data.real(3, 4, 2), data.whole(5, 2, low=0, high=2)])
    return Case([data.real(2, 3, 4), data.whole(2, 5, 1, low=0, high=2)], {"batch_dims": 1})


@case("Scatter", "ScatterElements")
def scatter_elements(version, data):
    attributes = {"axis": 1}
    if version >= 16:
        attributes["reduction"] = "add" if version == 16 else "max"
    places = np.stack([data.rng.permutation(4)[:2] for _ in range(3)]).astype(np.int64)
    return Case([data.real(3, 4), places, data.real(3, 2)], attributes)


@case("ScatterND")
def scatter_nd(version, data):
    attributes = {"reduction": "mul" if version == 16 else "min"} if version >= 16 else {}
    return Case([data.real(4, 3), ints([2], [0]).reshape(2, 1), data.real(2, 3)], attributes)


@case("TensorScatter")
def tensor_scatter(version, data):
    return Case([data.real(2, 1, 6, 3), data.real(2, 1, 2, 3), ints(1, 3)])


@case("OneHot")
def one_hot(version, data):
    low = 0 if version == 9 else -5
    return Case([data.whole(2, 3, low=low, high=4), np.int64(5), np.array([-1, 2], np.float32)], {"axis": 1},
                constant=(1,))


@case("Pad")
def pad(version, data):
    if version < 11:
        return Case([data.real(2, 3, 4)], {"pads": [0, 1, 2, 1, 0, 1], "mode": "reflect"})
    if version == 19:
        return Case([data.real(2, 3, 4), ints(1, 0, 2, 1, 0, 0)], {"mode": "wrap"}, constant=(1,))
    if version >= 21:
        return Case([data.real(2, 3, 4), ints(1, 2, 1, 0), np.float32(3), ints(-1, 0)], constant=(1, 2, 3))
    if version == 18:
        return Case([data.real(2, 3, 4), ints(1, 2, 1, 0), np.float32(3), ints(2, 1)], constant=(1, 2, 3))
    return Case([data.real(2, 3, 4), ints(0, 1, 2, 1, 0, 1), np.float32(3)], constant=(1, 2))


@case("Reshape")
def reshape(version, data):
    attributes = {"allowzero": 1} if version == 14 else {}
    shape = ints(-1, 6) if version == 14 else ints(0, -1, 2)
    return Case([data.real(2, 3, 4), shape], attributes, constant=(1,))


@case("Shape")
def shape(version, data):
    return Case([data.real(2, 3, 4)], {"start": -2, "end": 3} if version >= 15 else {})


@case("Size")
def size(version, data):
    return Case([data.real(2, 3, 4)])


@case("Slice")
def slice_(version, data):
    if version < 10:
        return Case([data.real(4, 5, 6)], {"axes": [0, 2], "starts": [1, -4], "ends": [3, 9]})
    axes = ints(0, 2) if version == 10 else ints(0, -1)
    return Case([data.real(4, 5, 6), ints(1, -1), ints(3, -9), axes, ints(1, -2)], constant=(1, 2, 3, 4))


@case("Split")
def split(version, data):
    if version < 13:
        return Case([data.real(2, 6)], {"axis": 1 if version == 2 else -1, "split": [1, 2, 3]}, outputs=3)
    if version == 13:
        return Case([data.real(2, 6), ints(1, 2, 3)], {"axis": 1}, outputs=3, constant=(1,))
    return Case([data.real(2, 7)], {"axis": 1, "num_outputs": 3}, outputs=3)


@case("Squeeze")
def squeeze(version, data):
    if version < 13:
        return Case([data.real(1, 3, 1, 2)], {"axes": [0, 2] if version < 11 else [-2]})
    return Case([data.real(1, 3, 1, 2), ints(0, -2)], constant=(1,))


@case("Unsqueeze")
def unsqueeze(version, data):
    if version < 13:
        return Case([data.real(3, 2)], {"axes": [0, 2] if version < 11 else [0, -1]})
    return Case([data.real(3, 2), ints(0, -1)], constant=(1,))


@case("Tile")
def tile(version, data):
    return Case([data.real(2, 3), ints(2, 3)], constant=(1,))


@case("Transpose")
def transpose(version, data):
    return Case([data.real(2, 3, 4)], {"perm": [2, 0, 1]})


@case("Trilu")
def trilu(version, data):
    return Case([data.real(2, 4, 5), np.int64(1)], {"upper": 0}, constant=(1,))


@case("Range")
def range_(version, data):
    return Case([np.float32(1), np.float32(8), np.float32(1.5)], constant=(0, 1, 2))


@case("ReverseSequence")
def reverse_sequence(version, data):
    return Case([data.real(4, 3, 2), ints(4, 2, 3)], {"time_axis": 0, "batch_axis": 1})


@case("DepthToSpace")
def depth_to_space(version, data):
    return Case([data.real(1, 8, 2, 3)], {"blocksize": 2} if version == 1 else {"blocksize": 2, "mode": "CRD"})


@case("SpaceToDepth")
def space_to_depth(version, data):
    return Case([data.real(1, 2, 4, 6)], {"blocksize": 2})


@case("CenterCropPad")
def center_crop_pad(version, data):
    return Case([data.real(4, 7, 3), ints(6, 4)], {"axes": [0, 1]}, constant=(1,))


@case("Col2Im")
def col2im(version, data):
    return Case([data.real(1, 8, 6), ints(3, 4), ints(2, 2)], constant=(1, 2))


@case("Upsample")
def upsample(version, data):
    if version < 9:
        return Case([data.real(1, 2, 3, 4)], {"mode": "nearest", "scales": [1.0, 1.0, 2.0, 3.0]})
    return Case([data.real(1, 2, 3, 4), np.array([1, 1, 2, 2], np.float32)], {"mode": "linear"}, constant=(1,))


@case("Resize")
def resize(version, data):
    x, scales = data.real(1, 2, 4, 5), np.array([1, 1, 2, 1.6], np.float32)
    if version == 10:
        return Case([x, np.array([1, 1, 2, 2], np.float32)], {"mode": "linear"}, constant=(1,))
    none = np.zeros(0, np.float32)
    attributes = {"mode": "linear" if version == 11 else "cubic", "coordinate_transformation_mode": "align_corners"}
    if version == 11:
        return Case([x, none, scales], attributes, constant=(1, 2))
    if version == 13:
        return Case([x, None, None, ints(1, 2, 7, 3)], attributes, constant=(3,))
    extra = {"antialias": 1, "axes": [2, 3]} if version == 18 else {"axes": [2, 3], "mode": "nearest"}
    attributes = {"mode": "linear", "coordinate_transformation_mode": "half_pixel", **extra}
    return Case([x, None, None, ints(3, 4)], attributes, constant=(3,))


@case("GridSample")
def grid_sample(version, data):
    mode = {"mode": "bicubic" if version == 16 else "cubic", "padding_mode": "reflection", "align_corners": 1}
    return Case([data.real(1, 2, 4, 5), data.real(1, 3, 3, 2, low=-1.2, high=1.2)], mode, rtol=1e-3, atol=1e-4)


@case("AffineGrid")
def affine_grid(version, data):
    return Case([data.real(2, 2, 3), ints(2, 3, 4, 5)], {"align_corners": 1}, constant=(1,))


@case("NonMaxSuppression")
def nms(version, data):
    corner = data.real(1, 6, 2, low=0, high=1)
    boxes = np.concatenate([corner, corner + data.real(1, 6, 2, low=0.2, high=0.8)], -1)
    inputs = [boxes, data.real(1, 2, 6, low=0, high=1), np.int64(3), np.float32(0.4), np.float32(0.1)]
    return Case(inputs, {"center_point_box": 0 if version == 10 else 1}, constant=(2, 3, 4))


@case("RandomNormal", "RandomUniform")
def random(version, data):
    return Case([], {"shape": [3, 4], "seed": 5.0}, judge="shape")


@case("RandomNormalLike", "RandomUniformLike", "Bernoulli")
def random_like(version, data):
    return Case([data.real(3, 4, low=0, high=1)], {"seed": 5.0}, judge="shape")


@case("Multinomial")
def multinomial(version, data):
    return Case([data.real(2, 5)], {"sample_size": 6, "seed": 5.0}, judge="shape")


@case("BlackmanWindow", "HammingWindow", "HannWindow")
def window(version, data):
    return Case([np.int64(9)], {"periodic": 0}, constant=(0,))


@case("MelWeightMatrix")
def mel(version, data):
    return Case([np.int64(8), np.int64(16), np.int64(8000), np.float32(0), np.float32(4000)],
                constant=(0, 1, 2, 3, 4))


@case("DFT")
def dft(version, data):
    x = data.real(1, 10, 1)
    if version == 17:
        return Case([x], {"axis": 1, "onesided": 1}, atol=1e-4)
    return Case([x, None, np.int64(1)], {"onesided": 1}, constant=(2,), atol=1e-4)


@case("STFT")
def stft(version, data):
    return Case([data.real(1, 32, 1), np.int64(4), data.real(8)], constant=(1,), atol=1e-4)
