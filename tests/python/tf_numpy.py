# SPDX-License-Identifier: Apache-2.0
"""What TensorFlow's operations compute, said in numpy: N, H, W, C and kernels H, W, in, out."""

import numpy as np


def same_pads(extent, kernel, stride, dilation=1):
    out = -(-extent // stride)
    total = max((out - 1) * stride + (kernel - 1) * dilation + 1 - extent, 0)
    return total // 2, total - total // 2


def padded(x, kernel, strides, dilation, padding, value=0):
    if padding == "SAME":
        pads = [same_pads(x.shape[i + 1], kernel[i], strides[i], dilation[i]) for i in (0, 1)]
    else:
        pads = [(p, p) for p in padding]
    return np.pad(x, [(0, 0), *pads, (0, 0)], constant_values=value)


def windows(x, kernel, strides, dilation=(1, 1)):
    """[N, OH, OW, C, kh, kw]"""
    reach = [(k - 1) * d + 1 for k, d in zip(kernel, dilation)]
    view = np.lib.stride_tricks.sliding_window_view(x, reach, axis=(1, 2))
    view = view[:, :: strides[0], :: strides[1]]
    return view[..., :: dilation[0], :: dilation[1]]


def conv2d(x, w, strides=(1, 1), padding=(0, 0), dilation=(1, 1)):
    x = padded(x, w.shape[:2], strides, dilation, padding)
    return np.einsum("nhwcij,ijck->nhwk", windows(x, w.shape[:2], strides, dilation), w)


def depthwise(x, w, strides=(1, 1), padding=(0, 0)):
    x = padded(x, w.shape[:2], strides, (1, 1), padding)
    y = np.einsum("nhwcij,ijcm->nhwcm", windows(x, w.shape[:2], strides), w)
    return y.reshape(*y.shape[:3], -1)


def conv2d_transpose(x, w, size, strides, padding):
    """Conv2DBackpropInput: w is [H, W, out, in], size the output's height and width."""
    n, h, width, _ = x.shape
    kh, kw, out, _ = w.shape
    whole = np.zeros((n, (h - 1) * strides[0] + kh, (width - 1) * strides[1] + kw, out))
    for i in range(h):
        for j in range(width):
            at = whole[:, i * strides[0] : i * strides[0] + kh, j * strides[1] : j * strides[1] + kw]
            at += np.einsum("nc,ijkc->nijk", x[:, i, j], w)
    before = [0, 0]
    if padding == "SAME":
        before = [max(whole.shape[i + 1] - size[i], 0) // 2 for i in (0, 1)]
    whole = np.pad(whole, [(0, 0), (0, max(size[0] - whole.shape[1], 0)),
                           (0, max(size[1] - whole.shape[2], 0)), (0, 0)])
    return whole[:, before[0] : before[0] + size[0], before[1] : before[1] + size[1]]


def max_pool(x, kernel, strides, padding=(0, 0)):
    value = -np.inf if padding == "SAME" else 0
    x = padded(x, kernel, strides, (1, 1), padding, value)
    return windows(x, kernel, strides).max(axis=(4, 5))


def avg_pool(x, kernel, strides, padding=(0, 0)):
    total = windows(padded(x, kernel, strides, (1, 1), padding), kernel, strides).sum(axis=(4, 5))
    if padding != "SAME":
        return total / (kernel[0] * kernel[1])
    ones = padded(np.ones_like(x), kernel, strides, (1, 1), padding)
    return total / windows(ones, kernel, strides).sum(axis=(4, 5))


def lrn(x, radius, bias, alpha, beta):
    squares = np.pad(x * x, [(0, 0)] * 3 + [(radius, radius)])
    total = sum(squares[..., i : i + x.shape[-1]] for i in range(2 * radius + 1))
    return x / (bias + alpha * total) ** beta


def softmax(x):
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def batch_norm(x, gamma, beta, mean, variance, epsilon):
    return gamma * (x - mean) / np.sqrt(variance + epsilon) + beta
