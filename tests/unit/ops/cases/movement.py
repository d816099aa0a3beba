# SPDX-License-Identifier: Apache-2.0
"""Ops that move elements (concat, transpose, reshape, slice, pad, ...) against numpy and onnxruntime."""
import ml_dtypes

from cases.common import *

BIG = 2**63 - 1
KINDS = [np.float32, np.float16, np.float64, np.int64, np.int32, np.int16, np.int8, np.uint8, np.bool_,
         ml_dtypes.bfloat16, ml_dtypes.float8_e4m3fn]


def typed(name, kind, *shape):
    """Small numbers that every type holds exactly; bools are their parity."""
    x = data(name, *shape, low=0, high=7, dtype=np.int64)
    return x % 2 == 1 if kind is np.bool_ else x.astype(kind)


def kind_name(kind):
    return np.dtype(kind).name


def joins():
    for kind in KINDS:
        a, b = typed("ca", kind, 2, 3), typed("cb", kind, 2, 1)
        yield Case("concat", "columns_" + kind_name(kind), {"axis": 1}, [a, b], [np.concatenate([a, b], 1)])
    a, b, c = (data(f"c{i}", *s) for i, s in enumerate([(2, 2, 3), (1, 2, 3), (3, 2, 3)]))
    yield Case("concat", "rows", {"axis": 0}, [a, b, c], [np.concatenate([a, b, c], 0)])
    yield Case("concat", "negative_axis", {"axis": -3}, [a, b], [np.concatenate([a, b], 0)])
    yield Case("concat", "one", {"axis": 2}, [a], [a])
    yield Case("concat", "empty_part", {"axis": 0}, [a, a[:0], b], [np.concatenate([a, b], 0)])
    yield Case("concat", "integers", {"axis": 0}, [i64(1, 2), i64(3), i64(4, 5)], [i64(1, 2, 3, 4, 5)])
    yield Case("concat", "bad_extent", {"axis": 0}, [a, data("x", 1, 2, 4)], error="extents 3 and 4 differ")
    yield Case("concat", "bad_rank", {"axis": 0}, [a, data("x", 2, 3)], error="has 2 dimensions")
    yield Case("concat", "bad_type", {"axis": 0}, [i64(1), f32(1)], error="different types")
    yield Case("concat", "bad_axis", {"axis": 3}, [a, a], error="axis 3")


def transposes():
    for kind in KINDS:
        x = typed("t", kind, 2, 3)
        yield Case("transpose", kind_name(kind), {"permutation": [1, 0]}, [x], [x.T])
    x = data("t4", 2, 3, 4, 2)
    for p in ([0, 2, 3, 1], [3, 1, 0, 2], [0, 1, 2, 3], [1, 0, 2, 3]):
        yield Case("transpose", "p" + "".join(map(str, p)), {"permutation": p}, [x], [x.transpose(p)])
    yield Case("transpose", "reversed", {}, [x], [x.transpose()])
    yield Case("transpose", "scalar", {}, [np.float32(3)], [np.float32(3)])
    yield Case("transpose", "empty", {"permutation": [1, 0]}, [x[0, 0][:0]], [x[0, 0][:0].T])
    yield Case("transpose", "bad_length", {"permutation": [0, 1]}, [x], error="does not fit")
    yield Case("transpose", "bad_twice", {"permutation": [0, 1, 1, 2]}, [x], error="given twice")


