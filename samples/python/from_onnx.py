# SPDX-License-Identifier: Apache-2.0
"""An ONNX model becomes an engine and runs.   python from_onnx.py MODEL.onnx INPUT=1x3x48x192"""

import sys

import numpy as np

import bireme

path, (name, shape) = sys.argv[1], sys.argv[2].split("=")
shape = tuple(map(int, shape.split("x")))
engine = bireme.build(path, shapes={name: shape})
for key, value in engine({name: np.random.default_rng(0).random(shape, np.float32)}).items():
    print(key, value.shape, value.dtype, float(value.min()), float(value.max()))
