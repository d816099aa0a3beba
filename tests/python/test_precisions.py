# SPDX-License-Identifier: Apache-2.0
"""`bireme compare --precisions` against numpy's figures over the engines' own results; `bireme bench --streams`."""

import pathlib
import re
import subprocess

import numpy as np
import pytest
from helpers import save_onnx
from onnx import TensorProto, helper, numpy_helper

import bireme as trt

BIREME = pathlib.Path(trt._native.module.__file__).resolve().parents[2] / "bin" / "bireme"


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    rng = np.random.default_rng(0)
    w = [numpy_helper.from_array(rng.standard_normal((256, 512)).astype(np.float32), "w"),
         numpy_helper.from_array(rng.standard_normal((512, 10)).astype(np.float32), "v")]
    return save_onnx(
        tmp_path_factory.mktemp("precisions") / "m.onnx",
        [helper.make_node("MatMul", ["x", "w"], ["h"]), helper.make_node("Relu", ["h"], ["r"]),
         helper.make_node("MatMul", ["r", "v"], ["y"])],
        [("x", TensorProto.FLOAT, [64, 256])], [("y", TensorProto.FLOAT, [64, 10])], w)


def bireme(*arguments):
    return subprocess.run([BIREME, *arguments], check=True, capture_output=True, text=True).stdout


def test_figures_are_numpys(model, tmp_path):
    x = np.random.default_rng(1).standard_normal((64, 256)).astype(np.float32)
    np.save(tmp_path / "x.npy", x)
    text = bireme("compare", model, "--device", "cpu", "--precisions", "bf16,tf32", "--samples", "1",
                  "--loadInputs", f"x:{tmp_path}/x.npy")
    y = {p: trt.build(model, precision=p, device="cpu")(x)["y"].astype(np.float64) for p in ("fp32", "bf16")}
    rows = {line.split()[0]: line.split() for line in text.splitlines()[1:]}
    assert list(rows) == ["fp32", "bf16", "tf32"] and "reference" in rows["fp32"]
    largest = np.abs(y["bf16"] - y["fp32"]).max()
    cosine = (y["bf16"] * y["fp32"]).sum() / np.linalg.norm(y["bf16"]) / np.linalg.norm(y["fp32"])
    top = (y["bf16"].argmax(-1) == y["fp32"].argmax(-1)).mean()
    _, _, _, error, share, cos, agreement, name = rows["bf16"]
    # Kernels are chosen by timing: another engine may round otherwise.
    assert float(error) == pytest.approx(largest, rel=1, abs=1e-3)
    assert float(share) == pytest.approx(float(error) / np.ptp(y["fp32"]), rel=1e-2)
    assert float(cos) == pytest.approx(cosine, abs=1e-4)
    assert float(agreement[:-1]) == pytest.approx(100 * top, abs=4) and name == "y"
    assert float(rows["tf32"][4]) < 1e-5  # a CPU has none


def test_engine_is_refused(model, tmp_path):
    bireme("build", model, "-o", tmp_path / "m.engine", "--device", "cpu", "-q")
    run = subprocess.run([BIREME, "compare", tmp_path / "m.engine", "--precisions", "bf16"], capture_output=True, text=True)
    assert run.returncode == 1 and "give the model" in run.stderr


def test_streams(model):
    text = bireme("bench", model, "--device", "cpu", "--threads", "1", "--streams", "4", "--duration", "0.2")
    assert [int(n) for n in re.findall(r"^(\d+) streams?: [1-9]\d*\.\d+ runs/s$", text, re.M)] == [1, 2, 4]
