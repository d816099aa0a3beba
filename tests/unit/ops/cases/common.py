# SPDX-License-Identifier: Apache-2.0
"""What the case families share: the Case itself, short random data, and the two references."""
import dataclasses
import zlib

import numpy as np
import onnx
from onnx import helper, numpy_helper

TYPES = {"float32": "f32", "float64": "f64", "float16": "f16", "bfloat16": "bf16", "int8": "i8",
         "uint8": "u8", "int16": "i16", "uint16": "u16", "int32": "i32", "uint32": "u32",
         "int64": "i64", "uint64": "u64", "bool": "bool", "float8_e4m3fn": "f8e4m3",
         "float8_e5m2": "f8e5m2", "int4": "i4", "uint4": "u4"}


def _number(v, real):
    if not real:
        return str(int(v))
    v = float(v)
    if v != v:
        return "nan"
    text = f"{v:.7g}"
    short = text.replace("e+0", "e").replace("e-0", "e-").replace("e+", "e")
    return short[1:] if short.startswith("0.") else short.replace("-0.", "-.", 1) \
        if short.startswith("-0.") else short


def _tensor(word, a):
    if a is None:
        return f"{word} none"
    a = np.asarray(a)
    kind = TYPES[a.dtype.name]
    real = kind[0] in "fb" and kind != "bool"
    values = [_number(v, real) for v in a.reshape(-1)]
    if len(values) > 1 and all(v == values[0] for v in values):
        values = values[:1]
    dims = ",".join(str(d) for d in a.shape)
    return f"{word} {kind} [{dims}] : {' '.join(values)}"


def _attribute(v):
    if isinstance(v, bool):
        return "true" if v else "false"
    if isinstance(v, (list, tuple)):
        return "[" + ",".join(_attribute(x) for x in v) + "]"
    return repr(v) if isinstance(v, float) else str(v)


@dataclasses.dataclass
class Case:
    op: str
    name: str
    attrs: dict
    inputs: list                # arrays, None for an absent optional input
    outputs: list = ()          # arrays, None for an output that is not checked
    tol: tuple = None           # relative, absolute
    symbols: list = None        # see generate_cases.py
    error: str = None

    def text(self):
        lines = [f"case {self.name}"]
        lines += [f"attr {k} {_attribute(v)}" for k, v in self.attrs.items()]
        lines += [_tensor("in", a) for a in self.inputs]
        lines += [_tensor("out", a) for a in self.outputs]
        if self.tol:
            lines.append(f"tol {self.tol[0]:g} {self.tol[1]:g}")
        if self.symbols is not None:
            lines.append(" ".join(["symbols"] + [str(i) for i in self.symbols]))
        if self.error:
            lines.append(f"error {self.error}")
        return "\n".join(lines + ["end", ""])


def data(name, *shape, low=-2.0, high=2.0, dtype=np.float32):
    """Random numbers with few digits, the same on every run for one name and shape."""
    rng = np.random.default_rng(zlib.crc32(f"{name}{shape}".encode()))
    if np.issubdtype(np.dtype(dtype), np.integer):
        return rng.integers(int(low), int(high) + 1, shape).astype(dtype)
    return np.round(rng.uniform(low, high, shape), 2).astype(dtype)


def onnx_model(op_type, inputs, outputs, opset, domain="", **attrs):
    names = ["" if a is None else f"i{k}" for k, a in enumerate(inputs)]
    while names and not names[-1]:
        names.pop()
    outs = [f"o{k}" if k in (range(outputs) if isinstance(outputs, int) else outputs) else ""
            for k in range(outputs if isinstance(outputs, int) else max(outputs) + 1)]
    node = helper.make_node(op_type, names, outs, domain=domain, **attrs)
    feeds = [helper.make_tensor_value_info(n, helper.np_dtype_to_tensor_dtype(a.dtype), a.shape)
             for n, a in zip(names, inputs) if n]
    results = [helper.make_value_info(n, onnx.TypeProto()) for n in outs if n]
    graph = helper.make_graph([node], "g", feeds, results)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid(domain, opset)], ir_version=10)


def _feeds(inputs):
    return {f"i{k}": a for k, a in enumerate(inputs) if a is not None}


def onnxruntime_node(op_type, inputs, outputs=1, opset=18, **attrs):
    """Outputs of one ONNX node as onnxruntime computes them, without its optimizer."""
    import onnxruntime as ort
    model = onnx_model(op_type, inputs, outputs, opset, **attrs)
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 3
    model = onnx.shape_inference.infer_shapes(model)
    session = ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return session.run(None, _feeds(inputs))


def reference_node(op_type, inputs, outputs=1, opset=18, **attrs):
    """Outputs of one ONNX node as the reference evaluator of the onnx package computes them."""
    from onnx.reference import ReferenceEvaluator
    model = onnx_model(op_type, inputs, outputs, opset, **attrs)
    return ReferenceEvaluator(model).run(None, _feeds(inputs))


def i64(*values):
    return np.array(values, dtype=np.int64)


def f32(*values):
    return np.array(values, dtype=np.float32)


__all__ = ["Case", "data", "onnxruntime_node", "reference_node", "i64", "f32", "np", "numpy_helper"]