def views():
    x = data("v", 2, 3, 4)
    for name, shape, result in (("plain", [4, 6], (4, 6)), ("infer", [2, -1], (2, 12)), ("copy", [0, 0, 2, 2], (2, 3, 2, 2)),
                                ("copy_infer", [0, -1], (2, 12)), ("flat", [-1], (24,)), ("ones", [1, 2, 3, 4, 1], (1, 2, 3, 4, 1))):
        yield Case("reshape", name, {"shape": shape}, [x], [x.reshape(result)], symbols=[])
        yield Case("reshape", "input_" + name, {}, [x, np.array(shape, np.int64)], [x.reshape(result)],
                   symbols=[0] if -1 in shape else [])
    yield Case("reshape", "int32", {}, [x, np.array([6, 4], np.int32)], [x.reshape(6, 4)], symbols=[])
    yield Case("reshape", "scalar", {"shape": []}, [f32(3)], [np.float32(3)], symbols=[])
    yield Case("reshape", "empty", {"shape": [0, 5], "zeroIsPlaceholder": False}, [x[:0]], [np.zeros((0, 5), np.float32)], symbols=[])
    yield Case("reshape", "empty_copy", {"shape": [0, 4, 3]}, [x[:0]], [np.zeros((0, 4, 3), np.float32)], symbols=[])
    yield Case("reshape", "bad_volume", {"shape": [5, 5]}, [x], error="24 elements against 25")
    yield Case("reshape", "bad_twice", {"shape": [-1, -1]}, [x], error="more than one -1")
    yield Case("reshape", "bad_rest", {"shape": [5, -1]}, [x], error="cannot be split by 5")
    yield Case("reshape", "bad_copy", {"shape": [2, 3, 4, 0]}, [x], error="lacks")
    yield Case("reshape", "bad_negative", {"shape": [-2, 12]}, [x], error="is -2")
    y = data("s", 1, 3, 1, 2)
    yield Case("squeeze", "one", {"axes": [0]}, [y], [y[0]])
    yield Case("squeeze", "negative", {"axes": [-2, 0]}, [y], [y[0, :, 0]])
    yield Case("squeeze", "all", {}, [y], [y.squeeze()], symbols=[])
    yield Case("squeeze", "input", {}, [y, i64(2)], [y[:, :, 0]])
    yield Case("squeeze", "bad", {"axes": [1]}, [y], error="has extent 3, not 1")
    yield Case("squeeze", "integers", {"axes": [0]}, [np.array([[4, 5]])], [i64(4, 5)])
    yield Case("unsqueeze", "first", {"axes": [0]}, [x], [x[None]])
    yield Case("unsqueeze", "mixed", {"axes": [-1, 1]}, [x], [x[:, None, :, :, None]])
    yield Case("unsqueeze", "input", {}, [x, i64(3, 0)], [x[None, :, :, None]])
    yield Case("unsqueeze", "scalar", {"axes": [0]}, [np.int64(7)], [i64(7)])
    yield Case("unsqueeze", "bad_twice", {"axes": [0, -5]}, [x], error="given twice")
    for kind in KINDS + [ml_dtypes.int4]:
        yield Case("identity", kind_name(kind), {}, [typed("i", kind, 2, 3)], [typed("i", kind, 2, 3)])
    yield Case("shape", "plain", {}, [x], [i64(2, 3, 4)], symbols=[])
    yield Case("shape", "scalar", {}, [np.float32(1)], [np.zeros(0, np.int64)])


def shuffles():
    x = data("sh", 2, 3, 4)
    yield Case("shuffle", "both", {"firstTranspose": [1, 0, 2], "reshapes": True, "reshape": [3, 4, 2], "secondTranspose": [2, 0, 1]},
               [x], [x.transpose(1, 0, 2).reshape(3, 4, 2).transpose(2, 0, 1)], symbols=[])
    yield Case("shuffle", "reshape", {"reshapes": True, "reshape": [0, -1]}, [x], [x.reshape(2, 12)])
    yield Case("shuffle", "first", {"firstTranspose": [2, 0, 1]}, [x], [x.transpose(2, 0, 1)])
    yield Case("shuffle", "input", {"secondTranspose": [1, 0]}, [x, i64(-1, 6)], [x.reshape(4, 6).T])
    yield Case("shuffle", "nothing", {}, [x], [x])
    yield Case("shuffle", "integers", {"reshapes": True, "reshape": [2, 2], "secondTranspose": [1, 0]}, [i64(1, 2, 3, 4)],
               [np.array([[1, 3], [2, 4]])])
    yield Case("shuffle", "bad", {"firstTranspose": [0, 1]}, [x], error="does not fit")


def numpy_slice(x, axes, starts, ends, steps):
    index = [slice(None)] * x.ndim
    for a, s, e, t in zip(axes, starts, ends, steps):
        index[a] = slice(s, None if t < 0 and e <= -x.shape[a] - 1 else e, t)
    return x[tuple(index)]


