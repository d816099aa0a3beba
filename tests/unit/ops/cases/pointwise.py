# SPDX-License-Identifier: Apache-2.0
"""Every row of pointwise.def, against ONNX where it has the function, else against numpy in double."""
import math

from cases.common import *

WIDE = f32(-30, -8, -2.5, -1.5, -1, -0.5, -0.25, -0.0, 0, 0.25, 0.5, 1, 1.5, 2.5, 8, 30, np.nan, np.inf, -np.inf)
FINITE = WIDE[:16]

# fn: (ONNX op, ONNX attributes, alpha, beta)
ONNX_UNARY = {
    "exp": ("Exp",), "log": ("Log",), "sqrt": ("Sqrt",), "recip": ("Reciprocal",), "abs": ("Abs",),
    "neg": ("Neg",), "sin": ("Sin",), "cos": ("Cos",), "tan": ("Tan",), "sinh": ("Sinh",), "cosh": ("Cosh",),
    "asin": ("Asin",), "acos": ("Acos",), "atan": ("Atan",), "asinh": ("Asinh",), "acosh": ("Acosh",),
    "atanh": ("Atanh",), "ceil": ("Ceil",), "floor": ("Floor",), "erf": ("Erf",), "sign": ("Sign",),
    "round": ("Round",), "isinf": ("IsInf",), "isnan": ("IsNaN",), "relu": ("Relu",), "sigmoid": ("Sigmoid",),
    "tanh": ("Tanh",), "leaky_relu": ("LeakyRelu", {"alpha": 0.2}, 0.2), "elu": ("Elu", {"alpha": 1.5}, 1.5),
    "selu": ("Selu", {"alpha": 1.5, "gamma": 2.0}, 1.5, 2.0), "softsign": ("Softsign",),
    "softplus": ("Softplus", {}, 1.0, 1.0), "hard_sigmoid": ("HardSigmoid", {"alpha": 0.3, "beta": 0.4}, 0.3, 0.4),
    "thresholded_relu": ("ThresholdedRelu", {"alpha": 0.7}, 0.7), "hard_swish": ("HardSwish",), "mish": ("Mish",),
    "gelu_erf": ("Gelu", {}), "gelu_tanh": ("Gelu", {"approximate": "tanh"}),
}
FORMULAS = {
    "clip": (lambda x: np.minimum(np.maximum(x, -1.0), 2.0), -1.0, 2.0),
    "scaled_tanh": (lambda x: 1.7 * np.tanh(0.6 * x), 1.7, 0.6),
    "swish": (lambda x: x / (1 + np.exp(-1.3 * x)), 1.3, 0.0),
    "softplus": (lambda x: 0.5 * np.log1p(np.exp(2.0 * x)), 0.5, 2.0),
    "copy": (lambda x: x, 0.0, 0.0),
}


def unary():
    for fn, spec in ONNX_UNARY.items():
        op, attrs, alpha, beta = (*spec, {}, 0.0, 0.0)[:1] + tuple(
            spec[i] if len(spec) > i else d for i, d in ((1, {}), (2, 0.0), (3, 0.0)))
        x = FINITE if fn in ("softsign", "softplus", "mish", "hard_swish", "gelu_erf", "gelu_tanh", "erf") else WIDE
        if fn == "cosh" or fn == "sinh":
            x = x[1:]
        with np.errstate(all="ignore"):
            y = reference_node(op, [x], opset=20, **attrs)
        ours = {"fn": fn} | ({"alpha": alpha} if alpha else {}) | ({"beta": beta} if beta else {})
        yield Case("pointwise", fn, ours, [x], y, tol=(2e-6, 1e-6))
    for fn, (formula, alpha, beta) in FORMULAS.items():
        y = formula(FINITE.astype(np.float64)).astype(np.float32)
        yield Case("pointwise", fn + "_formula", {"fn": fn, "alpha": alpha, "beta": beta}, [FINITE], [y],
                   tol=(2e-6, 1e-6))
    whole = np.array([-7, -1, 0, 3, 2**40], np.int64)
    for fn, want in (("abs", abs(whole)), ("neg", -whole), ("sign", np.sign(whole)), ("relu", np.maximum(whole, 0)),
                     ("bitwise_not", ~whole), ("copy", whole), ("round", whole)):
        yield Case("pointwise", fn + "_int", {"fn": fn}, [whole], [want])
    yield Case("pointwise", "clip_int", {"fn": "clip", "alpha": -2.0, "beta": float("inf")}, [whole],
               [np.maximum(whole, -2)])
    truth = np.array([True, False])
    yield Case("pointwise", "logical_not", {"fn": "logical_not"}, [truth], [~truth])


def casts():
    x = f32(-3.7, -0.5, 0, 0.5, 2.9, 300, 1e10, np.nan)
    small = x[:6]
    # A number out of a type's range saturates.
    for kind, want in (("i32", small.astype(np.int32)), ("i64", small.astype(np.int64)), ("bool", small != 0),
                       ("f16", small.astype(np.float16)), ("f64", small.astype(np.float64)),
                       ("u8", np.array([0, 0, 0, 0, 2, 255], np.uint8))):
        yield Case("pointwise", "cast_" + kind, {"fn": "cast", "to": kind}, [small], [want])
    whole = i64(-1, 0, 5, 300)
    yield Case("pointwise", "cast_from_int", {"fn": "cast", "to": "f32"}, [whole], [whole.astype(np.float32)])
    yield Case("pointwise", "cast_int", {"fn": "cast", "to": "i32"}, [whole], [whole.astype(np.int32)])
    yield Case("pointwise", "cast_truth", {"fn": "cast", "to": "bool"}, [whole], [whole != 0])
    yield Case("pointwise", "cast_of_truth", {"fn": "cast", "to": "i64"}, [whole != 0], [i64(1, 0, 1, 1)])


