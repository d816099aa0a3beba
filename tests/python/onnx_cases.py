# SPDX-License-Identifier: Apache-2.0
"""The backend tests of the package onnx: models, data, and how results are compared."""

import itertools
import pathlib
import warnings

import numpy as np
import onnx
from onnx import numpy_helper

KINDS = ("node", "simple", "pytorch-converted", "pytorch-operator", "real")


class Case:
    """Name, model and expected results of one test."""

    def __init__(self, test, kind):
        self.name, self.kind = test.name, kind
        self.rtol, self.atol = test.rtol, test.atol
        self._test = test

    def load(self):
        """The model, and pairs of (inputs, outputs)."""
        test = self._test
        if test.model is not None:
            return test.model, [([_value(x) for x in i], [_value(x) for x in o]) for i, o in test.data_sets]
        if test.url and "/data/light/" in test.url:
            return _light(pathlib.Path(onnx.__file__).parents[1] / test.url)
        return _folder(pathlib.Path(test.model_dir))

    def plain(self):
        """True where all operators are of ai.onnx, and inputs and outputs tensors of the types that all libraries have.

        ImageDecoder is none of them: its tensors are encoded files.
        """
        model = self._test.model
        if model is None:
            if self._test.url and "/data/light/" in self._test.url:
                return True
            model = onnx.load(pathlib.Path(self._test.model_dir) / "model.onnx")
        return _plain_graph(model.graph, {(f.domain, f.name) for f in model.functions})

    def ops(self):
        """Operators of the model, for the summary; those of a function under its name too."""
        model = self._test.model
        if model is None:
            return [self.kind]
        local = {f.name for f in model.functions}
        names = list(dict.fromkeys(n.op_type for n in model.graph.node if n.op_type not in local))
        return names or [self.kind]


_PLAIN = {getattr(onnx.TensorProto, name) for name in
          "FLOAT FLOAT16 BFLOAT16 DOUBLE INT8 INT16 INT32 INT64 UINT8 UINT16 UINT32 UINT64 BOOL".split()}


def _plain_graph(graph, functions):
    for info in [*graph.input, *graph.output]:
        if info.type.WhichOneof("value") != "tensor_type" or info.type.tensor_type.elem_type not in _PLAIN:
            return False
    return all(
        (n.domain in ("", "ai.onnx") or (n.domain, n.op_type) in functions) and n.op_type != "ImageDecoder"
        for n in graph.node
    )


def opened(model, inputs):
    """The model with every extent above 1 of its inputs unknown; None where it has none."""
    result, changed = onnx.ModelProto.FromString(model.SerializeToString()), False
    for info in result.graph.input:
        given = inputs.get(info.name)
        if given is None or info.type.WhichOneof("value") != "tensor_type":
            continue
        for axis, extent in enumerate(given.shape):
            if extent > 1:
                info.type.tensor_type.shape.dim[axis].dim_param = f"{info.name}_{axis}"
                changed = True
    for info in result.graph.output:  # what was declared no longer holds
        if info.type.WhichOneof("value") == "tensor_type":
            info.type.tensor_type.ClearField("shape")
    del result.graph.value_info[:]
    return result if changed else None


def _value(x):
    if isinstance(x, onnx.TensorProto):
        return numpy_helper.to_array(x)
    if isinstance(x, onnx.SequenceProto):
        return numpy_helper.to_list(x)
    if isinstance(x, onnx.OptionalProto):
        return numpy_helper.to_optional(x)
    return x


def _light(path):
    model = onnx.load(path)
    constants = {i.name for i in model.graph.initializer}
    inputs = []
    for info in model.graph.input:
        if info.name in constants:
            continue
        shape = [d.dim_value if d.HasField("dim_value") else 1 for d in info.type.tensor_type.shape.dim]
        count = int(np.prod(shape))
        inputs.append((np.arange(count).reshape(shape) / count).astype(np.float32))
    outputs = []
    for i in range(len(model.graph.output)):
        tensor = onnx.TensorProto()
        tensor.ParseFromString(path.with_name(f"{path.stem}_output_{i}.pb").read_bytes())
        outputs.append(numpy_helper.to_array(tensor))
    return model, [(inputs, outputs)]


