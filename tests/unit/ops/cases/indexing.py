# SPDX-License-Identifier: Apache-2.0
"""Ops that choose by index or value (gather, scatter, topk, one_hot, nms, ...) against numpy and onnxruntime."""
from cases.common import *

I32 = np.int32


def gathers():
    x = data("g", 3, 4, 2)
    for axis, at in ((0, [2, 0, -1]), (1, [[0, 3], [-4, 1]]), (-1, [1]), (1, 2)):
        at = np.array(at)
        yield Case("gather", f"axis{axis}_rank{at.ndim}".replace("-", "m"), {"axis": axis}, [x, at], [np.take(x, at, axis)])
    for kind in (np.float16, np.bool_, np.int8, np.float64, np.int32):
        y = np.array([1, 0, 3]).astype(kind)
        yield Case("gather", np.dtype(kind).name, {}, [y, i64(2, 0)], [y[[2, 0]]])
    yield Case("gather", "index_int32", {}, [x, np.array([1], I32)], [x[[1]]])
    yield Case("gather", "outside", {}, [f32(1, 2), i64(0, 2, -3, -2)], [f32(1, 0, 0, 1)])
    yield Case("gather", "far_outside", {}, [x, i64(2**63 - 1, -2**63)], [np.zeros((2, 4, 2), np.float32)])
    yield Case("gather", "integers", {}, [i64(5, 6, 7), np.array(-1)], [np.array(7)])
    yield Case("gather", "none", {}, [x, np.zeros(0, np.int64)], [x[:0]])
    batch = np.array([[0, 3], [1, 1], [-1, 2]])
    want = np.stack([x[b][batch[b]] for b in range(3)])
    yield Case("gather", "shared", {"axis": 1, "elementWiseDims": 1}, [x, batch], [want])
    yield Case("gather", "shared_one", {"axis": 1, "elementWiseDims": 1}, [x, batch[:1]], [x[:, batch[0]]], symbols=[])
    yield Case("gather", "bad_type", {}, [x, f32(1)], error="indices must be integers")
    at = np.array([[[0, 1], [2, 0]]])
    for axis in (0, 1, -1):
        small = np.minimum(at, x.shape[axis] - 1)
        yield Case("gather", f"element_{axis}".replace("-", "m"), {"mode": "element", "axis": axis}, [x, small],
                   onnxruntime_node("GatherElements", [x, small], axis=axis))
    yield Case("gather", "element_negative", {"mode": "element"}, [f32(1, 2, 3), i64(-1, -3)], [f32(3, 1)])
    yield Case("gather", "element_bad", {"mode": "element"}, [x, i64(0)], error="rank 3")
    for name, at, shared in (("rows", [[0], [2]], 0), ("pairs", [[0, 1], [-1, -2]], 0), ("whole", [[0, 1, 1], [2, 3, 0]], 0),
                             ("batched", [[1], [0], [3]], 1)):
        at = np.array(at)
        yield Case("gather", "nd_" + name, {"mode": "nd", "elementWiseDims": shared}, [x, at],
                   onnxruntime_node("GatherND", [x, at], batch_dims=shared), symbols=[0])
    yield Case("gather", "nd_bad", {"mode": "nd"}, [x, np.zeros((1, 4), np.int64)], error="do not fit data")


