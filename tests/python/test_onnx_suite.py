# SPDX-License-Identifier: Apache-2.0
"""The backend tests of the package onnx: all pass, but for those that the list of exclusions names."""

import pytest

import onnx_suite


@pytest.fixture(scope="module")
def cases():
    return onnx_suite.collect()


@pytest.mark.parametrize("backend", ["cpu", "reference"])
def test_all(cases, backend):
    results, _ = onnx_suite.run_suite(cases, backend, reload=backend == "cpu")
    rows = onnx_suite.exclusions(backend)
    failed = {n: r for n, r in results.items() if r and onnx_suite.excluded(n, rows) is None}
    stale = [n for n, r in results.items() if not r and onnx_suite.excluded(n, rows) is not None]
    good = sum(not r for r in results.values())
    print(f"{backend}: {good} of {len(cases)} pass")
    assert not failed, "\n".join(f"{n}: {r}" for n, r in sorted(failed.items()))
    assert not stale, f"excluded, yet passing: {stale}"
