# SPDX-License-Identifier: Apache-2.0
"""Caffe's layers one by one, against OpenCV and against their formulas in numpy."""

import numpy as np
import pytest
from caffe import declare, layer, opencv, ours

import bireme as trt

RNG = np.random.default_rng(7)


def rand(*shape):
    return RNG.standard_normal(shape).astype(np.float32)


def positive(*shape):
    return RNG.uniform(0.5, 1.5, shape).astype(np.float32)


X = rand(2, 6, 9, 7)

# Name: type, parameters, blobs, input, all of it judged by OpenCV.
BY_OPENCV = {
    "conv": ("Convolution", "convolution_param { num_output: 4 kernel_size: 3 pad: 1 stride: 2 }",
             [rand(4, 6, 3, 3), rand(4)], X),
    "conv_pair": ("Convolution", "convolution_param { num_output: 4 kernel_h: 3 kernel_w: 2 "
                  "pad_h: 1 pad_w: 0 stride_h: 1 stride_w: 2 bias_term: false }",
                  [rand(4, 6, 3, 2)], X),
    "conv_group": ("Convolution", "convolution_param { num_output: 6 kernel_size: 3 group: 3 "
                   "dilation: 2 pad: 2 }", [rand(6, 2, 3, 3), rand(6)], X),
    "deconv": ("Deconvolution", "convolution_param { num_output: 5 kernel_size: 4 stride: 2 pad: 1 }",
               [rand(6, 5, 4, 4), rand(5)], X),
    "deconv_group": ("Deconvolution", "convolution_param { num_output: 6 kernel_size: 4 stride: 2 "
                     "pad: 1 group: 6 bias_term: false }", [rand(6, 1, 4, 4)], X),
    "ip": ("InnerProduct", "inner_product_param { num_output: 5 }", [rand(5, 378), rand(5)], X),
    "max": ("Pooling", "pooling_param { pool: MAX kernel_size: 3 stride: 2 }", [], X),
    "max_pad": ("Pooling", "pooling_param { pool: MAX kernel_size: 3 stride: 2 pad: 1 }", [], X),
    "ave": ("Pooling", "pooling_param { pool: AVE kernel_size: 3 stride: 2 }", [], X),
    "ave_pad": ("Pooling", "pooling_param { pool: AVE kernel_size: 3 stride: 2 pad: 1 }", [], X),
    "ave_pair": ("Pooling", "pooling_param { pool: AVE kernel_h: 2 kernel_w: 3 stride: 2 }", [], X),
    "global": ("Pooling", "pooling_param { pool: AVE global_pooling: true }", [], X),
    "lrn": ("LRN", "lrn_param { local_size: 3 alpha: 0.5 beta: 0.6 }", [], X),
    "lrn_within": ("LRN", "lrn_param { local_size: 3 alpha: 0.5 norm_region: WITHIN_CHANNEL }", [],
                   X),
    "relu": ("ReLU", "", [], X),
    "leaky": ("ReLU", "relu_param { negative_slope: 0.1 }", [], X),
    "prelu": ("PReLU", "", [rand(6)], X),
    "elu": ("ELU", "", [], X),
    "sigmoid": ("Sigmoid", "", [], X),
    "tanh": ("TanH", "", [], X),
    "absval": ("AbsVal", "", [], X),
    "bnll": ("BNLL", "", [], X),
    "power": ("Power", "power_param { power: 2 scale: 0.5 shift: 1 }", [], X),
    "batch_norm": ("BatchNorm", "batch_norm_param { eps: 0.001 }",
                   [rand(6), positive(6), np.float32([2])], X),
    "scale": ("Scale", "scale_param { bias_term: true }", [rand(6), rand(6)], X),
    "softmax": ("Softmax", "", [], X),
    "softmax_axis": ("Softmax", "softmax_param { axis: -1 }", [], X),
    "flatten": ("Flatten", "", [], X),
    "reshape": ("Reshape", "reshape_param { shape { dim: 0 dim: -1 dim: 7 } }", [], X),
    "permute": ("Permute", "permute_param { order: 0 order: 2 order: 3 order: 1 }", [], X),
    "mvn": ("MVN", "", [], X),
    "mvn_across": ("MVN", "mvn_param { across_channels: true }", [], X),
    "normalize": ("Normalize", "norm_param { across_spatial: false channel_shared: false }",
                  [positive(6)], X),
    "dropout": ("Dropout", "dropout_param { dropout_ratio: 0.3 }", [], X),
    "interp": ("Interp", "interp_param { height: 15 width: 20 }", [], X),
}