SLICES = [
    ("middle", [0, 1], [1, 2], [3, 5], [1, 1]), ("to_end", [1], [2], [BIG], [1]), ("from_end", [0], [-2], [BIG], [1]),
    ("before_end", [1], [0], [-1], [1]), ("step", [1], [1], [6], [2]), ("step_end", [1], [0], [BIG], [3]),
    ("reverse", [1], [-1], [-BIG - 1], [-1]), ("reverse_all", [0, 1], [BIG, -1], [-BIG, -100], [-1, -2]),
    ("reverse_part", [1], [5], [1], [-2]), ("beyond", [0], [2], [100], [1]), ("left_of_it", [0], [-100], [2], [1]),
    ("empty", [0], [3], [1], [1]), ("none_left", [1], [50], [100], [1]), ("reverse_none", [1], [1], [4], [-1]),
    ("negative_axis", [-1], [1], [3], [1]), ("large_step", [1], [1], [BIG], [100]),
]


def slices():
    x = data("sl", 4, 7)
    for name, axes, starts, ends, steps in SLICES:
        want = numpy_slice(x, axes, starts, ends, steps)
        ort = onnxruntime_node("Slice", [x, i64(*starts), i64(*ends), i64(*axes), i64(*steps)])[0]
        assert np.array_equal(want, ort), name
        inside = name not in ("none_left", "left_of_it", "reverse_all")   # a symbolic shape rule takes bounds to lie inside
        yield Case("slice", "ends_" + name, {"useEnds": True, "start": starts, "size": ends, "stride": steps, "axes": axes},
                   [x], [want], symbols=None if inside else [])
        yield Case("slice", "ends_inputs_" + name, {"useEnds": True},
                   [x, i64(*starts), i64(*ends), i64(*steps), None, i64(*axes)], [want], symbols=None if inside else [])
    yield Case("slice", "ends_32bit", {"useEnds": True}, [x, np.array([1], np.int32), np.array([2**31 - 1], np.int32)],
               [x[1:]])
    yield Case("slice", "ends_zero_stride", {"useEnds": True, "start": [0], "size": [2], "stride": [0]}, [x], error="other than 0")
    for kind in KINDS:
        y = typed("sk", kind, 5)
        yield Case("slice", "reverse_" + kind_name(kind), {"start": [4], "size": [5], "stride": [-1]}, [y], [y[::-1]])
    plain = {"start": [1, 0], "size": [2, 3], "stride": [2, 3]}
    yield Case("slice", "plain", plain, [x], [x[1::2, 0::3]])
    yield Case("slice", "repeats", {"start": [1, 2], "size": [3, 2], "stride": [0, 1]}, [x], [np.repeat(x[1:2, 2:4], 3, 0)])
    yield Case("slice", "inputs", {}, [x, i64(1, 0), i64(2, 3), i64(2, 3)], [x[1::2, 0::3]])
    yield Case("slice", "axes", {"start": [2], "size": [3], "axes": [-1]}, [x], [x[:, 2:5]])
    yield Case("slice", "outside", {"start": [0, 5], "size": [4, 3]}, [x], error="is outside axis 1 of 7")
    yield Case("slice", "far", {"start": [BIG - 1, 0], "size": [4, 3], "stride": [BIG, 1]}, [x], error="is outside axis 0")
    yield Case("slice", "far_window", {"start": [BIG - 1, 0], "size": [4, 3], "stride": [BIG, 1], "mode": "wrap"}, [x],
               error="leaves the integers")
    yield Case("slice", "empty_huge", {"start": [0, 0], "size": [0, 2**40], "mode": "fill"}, [x],
               [np.empty((0, 2**40), np.float32)])
    yield Case("slice", "before", {"start": [-1, 0], "size": [1, 1]}, [x], error="is outside axis 0")
    at = np.arange(-6, 13)
    window = {"start": [0, -6], "size": [4, 19]}
    yield Case("slice", "wrap", window | {"mode": "wrap"}, [x], [x[:, at % 7]])
    yield Case("slice", "clamp", window | {"mode": "clamp"}, [x], [x[:, at.clip(0, 6)]])
    padded = np.pad(x, ((0, 0), (6, 6)), mode="reflect")
    yield Case("slice", "reflect", window | {"mode": "reflect"}, [x], [padded])
    yield Case("slice", "reflect_twice", {"start": [-9], "size": [20], "mode": "reflect"}, [f32(1, 2, 3)],
               [np.pad(f32(1, 2, 3), (9, 8), mode="reflect")])
    yield Case("slice", "fill_zero", window | {"mode": "fill"}, [x], [np.pad(x, ((0, 0), (6, 6)))])
    yield Case("slice", "fill_value", window | {"mode": "fill"}, [x, None, None, None, np.float32(2.5)],
               [np.pad(x, ((0, 0), (6, 6)), constant_values=2.5)])
    strided = {"start": [3, 8], "size": [4, 6], "stride": [-1, -2], "mode": "clamp"}
    yield Case("slice", "clamp_back", strided, [x], [x[3 - np.arange(4)][:, (8 - 2 * np.arange(6)).clip(0, 6)]])
    yield Case("slice", "integers", {"useEnds": True, "start": [-2], "size": [BIG]}, [i64(5, 6, 7)], [i64(6, 7)])


