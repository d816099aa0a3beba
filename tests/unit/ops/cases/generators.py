# SPDX-License-Identifier: Apache-2.0
"""Range, fill and resize: ops that make elements, against numpy and onnxruntime."""
from cases.common import *

BOTH = {"half_pixel": "half_pixel", "asymmetric": "asymmetric", "align_corners": "align_corners"}
ROUNDINGS = {"floor": "floor", "ceil": "ceil", "round_prefer_floor": "half_down", "round_prefer_ceil": "half_up"}


def ranges():
    for name, start, limit, step in (("up", 1, 7, 2), ("exact", 0, 6, 3), ("down", 5, -2, -3), ("none", 3, 1, 1), ("one", 0, 1, 5)):
        for kind in (np.int64, np.int32, np.float32):
            values = [np.array(v, kind) for v in (start, limit, step)]
            yield Case("range", f"{name}_{np.dtype(kind).name}", {}, values, [np.arange(start, limit, step, kind)], symbols=[])
    tenth = [np.array(v, np.float32) for v in (0, 1, .1)]
    yield Case("range", "tenths", {}, tenth, onnxruntime_node("Range", tenth), symbols=[])
    yield Case("range", "double", {}, [np.array(v, np.float64) for v in (0, 1, .25)], [np.arange(0, 1, .25)], symbols=[])
    yield Case("range", "bad_step", {}, [np.array(v) for v in (0, 1, 0)], error="step of range is 0")
    yield Case("range", "bad_real_step", {}, [np.float32(v) for v in (0, 1, 0)], error="has no end")


def fills():
    yield Case("fill", "count", {"shape": [4], "alpha": 1.5, "beta": .5}, [], [f32(1.5, 2, 2.5, 3)])
    yield Case("fill", "integers", {"shape": [3], "alphaInt": 5, "betaInt": -2, "integral": True, "type": 8}, [], [i64(5, 3, 1)])
    yield Case("fill", "exact", {"shape": [2], "alphaInt": 2**60 + 1, "betaInt": 2, "integral": True, "type": 8}, [],
               [i64(2**60 + 1, 2**60 + 3)])
    yield Case("fill", "same", {"shape": [2, 3], "alpha": 7.0, "beta": 0.0}, [], [np.full((2, 3), 7, np.float32)])
    yield Case("fill", "scalar", {"alpha": 3.0}, [], [np.float32(3)])
    want = 1 + 10 * np.arange(2)[:, None] + .5 * np.arange(3)
    yield Case("fill", "grid", {}, [i64(2, 3), np.float32(1), f32(10, .5)], [want.astype(np.float32)])
    yield Case("fill", "integer_grid", {"type": 3}, [i64(2, 2), np.array(1, np.int32), np.array([10, 1], np.int32)],
               [np.array([[1, 2], [11, 12]], np.int32)])
    yield Case("fill", "half", {"shape": [2], "type": 1, "beta": .25}, [], [np.array([0, .25], np.float16)])
    yield Case("fill", "bad_beta", {"shape": [2, 3]}, [], error="one beta per dimension")
    yield Case("fill", "bad_shape", {"shape": [-1]}, [], error="cannot fill shape")


def resize(x, scales=None, sizes=None, opset=18, **attrs):
    return onnxruntime_node("Resize", [x, None, None if scales is None else f32(*scales), None if sizes is None else i64(*sizes)],
                            opset=opset, **attrs)