@pytest.mark.parametrize("name", BY_OPENCV)
def test_layer_is_opencvs(logger, name):
    kind, params, blobs, x = BY_OPENCV[name]
    text = declare(x=x.shape) + layer(kind, ["x"], ["y"], params)
    weights = {"y": blobs}
    got = ours(logger, text, weights, {"x": x})["y"]
    want = opencv(text, weights, {"x": x}, ["y"])["y"]
    np.testing.assert_allclose(got.reshape(want.shape), want, rtol=0, atol=1e-5 * np.ptp(want))


@pytest.mark.parametrize(
    "params",
    [
        "min_size: 3 max_size: 6 aspect_ratio: 2 aspect_ratio: 3 clip: true "
        "variance: 0.1 variance: 0.1 variance: 0.2 variance: 0.2",
        "min_size: 4 min_size: 6 aspect_ratio: 2 flip: false clip: false step: 2 offset: 0.25 variance: 0.3",
    ],
)
def test_prior_boxes_are_opencvs(logger, params):
    x, image = rand(1, 3, 5, 4), rand(1, 3, 20, 24)
    text = declare(x=x.shape, image=image.shape) + layer(
        "PriorBox", ["x", "image"], ["y"], f"prior_box_param {{ {params} }}"
    )
    inputs = {"x": x, "image": image}
    got = ours(logger, text, {"unused": []}, inputs)["y"]
    want = opencv(text, {"unused": []}, inputs, ["y"])["y"]
    np.testing.assert_allclose(got, want, rtol=0, atol=1e-6)


def stacked_pool(x, size):
    pad = np.pad(x, ((0, 0), (0, 0), (0, 1), (0, 1)), constant_values=-np.inf)
    win = np.lib.stride_tricks.sliding_window_view(pad, (size, size), (2, 3))[:, :, ::size, ::size]
    return win.reshape(*win.shape[:4], -1)