def pads():
    x = data("p", 3, 4)
    for mode, theirs in (("constant", "constant"), ("reflect", "reflect"), ("edge", "edge"), ("wrap", "wrap")):
        want = np.pad(x, ((1, 2), (2, 1)), mode=theirs)
        assert np.array_equal(want, onnxruntime_node("Pad", [x, i64(1, 2, 2, 1)], mode=theirs, opset=19)[0])
        yield Case("pad", mode, {"pads": [1, 2, 2, 1], "mode": mode}, [x], [want])
        yield Case("pad", "input_" + mode, {"mode": mode}, [x, i64(1, 2, 2, 1)], [want])
    for kind in KINDS:
        y = typed("pk", kind, 3)
        yield Case("pad", "value_" + kind_name(kind), {}, [y, i64(1, 2), np.ones((), kind)],
                   [np.concatenate([np.ones(1, kind), y, np.ones(2, kind)])])
    yield Case("pad", "attribute_value", {"pads": [1, 0, 0, 0], "value": -1.5}, [x],
               [np.pad(x, ((1, 0), (0, 0)), constant_values=-1.5)])
    yield Case("pad", "crop", {"pads": [-1, 2, 1, -1]}, [x], [np.pad(x[1:, :3], ((0, 1), (2, 0)))])
    yield Case("pad", "axes", {"pads": [1, 2], "axes": [-1]}, [x], [np.pad(x, ((0, 0), (1, 2)))])
    yield Case("pad", "axes_input", {}, [x, i64(1, 2, 0, 1), None, i64(1, 0)], [np.pad(x, ((2, 1), (1, 0)))])
    yield Case("pad", "integers", {"pads": [1, 1]}, [i64(4, 5)], [i64(0, 4, 5, 0)])
    yield Case("pad", "bad_count", {"pads": [1, 1]}, [x], error="do not fit 2 axes")
    yield Case("pad", "bad_size", {"pads": [-BIG, 0, 0, 0]}, [x], error="cannot pad by")
    yield Case("pad", "bad_crop", {"pads": [-2, 0, -2, 0]}, [x], error="leave nothing")
    yield Case("pad", "bad_mode", {"pads": [0, 0, 0, 0], "mode": "mirror"}, [x], error="not mirror")
    z = data("pp", 1, 2, 3, 4)
    yield Case("padding", "plain", {"pre": [1, 0], "post": [0, 2]}, [z], [np.pad(z, ((0, 0), (0, 0), (1, 0), (0, 2)))])
    yield Case("padding", "crop", {"pre": [-1, 1], "post": [0, -2]}, [z], [np.pad(z[:, :, 1:, :2], ((0, 0), (0, 0), (0, 0), (1, 0)))])
    yield Case("padding", "bad", {"pre": [1], "post": [0, 2]}, [z], error="two extents")


