# SPDX-License-Identifier: Apache-2.0
"""Writes Caffe files for tests and runs them, here and by OpenCV."""

import struct

import cv2
import numpy as np

import bireme as trt
import wire
from helpers import run


def blob(values, legacy=False):
    """A BlobProto: packed data with a shape, or with the four extents of old files."""
    values = np.asarray(values, np.float32)
    if legacy:
        dims = [1] * (4 - values.ndim) + list(values.shape)
        shape = b"".join(wire.integer(i + 1, d) for i, d in enumerate(dims))
    else:
        dims = wire.packed(values.shape)
        shape = wire.data(7, wire.data(1, dims)) if values.ndim else wire.data(7, b"")
    return shape + wire.data(5, values.astype("<f4").tobytes())


def caffemodel(weights, v1=False):
    """A trained file: by the layer's name its arrays."""
    name, blobs, layer = (4, 6, 2) if v1 else (1, 7, 100)
    out = wire.data(1, "trained")
    for key, arrays in weights.items():
        body = wire.data(name, key)
        body += b"".join(wire.data(blobs, blob(a, legacy=v1)) for a in arrays)
        out += wire.data(layer, body)
    return out


def declare(**shapes):
    """Input layers."""
    return "".join(
        f'layer {{ name: "{name}" type: "Input" top: "{name}" input_param {{ shape {{ '
        + " ".join(f"dim: {d}" for d in shape)
        + " } } }\n"
        for name, shape in shapes.items()
    )


def layer(kind, bottoms, tops, text="", name=None):
    quoted = "".join(f' bottom: "{b}"' for b in bottoms) + "".join(f' top: "{t}"' for t in tops)
    return f'layer {{ name: "{name or tops[0]}" type: "{kind}"{quoted} {text} }}\n'


class Refused(Exception):
    pass


def parse(builder, text, weights=None, inputs=None, dtype=trt.float32):
    """A network and its blobs; Refused with all reasons."""
    network = builder.create_network(0)
    parser = trt.CaffeParser()
    for name, shape in (inputs or {}).items():
        parser.set_input_shape(name, shape)
    blobs = parser.parse_buffer(
        text.encode() if isinstance(text, str) else text,
        caffemodel(weights) if isinstance(weights, dict) else weights,
        network,
        dtype,
    )
    if blobs is None:
        raise Refused("\n".join(parser.get_error(i) for i in range(parser.num_errors)))
    return network, blobs


def ours(logger, text, weights, inputs, outputs=None, dtype=trt.float32):
    builder = trt.Builder(logger)
    network, blobs = parse(builder, text, weights, dtype=dtype)
    names = outputs or blobs.output_names
    for name in names:
        network.mark_output(blobs.find(name))
    config = builder.create_builder_config()
    config.clear_flag(trt.BuilderFlag.TF32)
    engine = builder.build_engine_with_config(network, config)
    assert engine is not None
    return run(engine.create_execution_context(), inputs)


def opencv(text, weights, inputs, outputs):
    net = cv2.dnn.readNetFromCaffe(
        np.frombuffer(text.encode(), np.uint8), np.frombuffer(caffemodel(weights), np.uint8)
    )
    for name, array in inputs.items():
        net.setInput(array, name)
    return dict(zip(outputs, net.forward(list(outputs))))


def half(values):
    return struct.pack(f"<{len(values)}e", *values)
