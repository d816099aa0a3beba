# SPDX-License-Identifier: Apache-2.0
"""`bireme bench --layers` and --exportLayers: what layers compute and move against counts by hand, and the machine's limits."""

import json
import pathlib
import subprocess

import numpy as np
import pytest
from helpers import save_onnx
from onnx import TensorProto, helper, numpy_helper

import bireme as trt

BIREME = pathlib.Path(trt._native.module.__file__).resolve().parents[2] / "bin" / "bireme"


def bench(*arguments):
    return subprocess.run([BIREME, "bench", *arguments, "--device", "cpu", "--threads", "1", "--duration", "0", "--warmUp", "0"],
                          check=True, capture_output=True, text=True).stdout


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    rng = np.random.default_rng(0)
    table = numpy_helper.from_array(rng.standard_normal((5000, 256)).astype(np.float32), "table")
    weights = numpy_helper.from_array(rng.standard_normal((256, 512)).astype(np.float32), "w")
    return save_onnx(
        tmp_path_factory.mktemp("layers") / "m.onnx",
        [helper.make_node("Gather", ["table", "ids"], ["rows"], name="rows"),
         helper.make_node("MatMul", ["rows", "w"], ["product"], name="product"),
         helper.make_node("Relu", ["product"], ["y"], name="relu")],
        [("ids", TensorProto.INT64, ["n"])], [("y", TensorProto.FLOAT, ["n", 512])], [table, weights])


def test_counts_are_those_of_the_shapes(model, tmp_path):
    """Also at other extents than the engine is tuned for."""
    engine = tmp_path / "m.engine"
    subprocess.run([BIREME, "build", model, "-o", engine, "--device", "cpu", "--threads", "1", "-q", "--minShapes", "ids:1",
                    "--optShapes", "ids:8", "--maxShapes", "ids:128"], check=True)
    for n in (8, 100):
        bench(engine, "--shapes", f"ids:{n}", "--exportLayers", tmp_path / "layers.json")
        told = json.loads((tmp_path / "layers.json").read_text())
        layers = {layer["name"]: layer for layer in told["layers"]}
        product = next(layer for name, layer in layers.items() if "product" in name)
        assert product["operations"] == 2 * n * 256 * 512 + n * 512
        assert product["bytes"] == 4 * (n * 256 + 256 * 512 + n * 512)
        rows = next(layer for name, layer in layers.items() if "rows" in name)
        assert rows["operations"] == 0
        assert rows["bytes"] <= 8 * n + 2 * 4 * n * 256 + 8  # of the table only what is gathered
        assert told["roofMilliseconds"] == pytest.approx(sum(layer.get("roofMs", 0) for layer in told["layers"]), rel=1e-3)


def test_limits_are_above_what_layers_reach(tmp_path):
    rng = np.random.default_rng(0)
    w = numpy_helper.from_array(rng.standard_normal((1024, 1024)).astype(np.float32), "w")
    path = save_onnx(tmp_path / "product.onnx", [helper.make_node("MatMul", ["x", "w"], ["y"])],
                     [("x", TensorProto.FLOAT, [1024, 1024])], [("y", TensorProto.FLOAT, [1024, 1024])], [w])
    bench(path, "--exportLayers", tmp_path / "layers.json", "--iterations", "20")
    told = json.loads((tmp_path / "layers.json").read_text())
    reached = max(layer["operations"] / layer["medianMs"] * 1e3 for layer in told["layers"])
    peak = told["roof"]["operationsPerSecond"]
    assert 0.5 * reached < peak["fp32"] < 50 * reached  # a busy machine slows both, not always alike
    assert ("AMX" in told["roof"]["source"]) == ("amx_tile" in pathlib.Path("/proc/cpuinfo").read_text())
    assert peak["bits8"] >= 0.8 * peak["bits16"] >= 0.6 * peak["fp32"]
    speeds = [c["bytesPerSecond"] for c in told["roof"]["copies"]]
    assert speeds == sorted(speeds, reverse=True) and speeds[-1] > 1e8


@pytest.mark.parametrize(("name", "width"), [("FLOAT", "fp32"), ("FLOAT16", "bits16")])
def test_products_are_held_against_the_peak_of_their_type(name, width, tmp_path):
    element = getattr(TensorProto, name)
    w = numpy_helper.from_array(np.ones((512, 512), helper.tensor_dtype_to_np_dtype(element)), "w")
    path = save_onnx(tmp_path / "product.onnx", [helper.make_node("MatMul", ["x", "w"], ["y"], name="product")],
                     [("x", element, [512, 512])], [("y", element, [512, 512])], [w])
    bench(path, "--exportLayers", tmp_path / "layers.json")
    told = json.loads((tmp_path / "layers.json").read_text())
    layer = next(layer for layer in told["layers"] if "product" in layer["name"])
    copies = told["roof"]["copies"]
    speed = next((c for c in copies if layer["bytes"] <= c["bytes"]), copies[-1])["bytesPerSecond"]
    least = max(layer["operations"] / told["roof"]["operationsPerSecond"][width], layer["bytes"] / speed)
    assert layer["roofMs"] == pytest.approx(1e3 * least, rel=1e-3, abs=1e-6)


def test_the_layer_that_loses_most_comes_first(model):
    text = bench(model, "--shapes", "ids:64", "--layers").splitlines()
    start = next(i for i, line in enumerate(text) if line.startswith("median ms"))
    rows = [line.split() for line in text[start + 1:]]
    lost = [float(r[7]) for r in rows if r[5] != "-"]
    assert len(lost) >= 2 and lost == sorted(lost, reverse=True) and lost[-1] >= 0
    assert text[start].split()[-2:] == ["kernel", "layer"] and all("cpu." in line for line in text[start + 1:])
    speeds = next(line for line in text if line.startswith("roof (")).split("GB/s ")[1].split(", ")
    assert len({s.split()[0] for s in speeds}) == len(speeds) and speeds[-1].endswith(" beyond"), "one figure for sizes of one speed"
    assert any("of what is possible" in line for line in text)
