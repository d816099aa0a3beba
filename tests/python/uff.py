# SPDX-License-Identifier: Apache-2.0
"""Writes UFF files for tests, and runs them."""

import numpy as np

import bireme as trt
import helpers
import wire

TYPES = {"int8": 0x10008, "int16": 0x10010, "int32": 0x10020, "int64": 0x10040,
         "float16": 0x20010, "float32": 0x20020}
INCREMENT = 2147483647
ORDERS = {
    "NC+": [0, 1, 2, INCREMENT], "N+C": [0, 2, INCREMENT, 1],
    "KC+": [0, 1, 2, INCREMENT], "+CK": [2, INCREMENT, 1, 0], "+KC": [2, INCREMENT, 0, 1],
    "NC": [0, 1], "CN": [1, 0], "KC": [0, 1], "CK": [1, 0],
}


class Type(str):
    """A dtype field."""


class Order(tuple):
    """A list of dimension orders, by name."""


class Ref(str):
    """A reference to referenced data."""


def orders(*names):
    return Order(names)


def value(v):
    """A Data message."""
    if isinstance(v, Type):
        return wire.integer(101, TYPES[v])
    if isinstance(v, Ref):
        return wire.data(100, v)
    if isinstance(v, Order):
        lists = [wire.data(1, wire.packed(ORDERS[name])) for name in v]
        entries = [wire.data(1, wire.integer(1, -1) + wire.data(2, one)) for one in lists]
        return wire.data(104, b"".join(wire.data(1, e) for e in entries))
    if isinstance(v, bool):
        return wire.integer(5, v)
    if isinstance(v, (int, np.integer)):
        return wire.integer(7, v)
    if isinstance(v, float):
        return wire.double(3, v)
    if isinstance(v, str):
        return wire.data(1, v)
    if isinstance(v, bytes):
        return wire.data(9, v)
    return wire.data(8, wire.data(1, wire.packed(v)) if len(v) else b"")


def entry(key, v):
    return wire.data(1, key) + wire.data(2, value(v))


class Graph:
    """Nodes in the order in which they are added; `bytes()` is the file."""

    def __init__(self):
        self._nodes = b""
        self._referenced = b""
        self._marks = 0

    def node(self, name, operation, inputs=(), **fields):
        body = wire.data(1, name)
        for i in inputs:
            body += wire.data(2, i)
        body += wire.data(3, operation)
        for key, v in fields.items():
            body += wire.data(4, entry(key, v))
        self._nodes += wire.data(2, body)
        return name

    def input(self, name, shape, dtype="float32"):
        return self.node(name, "Input", shape=list(shape), dtype=Type(dtype))

    def const(self, name, array):
        array = wire.as_array(array)
        self._referenced += wire.data(5, entry("weights_" + name, array.tobytes()))
        return self.node(name, "Const", values=Ref("weights_" + name), shape=list(array.shape),
                         dtype=Type(array.dtype.name))

    def output(self, name):
        self.node(f"MarkOutput_{self._marks}", "MarkOutput", [name])
        self._marks += 1
        return name

    def bytes(self):
        descriptor = wire.data(3, wire.data(1, "tensorflow_extension") + wire.integer(2, 1))
        graph = wire.data(4, wire.data(1, "main") + self._nodes)
        head = wire.integer(1, 1) + wire.integer(2, 1)
        return head + descriptor + graph + self._referenced


class Net:
    """A parsed file, ready to run."""

    def __init__(self, logger, data, register=None, weights=trt.float32, outputs=(), ranges=None):
        self.logger = logger
        self.builder = trt.Builder(logger)
        self.network = self.builder.create_network(0)
        self.parser = trt.UffParser()
        if register:
            register(self.parser)
        for name in outputs:
            assert self.parser.register_output(name)
        self.ok = self.parser.parse_buffer(data, self.network, weights)
        self.errors = [self.parser.get_error(i) for i in range(self.parser.num_errors)]
        self._ranges = ranges or {}

    def run(self, **inputs):
        assert self.ok, self.errors
        config = self.builder.create_builder_config()
        config.clear_flag(trt.BuilderFlag.TF32)
        config.builder_optimization_level = 0
        network = self.network
        given = [network.get_input(i) for i in range(network.num_inputs)]
        if any(-1 in t.shape for t in given):
            profile = self.builder.create_optimization_profile()
            for t in given:
                shape = inputs[t.name].shape
                profile.set_shape(t.name, shape, shape, shape)
            config.add_optimization_profile(profile)
        engine = self.builder.build_engine_with_config(network, config)
        assert engine is not None, self.logger.errors()
        arrays = {n: np.ascontiguousarray(a) for n, a in inputs.items()}
        return helpers.run(engine.create_execution_context(), arrays)


def run(logger, graph, **inputs):
    """Outputs of a Graph whose inputs are taken from the file."""
    return Net(logger, graph.bytes()).run(**inputs)
