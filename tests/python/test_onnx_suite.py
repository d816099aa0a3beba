# SPDX-License-Identifier: Apache-2.0
"""The backend tests of the package onnx: all pass, but for those that the list of exclusions names."""

import json
import subprocess
import sys

import absent_gpu
import onnx_suite
import pytest
from helpers import has_backend, needs_gpu


@pytest.mark.parametrize("backend", ["cpu", "reference", pytest.param("cuda", marks=needs_gpu)])
def test_all(backend, tmp_path):
    # Workers are forked, which is safe only where no engine has run and left threads behind.
    path = tmp_path / "results.json"
    command = [sys.executable, onnx_suite.__file__, "--backend", backend, "--json", str(path)]
    if backend != "cuda":
        command.append("--loose" if backend == "cpu" else "--no-reload")
    run = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert path.exists(), run.stderr
    found = json.loads(path.read_text())
    results, refused = found["results"], found["refused"]
    rows = onnx_suite.exclusions(backend)
    failed = {n: r for n, r in results.items() if r and onnx_suite.excluded(n, rows) is None}
    stale = [n for n, r in results.items() if not r and onnx_suite.excluded(n, rows) is not None]
    print(run.stdout.splitlines()[-1])
    assert len(results) > 2000
    assert not failed, "\n".join(f"{n}: {r}" for n, r in sorted(failed.items()))
    if backend == "cpu":
        tried = [r for r in refused.values() if r is not None]
        assert len(tried) > 1900 and sum(map(bool, tried)) <= 225, "with unknown extents"
    assert not stale, f"excluded, yet passing: {stale}"


@pytest.mark.skipif(not has_backend("cuda"), reason="built without the CUDA backend")
@pytest.mark.skipif(absent_gpu.compiler() is None, reason="no C compiler")
def test_what_runs_on_a_gpu(tmp_path, monkeypatch):
    """Without one: kernels are chosen for it, and those layers that would run on the CPU are the ones that the list names."""
    absent_gpu.libraries(tmp_path)
    monkeypatch.setenv("BIREME_CUDA_PATH", str(tmp_path))
    monkeypatch.setenv("BIREME_CACHE", "off")
    path = tmp_path / "results.json"
    command = [sys.executable, onnx_suite.__file__, "--backend", "cuda", "--no-fallback", "--no-run", "--json", str(path)]
    run = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert path.exists(), run.stderr
    rows, results = onnx_suite.exclusions("gpu"), json.loads(path.read_text())["results"]
    failed = {n: r for n, r in results.items() if r and onnx_suite.excluded(n, rows) is None}
    alone = [row for row in rows if row not in onnx_suite.exclusions("")]
    stale = [n for n, r in results.items() if not r and onnx_suite.excluded(n, alone) is not None]
    assert len(results) > 2000
    assert not failed, "\n".join(f"{n}: {r}" for n, r in sorted(failed.items()))
    assert not stale, f"excluded, yet on the GPU: {stale}"


@pytest.mark.parametrize("variants", ["--shared", "--constant", "--precision=bf16", "--precision=fp16"])
@pytest.mark.parametrize("backend", ["cpu", pytest.param("cuda", marks=needs_gpu)])
def test_variants(backend, variants, tmp_path):
    """One tensor as several inputs, inputs that the builder knows, and types that it may choose."""
    path = tmp_path / "results.json"
    command = [sys.executable, onnx_suite.__file__, "--backend", backend, "--json", str(path), "--no-reload", variants]
    run = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert path.exists(), run.stderr
    rows, results = onnx_suite.exclusions(backend), json.loads(path.read_text())["results"]
    if variants.startswith("--precision"):
        rows += [("test_tan", "steep"), ("test_dynamicquantizelinear*", "steps of the result are wider than the tolerance")]
    failed = {n: r for n, r in results.items() if r and onnx_suite.excluded(n.split(":")[0], rows) is None}
    assert len(results) > 600
    assert not failed, "\n".join(f"{n}: {r}" for n, r in sorted(failed.items()))
