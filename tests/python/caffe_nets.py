# SPDX-License-Identifier: Apache-2.0
"""Caffe networks with seeded weights, layer by layer."""

import numpy as np
from caffe import declare, layer


class Net:
    """Writes a deploy file and its weights layer by layer; each method gives the top's name."""

    def __init__(self, *shape, seed=11):
        self.rng = np.random.default_rng(seed)
        self.text, self.weights, self.channels = declare(data=shape), {}, {"data": shape[1]}
        self.shape = shape

    def add(self, kind, bottoms, params="", channels=None, top=None):
        top = top or f"t{len(self.channels)}"
        self.text += layer(kind, bottoms, [top], params, name=top)
        self.channels[top] = channels or self.channels[bottoms[0]]
        return top

    def conv(self, x, maps, size, params="", relu=True, depthwise=False):
        c = 1 if depthwise else self.channels[x]
        w = self.rng.standard_normal((maps, c, size, size)) * np.sqrt(2 / (c * size * size))
        name, top = f"conv{len(self.weights)}", f"c{len(self.weights)}"
        group = f"group: {maps}" if depthwise else ""
        self.text += layer(
            "Convolution", [x], [top],
            f"convolution_param {{ num_output: {maps} kernel_size: {size} {group} {params} }}",
            name=name,
        )  # fmt: skip
        self.weights[name] = [w, self.rng.standard_normal(maps) * 0.1]
        self.channels[top] = maps
        if relu:
            self.text += layer("ReLU", [top], [top], name=name + "_relu")
        return top

    def normalised(self, x):
        c = self.channels[x]
        for kind, params, blobs in (
            ("BatchNorm", "", [self.rng.standard_normal(c), self.rng.uniform(0.5, 2, c), [1.0]]),
            ("Scale", "scale_param { bias_term: true }",
             [self.rng.uniform(0.5, 1, c), self.rng.standard_normal(c)]),
        ):  # fmt: skip
            name = f"{kind}{len(self.weights)}"
            self.text += layer(kind, [x], [x], params, name=name)
            self.weights[name] = blobs
        return x

    def dense(self, x, inputs, maps, top):
        name = f"ip{len(self.weights)}"
        self.text += layer(
            "InnerProduct", [x], [top], f"inner_product_param {{ num_output: {maps} }}", name=name
        )
        self.weights[name] = [
            self.rng.standard_normal((maps, inputs)) / np.sqrt(inputs), self.rng.standard_normal(maps)
        ]  # fmt: skip
        self.channels[top] = maps
        return top