def mask_of(x):
    at = stacked_pool(x, 2).argmax(-1)
    h, w = np.meshgrid(np.arange(at.shape[2]), np.arange(at.shape[3]), indexing="ij")
    return ((2 * h + at // 2) * x.shape[3] + 2 * w + at % 2).astype(np.float32)


def argmax(x, k):
    """Sorted pairs, the larger index first among equals."""
    flat = x.reshape(len(x), -1)
    order = np.lexsort((np.arange(flat.shape[1])[None] * np.ones((len(x), 1)), flat), axis=-1)
    return order[:, ::-1][:, :k]


TIES = np.round(rand(2, 3, 4, 2))
INDEX = np.float32([[0, 2, 1], [3, 3, 0]])
TABLE, COLUMN = rand(4, 5), rand(5)
S6, B6, S67, SFULL = rand(6), rand(6), rand(9, 7), rand(2, 6)
W_IP, W_IPT = rand(5, 63), rand(378, 5)
BN5 = [rand(6), positive(6), np.float32([3]), rand(6), rand(6)]
DEPTHWISE = rand(6, 1, 3, 3)
CONV1, CONV3 = rand(4, 6, 3), rand(2, 3, 2, 2, 2)


def c(values):
    return np.asarray(values)[:, None, None]


def correlate(x, w):
    """No padding, stride 1, any number of spatial axes."""
    n = x.ndim - 2
    win = np.lib.stride_tricks.sliding_window_view(x, w.shape[2:], tuple(range(2, 2 + n)))
    k = "abc"[:n]
    o = "uvw"[:n]
    return np.einsum(f"ni{o}{k},mi{k}->nm{o}", win, w)


def lrn(x):
    square = np.pad(x * x, ((0, 0), (1, 1), (0, 0), (0, 0)))
    total = square[:, :-2] + square[:, 1:-1] + square[:, 2:]
    return x / (2 + 0.5 / 3 * total) ** 0.6


# Name: type, parameters, blobs, inputs, results.
BY_NUMPY = {
    "clip": ("Clip", "clip_param { min: -0.5 max: 0.25 }", [], [X], [X.clip(-0.5, 0.25)]),
    "exp": ("Exp", "exp_param { base: 2 scale: 0.5 shift: 1 }", [], [X], [2 ** (1 + 0.5 * X)]),
    "exp_e": ("Exp", "", [], [X], [np.exp(X)]),
    "log": ("Log", "log_param { base: 10 scale: 2 shift: 1 }", [], [abs(X)],
            [np.log10(1 + 2 * abs(X))]),
    "power_zero": ("Power", "power_param { power: 0 scale: 3 shift: 2 }", [], [X],
                   [np.ones_like(X)]),
    "power_shift": ("Power", "power_param { power: 3 scale: 0 shift: 2 }", [], [X],
                    [np.full_like(X, 8)]),
    "threshold": ("Threshold", "threshold_param { threshold: 0.3 }", [], [X],
                  [(X > np.float32(0.3)).astype(np.float32)]),
    "swish": ("Swish", "swish_param { beta: 2 }", [], [X], [X / (1 + np.exp(-2 * X))]),
    "relu6": ("ReLU6", "", [], [5 * X], [(5 * X).clip(0, 6)]),
    "prelu_shared": ("PReLU", "prelu_param { channel_shared: true }", [np.float32([0.3])], [X],
                     [np.where(X > 0, X, np.float32(0.3) * X)]),
    "lrn_k": ("LRN", "lrn_param { local_size: 3 alpha: 0.5 beta: 0.6 k: 2 }", [], [X], [lrn(X)]),
    "batch_norm_zero": ("BatchNorm", "batch_norm_param { eps: 0.5 }",
                        [rand(6), positive(6), np.float32([0])], [X], [X / np.sqrt(0.5)]),
    "batch_norm_nvidia": ("BatchNorm", "", BN5, [X],
                          [(X - c(BN5[0])) / np.sqrt(c(BN5[1]) + 1e-5) * c(BN5[3]) + c(BN5[4])]),
    "batch_norm_own": ("BatchNorm", "batch_norm_param { use_global_stats: false }",
                       [rand(6), positive(6), np.float32([1])], [X],
                       [(X - X.mean((0, 2, 3), keepdims=True))
                        / np.sqrt(X.var((0, 2, 3), keepdims=True) + 1e-5)]),
    "bn": ("BN", "", [S6, B6, BN5[0], BN5[1]], [X],
           [c(S6) * (X - c(BN5[0])) / np.sqrt(c(BN5[1]) + 1e-5) + c(B6)]),
    "scale_rows": ("Scale", "scale_param { axis: 2 num_axes: -1 }", [S67], [X], [X * S67]),
    "scale_scalar": ("Scale", "scale_param { num_axes: 0 }", [np.float32(1.5)], [X],
                     [X * np.float32(1.5)]),
    "scale_two": ("Scale", "scale_param { axis: 0 }", [], [X, SFULL], [X * SFULL[:, :, None, None]]),
    "bias": ("Bias", "", [B6], [X], [X + c(B6)]),
    "bias_two": ("Bias", "bias_param { axis: 2 }", [], [X, S67], [X + S67]),
    "eltwise_sum": ("Eltwise", "eltwise_param { coeff: 0.5 coeff: -1 coeff: 2 }", [],
                    [X, X[::-1].copy(), abs(X)], [0.5 * X - X[::-1] + 2 * abs(X)]),
    "eltwise_prod": ("Eltwise", "eltwise_param { operation: PROD }", [], [X, X + 1], [X * (X + 1)]),
    "eltwise_max": ("Eltwise", "eltwise_param { operation: MAX }", [], [X, -X], [abs(X)]),
    "concat": ("Concat", "concat_param { axis: -2 }", [], [X, X[:, :, :3].copy()],
               [np.concatenate([X, X[:, :, :3]], 2)]),
    "concat_dim": ("Concat", "concat_param { concat_dim: 0 }", [], [X, X], [np.concatenate([X, X])]),
    "slice": ("Slice", "slice_param { slice_point: 1 slice_point: 4 }", [], [X],
              [X[:, :1], X[:, 1:4], X[:, 4:]]),
    "slice_equal": ("Slice", "slice_param { slice_dim: 2 }", [], [X],
                    [X[:, :, :3], X[:, :, 3:6], X[:, :, 6:]]),
    "split": ("Split", "", [], [X], [X, X]),
    "reduction": ("Reduction", "reduction_param { operation: ASUM axis: 2 coeff: 0.5 }", [], [X],
                  [0.5 * abs(X).sum((2, 3))]),
    "reduction_sumsq": ("Reduction", "reduction_param { operation: SUMSQ axis: 1 }", [], [X],
                        [(X * X).sum((1, 2, 3))]),
    "reduction_mean": ("Reduction", "reduction_param { operation: MEAN axis: -1 }", [], [X],
                       [X.mean(3)]),
    "reshape_part": ("Reshape", "reshape_param { shape { dim: 3 dim: -1 } axis: 1 num_axes: 1 }", [],
                     [X], [X.reshape(2, 3, 2, 9, 7)]),
    "reshape_end": ("Reshape", "reshape_param { shape { dim: 1 } axis: -1 num_axes: 0 }", [], [X],
                    [X[..., None]]),
    "flatten_part": ("Flatten", "flatten_param { axis: 1 end_axis: 2 }", [], [X],
                     [X.reshape(2, 54, 7)]),
    "permute_short": ("Permute", "permute_param { order: 0 order: 3 }", [], [X],
                      [X.transpose(0, 3, 1, 2)]),
    "crop": ("Crop", "crop_param { axis: 2 offset: 2 offset: 1 }", [],
             [X, np.zeros((2, 6, 4, 5), np.float32)], [X[:, :, 2:6, 1:6]]),
    "crop_one": ("Crop", "crop_param { axis: 1 offset: 1 }", [],
                 [X, np.zeros((2, 3, 4, 5), np.float32)], [X[:, 1:4, 1:5, 1:6]]),
    "argmax": ("ArgMax", "argmax_param { top_k: 3 }", [], [TIES],
               [argmax(TIES, 3)[:, None].astype(np.float32)]),
    "argmax_values": ("ArgMax", "argmax_param { top_k: 2 out_max_val: true }", [], [TIES],
                      [np.stack([argmax(TIES, 2).astype(np.float32),
                                 np.sort(TIES.reshape(2, -1))[:, :-3:-1]], 1)]),
    "argmax_axis": ("ArgMax", "argmax_param { axis: 1 }", [], [X],
                    [X.argmax(1)[:, None].astype(np.float32)]),
    "tile": ("Tile", "tile_param { axis: 2 tiles: 3 }", [], [X], [np.tile(X, (1, 1, 3, 1))]),
    "embed": ("Embed", "embed_param { num_output: 5 input_dim: 4 }", [TABLE, COLUMN], [INDEX],
              [TABLE[INDEX.astype(int)] + COLUMN]),
    "ip_axis": ("InnerProduct", "inner_product_param { num_output: 5 axis: 2 bias_term: false }",
                [W_IP], [X], [X.reshape(2, 6, 63) @ W_IP.T]),
    "ip_transpose": ("InnerProduct", "inner_product_param { num_output: 5 transpose: true }",
                     [W_IPT, COLUMN], [X], [X.reshape(2, -1) @ W_IPT + COLUMN]),
    "interp_zoom": ("Interp", "interp_param { zoom_factor: 1 pad_beg: -1 pad_end: -2 }", [], [X],
                    [X[:, :, 1:-2, 1:-2]]),
    "upsample": ("Upsample", "upsample_param { scale: 2 }", [], [X],
                 [X.repeat(2, 2).repeat(2, 3)]),
    "shuffle": ("ShuffleChannel", "shuffle_channel_param { group: 2 }", [], [X],
                [X.reshape(2, 2, 3, 9, 7).swapaxes(1, 2).reshape(2, 6, 9, 7)]),
    "pool_mask": ("Pooling", "pooling_param { kernel_size: 2 stride: 2 }", [], [X],
                  [stacked_pool(X, 2).max(-1), mask_of(X)]),
    "pool_floor": ("Pooling", "pooling_param { kernel_size: 2 stride: 2 round_mode: FLOOR }", [],
                   [X], [stacked_pool(X, 2).max(-1)[:, :, :4, :3]]),
    "spp": ("SPP", "spp_param { pyramid_height: 2 }", [], [X[:, :, :8, :6].copy()],
            [np.concatenate([X[:, :, :8, :6].max((2, 3)),
                             X[:, :, :8, :6].reshape(2, 6, 2, 4, 2, 3).max((3, 5)).reshape(2, -1)],
                            1)]),
    "conv_1d": ("Convolution", "convolution_param { num_output: 4 kernel_size: 3 bias_term: false }",
                [CONV1], [X[..., 0].copy()], [correlate(X[..., 0], CONV1)]),
    "conv_3d": ("Convolution", "convolution_param { num_output: 2 kernel_size: 2 bias_term: false }",
                [CONV3], [X.reshape(2, 3, 2, 9, 7)],
                [correlate(X.reshape(2, 3, 2, 9, 7), CONV3)]),
    "conv_twice": ("Convolution", "convolution_param { num_output: 4 kernel_size: 3 bias_term: false }",
                   [CONV1], [X[..., 0].copy(), X[..., 1].copy()],
                   [correlate(X[..., 0], CONV1), correlate(X[..., 1], CONV1)]),
} | {
    kind: (kind, "convolution_param { num_output: 6 kernel_size: 3 bias_term: false }", [DEPTHWISE], [X],
           [np.concatenate([correlate(X[:, c:c + 1], DEPTHWISE[c:c + 1]) for c in range(6)], 1)])
    for kind in ("ConvolutionDepthwise", "DepthwiseConvolution")
}  # fmt: skip


@pytest.mark.parametrize("name", BY_NUMPY)
def test_layer_is_its_formula(logger, name):
    kind, params, blobs, inputs, results = BY_NUMPY[name]
    named = {f"x{i}": x for i, x in enumerate(inputs)}
    tops = [f"y{i}" for i in range(len(results))]
    text = declare(**{k: v.shape for k, v in named.items()}) + layer(
        kind, list(named), tops, params, name="the layer"
    )
    got = ours(logger, text, {"the layer": blobs}, named, tops)
    for top, want in zip(tops, results):
        assert got[top].shape == want.shape
        np.testing.assert_allclose(got[top], want, rtol=0, atol=2e-5 * max(1, np.ptp(want)))


def test_layers_without_bottoms(logger):
    x, w = rand(2, 3), rand(2, 3)
    text = declare(x=x.shape)
    text += layer("Parameter", [], ["p"], "parameter_param { shape { dim: 2 dim: 3 } }")
    text += layer("DummyData", [], ["d"],
                  "dummy_data_param { shape { dim: 2 dim: 3 } data_filler { value: 1.5 } }")  # fmt: skip
    text += layer("Eltwise", ["x", "p", "d"], ["y"])
    got = ours(logger, text, {"p": [w]}, {"x": x})["y"]
    np.testing.assert_allclose(got, x + w + np.float32(1.5), rtol=0, atol=1e-6)


def test_half_weights_keep_half_precision(logger):
    x, w = rand(1, 3, 4, 4), rand(2, 3, 1, 1)
    text = declare(x=x.shape) + layer(
        "Convolution", ["x"], ["y"],
        "convolution_param { num_output: 2 kernel_size: 1 bias_term: false }",
    )  # fmt: skip
    got = ours(logger, text, {"y": [w]}, {"x": x}, dtype=trt.float16)["y"]
    want = correlate(x, w.astype(np.float16).astype(np.float32))
    np.testing.assert_allclose(got, want, rtol=0, atol=1e-5)
