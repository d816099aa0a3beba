# SPDX-License-Identifier: Apache-2.0
"""A Caffe network becomes an engine, is built for batches of 1 to 8, and runs.

python from_caffe.py DEPLOY.prototxt MODEL.caffemodel MEAN.binaryproto
"""

import sys

import numpy as np

import bireme

deploy, model, mean_file = sys.argv[1:4]
mean = bireme.CaffeParser().parse_binary_proto(mean_file)  # [1, C, H, W]
shape = mean.shape[1:]
engine = bireme.build(
    deploy, weights=model, shapes={"data": [(1, *shape), (2, *shape), (8, *shape)]}
)
for batch in (1, 8):
    images = np.random.default_rng(0).uniform(0, 255, (batch, *shape)).astype(np.float32)
    for name, values in engine(images - mean).items():
        print(name, values.shape, "best class of the first:", int(values[0].argmax()))
