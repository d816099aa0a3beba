# SPDX-License-Identifier: Apache-2.0
"""BF16 as a permission on a CPU: products and convolutions take it; results stay near onnxruntime's in FP32."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from helpers import onnxruntime_outputs, relative_difference, run, save_onnx

import bireme as trt

sys.path.insert(0, str(Path(__file__).parents[2] / "bench"))
pytest.importorskip("onnx")
import onnx.helper as oh  # noqa: E402
from onnx import TensorProto, numpy_helper  # noqa: E402
from networks import classify, text  # noqa: E402

pytestmark = pytest.mark.skipif("avx512_bf16" not in Path("/proc/cpuinfo").read_text(),
                                reason="this processor does not multiply BF16")


def engine_of(path, inputs):
    logger = trt.Logger(trt.Logger.ERROR)
    builder = trt.Builder(logger)
    network = builder.create_network()
    assert trt.OnnxParser(network, logger).parse_from_file(str(path))
    config = builder.create_builder_config()
    config.set_flag(trt.BuilderFlag.BF16)
    config.profiling_verbosity = trt.ProfilingVerbosity.DETAILED
    config.default_device_type = trt.DeviceType.CPU
    config.builder_optimization_level = 0  # nothing is timed: the smaller type is taken where it can be
    profile = builder.create_optimization_profile()
    for name, x in inputs.items():
        profile.set_shape(name, x.shape, x.shape, x.shape)
    config.add_optimization_profile(profile)
    plan = builder.build_serialized_network(network, config)
    return trt.Runtime(logger).deserialize_cuda_engine(plan)


def compared(path, inputs):
    """Cosine of the first output with onnxruntime's, and the layers that write BF16 by kernel."""
    engine = engine_of(path, inputs)
    ours = next(iter(run(engine.create_execution_context(), inputs, engine).values()))
    theirs = next(iter(onnxruntime_outputs(path, inputs).values()))
    a, b = ours.ravel().astype(np.float64), theirs.ravel().astype(np.float64)
    layers = json.loads(engine.create_engine_inspector().get_engine_information(trt.LayerInformationFormat.JSON))["Layers"]
    small = [x["TacticName"] for x in layers if x["Outputs"] and x["Outputs"][0]["Format/Datatype"].startswith("BF16")]
    return float(a @ b / np.sqrt((a @ a) * (b @ b))), small


def test_resnet50(tmp_path):
    classify.resnet50(tmp_path / "m.onnx", shrink=8)
    x = np.random.default_rng(0).standard_normal((1, 3, 224, 224)).astype(np.float32)
    cosine, small = compared(tmp_path / "m.onnx", {"input": x})
    assert cosine >= 0.999
    assert sum(name.startswith("cpu.convolution") for name in small) >= 48  # of 53; casts may cost more at the ends


def test_bert_base(tmp_path):
    text.bert_base(tmp_path / "m.onnx", d=96, words=100)
    rng = np.random.default_rng(0)
    ids = {name: rng.integers(0, high, (1, 16)) for name, high in
           (("input_ids", 100), ("attention_mask", 2), ("token_type_ids", 2))}
    ids["attention_mask"][:, :4] = 1
    cosine, small = compared(tmp_path / "m.onnx", ids)
    assert cosine >= 0.999
    assert sum(name.startswith("cpu.matmul") for name in small) >= 24  # at least the MLP's
    assert small.count("cpu.attention.bf16") == 12 and small.count("cpu.normalization.simd") == 25  # no casts between


def test_a_processor_that_does_not_multiply_it(tmp_path):
    """Pools move BF16 on any processor; that products stay in FP32 is worth a line."""
    save_onnx(
        tmp_path / "m.onnx",
        [oh.make_node("Conv", ["x", "w"], ["c"]), oh.make_node("MaxPool", ["c"], ["y"], kernel_shape=[2, 2])],
        [("x", TensorProto.FLOAT, [1, 3, 16, 16])], [("y", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(np.ones((8, 3, 3, 3), np.float32), "w")])  # fmt: skip
    command = Path(trt._native.module.__file__).resolve().parents[2] / "bin" / "bireme"
    told = {}
    for isa in ("avx512", "avx512_bf16"):
        run = subprocess.run([command, "build", tmp_path / "m.onnx", "-o", tmp_path / "m.engine", "--bf16", "--device", "cpu"],
                             capture_output=True, text=True, check=True, env={**os.environ, "BIREME_CPU_MAX_ISA": isa})
        told[isa] = "convolutions and products stay in FP32" in run.stderr + run.stdout
    assert told == {"avx512": True, "avx512_bf16": False}


@pytest.mark.skipif("amx_bf16" not in Path("/proc/cpuinfo").read_text(), reason="this processor has no tile registers")
def test_tiles_agree_with_vectors(tmp_path):
    """Products by tile registers and by vectors differ by the order of their sums alone, and runs not at all."""
    text.bert_base(tmp_path / "m.onnx", d=96, words=100)
    rng = np.random.default_rng(0)
    given = []
    for name, high in (("input_ids", 100), ("attention_mask", 2), ("token_type_ids", 2)):
        np.save(tmp_path / f"{name}.npy", rng.integers(0, high, (1, 37)) if name != "attention_mask" else np.ones((1, 37), np.int64))
        given += ["--loadInputs", f"{name}:{tmp_path / name}.npy"]
    command = Path(trt._native.module.__file__).resolve().parents[2] / "bin" / "bireme"
    shapes = ",".join(f"{name}:1x37" for name in ("input_ids", "attention_mask", "token_type_ids"))
    found = {}
    for isa in ("amx", "avx512_bf16"):
        env = {**os.environ, "BIREME_CPU_MAX_ISA": isa}
        engine, out = tmp_path / f"{isa}.engine", tmp_path / isa
        subprocess.run([command, "build", tmp_path / "m.onnx", "-o", engine, "--bf16", "--device", "cpu", "--level", "0",
                        "--shapes", shapes], check=True, capture_output=True, env=env)
        runs = []
        for _ in range(2):
            out.mkdir(exist_ok=True)
            subprocess.run([command, "run", engine, *given, "--exportOutput", out], check=True, capture_output=True, env=env)
            runs.append(np.load(next(out.glob("*.npy"))))
        assert np.array_equal(*runs), isa
        found[isa] = runs[0]
    assert not np.array_equal(found["amx"], found["avx512_bf16"])  # another way was taken
    assert relative_difference(found["amx"], found["avx512_bf16"]) < 0.02