def repeats():
    x = data("e", 3, 1)
    for kind in KINDS:
        y = typed("ek", kind, 2, 1)
        yield Case("expand", kind_name(kind), {}, [y, i64(2, 3)], [np.broadcast_to(y, (2, 3))], symbols=[])
        yield Case("tile", kind_name(kind), {}, [y, i64(2, 3)], [np.tile(y, (2, 3))])
    yield Case("expand", "both_ways", {}, [x, i64(2, 1, 4)], [np.broadcast_to(x, (2, 3, 4))], symbols=[])
    yield Case("expand", "fewer", {}, [data("e3", 2, 3, 1), i64(3, 4)], [np.broadcast_to(data("e3", 2, 3, 1), (2, 3, 4))], symbols=[])
    yield Case("expand", "scalar", {}, [np.float32(2), i64(2, 2)], [np.full((2, 2), 2, np.float32)])
    yield Case("expand", "to_empty", {}, [x, i64(3, 0)], [np.zeros((3, 0), np.float32)], symbols=[])
    yield Case("expand", "integers", {}, [i64(7), i64(3)], [i64(7, 7, 7)])
    yield Case("expand", "bad", {}, [x, i64(2, 4)], error="cannot be broadcast")
    yield Case("tile", "once", {}, [x, i64(1, 1)], [x])
    yield Case("tile", "never", {}, [x, i64(0, 2)], [np.tile(x, (0, 2))])
    yield Case("tile", "integers", {}, [i64(1, 2), i64(2)], [i64(1, 2, 1, 2)])
    yield Case("tile", "bad", {}, [x, i64(2)], error="1 repeats")


def blocks():
    x = data("d2s", 2, 8, 2, 3)
    for mode in ("DCR", "CRD"):
        yield Case("depth_to_space", mode, {"blockSize": 2, "mode": mode}, [x],
                   onnxruntime_node("DepthToSpace", [x], blocksize=2, mode=mode))
    yield Case("depth_to_space", "half", {"blockSize": 2}, [x.astype(np.float16)],
               onnxruntime_node("DepthToSpace", [x.astype(np.float16)], blocksize=2))
    yield Case("depth_to_space", "bad", {"blockSize": 3}, [x], error="8 channels cannot be split")
    y = data("s2d", 2, 3, 4, 6)
    yield Case("space_to_depth", "plain", {"blockSize": 2}, [y], onnxruntime_node("SpaceToDepth", [y], blocksize=2))
    yield Case("space_to_depth", "bad", {"blockSize": 3}, [y], error="no multiple of the block size 3")


def triangles():
    x = data("tri", 2, 3, 4)
    for upper in (True, False):
        for k in (None, 0, 1, -2, 5, -5):
            want = (np.triu if upper else np.tril)(x, k or 0)
            yield Case("trilu", f"{'upper' if upper else 'lower'}_{'plain' if k is None else k}".replace("-", "m"),
                       {"upper": upper}, [x] if k is None else [x, np.array(k)], [want])
    b = np.ones((3, 3), np.bool_)
    yield Case("trilu", "bool", {"upper": False}, [b], [np.tril(b)])
    yield Case("trilu", "bad", {}, [f32(1, 2)], error="needs two dimensions")
    y = data("rs", 4, 3, 2)
    lengths = np.array([1, 4, 3])
    want = onnxruntime_node("ReverseSequence", [y, lengths], batch_axis=1, time_axis=0)
    yield Case("reverse_sequence", "time_first", {}, [y, lengths], want)
    z = data("rb", 2, 4)
    yield Case("reverse_sequence", "batch_first", {"batchAxis": 0, "sequenceAxis": -1}, [z, np.array([3, 2])],
               onnxruntime_node("ReverseSequence", [z, i64(3, 2)], batch_axis=0, time_axis=1))
    yield Case("reverse_sequence", "bad_length", {}, [y, i64(1, 5, 3)], error="length 5 is outside 0..4")
    yield Case("reverse_sequence", "bad_axes", {"batchAxis": 0}, [y, lengths], error="both axis 0")


def cases():
    for family in (joins, transposes, views, shuffles, slices, pads, repeats, blocks, triangles):
        yield from family()
