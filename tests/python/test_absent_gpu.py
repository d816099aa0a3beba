# SPDX-License-Identifier: Apache-2.0
"""Steps of GPU engines that only copy, on a stand-in for the driver whose copies are real."""

import pathlib
import subprocess
import sys

import absent_gpu
import pytest
from helpers import has_backend

import bireme as trt

CONFORMANCE = pathlib.Path(trt._native.module.__file__).resolve().parents[2] / "bin" / "conformance"
pytestmark = [pytest.mark.skipif(not has_backend("cuda"), reason="built without the CUDA backend"),
              pytest.mark.skipif(absent_gpu.compiler() is None, reason="no C compiler")]

ASSERTION = """
import numpy as np
import bireme as trt
from onnx_suite import Runner

runner = Runner("cuda", fallback=False)
network = runner.builder.create_network()
condition = network.add_input("condition", trt.bool, (3,))
network.add_assertion(condition, "the batch must be even")
x = network.add_input("x", trt.float32, (3,))
y = network.add_concatenation([x, x]).get_output(0)
y.name = "y"
network.mark_output(y)
config = runner.builder.create_builder_config()
config.builder_optimization_level = 0
engine = runner.reload(runner.builder.build_engine_with_config(network, config))
for values in ([1, 1, 1], [1, 0, 1], [1, 1, 1]):
    try:
        runner.run(engine, {"condition": np.array(values, bool), "x": np.zeros(3, np.float32)})
        print("holds")
    except Exception as error:
        print(error)
"""


@pytest.fixture
def stand_in(tmp_path, monkeypatch):
    absent_gpu.libraries(tmp_path)
    monkeypatch.setenv("BIREME_CUDA_PATH", str(tmp_path))
    monkeypatch.setenv("BIREME_CACHE", "off")


@pytest.mark.skipif(not CONFORMANCE.exists(), reason="conformance is not built")
def test_lists(stand_in):
    run = subprocess.run([CONFORMANCE, "--gtest_filter=*Lists*"], capture_output=True, text=True, timeout=60)
    assert run.returncode == 0 and run.stdout.count("[       OK ]") >= 14, run.stdout


def test_assertions_are_read_back(stand_in):
    run = subprocess.run([sys.executable, "-c", ASSERTION], capture_output=True, text=True, cwd=absent_gpu.HERE, timeout=60)
    lines = run.stdout.splitlines()
    assert len(lines) == 3 and lines[0] == lines[2] == "holds", run.stdout + run.stderr
    assert "the batch must be even" in lines[1]


def test_constants_of_four_bits_are_copied(stand_in):
    run = subprocess.run([sys.executable, "onnx_suite.py", "--backend", "cuda", "--constant", "--no-fallback", "--failures", "-j", "1",
                          "--match", "test_castlike_FLOAT_to_INT4"], capture_output=True, text=True, cwd=absent_gpu.HERE, timeout=60)
    # With "like" constant a kernel casts, and kernels do nothing here.
    assert "1 of 2 pass" in run.stdout and "input constant:" not in run.stdout, run.stdout + run.stderr
