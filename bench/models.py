# SPDX-License-Identifier: Apache-2.0
"""The models of the CPU benchmarks: where they lie, their inputs, and which extents may vary."""

import importlib.util
import os
import subprocess
import sys

import numpy as np

MADE = ("resnet50", "mobilenet_v2", "efficientnet_b0", "efficientnet_lite0", "vgg16", "inception_v3", "densenet121", "vit_b16",
        "bert_base", "minilm", "detector", "unet_small")  # by make_models.py
PACKAGED = {  # name -> package, file, shapes
    "ppocr_det": ("rapidocr_onnxruntime", "models/ch_PP-OCRv4_det_infer.onnx", {"x": (1, 3, 640, 640)}),
    "ppocr_rec": ("rapidocr_onnxruntime", "models/ch_PP-OCRv4_rec_infer.onnx", {"x": (1, 3, 48, 320)}),
    "magika": ("magika", "models/standard_v3_3/model.onnx", {"bytes": (1, 2048)}),
}


def cases(folder):
    """name -> (path, shapes at batch 1). Packages are found, not imported: what they import would count as memory."""
    sizes = {"inception_v3": 299, "detector": 640, "unet_small": 256}
    text = {k: (1, 128) for k in ("input_ids", "attention_mask", "token_type_ids")}
    found = {n: (os.path.join(folder, n + ".onnx"),
                 text if n in ("bert_base", "minilm") else {"input": (1, 3, sizes.get(n, 224), sizes.get(n, 224))}) for n in MADE}
    for name, (package, file, shapes) in PACKAGED.items():
        spec = importlib.util.find_spec(package)
        if spec:
            found[name] = (os.path.join(os.path.dirname(spec.origin), file), shapes)
    return found


def chosen(folder, only):
    """name -> (path, shapes) of those named in `only` (comma-separated; empty: all); makes files that are missing."""
    every = cases(folder)
    names = [n for n in only.split(",") if n] or list(every)
    missing = [n for n in names if n in MADE and not os.path.exists(every[n][0])]
    if missing:
        subprocess.run([sys.executable, os.path.join(os.path.dirname(__file__), "make_models.py"), folder, *missing], check=True)
    return {n: every[n] for n in names}


def batched(shapes, batch):
    return {n: (batch, *s[1:]) for n, s in shapes.items()}


def ranges(shapes):
    """Of a dynamic engine that is tuned for `shapes`: the batch from 1 to twice as much."""
    return {n: ((1, *s[1:]), s, (2 * s[0], *s[1:])) for n, s in shapes.items()}


def feed_for(shapes):
    """Images are real numbers, tokens are ones, bytes are bytes. (The model is not read: that would count as memory.)"""
    rng = np.random.default_rng(0)
    kinds = {"input": "image", "x": "image", "bytes": "bytes"}
    make = {"image": lambda s: rng.uniform(-1, 1, s).astype(np.float32),
            "text": lambda s: np.ones(s, np.int64),
            "bytes": lambda s: rng.integers(0, 256, s).astype(np.int32)}
    return {n: make[kinds.get(n, "text")](s) for n, s in shapes.items()}
