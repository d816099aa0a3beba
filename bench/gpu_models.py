# SPDX-License-Identifier: Apache-2.0
"""The networks that gpu.py measures, as files: where they come from, their FP16 form, their inputs and their roof."""

import importlib.util
import math
import os
import shutil

import numpy as np

import make_models

# Networks that are files of a package, or lie in the folder of models under these names: file, shapes of the inputs.
FILES = {
    "ppocr_det": ("ch_PP-OCRv4_det_infer.onnx", {"x": ("batch", 3, 640, 640)}),
    "ppocr_rec": ("ch_PP-OCRv4_rec_infer.onnx", {"x": ("batch", 3, 48, 320)}),
}
PEAK = {"fp16": 790e12, "tf32": 395e12, "fp32": 60e12}  # operations per second on Hopper, as measured or assumed
BANDWIDTH = {"H200": 4.0e12, "H100": 3.0e12, "A100": 1.6e12}  # bytes per second, read and written



def as_half(source, target):
    """The same network in FP16 throughout: weights, inputs, outputs and casts."""
    import onnx
    from onnx import TensorProto, numpy_helper
    model = onnx.load(source)

    def convert(tensor):
        if tensor.data_type == TensorProto.FLOAT:
            values = np.clip(numpy_helper.to_array(tensor), -65504, 65504).astype(np.float16)
            tensor.CopyFrom(numpy_helper.from_array(values, tensor.name))

    real = {n.input[2] for n in model.graph.node if n.op_type == "Resize"}  # scales are FP32 always
    for tensor in model.graph.initializer:
        if tensor.name not in real:
            convert(tensor)
    for node in model.graph.node:
        for a in node.attribute:
            if a.type == onnx.AttributeProto.TENSOR and node.output[0] not in real:
                convert(a.t)
            if node.op_type == "Cast" and a.name == "to" and a.i == TensorProto.FLOAT:
                a.i = TensorProto.FLOAT16
    for value in [*model.graph.input, *model.graph.output, *model.graph.value_info]:
        if value.type.tensor_type.elem_type == TensorProto.FLOAT:
            value.type.tensor_type.elem_type = TensorProto.FLOAT16
    onnx.save(model, target)


def inputs_of(model, batch):
    """Shapes by name."""
    if model not in FILES:
        return make_models.inputs_of(model, batch)
    return {n: tuple(batch if d == "batch" else d for d in s) for n, s in FILES[model][1].items()}


def copy_file(to, name):
    """From the package that brings PP-OCR's models."""
    package = importlib.util.find_spec("rapidocr_onnxruntime")
    if package is None:
        raise RuntimeError(f"{to} is missing, and so is the package rapidocr_onnxruntime with {name}")
    shutil.copyfile(os.path.join(os.path.dirname(package.origin), "models", name), to)


def model_file(folder, model, precision):
    plain = os.path.join(folder, model + ".onnx")
    if not os.path.exists(plain):
        if model in FILES:
            copy_file(plain, FILES[model][0])
        else:
            make_models.make(folder, [model])
    if precision != "fp16":
        return plain
    half = os.path.join(folder, model + "_fp16.onnx")
    if not os.path.exists(half):
        as_half(plain, half)
    return half


def roof(path, shapes, precision, bandwidth):
    """Milliseconds, summed over convolutions and matrix products."""
    import onnx
    model = onnx.load(path)
    for value in model.graph.input:
        for dim, extent in zip(value.type.tensor_type.shape.dim, shapes.get(value.name, ())):
            dim.dim_value = extent
    graph = onnx.shape_inference.infer_shapes(model, data_prop=True).graph
    dims = {t.name: tuple(t.dims) for t in graph.initializer}
    for value in [*graph.input, *graph.value_info, *graph.output]:
        dims[value.name] = tuple(d.dim_value for d in value.type.tensor_type.shape.dim)
    size = 2 if precision == "fp16" else 4
    total = 0.0
    for node in graph.node:
        if node.op_type not in ("Conv", "Gemm", "MatMul") or not all(dims.get(n) for n in [*node.input, node.output[0]]):
            continue
        weights, out = dims[node.input[1]], math.prod(dims[node.output[0]])
        depth = math.prod(weights[1:]) if node.op_type == "Conv" else dims[node.input[0]][-1]
        moved = size * (math.prod(dims[node.input[0]]) + math.prod(weights) + out)
        total += max(2 * out * depth / PEAK[precision], moved / bandwidth)
    return 1e3 * total
