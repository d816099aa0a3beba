# SPDX-License-Identifier: Apache-2.0
"""One model for an operator in one version of its definition, and who says what is right."""

import dataclasses
import zlib

import numpy as np
import onnx
import onnx.helper as oh

BUILDERS = {}
OLDEST = 7  # the oldest operator set that is imported


@dataclasses.dataclass
class Case:
    """Inputs in the operator's order (None: absent); `constant`: indices of those that are initializers."""

    inputs: list
    attributes: dict = dataclasses.field(default_factory=dict)
    outputs: int = 1
    constant: tuple = ()
    nodes: list = None  # instead of one node of the operator: from "a", "b", ... to "y0", "y1", ...
    judge: str = "onnxruntime"  # "onnx": the reference evaluator; "shape": types and shapes alone
    judged: int = None  # the operator set that is judged, where none judges this one and the numbers are the same
    rtol: float = 1e-4
    atol: float = 1e-5

    def __post_init__(self):
        self.inputs = [None if x is None else np.asarray(x) for x in self.inputs]


def case(*operators):
    """Registers `build(version, data)`; a third parameter receives the operator's name."""

    def register(build):
        for operator in operators:
            BUILDERS[operator] = build
        return build

    return register


class Data:
    """Reproducible random arrays."""

    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)

    def real(self, *shape, low=-2.0, high=2.0, dtype=np.float32):
        return self.rng.uniform(low, high, shape).astype(dtype)

    def whole(self, *shape, low=-9, high=9, dtype=np.int64):
        return self.rng.integers(low, high, shape, endpoint=True).astype(dtype)

    def flags(self, *shape):
        return self.rng.integers(0, 2, shape).astype(bool)


def versions(operator):
    """The version current at the oldest operator set, if it existed, and all later ones."""
    schemas = [s for s in onnx.defs.get_all_schemas_with_history() if s.domain == "" and s.name == operator]
    alive = sorted(s.since_version for s in schemas if not s.deprecated)
    return [v for v in alive if v <= OLDEST][-1:] + [v for v in alive if v > OLDEST]


def all_pairs():
    names = {s.name for s in onnx.defs.get_all_schemas_with_history() if s.domain == ""}
    return [(name, version) for name in sorted(names) for version in versions(name)]


def build(operator, version):
    """The case of a pair."""
    data = Data(zlib.crc32(f"{operator} {version}".encode()))
    maker = BUILDERS[operator]
    return maker(version, data, operator) if maker.__code__.co_argcount == 3 else maker(version, data)


def names_of(case):
    return [chr(ord("a") + i) if x is not None else "" for i, x in enumerate(case.inputs)]


def model(operator, version, case):
    """A model of one operator set; the judge's where `case.judged` names another."""
    names = names_of(case)
    results = [f"y{i}" for i in range(case.outputs)]
    nodes = case.nodes or [oh.make_node(operator, names, results, "node", **case.attributes)]
    pairs = [(i, n, x) for i, (n, x) in enumerate(zip(names, case.inputs)) if n]
    graph = oh.make_graph(
        nodes,
        "pair",
        [_info(n, x) for i, n, x in pairs if i not in case.constant],
        [oh.make_empty_tensor_value_info(r) for r in results],
        [onnx.numpy_helper.from_array(x, n) for i, n, x in pairs if i in case.constant],
    )
    opset = oh.make_opsetid("", max(version, OLDEST))
    return oh.make_model(graph, opset_imports=[opset], ir_version=10)


def _info(name, array):
    return oh.make_tensor_value_info(name, oh.np_dtype_to_tensor_dtype(array.dtype), array.shape)


def feeds(case):
    return {n: x for i, (n, x) in enumerate(zip(names_of(case), case.inputs)) if n and i not in case.constant}


def expected(model, case):
    """The outputs and who made them: onnxruntime, or onnx's evaluator where onnxruntime lacks the operator."""
    if case.judged is not None:
        model = onnx.ModelProto.FromString(model.SerializeToString())
        model.opset_import[0].version = case.judged
    if case.judge == "onnxruntime":
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        try:
            session = onnxruntime.InferenceSession(
                model.SerializeToString(), options, providers=["CPUExecutionProvider"]
            )
            return session.run(None, feeds(case)), "onnxruntime"
        except Exception as error:
            kinds = ("NotImplemented", "InvalidGraph", "Fail")
            if type(error).__name__ not in kinds or not lacks(str(error)):
                raise
    from onnx.reference import ReferenceEvaluator

    return ReferenceEvaluator(model).run(None, feeds(case)), "onnx"


def lacks(message):
    """True for the messages of onnxruntime that say: not this operator, type or operator set."""
    return any(
        text in message
        for text in (
            "Could not find an implementation",
            "under development",
            "not a registered function/op",
            "No Op registered",
            "is not supported",
            "Type Error",
            "is currently not supported",
        )
    )