def _proto(path, info):
    kinds = {"sequence_type": onnx.SequenceProto, "optional_type": onnx.OptionalProto}
    proto = kinds.get(info.type.WhichOneof("value"), onnx.TensorProto)()
    proto.ParseFromString(path.read_bytes())
    return _value(proto)


def _folder(folder):
    model = onnx.load(folder / "model.onnx")
    sets = []
    for data in sorted(folder.glob("test_data_set*")):
        lists = []
        for stem, infos in (("input", model.graph.input), ("output", model.graph.output)):
            count = len(list(data.glob(f"{stem}_*.pb")))
            lists.append([_proto(data / f"{stem}_{i}.pb", infos[i]) for i in range(count)])
        sets.append(tuple(lists))
    return model, sets


def collect(kinds=KINDS):
    from onnx.backend.test.loader import load_model_tests

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return [Case(test, kind) for kind in kinds for test in load_model_tests(kind=kind)]


def _with_inputs(source, kept):
    """A copy of the model that has only these inputs."""
    model = onnx.ModelProto.FromString(source.SerializeToString())
    del model.graph.input[:]
    model.graph.input.extend(kept)
    return model


class SharedCase:
    """The test of one operator with one tensor as several of its inputs; results are the reference evaluator's."""

    def __init__(self, case, names):
        from onnx.reference import ReferenceEvaluator

        self.name, self.kind = f"{case.name}: {' = '.join(names)}", case.kind
        self.rtol, self.atol = max(case.rtol, 2e-3), max(case.atol, 1e-5)
        source, sets = case.load()
        first, *others = names
        kept = [i for i in source.graph.input if i.name not in others]
        values = dict(zip((i.name for i in source.graph.input), sets[0][0]))
        self._model = _with_inputs(source, kept)
        for node in self._model.graph.node:
            node.input[:] = [first if n in others else n for n in node.input]
        given = [values[i.name] for i in kept]
        results = ReferenceEvaluator(self._model).run(None, {i.name: x for i, x in zip(kept, given)})
        self._sets = [(given, results)]

    def load(self):
        return self._model, self._sets

    def ops(self):
        return [n.op_type for n in self._model.graph.node]


def shared(cases):
    """Variants of the tests of one operator whose inputs can be one tensor."""
    found = []
    for case in cases:
        model = case._test.model
        if case.kind != "node" or model is None or len(model.graph.node) != 1 or model.functions:
            continue
        alike = {}
        for i in model.graph.input:
            if i.type.HasField("tensor_type"):
                alike.setdefault(i.type.SerializeToString(), []).append(i.name)
        for names in alike.values():
            for some in [*itertools.combinations(names, 2), *([names] if len(names) > 2 else [])]:
                try:
                    with warnings.catch_warnings():
                        warnings.simplefilter("ignore")
                        found.append(SharedCase(case, some))
                except Exception:  # operands that contradict each other: starts that are steps too
                    continue
    return found


class ConstantCase:
    """The test of one operator with some of its inputs known to the builder."""

    def __init__(self, case, names):
        self.name, self.kind = f"{case.name}: {', '.join(names)} constant", case.kind
        self.rtol, self.atol = max(case.rtol, 2e-3), max(case.atol, 1e-5)
        self._case, self._names = case, names

    def load(self):
        source, sets = self._case.load()
        given, expected = sets[0]
        values = dict(zip((i.name for i in source.graph.input), given))
        kept = [i for i in source.graph.input if i.name not in self._names]
        model = _with_inputs(source, kept)
        model.graph.initializer.extend(numpy_helper.from_array(np.asarray(values[n]), n) for n in self._names)
        return model, [([values[i.name] for i in kept], expected)]

    def ops(self):
        return self._case.ops()


def constant(cases):
    """Variants of the tests of operators: one input known, or all but one."""
    found = []
    for case in cases:
        model = case._test.model
        if case.kind != "node" or model is None or len(model.graph.input) < 2 or case.name.endswith("_expanded"):
            continue
        names = [i.name for i in model.graph.input]
        if not all(i.type.HasField("tensor_type") for i in model.graph.input):
            continue
        some = {(n,) for n in names} | {tuple(m for m in names if m != n) for n in names}
        found += [ConstantCase(case, s) for s in sorted(some)]
    return found


