# SPDX-License-Identifier: Apache-2.0
"""What can be imported and where it would run: bireme check, Builder.check_network, the parser's own answers."""

import json
import pathlib
import subprocess

import numpy as np
import onnx
import onnx.helper as oh
import pytest

import bireme
import bireme as trt
from helpers import run, save_conv, save_onnx

CLI = pathlib.Path(bireme._native.module.__file__).resolve().parents[2] / "bin" / "bireme"
F = onnx.TensorProto.FLOAT


def check(*arguments):
    return subprocess.run([str(CLI), "check", *arguments], capture_output=True, text=True)


def bad_model(path):
    """Two nodes of an unknown operator, behind them a product that does not fit."""
    nodes = [
        oh.make_node("Frobnicate", ["x"], ["a"], "first"),
        oh.make_node("Frobnicate", ["a"], ["b"], "second"),
        oh.make_node("MatMul", ["b", "x"], ["y"], "third"),
    ]
    return save_onnx(path, nodes, [("x", F, [2, 3])], [("y", F, [2, 3])])


def test_good_model(tmp_path):
    path = save_conv(tmp_path / "conv.onnx", height=8, width=8)
    answer = check(path)
    assert answer.returncode == 0, answer.stderr
    assert "can be imported whole" in answer.stdout and "by kernels of the backend: convolution" in answer.stdout
    assert "assumed for want of --shapes: x:1x3x8x8" in answer.stdout
    assert not list(tmp_path.glob("*.engine"))


def test_slow_layers_are_named(tmp_path):
    """Elements below a byte: no kernel of the CPU moves those."""
    int4 = onnx.TensorProto.INT4
    path = save_onnx(tmp_path / "turn.onnx", [oh.make_node("Transpose", ["x"], ["y"], "the_turn")], [("x", int4, [5, 3])],
                     [("y", int4, [3, 5])], opset=21)
    answer = check(path)
    assert answer.returncode == 0 and "last resort" in answer.stdout and '"the_turn" (transpose)' in answer.stdout
    layers = json.loads(check(path, "--json").stdout)["Layers"]
    assert [(x["Name"], x["Place"], x["Origins"]) for x in layers] == [("the_turn", "last resort", ["the_turn"])]


def test_unsupported_nodes_are_listed_with_what_to_do(tmp_path):
    answer = check(bad_model(tmp_path / "bad.onnx"))
    assert answer.returncode == 1
    assert "2 of 3 nodes are not supported" in answer.stdout
    assert 'at "first", "second"' in answer.stdout and "plugin of its name" in answer.stdout


def test_no_model(tmp_path):
    (tmp_path / "text.onnx").write_text("{}")
    answer = check(str(tmp_path / "text.onnx"))
    assert answer.returncode == 1 and "it is a JSON file" in answer.stderr
    assert "is a folder" in check(str(tmp_path)).stderr
    (tmp_path / "text.onnx.data").write_bytes(b"\7" * 64)
    answer = check(str(tmp_path / "text.onnx.data"))
    assert answer.returncode == 1 and f'the weights of "{tmp_path}/text.onnx"; give that file' in answer.stderr


def test_missing_weights_are_no_matter_of_nodes(tmp_path):
    model = onnx.load(save_conv(tmp_path / "conv.onnx", height=8, width=8))
    onnx.save(model, tmp_path / "conv.onnx", save_as_external_data=True, location="conv.onnx.data", size_threshold=0)
    assert check(str(tmp_path / "conv.onnx")).returncode == 0
    (tmp_path / "conv.onnx.data").unlink()
    answer = check(str(tmp_path / "conv.onnx"))
    assert answer.returncode == 1 and "conv.onnx cannot be built.\n" in answer.stdout
    assert 'tensor "w" has external data' in answer.stdout and "belongs beside the model" in answer.stdout


def test_warnings_are_shown(tmp_path):
    model = onnx.load(save_conv(tmp_path / "conv.onnx", height=8, width=8))
    model.ir_version = 99
    onnx.save(model, tmp_path / "conv.onnx")
    answer = check(str(tmp_path / "conv.onnx"))
    assert answer.returncode == 0 and "warning: ONNX: the model has IR version 99" in answer.stderr
    assert not check(str(tmp_path / "conv.onnx"), "--quiet").stderr


@pytest.fixture
def parser(logger):
    builder = trt.Builder(logger)
    network = builder.create_network()
    yield trt.OnnxParser(network, logger), network, builder


def test_nodes_behind_a_failing_one_are_looked_at(parser, tmp_path):
    path = bad_model(tmp_path / "bad.onnx")
    model = onnx.load(path)
    for name in ("a", "b"):
        model.graph.value_info.append(oh.make_tensor_value_info(name, F, [2, 3]))
    answer = parser[0].supports_model(model.SerializeToString())
    assert answer == (False, [([0, 1, 2], False)])  # the product does not fit, either
    assert {parser[0].get_error(i).node_name() for i in range(parser[0].num_errors)} == {"first", "second", "third"}
    assert parser[1].num_layers == 0


def test_check_network_of_a_network_that_cannot_be_built(parser):
    _, network, builder = parser
    assert builder.check_network(network, builder.create_builder_config()) is None


def test_weights_given_apart(parser, tmp_path, logger):
    w = np.arange(6, dtype=np.float32).reshape(2, 3)
    model = onnx.load(save_onnx(tmp_path / "add.onnx", [oh.make_node("Add", ["x", "w"], ["y"])], [("x", F, [2, 3])],
                                [("y", F, [2, 3])], [onnx.numpy_helper.from_array(np.zeros_like(w), "w")]))
    model.graph.initializer[0].ClearField("raw_data")
    onnx_parser, network, builder = parser
    assert onnx_parser.load_model_proto(model.SerializeToString())
    assert not onnx_parser.load_initializer("v", w)
    assert onnx_parser.load_initializer("w", w.ctypes.data, w.nbytes)
    onnx_parser.clear_errors()
    assert onnx_parser.parse_model_proto()
    engine = builder.build_engine_with_config(network, builder.create_builder_config())
    x = np.ones((2, 3), np.float32)
    np.testing.assert_array_equal(run(engine.create_execution_context(), {"x": x}, engine)["y"], x + w)


def test_flags(parser):
    onnx_parser = parser[0]
    native = trt.OnnxParserFlag.NATIVE_INSTANCENORM
    assert onnx_parser.get_flag(native)
    onnx_parser.clear_flag(native)
    onnx_parser.set_flag(trt.OnnxParserFlag.ENABLE_PLUGIN_OVERRIDE)
    assert onnx_parser.flags == 1 << int(trt.OnnxParserFlag.ENABLE_PLUGIN_OVERRIDE)
    assert onnx_parser.set_builder_config(parser[2].create_builder_config())
    assert onnx_parser.get_used_vc_plugin_libraries() == []


def test_parts_that_are_not_the_whole(tmp_path):
    node = oh.make_node("Split", ["x"], ["a", "b"], "the_split", axis=0, split=[2, 2])
    path = save_onnx(tmp_path / "split.onnx", [node], [("x", F, [6])], [("a", F, [2]), ("b", F, [2])], opset=11)
    answer = check(path)
    assert answer.returncode == 1
    assert "the_split" in answer.stdout + answer.stderr
    assert "the parts take 4 of an extent of 6" in answer.stdout + answer.stderr
