# SPDX-License-Identifier: Apache-2.0
"""The models of the CPU benchmarks: where they lie, their inputs, and which extents may vary."""

import importlib.util
import os
import subprocess
import sys

import numpy as np

BATCH = -1  # stands for the batch in shapes
MADE = ("resnet50", "mobilenet_v2", "efficientnet_b0", "efficientnet_lite0", "vgg16", "inception_v3", "densenet121", "vit_b16",
        "bert_base", "minilm", "detector", "unet_small")  # by make_models.py
PACKAGED = {  # name -> package, file, shapes
    "ppocr_det": ("rapidocr_onnxruntime", "models/ch_PP-OCRv4_det_infer.onnx", {"x": (BATCH, 3, 640, 640)}),
    "ppocr_rec": ("rapidocr_onnxruntime", "models/ch_PP-OCRv4_rec_infer.onnx", {"x": (BATCH, 3, 48, 320)}),
    "ppocr_cls": ("rapidocr_onnxruntime", "models/ch_ppocr_mobile_v2.0_cls_infer.onnx", {"x": (BATCH, 3, 48, 192)}),
    "magika": ("magika", "models/standard_v3_3/model.onnx", {"bytes": (BATCH, 2048)}),
    "silero_vad": ("silero_vad", "data/silero_vad_op18_ifless.onnx",  # OpenVINO takes no other of its files
                   {"input": (BATCH, 576), "state": (2, BATCH, 128), "sr": ()}),
}


def cases(folder):
    """name -> (path, shapes). Packages are found, not imported: what they import would count as memory."""
    sizes = {"inception_v3": 299, "detector": 640, "unet_small": 256}
    text = {k: (BATCH, 128) for k in ("input_ids", "attention_mask", "token_type_ids")}
    found = {n: (os.path.join(folder, n + ".onnx"),
                 text if n in ("bert_base", "minilm") else {"input": (BATCH, 3, sizes.get(n, 224), sizes.get(n, 224))}) for n in MADE}
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
    return {n: tuple(batch if d == BATCH else d for d in s) for n, s in shapes.items()}


def ranges(shapes, batch):
    """Of a dynamic engine that is tuned for a batch: from 1 to twice as much. What has no batch has one shape."""
    return {n: tuple(batched({n: s}, b)[n] for b in (1, batch, 2 * batch)) if BATCH in s else s for n, s in shapes.items()}


def feed_for(shapes):
    """Images, sound and states are real numbers, tokens are ones, bytes are bytes. (The model is not read: that would count
    as memory.)"""
    rng = np.random.default_rng(0)
    real = lambda s: rng.uniform(-1, 1, s).astype(np.float32)  # noqa: E731
    make = {"input": real, "x": real, "state": real,
            "bytes": lambda s: rng.integers(0, 256, s).astype(np.int32),
            "sr": lambda s: np.full(s, 16000, np.int64)}
    return {n: make.get(n, lambda s: np.ones(s, np.int64))(s) for n, s in shapes.items()}
