# SPDX-License-Identifier: Apache-2.0
"""What the documentation says of every operator: versions compared, types tested, and what computes it on a CPU."""

import json
import pathlib

import numpy as np
import onnx
from onnx.backend.test.case import node as node_cases

from .case import BUILDERS, build, feeds, model, versions

# `python tests/python/test_op_pairs.py` writes it, docgen reads it.
TABLE = pathlib.Path(__file__).parents[3] / "tools" / "docgen" / "onnx_operators.def"
EXCLUSIONS = pathlib.Path(__file__).parents[1] / "onnx_suite_exclusions.txt"

_SHORT = {"FLOAT": "float32", "FLOAT16": "float16", "DOUBLE": "float64"}
_ORDER = ["float32", "float16", "bfloat16", "float64", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32",
          "uint64", "bool"]


def tested_types():
    """Operator -> element types of the inputs and outputs of its backend tests that pass on the CPU."""
    excluded = {line.split()[1].rstrip(":") for line in EXCLUSIONS.read_text().splitlines()
                if line.split() and line.split()[0] in ("cpu", "*")}
    found = {}
    for test in node_cases.collect_testcases(None):
        graph = test.model.graph
        if test.name in excluded or len(graph.node) != 1 or test.name.endswith("_expanded"):
            continue
        for info in (*graph.input, *graph.output):
            if info.type.WhichOneof("value") == "tensor_type":
                name = onnx.TensorProto.DataType.Name(info.type.tensor_type.elem_type)
                found.setdefault(graph.node[0].op_type, set()).add(_SHORT.get(name, name.lower()))
    return found


def _in_order(types):
    return sorted(types, key=lambda t: (_ORDER.index(t) if t in _ORDER else len(_ORDER), t))


def place(operator):
    """Who computes the newest version's model on a CPU: "kernels", "views" (nothing moves), or "reference"."""
    import bireme as trt

    version = versions(operator)[-1]
    case = build(operator, version)
    proto = model(operator, version, case)
    logger = trt.Logger(trt.Logger.INTERNAL_ERROR)
    builder = trt.Builder(logger)
    network = builder.create_network()
    parser = trt.OnnxParser(network, logger)
    assert parser.parse(proto.SerializeToString()), operator
    config = builder.create_builder_config()
    config.default_device_type = trt.DeviceType.CPU
    profile, inputs = builder.create_optimization_profile(), feeds(case)
    for i in range(network.num_inputs):
        t = network.get_input(i)
        if t.is_shape_tensor:
            values = [int(v) for v in np.asarray(inputs[t.name]).reshape(-1)]
            profile.set_shape_input(t.name, values, values, values)
        elif -1 in tuple(t.shape):
            profile.set_shape(t.name, *[tuple(np.asarray(inputs[t.name]).shape)] * 3)
    config.add_optimization_profile(profile)
    layers = json.loads(builder.check_network(network, config, trt.LayerInformationFormat.JSON))["Layers"]
    places = {layer["Place"] for layer in layers}
    if "last resort" in places or "nowhere" in places:
        return "reference"
    return "kernels" if "kernel" in places else "views"


def table(why_not):
    """The text of TABLE."""
    types = tested_types()
    rows = ["// SPDX-License-Identifier: Apache-2.0", "// Written by tests/python/test_op_pairs.py: of every operator of ai.onnx",
            "// the versions that are compared with another implementation, the types that the backend tests of",
            "// the package onnx have for it, and what computes it on a CPU.", "// clang-format off"]
    for operator in sorted(BUILDERS):
        known = [v for v in versions(operator) if not why_not(operator, v)]
        if known:
            rows.append(f'OPERATOR("{operator}", "{", ".join(map(str, known))}", '
                        f'"{", ".join(_in_order(types.get(operator, ())))}", "{place(operator)}")')
    return "\n".join(rows) + "\n"
