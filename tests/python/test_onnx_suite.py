# SPDX-License-Identifier: Apache-2.0
"""The backend tests of the package onnx: all pass, but for those that the list of exclusions names."""

import json
import subprocess
import sys

import onnx_suite
import pytest


@pytest.mark.parametrize("backend", ["cpu", "reference"])
def test_all(backend, tmp_path):
    # Workers are forked, which is safe only where no engine has run and left threads behind.
    path = tmp_path / "results.json"
    command = [sys.executable, onnx_suite.__file__, "--backend", backend, "--json", str(path)]
    if backend != "cpu":
        command.append("--no-reload")
    run = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert path.exists(), run.stderr
    results = json.loads(path.read_text())
    rows = onnx_suite.exclusions(backend)
    failed = {n: r for n, r in results.items() if r and onnx_suite.excluded(n, rows) is None}
    stale = [n for n, r in results.items() if not r and onnx_suite.excluded(n, rows) is not None]
    print(run.stdout.splitlines()[-1])
    assert len(results) > 2000
    assert not failed, "\n".join(f"{n}: {r}" for n, r in sorted(failed.items()))
    assert not stale, f"excluded, yet passing: {stale}"
