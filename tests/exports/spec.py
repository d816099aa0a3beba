# SPDX-License-Identifier: Apache-2.0
"""What a model to export is, and how random weights become weights that show a mistake."""

import dataclasses
import typing

import numpy as np


@dataclasses.dataclass
class Model:
    """make: returns the torch module. cases: dicts of arrays by input name, in the order of the arguments; the first is
    traced. open: by input name {axis: name of the extent}, what may differ between the cases. outputs: their names."""

    name: str
    make: typing.Callable
    cases: list
    open: dict = dataclasses.field(default_factory=dict)
    outputs: list = None


def image(size, batch=1, seed=0, channels=3):
    """Smooth pictures and noise in about -2 to 2: float32 [batch, channels, size, size]."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:size, 0:size] / size
    waves = rng.uniform(1, 6, (batch, channels, 3, 1, 1))
    smooth = np.sin(2 * np.pi * (waves[:, :, 0] * x + waves[:, :, 1] * y) + waves[:, :, 2])
    return (smooth + 0.3 * rng.standard_normal(smooth.shape)).astype(np.float32)


def images(name, make, size, **more):
    """A model of one image input, its batch left open."""
    cases = [{"x": image(size)}, {"x": image(size, 2, 1)}]
    return Model(name, make, cases, {"x": {0: "batch"}}, **more)


def settle(module, samples=()):
    """The module, in eval mode, with weights that a test can see: parameters that start as one value (scales, biases,
    layer scales of 1e-6) get noise, and batch normalisations the statistics of the samples."""
    import torch

    generator = torch.Generator().manual_seed(1)
    norms = [m for m in module.modules() if isinstance(m, torch.nn.modules.batchnorm._BatchNorm)]
    with torch.no_grad():
        for p in module.parameters():
            if p.is_floating_point() and p.numel() > 1 and bool((p == p.flatten()[0]).all()):
                p.add_(0.1 * torch.randn(p.shape, generator=generator))
        if norms and samples:
            module.eval()
            for norm in norms:
                norm.train()
                norm.momentum = 1.0 if norm.track_running_stats else norm.momentum
            module(*samples)
    return module.eval()


def level(module, sample, wanted=lambda name: 1.0):
    """Scales the weights of convolutions and products one after the other until each gives outputs of unit deviation
    around 0 on the sample (`wanted` gives another by name), so that rounding is not amplified on the way."""
    import torch

    def rescale(name):
        def hook(layer, _, out):
            if layer in settled:  # a head that several feature maps share: the first one counts
                return out
            settled.add(layer)
            mean, factor = float(out.mean()), wanted(name) / float(out.std().clamp_min(1e-6))
            layer.weight.mul_(factor)
            if layer.bias is None:
                return out * factor
            layer.bias.sub_(mean).mul_(factor)
            return (out - mean) * factor

        return hook

    settled = set()
    kinds = (torch.nn.modules.conv._ConvNd, torch.nn.Linear)
    hooks = [m.register_forward_hook(rescale(n)) for n, m in module.named_modules() if isinstance(m, kinds)]
    with torch.no_grad():
        module(sample)
    for hook in hooks:
        hook.remove()
    return module
