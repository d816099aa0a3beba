# SPDX-License-Identifier: Apache-2.0
"""Engines that keep their network are built anew where they cannot run. Another machine is this one with its instruction
set capped by BIREME_CPU_MAX_ISA, in a process of its own."""

import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest
from helpers import onnxruntime_outputs, relative_difference, save_onnx
from onnx import TensorProto, helper, numpy_helper

import bireme as trt

BIREME = pathlib.Path(trt._native.module.__file__).resolve().parents[2] / "bin" / "bireme"
OTHER = {**os.environ, "BIREME_CPU_MAX_ISA": "sse4"}
WEIGHTS = 4 * (64 * 3 * 49 + 128 * 64 * 9 + 256 * 128 + 2048 * 1024 + 1024 * 512)


def network(path):
    """Convolutions and products whose kernels pack their weights, over a dynamic batch."""
    rng = np.random.default_rng(0)

    def weight(name, *shape):
        return numpy_helper.from_array((rng.standard_normal(shape) / 30).astype(np.float32), name)

    nodes = [
        helper.make_node("Conv", ["x", "a"], ["1"], strides=[2, 2], pads=[3] * 4), helper.make_node("Relu", ["1"], ["2"]),
        # Dilated: Winograd's kernels would hold four times the weights.
        helper.make_node("Conv", ["2", "b"], ["3"], pads=[2] * 4, dilations=[2, 2]), helper.make_node("Conv", ["3", "c"], ["4"]),
        helper.make_node("Relu", ["4"], ["5"]), helper.make_node("AveragePool", ["5"], ["6"], kernel_shape=[5, 5], strides=[5, 5]),
        helper.make_node("Flatten", ["6"], ["7"]), helper.make_node("Gemm", ["7", "d"], ["8"]),
        helper.make_node("Gemm", ["8", "e"], ["y"], transB=1),
    ]
    weights = [weight("a", 64, 3, 7, 7), weight("b", 128, 64, 3, 3), weight("c", 256, 128, 1, 1),
               weight("d", 2304, 1024), weight("e", 512, 1024)]
    return save_onnx(path, nodes, [("x", TensorProto.FLOAT, ["n", 3, 30, 30])],
                     [("y", TensorProto.FLOAT, ["n", 512])], weights)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rebuild")
    model = network(folder / "m.onnx")
    trt.build(model, shapes={"x": [(1, 3, 30, 30), (2, 3, 30, 30), (4, 3, 30, 30)]}).save(folder / "m.engine")
    return folder, model


def test_weights_are_stored_once(built):
    folder, model = built
    size, weights = (folder / "m.engine").stat().st_size, os.path.getsize(model)
    assert size <= 1.1 * weights + 4e6
    assert size <= 1.1 * weights, "some weight lies in the file twice"


def load_elsewhere(path, **options):
    """What `bireme.load` does on the other machine: its result, or its error; and what it prints."""
    program = (
        "import sys, numpy, bireme\n"
        f"x = numpy.load(r'{path.parent}/x.npy')\n"
        f"try: numpy.save(r'{path.parent}/y.npy', bireme.load(r'{path}', **{options!r})(x)['y'])\n"
        "except bireme.Error as e: print('Error:', e, file=sys.stderr)\n")
    return subprocess.run([sys.executable, "-c", program], env=OTHER, capture_output=True, text=True, check=True).stderr


def test_facade_builds_anew(built):
    folder, model = built
    engine = folder / "m.engine"
    kept = engine.read_bytes()
    x = np.random.default_rng(1).standard_normal((3, 3, 30, 30)).astype(np.float32)
    np.save(folder / "x.npy", x)
    text = load_elsewhere(engine, rebuild=False)
    assert "Error:" in text and "was built for cpu" in text and "cannot run" in text
    assert "anew for this machine" in load_elsewhere(engine)
    expected = onnxruntime_outputs(model, {"x": x})["y"]
    assert relative_difference(np.load(folder / "y.npy"), expected) < 1e-5
    assert engine.read_bytes() == kept
    assert "anew" in load_elsewhere(engine, store=True)
    assert load_elsewhere(engine) == ""  # it is of that machine now, and keeps the network still
    engine.write_bytes(kept)


def test_command(built):
    folder, _ = built
    run = [BIREME, "run", folder / "m.engine", "--device", "cpu"]
    failed = subprocess.run(run, env=OTHER, capture_output=True, text=True)
    assert failed.returncode == 1 and "cannot run" in failed.stderr
    anew = subprocess.run([*run, "--rebuild-on-mismatch", "--saveEngine", folder / "n.engine"], env=OTHER,
                          capture_output=True, text=True)
    assert anew.returncode == 0 and "built anew" in anew.stdout + anew.stderr, anew.stderr
    subprocess.run([BIREME, "run", folder / "n.engine"], env=OTHER, check=True, capture_output=True)


def test_device_only_keeps_nothing(built):
    folder, model = built
    subprocess.run([BIREME, "build", model, "-o", folder / "o.engine", "--device-only", "--device", "cpu", "--shapes",
                    "x:1x3x30x30", "-q"], check=True)
    failed = subprocess.run([BIREME, "run", folder / "o.engine", "--rebuild-on-mismatch"], env=OTHER,
                            capture_output=True, text=True)
    assert failed.returncode == 1 and "does not keep its network" in failed.stderr
