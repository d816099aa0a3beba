# SPDX-License-Identifier: Apache-2.0
"""PyTorch in the place of the class Net: a network of dense.py runs as it is written, with BatchNorm folded."""

import torch
from torch.nn import functional


class TorchNet:
    """Weights are made at the first run and kept; call begin() before each run."""

    def __init__(self, dtype):
        self.dtype, self.weights, self.at = dtype, [], 0

    def begin(self):
        self.at = 0
        return self

    def weight(self, *shape):
        if self.at == len(self.weights):
            made = torch.randn(shape, device="cuda").mul_(0.02).to(self.dtype)
            self.weights.append(made.contiguous(memory_format=torch.channels_last) if len(shape) == 4 else made)
        self.at += 1
        return self.weights[self.at - 1]

    def conv(self, x, c_in, c_out, k, stride=1):
        return functional.conv2d(x, self.weight(c_out, c_in, k, k), self.weight(c_out), stride, k // 2)

    def up(self, x, c_in, c_out):
        return functional.conv_transpose2d(x, self.weight(c_in, c_out, 2, 2), self.weight(c_out), 2)

    def pool(self, kind, x, k, stride, pad=0):
        return functional.max_pool2d(x, k, stride, pad)

    def silu(self, x):
        return functional.silu(x)

    def twice(self, x):
        return functional.interpolate(x, scale_factor=2, mode="nearest")

    def halves(self, x, half):
        return x.split(half, 1)

    def op(self, kind, *inputs, axis=None):
        if kind == "Concat":
            return torch.cat(inputs, axis)
        return {"Add": torch.add, "Relu": torch.relu}[kind](*inputs)
