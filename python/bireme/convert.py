# SPDX-License-Identifier: Apache-2.0
"""`python -m bireme.convert`: the command line's conversions that are written in Python."""

import argparse
import os
import sys

from .messages import Error
from .mxnet import mxnet_to_onnx
from .onnx_export import pytorch_to_onnx, tensorflow_to_onnx
from .tensorflow import tensorflow_to_uff


def _shapes(texts):
    shapes = {}
    for text in texts:
        name, _, extents = text.rpartition(":")
        try:
            shapes[name] = tuple(int(part) for part in extents.split("x"))
        except ValueError:
            name = ""
        if not name:
            raise Error(f'a shape is written name:1x3x224x224, got "{text}"')
    return shapes


def main(arguments=None):
    parser = argparse.ArgumentParser("bireme.convert")
    parser.add_argument("conversion", choices=[
        "tensorflow-to-uff", "tensorflow-to-onnx", "pytorch-to-onnx", "mxnet-to-onnx"])
    parser.add_argument("model")
    parser.add_argument("-o", dest="path")
    parser.add_argument("--params")
    parser.add_argument("--shapes", action="append", default=[])
    parser.add_argument("--output", action="append", default=[])
    a = parser.parse_args(arguments)
    kind = "uff" if a.conversion.endswith("uff") else "onnx"
    stem = os.path.splitext(a.model)[0].removesuffix("-symbol")
    path = a.path or f"{stem}.{kind}"
    shapes = _shapes(a.shapes)
    difference = None
    if a.conversion == "tensorflow-to-uff":
        tensorflow_to_uff(a.model, a.output, path=path)
    elif a.conversion == "tensorflow-to-onnx":
        difference = tensorflow_to_onnx(a.model, path, outputs=a.output, shapes=shapes)
    elif a.conversion == "pytorch-to-onnx":
        difference = pytorch_to_onnx(a.model, path, shapes)
    else:
        if not a.params:
            raise Error("mxnet-to-onnx needs the weights: --params NAME-0000.params")
        mxnet_to_onnx(a.model, a.params, path, shapes)
    said = "" if difference is None else f", agrees to {difference:.2g} of its range"
    print(f"{path}: {os.path.getsize(path) / 1e6:.1f} MB{said}")


if __name__ == "__main__":
    try:
        main()
    except Error as error:
        sys.exit(f"bireme: {error}")
