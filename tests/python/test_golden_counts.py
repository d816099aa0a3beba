# SPDX-License-Identifier: Apache-2.0
"""What is left of well-known networks: layers counted by kind. Narrow versions; the graphs are those of the real ones."""

import json
import sys
from collections import Counter
from pathlib import Path

import pytest

import bireme as trt

sys.path.insert(0, str(Path(__file__).parents[2] / "bench"))
pytest.importorskip("onnx")
from networks import classify, text  # noqa: E402


def layers_of(path, **shapes):
    """The engine's layers, as the inspector tells them, and what the optimizer did."""
    logger = trt.Logger(trt.Logger.ERROR)
    builder = trt.Builder(logger)
    network = builder.create_network()
    parser = trt.OnnxParser(network, logger)
    assert parser.parse_from_file(str(path))
    config = builder.create_builder_config()
    config.builder_optimization_level = 0  # nothing is timed: the graph is what counts
    config.profiling_verbosity = trt.ProfilingVerbosity.DETAILED
    config.default_device_type = trt.DeviceType.CPU
    profile = builder.create_optimization_profile()
    for name, shape in shapes.items():
        profile.set_shape(name, shape, shape, shape)
    config.add_optimization_profile(profile)
    engine = builder.build_engine_with_config(network, config)
    assert engine is not None
    inspector = engine.create_engine_inspector()
    form = trt.LayerInformationFormat.JSON
    return (json.loads(inspector.get_engine_information(form))["Layers"],
            json.loads(inspector.get_optimizations(form)))


def kinds(layers):
    return Counter(layer["TacticName"].split(".")[1] for layer in layers)


def test_resnet50(tmp_path):
    classify.resnet50(tmp_path / "m.onnx", shrink=8)
    layers, done = layers_of(tmp_path / "m.onnx", input=(1, 3, 224, 224))
    count = kinds(layers)
    assert count["convolution"] == 53
    assert count["pointwise"] == 0 and count["normalization"] == 0  # no ReLU, addition or BatchNorm is left
    residual = [x for x in layers if x["TacticName"].startswith("cpu.convolution") and "Add" in x["Name"]]
    assert len(residual) == 16
    fused = next(x for x in done if x["Pass"] == "fuse_epilogue")
    assert fused["BytesSaved"] > 0 and fused["OperationsSaved"] == 0


def test_inception_v3(tmp_path):
    classify.inception_v3(tmp_path / "m.onnx", shrink=8)
    layers, done = layers_of(tmp_path / "m.onnx", input=(1, 3, 299, 299))
    count = kinds(layers)
    assert count["pointwise"] == 0
    siblings = [x for x in layers if x["TacticName"].startswith("cpu.convolution.siblings")]
    assert [len(x["Outputs"]) for x in siblings] == [3] * 7 + [2] + [3] * 2  # 1x1 convolutions of one tensor
    assert count["convolution"] == 94 - 29 + len(siblings)
    listed = next(x for x in done if x["Pass"] == "fuse_siblings")
    assert listed["Rewrites"] == len(siblings)


def test_bert_base(tmp_path):
    d = 96
    text.bert_base(tmp_path / "m.onnx", d=d, words=100)
    shape = (1, 16)
    layers, done = layers_of(tmp_path / "m.onnx", input_ids=shape, attention_mask=shape, token_type_ids=shape)
    count = kinds(layers)
    assert count["attention"] == 12
    products = [x for x in layers if x["TacticName"].startswith("cpu.matmul")]
    merged = [x for x in products if x["Outputs"][0]["Dimensions"][-1] == 3 * d]
    assert len(merged) == 12 and len(products) == 4 * 12
    residual = [x for x in layers if x["TacticName"].startswith("cpu.normalization") and "Add" in x["Name"]]
    assert len(residual) == 24 and count["normalization"] == 25
    assert count["transpose"] == 0 and count["slice"] == 0  # heads are read where the product left them
    assert [x["Name"] for x in layers if x["LayerType"] == "Reformat"] == []
    siblings = next(x for x in done if x["Pass"] == "merge_siblings")
    assert siblings["Rewrites"] == 12
