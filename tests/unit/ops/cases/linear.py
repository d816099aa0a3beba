# SPDX-License-Identifier: Apache-2.0
"""Matrix products, Einstein sums, reductions and running sums against numpy in double."""
from cases.common import *


def _f64(*arrays):
    return [a.astype(np.float64) if a.dtype != np.int64 else a for a in arrays]


def products():
    for name, a, b, attrs, equation in (
            ("plain", (3, 4), (4, 2), {}, "ik,kj->ij"),
            ("transpose_a", (4, 3), (4, 2), {"opA": "transpose"}, "ki,kj->ij"),
            ("transpose_b", (3, 4), (2, 4), {"opB": "transpose"}, "ik,jk->ij"),
            ("transpose_both", (4, 3), (2, 4), {"opA": "transpose", "opB": "transpose"}, "ki,jk->ij"),
            ("batch", (2, 3, 4), (2, 4, 2), {}, "bik,bkj->bij"),
            ("vector_a", (4,), (4, 3), {"opA": "vector"}, "k,kj->j"),
            ("vector_b", (3, 4), (4,), {"opB": "vector"}, "ik,k->i"),
            ("vector_b_transpose", (4, 3), (4,), {"opA": "transpose", "opB": "vector"}, "ki,k->i"),
            ("vectors", (4,), (4,), {"opA": "vector", "opB": "vector"}, "k,k->"),
            ("batch_vectors", (3, 4), (3, 4), {"opA": "vector", "opB": "vector"}, "bk,bk->b"),
            ("no_inner", (2, 0), (0, 3), {}, "ik,kj->ij")):
        x, w = data(name + "a", *a), data(name + "b", *b)
        yield Case("matrix_multiply", name, attrs, [x, w], [np.einsum(equation, *_f64(x, w)).astype(np.float32)])
    x, w = data("ba", 2, 1, 3, 4), data("bb", 1, 5, 2, 4)
    yield Case("matrix_multiply", "broadcast", {"opB": "transpose"}, [x, w],
               [np.matmul(*_f64(x, w.swapaxes(2, 3))).astype(np.float32)])
    i, j = data("ia", 2, 3, dtype=np.int32), data("ib", 3, 2, dtype=np.int32)
    yield Case("matrix_multiply", "int", {}, [i, j], [i @ j])
    h, k = data("ha", 2, 3, dtype=np.float16), data("hb", 3, 2, dtype=np.float16)
    yield Case("matrix_multiply", "half", {}, [h, k], [h @ k], tol=(1e-3, 1e-3))
    yield Case("matrix_multiply", "inner", {}, [data("x", 2, 3), data("y", 4, 2)],
               error="the first operand has 3 columns, the second has 4 rows")
    yield Case("matrix_multiply", "ranks", {}, [data("x", 2, 3), data("y", 1, 3, 2)], error="numbers of batch dimensions")
    yield Case("matrix_multiply", "batches", {}, [data("x", 2, 2, 3), data("y", 3, 3, 2)], error="cannot be broadcast")


def einsums():
    for name, equation, *shapes in (
            ("product", "ij,jk->ik", (2, 3), (3, 4)), ("implicit", "ij,jk", (2, 3), (3, 4)),
            ("implicit_order", "ba", (2, 3)), ("transpose", "abc->cab", (2, 3, 4)), ("sum", "ij->", (2, 3)),
            ("diagonal", "ii->i", (3, 3)), ("trace", "ii", (3, 3)), ("batch", "...ij,...jk->...ik", (2, 3, 4), (2, 4, 2)),
            ("batch_broadcast", "...ij,...jk->...ik", (2, 1, 3, 4), (5, 4, 2)), ("ellipsis_only", "...->...", (2, 3)),
            ("ellipsis_implicit", "i...j,j...", (2, 3, 4), (4, 3)), ("ellipsis_sum", "i...->i", (2, 3, 4)),
            ("three", "ab,bc,cd->ad", (2, 3), (3, 2), (2, 4)), ("outer", "i,j->ij", (2,), (3,)),
            ("attention", "bhqd,bhkd->bhqk", (1, 2, 3, 4), (1, 2, 5, 4)), ("scalars", ",->", (), ())):
        inputs = [data(name + str(i), *s) for i, s in enumerate(shapes)]
        if name == "ellipsis_sum":  # numpy refuses to sum over an ellipsis
            want = inputs[0].astype(np.float64).sum((1, 2))
        else:
            want = np.einsum(equation.replace(" ", ""), *_f64(*inputs))
        yield Case("einsum", name, {"equation": f'"{equation}"'}, inputs, [want.astype(np.float32)])
    x, y = data("x", 2, 3), data("y", 1, 4)
    yield Case("einsum", "one_broadcasts", {"equation": '"ij,jk->ik"'}, [x, y],
               [(x.astype(np.float64).sum(1, keepdims=True) @ y).astype(np.float32)])
    yield Case("einsum", "spaces", {"equation": '" i j , j k -> i k "'}, [x, data("z", 3, 4)],
               [(x.astype(np.float64) @ data("z", 3, 4)).astype(np.float32)])
    for name, equation, message in (
            ("extents", "ij,ij->ij", "label i has extents 2 and 3"), ("count", "ij->ij", "equation has 1 operands, the node 2"),
            ("labels", "ijk,ij->ij", "operand 0 has 2 dimensions, the equation names 3"),
            ("output", "ij,jk->iz", "output label z"), ("twice", "ij,jk->ii", "output label i"),
            ("character", "i?,jk->ik", "cannot read")):
        yield Case("einsum", "bad_" + name, {"equation": f'"{equation}"'}, [data("x", 2, 3), data("y", 3, 4)], error=message)


