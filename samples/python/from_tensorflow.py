# SPDX-License-Identifier: Apache-2.0
"""A frozen TensorFlow graph or a UFF file becomes an engine and runs.

python from_tensorflow.py GRAPH.pb    images are N, H, W, C as in TensorFlow
"""

import sys

import numpy as np

import bireme

engine = bireme.build(sys.argv[1])
(image,) = engine.inputs
shape = tuple(max(1, extent) for extent in image.shape)
for key, value in engine(np.full(shape, 0.5, image.dtype)).items():
    print(key, value.shape, value.dtype, float(value.min()), float(value.max()))
