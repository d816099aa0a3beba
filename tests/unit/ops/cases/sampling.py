# SPDX-License-Identifier: Apache-2.0
"""Grid sampling against onnxruntime."""
from cases.common import *

MODES = {"nearest": "nearest", "linear": "bilinear", "cubic": "bicubic"}
OUTSIDE = {"fill": "zeros", "clamp": "border", "reflect": "reflection"}


def cases():
    x = data("x", 2, 2, 4, 5)
    grid = data("grid", 2, 3, 4, 2, low=-1.9, high=1.9)
    grid[0, 0, 0] = -1, 1
    grid[0, 0, 1] = 0, 0
    for ours, theirs in MODES.items():
        for outside, padding in OUTSIDE.items():
            for align in (False, True):
                y = onnxruntime_node("GridSample", [x, grid], opset=16, mode=theirs, padding_mode=padding, align_corners=int(align))
                yield Case("grid_sample", f"{ours}_{outside}{'_align' if align else ''}",
                           {"mode": ours, "outside": outside, "alignCorners": align}, [x, grid], y, tol=(1e-5, 2e-5))
    yield Case("grid_sample", "coordinates", {}, [x, data("g", 2, 3, 4, 3)], error="the grid has 3 coordinates, expected 2")
    yield Case("grid_sample", "batch", {}, [x, data("g", 1, 3, 4, 2)], error="the grid has batch 1, the input 2")
    yield Case("grid_sample", "outside", {"outside": "wrap"}, [x, grid], error="zeros (fill), clamped or reflected")
