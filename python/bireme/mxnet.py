# SPDX-License-Identifier: Apache-2.0
"""MXNet models (-symbol.json and .params) to ONNX, without MXNet."""

import json
import os

import numpy

from .files import require_file
from .messages import Error
from .mxnet_ops import OPS
from .mxnet_params import read_params
from .onnx_export import require

__all__ = ["mxnet_to_onnx"]

OPSET = 17


class Node:
    """One node of the symbol, as its converter sees it."""

    def __init__(self, graph, raw):
        self.graph = graph
        self.op = raw["op"]
        self.name = raw["name"]
        # The attributes had three names over the years; all values are texts.
        self._attributes = {**raw.get("param", {}), **raw.get("attr", {}), **raw.get("attrs", {})}
        self.inputs = [graph.tensor(i, k) for i, k, *_ in raw["inputs"]]

    def text(self, name, missing=None):
        return str(self._attributes.get(name, missing))

    def integer(self, name, missing):
        value = self._attributes.get(name, missing)
        return missing if value in ("None", None) else int(float(value))

    def real(self, name, missing):
        return float(self._attributes.get(name, missing))

    def flag(self, name, missing=False):
        return self.text(name, missing).lower() in ("true", "1")

    def integers(self, name, missing=None):
        value = self._attributes.get(name)
        if value in (None, "None", "()", "[]"):
            return missing
        text = str(value).strip("()[] ")
        return [int(part) for part in text.replace("L", "").split(",") if part.strip()]

    def constant(self, i):
        """Value of a parameter, or None."""
        return self.graph.parameters.get(self.inputs[i])

    def add(self, op, inputs, outputs=1, **attributes):
        """Adds an ONNX node that gives this node's outputs."""
        names = [self.name] + [f"{self.name}_{k}" for k in range(1, outputs)]
        self.graph.add(op, inputs, names, attributes)
        return names

    def inner(self, op, inputs, **attributes):
        """Adds an ONNX node on the way to the result."""
        name = self.graph.fresh(self.name)
        self.graph.add(op, inputs, [name], attributes)
        return name

    def value(self, array):
        """Adds a constant."""
        name = self.graph.fresh(self.name)
        self.graph.constants[name] = numpy.ascontiguousarray(array)
        return name

    def refuse(self, why):
        raise Error(f'node "{self.name}" ({self.op}): {why}')


class Graph:
    def __init__(self, symbol, parameters, onnx):
        self.onnx = onnx
        self.parameters = {}
        for key, array in parameters.items():
            self.parameters[key.split(":", 1)[-1]] = array
        self.constants, self.nodes, self.inputs = {}, [], []
        self._names, self._outputs, self._fresh = set(), [], 0
        raw = symbol["nodes"]
        self._needed = self._reached(raw, symbol["heads"])
        unknown = sorted({n["op"] for i, n in enumerate(raw)
                          if i in self._needed and n["op"] != "null" and n["op"] not in OPS})
        if unknown:
            raise Error(f"operations of MXNet without a counterpart: {', '.join(unknown)}")
        for index, node in enumerate(raw):
            if index not in self._needed:
                self._outputs.append([])
            elif node["op"] == "null":
                self._outputs.append([node["name"]])
                if node["name"] not in self.parameters:
                    self.inputs.append(node["name"])
            else:
                self._outputs.append(OPS[node["op"]](Node(self, node)))
        self.heads = [self.tensor(i, k) for i, k, *_ in symbol["heads"]]

    @staticmethod
    def _reached(raw, heads):
        """Indices of the nodes that the heads need; labels of training outputs are not."""
        seen, open_ = set(), [h[0] for h in heads]
        while open_:
            index = open_.pop()
            if not 0 <= index < len(raw):
                raise Error(f"the symbol refers to node {index} of {len(raw)}")
            if index in seen:
                continue
            seen.add(index)
            inputs = raw[index]["inputs"]
            if any(i[0] >= index for i in inputs):
                raise Error(f'node "{raw[index]["name"]}" stands before its input')
            if raw[index]["op"].endswith("Output") or raw[index]["op"] == "Softmax":
                inputs = inputs[:1]
            open_ += [i[0] for i in inputs]
        return seen

    def tensor(self, index, output):
        outputs = self._outputs[index]
        return outputs[output] if output < len(outputs) else ""

    def fresh(self, name):
        self._fresh += 1
        return f"{name}/{self._fresh}"

    def add(self, op, inputs, outputs, attributes):
        self.nodes.append(self.onnx.helper.make_node(op, inputs, outputs, outputs[0], **attributes))

    def model(self, shapes):
        helper = self.onnx.helper
        missing = [n for n in self.inputs if n not in shapes]
        if missing:
            listing = ", ".join(f'"{n}"' for n in missing)
            raise Error(f"the shape of input {listing} is needed: shapes={{{missing[0]!r}: (...)}}")
        used = {name for node in self.nodes for name in node.input}
        values = {**{k: v for k, v in self.parameters.items() if k in used}, **self.constants}
        initializers = [self.onnx.numpy_helper.from_array(numpy.ascontiguousarray(v), k)
                        for k, v in values.items()]
        kind = self.onnx.TensorProto.FLOAT
        inputs = [helper.make_tensor_value_info(
            n, kind, [d if d > 0 else f"{n}_{i}" for i, d in enumerate(shapes[n])])
            for n in self.inputs]
        outputs = [helper.make_tensor_value_info(n, kind, None) for n in self.heads]
        graph = helper.make_graph(self.nodes, "mxnet", inputs, outputs, initializers)
        model = helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="bireme")
        model.ir_version = 8
        return model


def mxnet_to_onnx(symbol, params, path, shapes):
    """Converts a model that MXNet saved.

    symbol: path of the -symbol.json file. params: path of the .params file.
    shapes: by input name a shape; extents of -1 stay open.
    path: the ONNX file to write.

    Raises :class:`Error` with all operations that have no counterpart.
    """
    symbol, params = os.fspath(symbol), os.fspath(params)
    require_file(symbol)
    require_file(params)
    (onnx,) = require({"onnx": "onnx"}, "mxnet-to-onnx")
    try:
        with open(symbol, encoding="utf-8") as file:
            raw = json.load(file)
        graph = Graph(raw, read_params(params), onnx)
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise Error(f'"{symbol}" is no symbol of MXNet, or broken: {error!r}') from error
    model = onnx.shape_inference.infer_shapes(graph.model(shapes), strict_mode=True)
    onnx.checker.check_model(model)
    onnx.save(model, os.fspath(path))
