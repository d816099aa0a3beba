# SPDX-License-Identifier: Apache-2.0
"""An engine is saved, loaded and gives the same result.   python save_and_load.py MODEL.onnx INPUT=1x3x48x192"""

import os
import sys
import tempfile

import numpy as np

import bireme

path, (name, shape) = sys.argv[1], sys.argv[2].split("=")
shape = tuple(map(int, shape.split("x")))
x = np.random.default_rng(0).random(shape, np.float32)
engine = bireme.build(path, shapes={name: shape})
with tempfile.TemporaryDirectory() as folder:
    file = os.path.join(folder, "model.engine")
    engine.save(file)
    loaded = bireme.load(file)
    before, after = engine({name: x}), loaded({name: x})
assert all(np.array_equal(before[k], after[k]) for k in before)
print("identical outputs:", ", ".join(before))
