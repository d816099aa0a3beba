# SPDX-License-Identifier: Apache-2.0
"""To ONNX by the converters that are kept well, where they are installed; the result is checked."""

import importlib
import inspect
import os

import numpy

from .files import require_file
from .messages import Error

__all__ = ["pytorch_to_onnx", "tensorflow_to_onnx"]

TOLERANCE = 1e-4  # of the range of each output


def require(packages, what):
    """The modules, or an Error that says what to install. Packages are {module: name on PyPI}."""
    modules, missing = [], []
    for module, package in packages.items():
        try:
            modules.append(importlib.import_module(module))
        except ImportError:
            missing.append(package)
    if missing:
        raise Error(f"{what} needs {' and '.join(missing)}: pip install {' '.join(missing)}")
    return modules


def check(path, inputs, expected):
    """Runs the ONNX file with Bireme and compares; returns the largest part of a range by which an
    output differs. Raises Error beyond TOLERANCE."""
    from .facade import build

    engine = build(path, shapes={name: value.shape for name, value in inputs.items()})
    given = {info.name: inputs[info.name].astype(info.dtype) for info in engine.inputs}
    worst = 0.0
    for (name, got), want in zip(engine(given).items(), expected):
        want = numpy.asarray(want)
        if got.shape != want.shape:
            raise Error(f'output "{name}" has the shape {got.shape}, the original {want.shape}')
        if not want.size:
            continue
        spread = max(float(want.max() - want.min()), 1e-30)
        difference = float(numpy.abs(got.astype(numpy.float64) - want).max()) / spread
        if not difference <= TOLERANCE:
            raise Error(
                f'output "{name}" of "{path}" differs from the original by {difference:.3g} of its '
                f"range; {TOLERANCE:g} is allowed"
            )
        worst = max(worst, difference)
    return worst


def random_inputs(shapes):
    generator = numpy.random.default_rng(0)
    return {n: generator.random(s, numpy.float32) for n, s in shapes.items()}


def tensorflow_to_onnx(graph, path, inputs=(), outputs=(), shapes=None, opset=17):
    """Converts a frozen TensorFlow graph (the path of a GraphDef) with tf2onnx.

    inputs, outputs: names of nodes; left out, the placeholders and the nodes that nobody consumes.
    shapes: by input a shape for the check, where the graph leaves extents open; they count as 1.

    Returns the largest difference of an output, as a part of its range, on random inputs.
    """
    source = os.fspath(graph)
    require_file(source)
    tf2onnx, tf, _ = require(
        {"tf2onnx": "tf2onnx", "tensorflow": "tensorflow", "onnx": "onnx"}, "tensorflow-to-onnx"
    )
    definition = tf.compat.v1.GraphDef()
    with open(source, "rb") as file:
        definition.ParseFromString(file.read())
    used = {i.split(":")[0].lstrip("^") for node in definition.node for i in node.input}
    inputs = list(inputs) or [n.name for n in definition.node if n.op == "Placeholder"]
    outputs = list(outputs) or [
        n.name for n in definition.node
        if n.name not in used and n.op not in ("Const", "NoOp", "Placeholder", "Assert")
    ]
    importlib.import_module("tf2onnx.convert")
    tensors = [[f"{name}:0" for name in names] for names in (inputs, outputs)]
    with tf.Graph().as_default() as imported:
        tf.import_graph_def(definition, name="")
        tf2onnx.convert.from_graph_def(
            definition, input_names=tensors[0], output_names=tensors[1], opset=opset,
            output_path=path,
        )
        known = {}
        for name in inputs:
            shape = imported.get_tensor_by_name(f"{name}:0").shape
            known[name] = tuple(d or 1 for d in (shape.as_list() if shape.rank is not None else ()))
        values = random_inputs({**known, **(shapes or {})})
        with tf.compat.v1.Session(graph=imported) as session:
            feed = {f"{name}:0": value for name, value in values.items()}
            expected = session.run(tensors[1], feed)
    return check(path, {f"{name}:0": value for name, value in values.items()}, expected)


def pytorch_to_onnx(model, path, shapes, opset=17):
    """Converts a PyTorch model with torch.onnx.

    model: a torch.nn.Module, or the path of a TorchScript file (torch.jit.save) or of a pickled
        module (torch.save), which runs code of whoever wrote it.
    shapes: by input name a shape, in the order of the arguments; extents of -1 are left open.

    Returns the largest difference of an output, as a part of its range, on random inputs.
    """
    if not shapes:
        raise Error("pytorch-to-onnx needs the shape of every input: shapes={'x': (1, 3, 224, 224)}")
    torch, _ = require({"torch": "torch", "onnx": "onnx"}, "pytorch-to-onnx")
    if not isinstance(model, torch.nn.Module):
        model = _load_torch(torch, os.fspath(model))
    model = model.eval()
    values = random_inputs({n: [abs(d) for d in s] for n, s in shapes.items()})
    arguments = tuple(torch.from_numpy(v) for v in values.values())
    with torch.no_grad():
        expected = model(*arguments)
        # The exporter that takes TorchScript too; newer versions have to be asked for it.
        has_choice = "dynamo" in inspect.signature(torch.onnx.export).parameters
        torch.onnx.export(
            model, arguments, os.fspath(path), input_names=list(shapes), opset_version=opset,
            dynamic_axes={n: [i for i, d in enumerate(s) if d < 0] for n, s in shapes.items()},
            **({"dynamo": False} if has_choice else {}),
        )
    if isinstance(expected, torch.Tensor):
        expected = [expected]
    elif isinstance(expected, dict):
        expected = list(expected.values())
    return check(path, values, [e.numpy() for e in expected])


def _load_torch(torch, path):
    require_file(path)
    try:
        return torch.jit.load(path, map_location="cpu")
    except RuntimeError:
        loaded = torch.load(path, map_location="cpu", weights_only=False)
    if not isinstance(loaded, torch.nn.Module):
        raise Error(
            f'"{path}" holds {type(loaded).__name__}, not a model: weights alone do not say what to '
            "compute; load them into the model's class and pass that to bireme.pytorch_to_onnx"
        )
    return loaded