def reductions():
    functions = {"sum": np.sum, "prod": np.prod, "max": np.max, "min": np.min, "avg": np.mean}
    x = data("reduce", 2, 3, 4)
    for op, f in functions.items():
        for axes, keep in (([1], True), ([0, -1], False), ([0, 1, 2], False), ([], True)):
            want = f(x.astype(np.float64), axis=tuple(axes), keepdims=keep)
            yield Case("reduce", f"{op}_{'_'.join(map(str, axes)) or 'none'}", {"operation": op, "axes": axes, "keepDims": keep},
                       [x], [want.astype(np.float32)])
    empty = np.zeros((2, 0), np.float32)
    for op, v in (("sum", 0), ("prod", 1), ("max", -np.inf), ("min", np.inf), ("avg", np.nan)):
        yield Case("reduce", op + "_empty", {"operation": op, "axes": [1]}, [empty], [np.full((2, 1), v, np.float32)])
    i = data("reduce", 3, 4, low=-9, high=9, dtype=np.int64)
    for op in ("sum", "prod", "max", "min"):
        yield Case("reduce", op + "_int", {"operation": op, "axes": [0], "keepDims": False}, [i], [functions[op](i, axis=0)])
    yield Case("reduce", "avg_int", {"operation": "avg", "axes": [1]}, [i],
               [np.trunc(i.sum(1, keepdims=True) / 4).astype(np.int64)])
    low, high = np.iinfo(np.int32).min, np.iinfo(np.int32).max
    for op, v in (("max", low), ("min", high), ("sum", 0)):
        yield Case("reduce", op + "_int_empty", {"operation": op, "axes": [0], "keepDims": False}, [np.zeros((0, 2), np.int32)],
                   [np.full(2, v, np.int32)])
    n = f32(1, np.nan, 3)
    for op in ("max", "min", "sum"):
        yield Case("reduce", op + "_nan", {"operation": op, "axes": [0]}, [n], [f32(np.nan)])
    yield Case("reduce", "twice", {"axes": [1, -1]}, [x[0]], error="axis -1 is named twice")
    yield Case("reduce", "outside", {"axes": [3]}, [x], error="axis 3 is outside the 3 dimensions")
    yield Case("reduce", "bool", {"axes": [0]}, [np.array([True])], error="bool cannot be reduced")


def sums():
    x = data("cumulative", 2, 3, 2)
    for axis in (0, -2):
        for exclusive in (False, True):
            for reverse in (False, True):
                y = onnxruntime_node("CumSum", [x, np.array(axis, np.int64)], exclusive=int(exclusive), reverse=int(reverse))
                name = f"axis{axis}{'_exclusive' if exclusive else ''}{'_reverse' if reverse else ''}"
                yield Case("cumulative", name, {"exclusive": exclusive, "reverse": reverse}, [x, np.array(axis, np.int64)], y)
    i = i64(3, -4, 5)
    yield Case("cumulative", "int", {}, [i, np.array([0], np.int32)], [np.cumsum(i)])
    yield Case("cumulative", "axis", {}, [i, np.array(1, np.int64)], error="axis 1 is outside")


def cases():
    yield from products()
    yield from einsums()
    yield from reductions()
    yield from sums()
