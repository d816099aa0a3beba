# SPDX-License-Identifier: Apache-2.0
"""FP16 as a permission on a CPU: weights take half of the file and are computed with in FP32."""

import sys
from pathlib import Path

import numpy as np
import pytest
from helpers import onnxruntime_outputs, run

import bireme as trt

sys.path.insert(0, str(Path(__file__).parents[2] / "bench"))
pytest.importorskip("onnx")
from networks import classify  # noqa: E402


class Lines(trt.ILogger):
    def __init__(self):
        super().__init__()
        self.lines = []

    def log(self, severity, message):
        self.lines.append(message)


def built(path, shape, flags, logger):
    builder = trt.Builder(logger)
    network = builder.create_network()
    assert trt.OnnxParser(network, logger).parse_from_file(str(path))
    config = builder.create_builder_config()
    for flag in flags:
        config.set_flag(flag)
    config.default_device_type = trt.DeviceType.CPU
    profile = builder.create_optimization_profile()
    profile.set_shape("input", shape, shape, shape)
    config.add_optimization_profile(profile)
    return bytes(builder.build_serialized_network(network, config))


def test_half_the_file_and_near_results(tmp_path):
    classify.resnet50(tmp_path / "m.onnx", shrink=4)
    x = np.random.default_rng(0).standard_normal((1, 3, 224, 224)).astype(np.float32)
    logger = Lines()
    whole = built(tmp_path / "m.onnx", x.shape, [], logger)
    assert not any("stored in FP16" in line for line in logger.lines)
    half = built(tmp_path / "m.onnx", x.shape, [trt.BuilderFlag.FP16], logger)
    assert any("stored in FP16 and computed with in FP32" in line for line in logger.lines)
    assert len(half) <= 0.56 * len(whole)
    engine = trt.Runtime(logger).deserialize_cuda_engine(half)
    ours = next(iter(run(engine.create_execution_context(), {"input": x}, engine).values()))
    theirs = next(iter(onnxruntime_outputs(tmp_path / "m.onnx", {"input": x}).values()))
    assert np.abs(ours - theirs).max() <= 2e-3 * np.abs(theirs).max()
    (tmp_path / "m.engine").write_bytes(half)
    mapped = trt.Runtime(logger).deserialize_cuda_engine_from_file(str(tmp_path / "m.engine"))
    again = next(iter(run(mapped.create_execution_context(), {"input": x}, mapped).values()))
    np.testing.assert_array_equal(ours, again)
