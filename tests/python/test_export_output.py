# SPDX-License-Identifier: Apache-2.0
"""`--exportOutput` of the command line: what `bireme run` and `bireme bench` write, against numpy."""

import pathlib
import subprocess

import numpy as np
import pytest
from helpers import save_onnx
from onnx import TensorProto, helper

import bireme as trt

BIREME = pathlib.Path(trt._native.module.__file__).resolve().parents[2] / "bin" / "bireme"
QUICK = ("--iterations", "1", "--duration", "0", "--warmUp", "0")


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return save_onnx(tmp_path_factory.mktemp("export") / "m.onnx",
                     [helper.make_node("Relu", ["x"], ["scope/y"]), helper.make_node("ReduceSum", ["x"], ["sum"], keepdims=0)],
                     [("x", TensorProto.FLOAT, [2, 3])], [("scope/y", TensorProto.FLOAT, [2, 3]), ("sum", TensorProto.FLOAT, [])])


def bireme(command, model, folder, *more):
    x = np.array([[-1, 2, -3], [4, 0.5, -6]], np.float32)
    np.save(folder / "x.npy", x)
    given = [command, model, "--device", "cpu", "--threads", "1", "--loadInputs", f"x:{folder / 'x.npy'}", "-q", *more]
    return x, subprocess.run([BIREME, *given, "--exportOutput", folder / "new" / "out"], capture_output=True, text=True)


@pytest.mark.parametrize("command, more", [("run", ()), ("bench", QUICK)])
def test_every_output_is_a_file(model, tmp_path, command, more):
    x, done = bireme(command, model, tmp_path, *more)
    assert done.returncode == 0, done.stderr
    written = {f.name: np.load(f) for f in (tmp_path / "new" / "out").iterdir()}
    assert sorted(written) == ["scope_y.npy", "sum.npy"]
    assert np.array_equal(written["scope_y.npy"], np.maximum(x, 0))
    assert written["sum.npy"].shape == () and written["sum.npy"] == x.sum()


def test_a_command_that_writes_none_refuses_it(model, tmp_path):
    _, done = bireme("compare", model, tmp_path)
    assert done.returncode != 0 and "--exportOutput" in done.stderr
