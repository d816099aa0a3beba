# SPDX-License-Identifier: Apache-2.0
"""RNN, GRU and LSTM against onnxruntime."""
from cases.common import *

STEPS, BATCH, INPUT, HIDDEN = 4, 2, 3, 2
GATES = {"RNN": 1, "GRU": 3, "LSTM": 4}
OWN = {"RNN": ["Tanh"], "GRU": ["Sigmoid", "Tanh"], "LSTM": ["Sigmoid", "Tanh", "Tanh"]}


def _case(op, name, direction="forward", bias=True, lengths=False, initial=False, peepholes=False, layout=0,
          activations=None, **attrs):
    dirs = 2 if direction == "bidirectional" else 1
    rows = GATES[op] * HIDDEN
    tag = f"{op}{name}"
    x = data(tag + "x", STEPS, BATCH, INPUT)
    w, r = data(tag + "w", dirs, rows, INPUT, low=-1, high=1), data(tag + "r", dirs, rows, HIDDEN, low=-1, high=1)
    b = data(tag + "b", dirs, 2 * rows, low=-1, high=1) if bias else None
    n = np.array([STEPS, 2], np.int32) if lengths else None
    states = [data(tag + f"s{i}", dirs, BATCH, HIDDEN, low=-1, high=1) if initial else None
              for i in range(2 if op == "LSTM" else 1)]
    inputs = [x, w, r, b, n, *states]
    if op == "LSTM":
        inputs.append(data(tag + "p", dirs, 3 * HIDDEN, low=-1, high=1) if peepholes else None)
    theirs = dict(attrs, hidden_size=HIDDEN, direction=direction)
    if activations:
        theirs["activations"] = activations
    outputs = onnxruntime_node(op, inputs, 3 if op == "LSTM" else 2, opset=14, **theirs)
    ours = {"hiddenSize": HIDDEN, "direction": direction, "layout": layout}
    for key, value in attrs.items():
        ours[{"activation_alpha": "activationAlpha", "activation_beta": "activationBeta", "clip": "clip",
              "linear_before_reset": "linearBeforeReset", "input_forget": "inputForget"}[key]] = \
            bool(value) if key in ("linear_before_reset", "input_forget") else value
    if activations:
        ours["activations"] = ",".join(activations)
    if layout:
        inputs = [a.swapaxes(0, 1) if i in (0, 5, 6) and a is not None else a for i, a in enumerate(inputs)]
        outputs = [outputs[0].transpose(2, 0, 1, 3)] + [a.swapaxes(0, 1) for a in outputs[1:]]
    while inputs[-1] is None:
        inputs.pop()
    return Case(op.lower(), name, ours, inputs, outputs)


def cases():
    for op in GATES:
        yield _case(op, "plain", bias=False)
        yield _case(op, "bias")
        yield _case(op, "reverse", direction="reverse", initial=True)
        yield _case(op, "bidirectional", direction="bidirectional", initial=True, lengths=True)
        yield _case(op, "reverse_lengths", direction="reverse", lengths=True)
        yield _case(op, "layout", direction="bidirectional", layout=1, initial=True)
        yield _case(op, "clip", clip=0.3, initial=True)
        yield _case(op, "activations", activations=(["HardSigmoid"] if op != "RNN" else []) + ["ScaledTanh"] +
                    (["Softsign"] if op == "LSTM" else []),
                    activation_alpha=[0.3, 0.8] if op != "RNN" else [0.8], activation_beta=[0.4, 0.6] if op != "RNN" else [0.6])
    yield _case("RNN", "relu", activations=["Relu"])
    yield _case("RNN", "leaky", activations=["LeakyRelu"], activation_alpha=[0.2])
    yield _case("RNN", "both_activations", direction="bidirectional", activations=["Affine", "Elu"],
                activation_alpha=[0.5, 0.7], activation_beta=[0.1])
    yield _case("GRU", "linear", linear_before_reset=1, initial=True)
    yield _case("GRU", "linear_both", direction="bidirectional", linear_before_reset=1, lengths=True)
    yield _case("LSTM", "peepholes", peepholes=True, initial=True)
    yield _case("LSTM", "coupled", input_forget=1, initial=True)
    x, w, r = data("x", 4, 2, 3), data("w", 1, 8, 3), data("r", 1, 8, 2)
    yield Case("lstm", "weights", {"hiddenSize": 3}, [x, w, r], error="W must be [1,12,3], it is [1,8,3]")
    yield Case("lstm", "direction", {"direction": "back"}, [x, w, r], error='no direction is called "back"')
    yield Case("lstm", "unknown", {"activations": "Sigmoid,Tanh,Sine"}, [x, w, r], error='no activation is called "Sine"')
    yield Case("lstm", "count", {"activations": "Sigmoid"}, [x, w, r], error="there are 1 activations, expected 3")
    yield Case("lstm", "lengths", {}, [x, w, r, None, np.array([4, 5], np.int32)], error="sequence length 5 is outside 0..4")
