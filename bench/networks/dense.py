# SPDX-License-Identifier: Apache-2.0
"""Networks that tell something of every place: a detector in the shape of YOLOv8-s (SiLU, C2f blocks, concatenations, nearest
neighbour at twice the size; 11 M weights), and a U-Net (Ronneberger et al. 2015) with padding and deconvolutions.

Their functions take the net that they are written into, so that PyTorch can run them from the same text.
"""

from onnx import TensorProto

from .net import Net


def c2f(n, x, c_in, c_out, repeat, shortcut):
    """Cross-stage block: halves, a chain of bottlenecks, and all that there was joined."""
    half = c_out // 2
    y = n.silu(n.conv(x, c_in, c_out, 1))
    parts = list(n.halves(y, half))
    for _ in range(repeat):
        z = n.silu(n.conv(n.silu(n.conv(parts[-1], half, half, 3)), half, half, 3))
        parts.append(n.op("Add", parts[-1], z) if shortcut else z)
    return n.silu(n.conv(n.op("Concat", *parts, axis=1), (2 + repeat) * half, c_out, 1))


def detector_of(n, x, classes=80):
    """Per level of 8, 16 and 32 pixels: distances of the boxes' sides as distributions, and scores."""
    def conv(x, c_in, c_out, k, stride=1):
        return n.silu(n.conv(x, c_in, c_out, k, stride))

    x = conv(conv(x, 3, 32, 3, 2), 32, 64, 3, 2)
    x = c2f(n, x, 64, 64, 1, True)
    p3 = c2f(n, conv(x, 64, 128, 3, 2), 128, 128, 2, True)
    p4 = c2f(n, conv(p3, 128, 256, 3, 2), 256, 256, 2, True)
    x = c2f(n, conv(p4, 256, 512, 3, 2), 512, 512, 1, True)
    y = conv(x, 512, 256, 1)  # pooling of growing windows
    pools = [y]
    for _ in range(3):
        pools.append(n.pool("MaxPool", pools[-1], 5, 1, 2))
    p5 = conv(n.op("Concat", *pools, axis=1), 1024, 512, 1)
    n4 = c2f(n, n.op("Concat", n.twice(p5), p4, axis=1), 768, 256, 1, False)
    n3 = c2f(n, n.op("Concat", n.twice(n4), p3, axis=1), 384, 128, 1, False)
    m4 = c2f(n, n.op("Concat", conv(n3, 128, 128, 3, 2), n4, axis=1), 384, 256, 1, False)
    m5 = c2f(n, n.op("Concat", conv(m4, 256, 256, 3, 2), p5, axis=1), 768, 512, 1, False)
    out = []
    for level, c in ((n3, 128), (m4, 256), (m5, 512)):
        box = n.conv(conv(conv(level, c, 64, 3), 64, 64, 3), 64, 64, 1)
        scores = n.conv(conv(conv(level, c, 128, 3), 128, 128, 3), 128, classes, 1)
        out.append(n.op("Concat", box, scores, axis=1))
    return out


def unet_of(n, x, widths=(64, 128, 256, 512, 1024)):
    def pair(x, c_in, c_out):
        return n.op("Relu", n.conv(n.op("Relu", n.conv(x, c_in, c_out, 3)), c_out, c_out, 3))

    kept, c = [], 3
    for w in widths[:-1]:
        x = pair(x, c, w)
        kept.append(x)
        x, c = n.pool("MaxPool", x, 2, 2), w
    x = pair(x, c, widths[-1])
    for w, skip in zip(reversed(widths[:-1]), reversed(kept)):
        x = pair(n.op("Concat", skip, n.up(x, 2 * w, w), axis=1), 2 * w, w)
    return n.conv(x, widths[0], 2, 1)


def detector(path):
    n = Net(8)
    shapes = [["batch", 144, 640 // s, 640 // s] for s in (8, 16, 32)]
    n.save(path, [("input", TensorProto.FLOAT, ["batch", 3, 640, 640])], detector_of(n, "input"), shapes)


def unet(path):
    n = Net(9)
    n.save(path, [("input", TensorProto.FLOAT, ["batch", 3, 256, 256])], unet_of(n, "input"), ["batch", 2, 256, 256])


def unet_small(path):
    n, widths = Net(9), (16, 32, 64, 128)
    n.save(path, [("input", TensorProto.FLOAT, ["batch", 3, 256, 256])], unet_of(n, "input", widths), ["batch", 2, 256, 256])