def binary():
    a, b = data("a", 2, 3, 4), data("b", 3, 1)
    b[1, 0] = 0
    a[0, 0, 0] = a[1, 2, 3] = np.nan
    with np.errstate(all="ignore"):
        wants = {"sum": a + b, "prod": a * b, "sub": a - b, "div": a / b, "max": np.maximum(a, b),
                 "min": np.minimum(a, b), "pow": np.power(a, b), "floor_div": np.floor(a / b),
                 "equal": a == b, "greater": a > b, "less": a < b, "greater_equal": a >= b, "less_equal": a <= b,
                 "fmod": np.fmod(a, b), "prelu": np.where(a >= 0, a, a * b)}
    for fn, want in wants.items():
        yield Case("pointwise", fn, {"fn": fn}, [a, b], [want])
    m = f32(5.5, -5.5, 5.5, -5.5)
    n = f32(3, 3, -3, -3)
    yield Case("pointwise", "mod", {"fn": "mod"}, [m, n], [np.mod(m, n)])
    p, q = i64(7, -7, 7, -7, 0, 6), i64(2, 2, -2, -2, 5, 6)
    for fn, want in (("sum", p + q), ("sub", p - q), ("prod", p * q), ("div", np.trunc(p / q).astype(np.int64)),
                     ("floor_div", p // q), ("mod", np.mod(p, q)), ("fmod", np.fmod(p, q)), ("max", np.maximum(p, q)),
                     ("min", np.minimum(p, q)), ("equal", p == q), ("less", p < q), ("greater", p > q),
                     ("less_equal", p <= q), ("greater_equal", p >= q), ("bitwise_and", p & q), ("bitwise_or", p | q),
                     ("bitwise_xor", p ^ q), ("prelu", np.where(p >= 0, p, p * q))):
        yield Case("pointwise", fn + "_int", {"fn": fn}, [p, q], [want])
    huge = i64(3, -3, 2**62, -(2**63), 10)
    power = i64(39, 3, 1, 1, 0)
    yield Case("pointwise", "pow_int", {"fn": "pow"}, [huge, power], [huge ** power])
    zero = i64(0, 0, 0, -1, 0)
    yield Case("pointwise", "div_by_zero", {"fn": "div"}, [huge, zero], [i64(0, 0, 0, -(2**63), 0)])
    yield Case("pointwise", "mod_by_zero", {"fn": "mod"}, [huge, zero], [i64(0, 0, 0, 0, 0)])
    s, t = np.array([[True], [False]]), np.array([True, False])
    for fn, want in (("logical_and", s & t), ("logical_or", s | t), ("logical_xor", s ^ t), ("equal", s == t)):
        yield Case("pointwise", fn + "_truth", {"fn": fn}, [s, t], [want])
    h, k = data("h", 4, 3, dtype=np.float16), data("k", 3, dtype=np.float16)
    yield Case("pointwise", "sum_half", {"fn": "sum"}, [h, k], [h + k], tol=(1e-3, 1e-3))
    d = data("d", 3, dtype=np.float64) / 3
    yield Case("pointwise", "exp_double", {"fn": "exp"}, [d], [np.exp(d)], tol=(1e-6, 0))
    empty = np.zeros((0, 3), np.float32)
    yield Case("pointwise", "empty", {"fn": "sum"}, [empty, f32(1, 2, 3)], [empty])
    yield Case("pointwise", "scalars", {"fn": "sum"}, [np.float32(1), np.float32(2)], [np.float32(3)])


def others():
    c = np.array([[True], [False]])
    yield Case("pointwise", "select", {"fn": "select"}, [c, data("x", 3), data("y", 2, 1)],
               [np.where(c, data("x", 3), data("y", 2, 1))])
    yield Case("pointwise", "select_int", {"fn": "select"}, [c, i64(1, 2), i64(3)], [np.where(c, i64(1, 2), i64(3))])
    x = data("x", 2, 3)
    for name, fn, inputs, message in (
            ("types", "sum", [x, x.astype(np.float64)], "operands 0 and 1 of sum have different types, f32 and f64"),
            ("shapes", "sum", [x, data("y", 2, 4)], "shapes [2,3] and [2,4] cannot be broadcast"),
            ("count", "sum", [x], "sum takes 2 operands, got 1"),
            ("exp_of_int", "exp", [i64(1)], "exp takes real numbers, operand 0 is i64"),
            ("and_of_real", "logical_and", [x, x], "logical_and takes bool, operand 0 is f32"),
            ("bits_of_real", "bitwise_not", [x], "bitwise_not takes integers"),
            ("condition", "select", [x, x, x], "pointwise takes bool for input 0, not f32")):
        yield Case("pointwise", "bad_" + name, {"fn": fn}, inputs, error=message)


def cases():
    yield from unary()
    yield from casts()
    yield from binary()
    yield from others()
