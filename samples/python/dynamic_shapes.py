# SPDX-License-Identifier: Apache-2.0
"""One engine for many sizes.   python dynamic_shapes.py MODEL.onnx INPUT=1x3x48x64..1x3x48x320..1x3x48x960 (min..opt..max)"""

import sys

import numpy as np

import bireme

path, (name, shapes) = sys.argv[1], sys.argv[2].split("=")
low, opt, high = (tuple(map(int, s.split("x"))) for s in shapes.split(".."))
engine = bireme.build(path, shapes={name: (low, opt, high)})
for shape in (low, opt, high):
    outputs = engine({name: np.zeros(shape, np.float32)})
    print(shape, {k: v.shape for k, v in outputs.items()})
