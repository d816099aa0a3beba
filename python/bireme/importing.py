# SPDX-License-Identifier: Apache-2.0
"""From a model of any format to a network: what it is, which parser takes it, what went wrong."""

import os

from . import _bireme as trt
from .files import require_model
from .messages import Error
from .tensorflow import tensorflow_to_uff

_LAYOUTS = {None: trt.UffInputOrder.FILE, "nhwc": trt.UffInputOrder.FILE,
            "nchw": trt.UffInputOrder.NCHW}


def kind_of(head):
    """"uff", "tensorflow" or "onnx", by the first bytes of a file."""
    if len(head) > 4 and head[0] == 0x08 and head[2] == 0x10:
        return "uff"
    if len(head) > 4 and head[0] == 0x0A:
        at = 1
        while at < len(head) and head[at] & 0x80:
            at += 1
        if head[at + 1 : at + 2] == b"\x0a":
            return "tensorflow"
    return "onnx"


def parse(source, builder, messages, shapes, outputs, layout):
    """The network of a model, given by the path of its file or by its bytes. Raises Error."""
    data, path = None, None
    if isinstance(source, (bytes, bytearray, memoryview)):
        data = bytes(source)
        head, label = data[:16], "the model's bytes"
    else:
        path = os.fspath(source)
        require_model(path)
        label = f'"{path}"'
        with open(path, "rb") as file:
            head = file.read(16)
    kind = kind_of(head)
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
