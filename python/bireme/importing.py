# SPDX-License-Identifier: Apache-2.0
"""From a model of any format to a network: what it is, which parser takes it, what went wrong."""

import os
import re

from . import _bireme as trt
from .files import require_file, require_model
from .messages import Error
from .tensorflow import tensorflow_to_uff

_LAYOUTS = {None: trt.UffInputOrder.FILE, "nhwc": trt.UffInputOrder.FILE,
            "nchw": trt.UffInputOrder.NCHW}


# Fields of Caffe's NetParameter that a deploy file may begin with, behind comments.
_PROTOTXT = re.compile(
    rb"(?:\xef\xbb\xbf)?(?:\s+|#[^\n]*\n)*"
    rb"(?:name|layers?|input|input_dim|input_shape|state|force_backward|debug_info)\s*[:{<]"
)


def kind_of(head):
    """"uff", "tensorflow", "caffe" or "onnx", by the first bytes of a file."""
    if _PROTOTXT.match(head):
        return "caffe"
    if len(head) > 4 and head[0] == 0x08 and head[2] == 0x10:
        return "uff"
    if len(head) > 4 and head[0] == 0x0A:
        at = 1
        while at < len(head) and head[at] & 0x80:
            at += 1
        if head[at + 1 : at + 2] == b"\x0a":
            return "tensorflow"
    return "onnx"


def parse(source, builder, messages, shapes, outputs, layout, weights=None):
    """The network of a model, given by the path of its file or by its bytes. Raises Error."""
    data, path = None, None
    if isinstance(source, (bytes, bytearray, memoryview)):
        data = bytes(source)
        head, label = data[:4096], "the model's bytes"
    else:
        path = os.fspath(source)
        require_model(path)
        label = f'"{path}"'
        with open(path, "rb") as file:
            head = file.read(4096)
    kind = kind_of(head)
    if kind == "caffe":
        if layout is not None:
            raise Error("layout is for UFF files and TensorFlow graphs; Caffe's is N, C, H, W")
        return _caffe(data, path, builder, messages, label, shapes, outputs, weights)
    if weights is not None:
        raise Error("weights is for Caffe networks; other models hold their own")
    if kind == "onnx":
        if outputs is not None or layout is not None:
            raise Error("outputs and layout are for UFF files and TensorFlow graphs; an ONNX model "
                        "says both itself")
        return _onnx(data, path, builder.create_network(0), messages, label)
    if layout not in _LAYOUTS:
        raise Error(f'layout is None, "nhwc" or "nchw", not {layout!r}')
    if kind == "tensorflow":
        named = [n for n in outputs or () if not n.startswith("MarkOutput_")]
        data, path = tensorflow_to_uff(data if path is None else path, named), None
    return _uff(data, path, builder, messages, label, shapes, outputs or (), layout)


def _onnx(data, path, network, messages, label):
    parser = trt.OnnxParser(network, messages)
    if not (parser.parse(data) if path is None else parser.parse_from_file(path)):
        reasons = [parser.get_error(i).desc() for i in range(parser.num_errors)]
        raise messages.error(f"cannot import {label}", *reasons)
    return network


def _caffe(data, path, builder, messages, label, shapes, outputs, weights):
    parser = trt.CaffeParser()
    for name, value in shapes.items():
        parser.set_input_shape(name, _extents(value))
    network = builder.create_network(0)
    in_memory = isinstance(weights, (bytes, bytearray, memoryview))
    if not in_memory and weights is not None:
        require_file(os.fspath(weights))
    if path is not None and not in_memory:
        blobs = parser.parse(path, None if weights is None else os.fspath(weights), network)
    else:
        blobs = parser.parse_buffer(
            data if path is None else _content(path),
            weights if in_memory or weights is None else _content(weights),
            network,
        )
    if blobs is None:
        raise messages.error(f"cannot import {label}", *_errors(parser))
    for name in outputs or blobs.output_names:
        tensor = blobs.find(name)
        if tensor is None:
            raise Error(f'outputs: {label} has no blob "{name}"; it ends in {blobs.output_names}')
        network.mark_output(tensor)
    return network


def _content(path):
    with open(path, "rb") as file:
        return file.read()


def _uff(data, path, builder, messages, label, shapes, outputs, layout):
    order = _LAYOUTS[layout]
    parser = trt.UffParser()
    parser.set_default_input_order(order)
    for name in outputs:
        parser.register_output(name)
    network = builder.create_network(0)
    ok = _read(parser, data, path, network)
    # A file may leave shapes open, even the rank: those that are given say what it does not.
    if not ok and shapes and any("has to be registered" in e for e in _errors(parser)):
        messages.take()
        parser.clear_errors()
        for name, value in shapes.items():
            parser.register_input(name, _extents(value), order)
        network = builder.create_network(0)
        ok = _read(parser, data, path, network)
    if not ok:
        raise messages.error(f"cannot import {label}", *_errors(parser))
    return network


def _read(parser, data, path, network):
    return parser.parse_buffer(data, network) if path is None else parser.parse(path, network)


def _errors(parser):
    return [parser.get_error(i) for i in range(parser.num_errors)]


def _extents(value):
    """One shape of what build() takes as shapes: -1 where the three of a range differ."""
    if value and isinstance(value[0], (tuple, list)):
        return tuple(-1 if len(set(extents)) > 1 else extents[0] for extents in zip(*value))
    return tuple(value)
