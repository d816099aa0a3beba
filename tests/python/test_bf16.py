# SPDX-License-Identifier: Apache-2.0
"""BF16 as a permission on a CPU: products and convolutions take it; results stay near onnxruntime's in FP32."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from helpers import onnxruntime_outputs, run

import bireme as trt

sys.path.insert(0, str(Path(__file__).parents[2] / "bench"))
pytest.importorskip("onnx")
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