def nearest():
    x = data("rn", 1, 2, 3, 5)
    for theirs, ours in BOTH.items():
        for mode, rounding in ROUNDINGS.items():
            attrs = {"coordinates": ours, "rounding": rounding}
            onnx = dict(mode="nearest", coordinate_transformation_mode=theirs, nearest_mode=mode)
            for name, scales in (("up", [1, 1, 2, 1.6]), ("down", [1, 1, .7, .6])):
                yield Case("resize", f"nearest_{ours}_{rounding}_{name}", attrs | {"scales": scales}, [x],
                           resize(x, scales=scales, **onnx), symbols=[])
            yield Case("resize", f"nearest_{ours}_{rounding}_sizes", attrs, [x, i64(1, 2, 7, 4)],
                       resize(x, sizes=[1, 2, 7, 4], **onnx))
    for kind in (np.uint8, np.float16, np.bool_, np.int64):
        y = data("rk", 2, 3, low=0, high=4, dtype=np.int64).astype(kind)
        yield Case("resize", "nearest_" + np.dtype(kind).name, {"scales": [2.0, 1.5]}, [y],
                   [y[np.arange(4) // 2][:, (np.arange(4) / 1.5).astype(int)]])


def interpolated():
    x = data("rl", 1, 2, 4, 5)
    for mode in ("linear", "cubic"):
        for theirs, ours in BOTH.items():
            attrs = {"coordinates": ours, "mode": mode}
            onnx = dict(mode=mode, coordinate_transformation_mode=theirs)
            for name, scales in (("up", [1, 1, 2, 2.4]), ("down", [1, 1, .75, .6])):
                yield Case("resize", f"{mode}_{ours}_{name}", attrs | {"scales": scales}, [x], resize(x, scales=scales, **onnx),
                           symbols=[], tol=(1e-5, 2e-5))
            yield Case("resize", f"{mode}_{ours}_sizes", attrs | {"dims": [1, 2, 3, 9]}, [x],
                       resize(x, sizes=[1, 2, 3, 9], **onnx), tol=(1e-5, 2e-5))
    for name, exclude, coefficient in (("exclude", True, -.75), ("half", False, -.5), ("both", True, -.5)):
        attrs = {"coordinates": "half_pixel", "mode": "cubic", "excludeOutside": exclude, "cubicCoefficient": coefficient}
        yield Case("resize", "cubic_" + name, attrs, [x, i64(1, 2, 7, 3)],
                   resize(x, sizes=[1, 2, 7, 3], mode="cubic", coordinate_transformation_mode="half_pixel",
                          exclude_outside=int(exclude), cubic_coeff_a=coefficient), tol=(1e-5, 2e-5))
    one = {"coordinates": "half_pixel", "mode": "linear", "selector": "upper"}
    yield Case("resize", "one_pixel_upper", one, [x, i64(1, 2, 1, 3)],
               resize(x, sizes=[1, 2, 1, 3], mode="linear", coordinate_transformation_mode="pytorch_half_pixel"))
    yield Case("resize", "one_pixel_formula", one | {"selector": "formula"}, [x, i64(1, 2, 1, 3)],
               resize(x, sizes=[1, 2, 1, 3], mode="linear", coordinate_transformation_mode="half_pixel"))
    y = data("r5", 1, 1, 2, 3, 2)
    yield Case("resize", "linear_5d", {"coordinates": "half_pixel", "mode": "linear"}, [y, i64(1, 1, 4, 2, 3)],
               resize(y, sizes=[1, 1, 4, 2, 3], mode="linear", coordinate_transformation_mode="half_pixel"))
    z = data("r3", 2, 3, 4)
    yield Case("resize", "linear_1d", {"coordinates": "half_pixel", "mode": "linear", "scales": [1.0, 1.0, 2.0]}, [z],
               reference_node("Resize", [z, None, f32(1, 1, 2)], mode="linear", coordinate_transformation_mode="half_pixel"))
    w = data("rw", 2, 3)
    yield Case("resize", "linear_double", {"coordinates": "half_pixel", "mode": "linear"}, [w.astype(np.float64), i64(4, 6)],
               [resize(w, sizes=[4, 6], mode="linear", coordinate_transformation_mode="half_pixel")[0].astype(np.float64)])
    yield Case("resize", "bad_scales", {"scales": [2.0]}, [x], error="do not fit")
    yield Case("resize", "bad_scale", {"scales": [1.0, 1.0, 0.0, 1.0]}, [x], error="must be positive")
    yield Case("resize", "bad_infinite", {"scales": [1.0, 1.0, 1e30, 1.0]}, [x], error="must be positive")
    yield Case("resize", "bad_dims", {"dims": [1, 2]}, [x], error="do not fit")


def cases():
    for family in (ranges, fills, nearest, interpolated):
        yield from family()
