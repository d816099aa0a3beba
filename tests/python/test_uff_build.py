# SPDX-License-Identifier: Apache-2.0
"""UFF files and frozen graphs through bireme.build and the command line."""

import os
import pathlib
import subprocess

import cv2
import numpy as np
import pytest

import bireme
import graphdef
import uff
from bireme.tensorflow import tensorflow_to_uff
from test_tensorflow import random, small_network

CLI = pathlib.Path(bireme._native.module.__file__).resolve().parents[2] / "bin" / "bireme"
X = np.random.default_rng(1).standard_normal((1, 17, 16, 3)).astype(np.float32)


@pytest.fixture(scope="module")
def graph():
    return small_network().bytes()


@pytest.fixture(scope="module")
def expected(graph):
    reference = cv2.dnn.readNetFromTensorflow(np.frombuffer(graph, np.uint8))
    reference.setInput(X.transpose(0, 3, 1, 2))
    return reference.forward()


@pytest.fixture
def files(graph, tmp_path):
    (tmp_path / "model.pb").write_bytes(graph)
    tensorflow_to_uff(tmp_path / "model.pb", path=tmp_path / "model.uff")
    return tmp_path


@pytest.mark.parametrize("name", ["model.pb", "model.uff"])
def test_build(files, expected, name):
    engine = bireme.build(files / name)
    assert [i.name for i in engine.inputs] == ["x"] and engine.inputs[0].shape == X.shape
    assert [o.name for o in engine.outputs] == ["prob"]
    assert np.abs(engine(X)["prob"] - expected).max() < 1e-5
    engine = bireme.build((files / name).read_bytes(), layout="nchw", outputs=["prob", "p3"])
    out = engine(np.ascontiguousarray(X.transpose(0, 3, 1, 2)))
    assert np.abs(out["prob"] - expected).max() < 1e-5
    assert out["p3"].shape == (1, 8, 4, 3)


def test_shapes_that_the_file_leaves_open():
    g = uff.Graph()
    g.input("x", ())
    g.output(g.node("y", "Softmax", ["x"]))
    with pytest.raises(bireme.Error, match="has to be registered"):
        bireme.build(g.bytes())
    engine = bireme.build(g.bytes(), shapes={"x": ((1, 4), (2, 4), (8, 4))})
    assert engine.inputs[0].shape == (-1, 4)
    assert np.allclose(engine(np.zeros((3, 4), np.float32))["y"], 0.25)


def test_dynamic_batch():
    g = graphdef.Graph()
    g.placeholder("x", (-1, 4))
    g.const("w", np.eye(4, dtype=np.float32) * 2)
    g.node("y", "MatMul", ["x", "w"])
    engine = bireme.build(g.bytes())
    for n in (2, 5):
        x = random(n, 4)
        assert np.array_equal(engine(x)["y"], 2 * x)


def test_errors(files):
    with pytest.raises(bireme.Error, match='no node "none"'):
        bireme.build(files / "model.pb", outputs=["none"])
    with pytest.raises(bireme.Error, match="layout is"):
        bireme.build(files / "model.uff", layout="chwn")
    with pytest.raises(bireme.Error, match='no input "y"'):
        bireme.build(files / "model.uff", shapes={"y": (1,)})


def cli(*words):
    done = subprocess.run([str(CLI), *map(str, words)], capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


needs_cli = pytest.mark.skipif(not CLI.exists(), reason="the command line is not built")


@needs_cli
def test_command_line(files, expected):
    os.remove(files / "model.uff")
    assert cli("convert", "tensorflow-to-uff", files / "model.pb", "-q") == (0, "")
    assert (files / "model.uff").read_bytes() == tensorflow_to_uff(files / "model.pb")
    assert cli("convert", "tensorflow-to-uff", files / "model.pb", "-l") == (0, "prob\n")
    np.save(files / "x.npy", X)
    np.save(files / "chw.npy", X.transpose(0, 3, 1, 2).copy())
    for file, words, image in (
        ("model.uff", ["--uffInput=x,17,16,3", "--uffNHWC", "--output=prob"], "x.npy"),
        ("model.uff", ["--uffInput=x,3,17,16", "--output=MarkOutput_0"], "chw.npy"),
        ("model.pb", ["--output=prob"], "x.npy"),
    ):
        code, text = cli("run", f"--uff={files / file}", *words, "-q", f"--exportOutput={files}",
                         f"--loadInputs=x:{files / image}", "--level=0")
        assert code == 0, text
        name = words[-1].split("=")[1]
        assert np.abs(np.load(files / f"{name}.npy") - expected).max() < 1e-5
    code, text = cli("build", files / "model.pb", "-q", "--level=0")
    assert code == 0 and (files / "model.engine").exists(), text


@needs_cli
def test_command_line_errors(files):
    code, text = cli("build", files / "model.uff", "--uffInput=x")
    assert code == 1 and "name,C,H,W" in text
    code, text = cli("build", files / "model.uff", "--uffInput=x,3,17,17")
    assert code == 1 and "the file says [1, 17, 16, 3]" in text
    code, text = cli("convert", "tensorflow-to-uff", files / "model.uff")
    assert code == 1 and "frozen" in text
