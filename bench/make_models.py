# SPDX-License-Identifier: Apache-2.0
"""Writes the benchmark networks as ONNX files with random weights; bench/networks says which they are.

Needs only numpy and onnx.

    python bench/make_models.py FOLDER [NAME...]
"""

import os
import sys

from networks import classify, dense, text

IMAGE = {"input": ("batch", 3, 224, 224)}
TOKENS = {name: ("batch", 128) for name in ("input_ids", "attention_mask", "token_type_ids")}
CACHES = {f"past_{kind}_{i}": ("batch", 12, 512, 64) for i in range(12) for kind in ("key", "value")}

# name -> (function that writes the file, shapes of the inputs)
MODELS = {
    "resnet50": (classify.resnet50, IMAGE),
    "resnext50": (classify.resnext50, IMAGE),
    "mobilenet_v2": (classify.mobilenet_v2, IMAGE),
    "efficientnet_b0": (classify.efficientnet_b0, IMAGE),
    "efficientnet_lite0": (classify.efficientnet_lite0, IMAGE),
    "vgg16": (classify.vgg16, IMAGE),
    "inception_v3": (classify.inception_v3, {"input": ("batch", 3, 299, 299)}),
    "densenet121": (classify.densenet121, IMAGE),
    "vit_b16": (classify.vit_b16, IMAGE),
    "bert_base": (text.bert_base, TOKENS),
    "minilm": (text.minilm, TOKENS),
    "gpt2_step": (text.gpt2_step, {"input_ids": ("batch", 1), **CACHES}),
    "whisper_encoder": (text.whisper_encoder, {"input": ("batch", 80, 3000)}),
    "detector": (dense.detector, {"input": ("batch", 3, 640, 640)}),
    "unet": (dense.unet, {"input": ("batch", 3, 256, 256)}),
    "unet_small": (dense.unet_small, {"input": ("batch", 3, 256, 256)}),
}


def inputs_of(model, batch=1):
    """Shapes by name."""
    return {n: tuple(batch if d == "batch" else d for d in s) for n, s in MODELS[model][1].items()}


def make(folder, names=None):
    os.makedirs(folder, exist_ok=True)
    for name in names or MODELS:
        path = os.path.join(folder, name + ".onnx")
        if not os.path.exists(path):
            MODELS[name][0](path)
            print(f"{path}: {os.path.getsize(path) / 1e6:.1f} MB")


if __name__ == "__main__":
    make(sys.argv[1], sys.argv[2:])