# Elements below a byte: numpy holds one a byte, a tensor several.
_PACKED = {"int4": 4, "uint4": 4, "float4_e2m1fn": 4, "int2": 2, "uint2": 2}


def pack(array):
    bits = _PACKED.get(array.dtype.name)
    if bits is None:
        return np.ascontiguousarray(array)
    codes = np.ascontiguousarray(array).reshape(-1).view(np.uint8) & ((1 << bits) - 1)
    per = 8 // bits
    codes = np.concatenate([codes, np.zeros(-len(codes) % per, np.uint8)]).reshape(-1, per)
    return (codes << (np.arange(per, dtype=np.uint8) * bits)).sum(1).astype(np.uint8)


def unpack(data, dtype, shape):
    bits = _PACKED.get(dtype.name)
    count = int(np.prod(shape, dtype=np.int64))
    if bits is None:
        return data[: count * dtype.itemsize].view(dtype).reshape(shape)
    per = 8 // bits
    codes = (data[:, None] >> (np.arange(per, dtype=np.uint8) * bits)) & ((1 << bits) - 1)
    codes = codes.reshape(-1)[:count].astype(np.uint8)
    if dtype.name.startswith("int"):
        signed = codes.astype(np.int8)
        signed[codes >= 1 << (bits - 1)] -= 1 << bits
        return signed.astype(dtype).reshape(shape)
    return codes.view(dtype).reshape(shape)


def ml_dtype(name):
    import ml_dtypes

    return np.dtype(getattr(ml_dtypes, name))


class Fault(Exception):
    """Why a model could not be parsed, built or run."""


def engine_value(type_proto, given):
    """What an engine takes for an input of this type: lists are packed, an optional is a list of its own."""
    from bireme import pack_list

    kind = type_proto.WhichOneof("value")
    if kind == "sequence_type":
        return pack_list([engine_value(type_proto.sequence_type.elem_type, x) for x in given])
    if kind == "optional_type":
        elements = [] if given is None else [engine_value(type_proto.optional_type.elem_type, given)]
        return pack_list(elements)
    return np.asarray(given)


def _test_value(type_proto, have):
    from bireme import unpack_list

    kind = type_proto.WhichOneof("value")
    if kind == "sequence_type":
        return [_test_value(type_proto.sequence_type.elem_type, x) for x in unpack_list(have)]
    if kind == "optional_type":
        elements = unpack_list(have)
        return _test_value(type_proto.optional_type.elem_type, elements[0]) if elements else None
    return have


def compare(case, model, expected, results):
    """Raises Fault where an output differs."""
    for info, want in zip(model.graph.output, expected):
        if info.name not in results:
            raise Fault(f"output {info.name} is missing")
        _compare_value(case, info.name, _test_value(info.type, results[info.name]), want)


def _compare_value(case, name, have, want):
    if isinstance(want, list) or want is None or have is None:
        if not isinstance(want, list) or not isinstance(have, list) or len(have) != len(want):
            if have is None and want is None:
                return
            raise Fault(f"output {name}: {have}, expected {want}")
        for i, (a, b) in enumerate(zip(have, want)):
            _compare_value(case, f"{name}[{i}]", a, b)
        return
    want = np.asarray(want)
    if have.shape != want.shape:
        raise Fault(f"output {name}: shape {have.shape}, expected {want.shape}")
    if have.dtype != want.dtype:
        raise Fault(f"output {name}: type {have.dtype}, expected {want.dtype}")
    if case.name.startswith("test_bernoulli"):  # the draws are each library's own
        if not np.isin(have, (0, 1)).all():
            raise Fault(f"output {name}: a draw is neither 0 nor 1")
        return
    rtol = case.rtol
    if have.dtype.kind == "V" or have.dtype.name == "bfloat16" or have.dtype.name in _PACKED:
        rtol = max(rtol, 2**-6) if have.dtype.name == "bfloat16" else rtol
        have, want = have.astype(np.float32), want.astype(np.float32)
    try:
        np.testing.assert_allclose(have, want, rtol=rtol, atol=case.atol)
    except AssertionError as error:
        lines = [s.strip() for s in str(error).splitlines() if s.strip()]
        raise Fault(f"output {name}: " + "; ".join(lines[1:4])) from None
