# SPDX-License-Identifier: Apache-2.0
from cases.common import *


def cases():
    for axis in (-1, 0, 1):
        for log in (False, True):
            x = data("softmax", 3, 4, 5)
            y = reference_node("LogSoftmax" if log else "Softmax", [x], opset=13, axis=axis)
            yield Case("softmax", f"axis{axis}{'_log' if log else ''}", {"axis": axis, "log": log}, [x], y)
    big = f32(1000, 1001, -1000)
    yield Case("softmax", "large", {"axis": 0}, [big], reference_node("Softmax", [big], axis=0))
    yield Case("softmax", "empty", {"axis": 1}, [np.zeros((0, 3), np.float32)], [np.zeros((0, 3), np.float32)])
    half = data("softmax", 2, 3, dtype=np.float16)
    want = np.exp(half.astype(np.float64))
    want /= want.sum(1, keepdims=True)
    yield Case("softmax", "half", {"axis": 1}, [half], [want.astype(np.float16)], tol=(2e-3, 1e-3))
    yield Case("softmax", "scalar", {"axis": 0}, [np.float32(1)], error="at least one dimension")
    yield Case("softmax", "bad_axis", {"axis": 2}, [data("softmax", 2, 3)], error="axis 2 is outside")