def scatters():
    x, at = data("s", 3, 4), np.array([[0, -1], [2, 1]])
    updates = data("su", 2, 2)
    for axis in (0, 1):
        for reduction in ("none", "add", "mul", "max", "min"):
            a = at if axis else np.array([[0, -1], [2, 2]])
            yield Case("scatter", f"element_{axis}_{reduction}", {"axis": axis, "reduction": reduction}, [x, a, updates],
                       onnxruntime_node("ScatterElements", [x, a, updates], axis=axis, reduction=reduction))
    twice = np.array([[1], [1], [0]])
    for reduction in ("add", "mul", "max", "min"):
        u, y = f32(2, -3, 4).reshape(3, 1), data("nd", 2, 2)
        nd = np.stack([u[:, 0]] * 2, 1)
        yield Case("scatter", "nd_twice_" + reduction, {"mode": "nd", "reduction": reduction}, [y, twice, nd],
                   onnxruntime_node("ScatterND", [y, twice, nd], reduction=reduction))
    pairs = np.array([[0, 1], [-1, -2]])
    yield Case("scatter", "nd_pairs", {"mode": "nd"}, [x, pairs, f32(7, 8)], onnxruntime_node("ScatterND", [x, pairs, f32(7, 8)]),
               symbols=[0])
    yield Case("scatter", "nd_rows", {"mode": "nd"}, [x, np.array([[1]]), x[:1] * 2],
               onnxruntime_node("ScatterND", [x, np.array([[1]]), x[:1] * 2]), symbols=[0])
    yield Case("scatter", "outside", {}, [f32(1, 2), i64(5, 0), f32(8, 9)], [f32(9, 2)])
    yield Case("scatter", "far_outside", {"axis": 0}, [x, np.array([[2**62]]), f32(1).reshape(1, 1)], [x])
    yield Case("scatter", "bool", {}, [np.array([True, True]), i64(1), np.array([False])], [np.array([True, False])])
    yield Case("scatter", "integers", {}, [i64(1, 2, 3), i64(1), i64(9)], [i64(1, 9, 3)])
    yield Case("scatter", "half_add", {"reduction": "add"}, [np.array([1, 2], np.float16), i64(0, 0), np.array([.5, 4], np.float16)],
               [np.array([5.5, 2], np.float16)])
    yield Case("scatter", "nan_max", {"reduction": "max"}, [f32(1, 2), i64(0), f32(np.nan)], [f32(np.nan, 2)])
    yield Case("scatter", "bad_updates", {}, [x, at, updates[:1]], error="extents 2 and 1 differ")
    yield Case("scatter", "bad_reduction", {"reduction": "sum"}, [x, at, updates], error="not sum")


def top(x, k, axis, largest):
    order = np.argsort(-x if largest else x, axis=axis, kind="stable")
    at = np.take(order, np.arange(k), axis=axis)
    return np.take_along_axis(x, at, axis), at


def tops():
    x = data("k", 3, 5, 2)
    for axis in (0, 1, -1):
        for largest in (True, False):
            values, at = top(x, 2, axis, largest)
            yield Case("topk", f"axis{axis}_{'max' if largest else 'min'}".replace("axis-", "axism"),
                       {"k": 2, "axis": axis, "operation": "max" if largest else "min", "indicesType": 8}, [x], [values, at])
    values, at = top(x, 3, 1, True)
    yield Case("topk", "input", {"axis": 1}, [x, i64(3)], [values, at.astype(I32)])
    yield Case("topk", "scalar_input", {"axis": 1}, [x, np.array(3, I32)], [values, at.astype(I32)])
    yield Case("topk", "ties", {"k": 3}, [f32(2, 1, 2, 2)], [f32(2, 2, 2), np.array([0, 2, 3], I32)])
    yield Case("topk", "nan_max", {"k": 3}, [f32(1, np.nan, 3, -1)], [f32(np.nan, 3, 1), np.array([1, 2, 0], I32)])
    yield Case("topk", "nan_min", {"k": 4, "operation": "min"}, [f32(1, np.nan, 3, -1)],
               [f32(-1, 1, 3, np.nan), np.array([3, 0, 2, 1], I32)])
    yield Case("topk", "int64", {"k": 2}, [i64(2**62, 2**62 + 1, 5)], [i64(2**62 + 1, 2**62), np.array([1, 0], I32)])
    yield Case("topk", "half", {"k": 1}, [np.array([1, 3, 2], np.float16)], [np.array([3], np.float16), np.array([1], I32)])
    yield Case("topk", "bad", {"k": 6, "axis": 1}, [x], error="has only 5")


def one_hots():
    at = np.array([[0, 2], [-1, 7]])
    for axis in (-1, 0, 1):
        want = onnxruntime_node("OneHot", [at, i64(3), f32(.5, 2)], axis=axis)
        yield Case("one_hot", f"axis{axis}".replace("-", "m"), {"axis": axis}, [at, f32(.5, 2), np.array(3)], want)
    yield Case("one_hot", "scalar", {}, [np.array(1), np.array([False, True]), np.array(2, I32)], [np.array([False, True])])
    yield Case("one_hot", "bad_values", {}, [at, f32(1), np.array(3)], error="two values")


