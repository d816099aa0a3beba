# SPDX-License-Identifier: Apache-2.0
"""Einstein sums, most of which become matrix products, against numpy's."""

import numpy as np
import onnx.helper as oh
import pytest
from onnx import TensorProto

import bireme
from helpers import save_onnx

CASES = [  # equation, shapes; "n" stands for an extent of 3 that is open
    ("ij,jk->ik", [(2, 4), (4, 5)]),
    ("bhid,bhjd->bhij", [("n", 2, 4, 5), ("n", 2, 6, 5)]),
    ("bhij,bhjd->bhid", [(2, 3, 4, 5), (2, 3, 5, 6)]),
    ("abcd,cde->eab", [(2, 3, 4, 5), (4, 5, 6)]),
    ("bchw,khw->bkc", [("n", 2, 4, 5), (3, 4, 5)]),
    ("i,j->ji", [(3,), (4,)]),
    ("bi,bi->b", [(3, 4), (3, 4)]),
    ("i,i->", [(4,), (4,)]),
    ("...ij,...jk->...ik", [(2, 3, 4), (2, 4, 5)]),
    ("ij,kl->jl", [(2, 3), (4, 5)]),
    ("abc->cab", [(2, 3, 4)]),
    ("ii->i", [(3, 3)]),
    ("ij,jk,kl->il", [(2, 3), (3, 4), (4, 5)]),
]


@pytest.mark.parametrize("equation, shapes", CASES, ids=[c[0] for c in CASES])
def test_agrees_with_numpy(tmp_path, equation, shapes):
    rng = np.random.default_rng(0)
    names = [f"x{i}" for i in range(len(shapes))]
    path = save_onnx(
        tmp_path / "m.onnx",
        [oh.make_node("Einsum", names, ["y"], equation=equation)],
        [(n, TensorProto.FLOAT, s) for n, s in zip(names, shapes)],
        [("y", TensorProto.FLOAT, None)],
    )
    values = [rng.standard_normal([3 if d == "n" else d for d in s]).astype(np.float32) for s in shapes]
    wanted = np.einsum(equation, *(v.astype(np.float64) for v in values))
    y = bireme.build(path)(dict(zip(names, values)))["y"]
    assert y.shape == wanted.shape
    np.testing.assert_allclose(y, wanted, rtol=1e-5, atol=1e-5)