def non_zeros():
    x = data("nz", 2, 3, 2) * (data("nzm", 2, 3, 2) > 0)
    yield Case("non_zero", "plain", {"indicesType": 8}, [x], [np.stack(np.nonzero(x))])
    yield Case("non_zero", "int32", {}, [i64(0, 5, -1)], [np.array([[1, 2]], I32)])
    yield Case("non_zero", "bool", {}, [np.array([[True, False], [True, True]])], [np.array([[0, 1, 1], [0, 0, 1]], I32)])
    yield Case("non_zero", "none", {}, [f32(0, 0)], [np.zeros((1, 0), I32)])
    yield Case("non_zero", "scalar", {}, [np.float32(2)], [np.zeros((0, 1), I32)])
    yield Case("non_zero", "nan", {}, [f32(0, np.nan)], [np.array([[1]], I32)])


def boxes(name, n, b):
    corner = data(name, n, b, 2, low=0, high=1)
    return np.concatenate([corner, corner + data(name + "e", n, b, 2, low=.3, high=.9)], -1)


def nms():
    b = boxes("nms", 2, 8)
    scores = data("nmss", 2, 3, 8, low=0, high=1)
    for name, most, iou, score in (("plain", 3, .4, .2), ("all", 100, .9, 0), ("strict", 2, .0, .5), ("none", 0, .5, 0)):
        inputs = [b, scores, i64(most), f32(iou), f32(score)]
        want = onnxruntime_node("NonMaxSuppression", inputs)[0]
        attrs = {"scoresByClass": True, "indicesType": 8}
        yield Case("nms", "onnx_" + name, attrs, inputs, [want, np.array(len(want), I32)], symbols=[0, 1])
        n, k, box = want.T                                    # ours without the flag: by batch and falling score
        order = np.lexsort((-scores[n, k, box], n))
        yield Case("nms", "plain_" + name, {}, [b, scores.transpose(0, 2, 1), np.array(most, I32), np.array(iou, np.float32),
                                                np.array(score, np.float32)],
                   [want[order].astype(I32), np.array(len(want), I32)], symbols=[0, 1])
    inputs = [b, scores, i64(4), f32(.5)]
    want = onnxruntime_node("NonMaxSuppression", inputs, center_point_box=1)[0]
    yield Case("nms", "center_sizes", {"boxFormat": "center_sizes", "scoresByClass": True, "indicesType": 8}, inputs, [want],
               symbols=[0, 1])
    flipped = b[..., [2, 3, 0, 1]]
    want = onnxruntime_node("NonMaxSuppression", [flipped, scores, i64(3), f32(.4)])[0]
    yield Case("nms", "other_corners", {"scoresByClass": True, "indicesType": 8}, [flipped, scores, i64(3), f32(.4)], [want],
               symbols=[0, 1])
    line = f32(0, 0, 1, 1, 0, 0, 1, 1, 5, 5, 6, 6).reshape(1, 3, 4)
    per_class = np.stack([line, line + 10], 2)                # [N,B,C,4]
    two = f32(.9, .3, .8, .2, .7, .1).reshape(1, 3, 2)
    yield Case("nms", "box_per_class", {}, [per_class, two, i64(5), np.float32(.5), np.float32(0)],
               [np.array([[0, 0, 0], [0, 0, 2], [0, 1, 0], [0, 1, 2]], I32), np.array(4, I32)], symbols=[0, 1])
    yield Case("nms", "limited", {"topKBoxLimit": 2}, [line, two[..., :1], i64(5), np.float32(.5)],
               [np.array([[0, 0, 0]], I32), np.array(1, I32)], symbols=[0, 1])
    yield Case("nms", "bad", {}, [line[..., :3], two, i64(1)], error="[N,B,4]")


def assertions():
    yield Case("assertion", "holds", {"message": "no"}, [np.array([True, True])])
    yield Case("assertion", "fails", {"message": "\"batch must be even\""}, [np.array([True, False])], error="batch must be even")


def cases():
    for family in (gathers, scatters, tops, one_hots, non_zeros, nms, assertions):
        yield from family()
