# SPDX-License-Identifier: Apache-2.0
"""Plugins written in Python: in networks, from ONNX and from UFF."""

import subprocess
import sys

import numpy as np
import onnx
import onnx.helper as oh
import pytest
import uff
from helpers import profiled, run
from onnx import TensorProto

import bireme as trt

LINEAR = trt.TensorFormat.LINEAR


class Affine(trt.IPluginV3, trt.IPluginV3OneCore, trt.IPluginV3OneBuild, trt.IPluginV3OneRuntime):
    """y = factor * x + the number of runs before this one in the same context."""

    def __init__(self, factor, type=trt.float32):
        self.plugin_name = "PyAffine"
        self.factor = np.float32(factor)
        self.type = type
        self.runs = 0

    def clone(self):
        return Affine(self.factor, self.type)

    def get_output_data_types(self, input_types):
        return [input_types[0]]

    def get_output_shapes(self, inputs, shape_inputs, expr_builder):
        return [trt.DimsExprs(inputs[0])]

    def supports_format_combination(self, pos, in_out, num_inputs):
        return in_out[pos].desc.format == LINEAR and in_out[pos].desc.type == self.type

    def enqueue(self, input_desc, output_desc, inputs, outputs, workspace, stream):
        if self.factor == 13:
            raise ValueError("unlucky")
        assert tuple(input_desc[0].dims) == outputs[0].array.shape
        outputs[0].array[...] = self.factor * inputs[0].array + self.runs
        self.runs += 1

    def get_fields_to_serialize(self):
        return trt.PluginFieldCollection(
            [trt.PluginField("factor", self.factor, trt.PluginFieldType.FLOAT32)]
        )


class AffineCreator(trt.IPluginCreatorV3One):
    def __init__(self):
        self.name = "PyAffine"
        self.field_names = trt.PluginFieldCollection(
            [trt.PluginField("factor", None, trt.PluginFieldType.FLOAT32)]
        )
        self.seen = []

    def create_plugin(self, name, fields, phase):
        self.seen.append((name, phase, {f.name: f.data for f in fields}))
        return Affine(next(f.data[0] for f in fields if f.name == "factor"))


class Outer(trt.IPluginV2DynamicExt):
    """x [n], y [m] -> z [n + k, m], the outer product with k rows of zeros after it."""

    def __init__(self, rows, label):
        self.plugin_type = "PyOuter"
        self.num_outputs = 1
        self.rows, self.label = int(rows), label

    def clone(self):
        made = Outer(self.rows, self.label)
        made.plugin_namespace = self.plugin_namespace
        return made

    def get_output_datatype(self, index, input_types):
        return input_types[0]

    def get_output_dimensions(self, output_index, inputs, expr_builder):
        out = trt.DimsExprs(2)
        more = expr_builder.constant(self.rows)
        out[0] = expr_builder.operation(trt.DimensionOperation.SUM, inputs[0][0], more)
        out[1] = inputs[1][0]
        return out

    def supports_format_combination(self, pos, in_out, num_inputs):
        return in_out[pos].format == LINEAR and in_out[pos].type == trt.float32

    def serialize(self):
        return f"{self.rows} {self.label}".encode()

    def enqueue(self, input_desc, output_desc, inputs, outputs, workspace, stream):
        z = outputs[0].array
        z[...] = 0
        n = input_desc[0].dims[0]
        np.outer(inputs[0].array, inputs[1].array, out=z[:n])
        return 0


class OuterCreator(trt.IPluginCreator):
    def __init__(self):
        self.name = "PyOuter"
        self.seen = {}

    def create_plugin(self, name, fields):
        self.seen = {f.name: f.data for f in fields}
        return Outer(self.seen["rows"][0], self.seen["label"].tobytes().decode())

    def deserialize_plugin(self, name, data):
        rows, label = data.decode().split()
        return Outer(rows, label)


@pytest.fixture
def registered():
    """Registers creators for one test."""
    registry, made = trt.get_plugin_registry(), []

    def add(creator, space=""):
        assert registry.register_creator(creator, space)
        made.append(creator)
        return creator

    yield add
    for creator in made:
        assert registry.deregister_creator(creator)


def built(logger, define, **ranges):
    """A serialized engine of the network that `define` adds to; None when it cannot be built."""
    builder = trt.Builder(logger)
    network = builder.create_network()
    define(network)
    config = builder.create_builder_config()
    config.default_device_type = trt.DeviceType.CPU
    if ranges:
        profiled(builder, config, **ranges)
    return builder.build_serialized_network(network, config)


def affine(factor, type=trt.float32):
    def define(network):
        x = network.add_input("x", trt.float32, (-1, 3))
        layer = network.add_plugin_v3([x], [], Affine(factor, type))
        layer.name = "affine"
        assert layer.type == trt.LayerType.PLUGIN_V3 and layer.plugin.factor == factor
        layer.get_output(0).name = "y"
        network.mark_output(layer.get_output(0))

    return define


RANGE = {"x": ((1, 3), (2, 3), (4, 3))}


def test_every_context_has_its_own_state(logger, registered):
    creator = registered(AffineCreator())
    assert trt.get_plugin_registry().get_creator("PyAffine", "1") is creator
    plan = built(logger, affine(2.5), **RANGE)
    engine = trt.Runtime(logger).deserialize_cuda_engine(plan)
    assert engine is not None, logger.errors()
    assert creator.seen[0][1:] == (trt.TensorRTPhase.RUNTIME, {"factor": np.float32(2.5)})
    first, second = engine.create_execution_context(), engine.create_execution_context()
    for k, (context, runs) in enumerate([(first, 0), (first, 1), (second, 0), (first, 2)]):
        x = np.arange(3 * (k + 1), dtype=np.float32).reshape(-1, 3)
        np.testing.assert_array_equal(run(context, {"x": x})["y"], 2.5 * x + runs)


class Filled(Affine):
    """The first element of x in the shape that the shape input says."""

    def __init__(self):
        super().__init__(1)
        self.plugin_name = "PyFilled"

    def clone(self):
        return Filled()

    def get_output_shapes(self, inputs, shape_inputs, expr_builder):
        return [trt.DimsExprs(shape_inputs[0])]

    def enqueue(self, input_desc, output_desc, inputs, outputs, workspace, stream):
        assert len(inputs) == 1
        outputs[0].array[...] = inputs[0].array.flat[0]


class FilledCreator(AffineCreator):
    def __init__(self):
        super().__init__()
        self.name = "PyFilled"

    def create_plugin(self, name, fields, phase):
        return Filled()


def test_shape_inputs(logger, registered):
    registered(FilledCreator())

    def define(network):
        x = network.add_input("x", trt.float32, (-1, 3))
        shape = network.add_shape(x).get_output(0)
        layer = network.add_plugin_v3([x], [shape], Filled())
        assert tuple(layer.get_output(0).shape) == (-1, 3)
        layer.get_output(0).name = "y"
        network.mark_output(layer.get_output(0))

    engine = trt.Runtime(logger).deserialize_cuda_engine(built(logger, define, **RANGE))
    assert engine is not None, logger.errors()
    got = run(engine.create_execution_context(), {"x": np.full((4, 3), 7, np.float32)})["y"]
    np.testing.assert_array_equal(got, np.full((4, 3), 7))


def test_one_tensor_as_both_inputs(logger, registered):
    registered(OuterCreator())

    def define(network):
        x = network.add_input("x", trt.float32, (3,))
        layer = network.add_plugin_v2([x, x], Outer(1, "twice"))
        assert layer.plugin.label == "twice"
        layer.get_output(0).name = "y"
        network.mark_output(layer.get_output(0))

    engine = trt.Runtime(logger).deserialize_cuda_engine(built(logger, define))
    assert engine is not None, logger.errors()
    x = np.array([1, 2, 3], np.float32)
    got = run(engine.create_execution_context(), {"x": x})["y"]
    np.testing.assert_array_equal(got, np.concatenate([np.outer(x, x), np.zeros((1, 3))]))


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_what_goes_wrong_is_named(logger, registered):
    assert built(logger, affine(1, trt.float16), **RANGE) is None
    assert 'plugin "PyAffine" version "1" supports no format for the types' in logger.errors()[-1]
    plan = built(logger, affine(13), **RANGE)
    assert trt.Runtime(logger).deserialize_cuda_engine(plan) is None
    assert 'needs plugin "PyAffine" version "1"' in logger.errors()[-1]
    registered(AffineCreator())
    context = trt.Runtime(logger).deserialize_cuda_engine(plan).create_execution_context()
    with pytest.raises(AssertionError):
        run(context, {"x": np.zeros((1, 3), np.float32)})
    assert 'layer "affine": plugin "PyAffine"' in logger.errors()[-1]
    with pytest.raises(TypeError):
        trt.get_plugin_registry().register_creator(object())


def model(nodes, inputs, outputs):
    value = oh.make_tensor_value_info
    graph = oh.make_graph(
        nodes,
        "plugins",
        [value(n, TensorProto.FLOAT, s) for n, s in inputs.items()],
        [value(n, TensorProto.FLOAT, s) for n, s in outputs.items()],
    )
    opsets = [oh.make_opsetid("", 17), oh.make_opsetid("mine", 1)]
    return oh.make_model(graph, opset_imports=opsets, ir_version=8).SerializeToString()


def test_dynamic_plugin_from_onnx(logger, registered):
    creator = registered(OuterCreator(), "mine")
    node = oh.make_node("PyOuter", ["x", "y"], ["z"], name="outer", domain="mine",
                        plugin_namespace="mine", rows=2, label="abc", scales=[1, 2])  # fmt: skip
    data = model([node], {"x": ["n"], "y": [3]}, {"z": None})

    def define(network):
        parser = trt.OnnxParser(network, logger)
        assert parser.supports_model_v2(data)
        assert parser.parse(data), logger.errors()
        assert network.get_layer(0).type == trt.LayerType.PLUGIN_V2
        define.parser = parser

    plan = built(logger, define, x=((1,), (2,), (5,)))
    assert creator.seen["rows"].dtype == np.int32 and list(creator.seen["scales"]) == [1, 2]
    engine = trt.Runtime(logger).deserialize_cuda_engine(plan)
    assert engine is not None, logger.errors()
    context = engine.create_execution_context()
    for n in (2, 5, 1):
        x = np.arange(1, n + 1, dtype=np.float32)
        y = np.array([1, -1, 0.5], np.float32)
        want = np.concatenate([np.outer(x, y), np.zeros((2, 3))])
        np.testing.assert_array_equal(run(context, {"x": x, "y": y})["z"], want)


def test_a_plugin_in_place_of_an_operator(logger, registered):
    """With the flag a plugin of an operator's own name takes the node; without it the operator stays."""
    creator = AffineCreator()
    creator.name = "Relu"
    registered(creator)
    data = model([oh.make_node("Relu", ["x"], ["y"], factor=3.0)], {"x": [1, 3]}, {"y": None})
    for flag, kind in ((False, trt.LayerType.ACTIVATION), (True, trt.LayerType.PLUGIN_V3)):
        network = trt.Builder(logger).create_network()
        parser = trt.OnnxParser(network, logger)
        if flag:
            parser.set_flag(trt.OnnxParserFlag.ENABLE_PLUGIN_OVERRIDE)
        assert parser.parse(data), logger.errors()
        assert network.get_layer(0).type == kind


def test_onnx_fields_and_versions(logger, registered):
    creator = registered(AffineCreator())
    node = oh.make_node("PyAffine", ["x"], ["y"], name="node", domain="mine", factor=3)
    data = model([node], {"x": [1, 3]}, {"y": None})
    network = trt.Builder(logger).create_network()
    assert trt.OnnxParser(network, logger).parse(data), logger.errors()
    name, phase, fields = creator.seen[0]
    assert name == "node" and phase == trt.TensorRTPhase.BUILD
    assert fields["factor"].dtype == np.float32 and fields["factor"] == [3]  # as declared
    node.attribute.append(oh.make_attribute("plugin_version", "2"))
    data = model([node], {"x": [1, 3]}, {"y": None})
    assert not trt.OnnxParser(trt.Builder(logger).create_network(), logger).parse(data)
    assert "operator PyAffine of domain" in logger.errors()[-1]


class Split(Affine):
    """Halves of the channels of x, as N, C, H, W; the second negated."""

    def __init__(self):
        super().__init__(1)
        self.plugin_name = "PySplit"
        self.num_outputs = 2

    def clone(self):
        return Split()

    def get_output_data_types(self, input_types):
        return input_types * 2

    def get_output_shapes(self, inputs, shape_inputs, expr_builder):
        half = trt.DimsExprs(inputs[0])
        two = expr_builder.constant(2)
        half[1] = expr_builder.operation(trt.DimensionOperation.FLOOR_DIV, half[1], two)
        return [half, half]

    def enqueue(self, input_desc, output_desc, inputs, outputs, workspace, stream):
        first, second = np.split(inputs[0].array, 2, axis=1)
        outputs[0].array[...] = first
        outputs[1].array[...] = -second


class SplitCreator(AffineCreator):
    def __init__(self):
        super().__init__()
        self.name = "PySplit"

    def create_plugin(self, name, fields, phase):
        self.seen.append({f.name: f.data for f in fields})
        return Split()


def test_custom_node_of_uff(logger, registered):
    creator = registered(SplitCreator())
    g = uff.Graph()
    g.input("x", (2, 3, 3, 4))
    fields = dict(count_u_int=7, ratio_u_float=0.5, sizes_u_ilist=[1, 2], text_u_str="b'NHWC'")
    g.output(g.node("halves", "_PySplit", ["x"], T=uff.Type("float32"), **fields))
    order = trt.UffInputOrder.NCHW
    net = uff.Net(logger, g.bytes(), lambda parser: parser.register_input("x", (4, 3, 3), order))
    x = np.random.default_rng(0).standard_normal((2, 4, 3, 3)).astype(np.float32)
    got = net.run(x=x)
    np.testing.assert_array_equal(got["halves"], x[:, :2])
    np.testing.assert_array_equal(got["halves_1"], -x[:, 2:])
    seen = creator.seen[0]
    assert seen["count"].dtype == np.int32 and seen["count"] == [7]
    assert seen["ratio"].dtype == np.float32 and seen["ratio"] == [0.5]
    assert list(seen["sizes"]) == [1, 2] and seen["text"].tobytes() == b"NHWC" and "T" not in seen


def test_a_library_that_is_no_plugin_library(logger):
    trt.Builder(logger)
    assert trt.get_plugin_registry().load_library("/no/such/library.so") == 0


def test_plugins_at_the_end_of_the_interpreter():
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import bireme as trt, test_plugins as t\n"
        "trt.get_plugin_registry().register_creator(t.AffineCreator())\n"
        "plan = t.built(trt.Logger(), t.affine(2), **t.RANGE)\n"
        "engine = trt.Runtime(trt.Logger()).deserialize_cuda_engine(plan)\n"
        "context = engine.create_execution_context()\n"
        "print(t.run(context, {'x': t.np.ones((1, 3), t.np.float32)})['y'])\n"
    )
    folder = __file__.rsplit("/", 1)[0]
    done = subprocess.run([sys.executable, "-c", code, folder], capture_output=True, text=True)
    assert done.returncode == 0 and done.stdout.strip() == "[[2. 2. 2.]]", done.stderr


def test_plugins_to_serialize_are_read_when_built(logger):
    builder = trt.Builder(logger)
    config = builder.create_builder_config()
    assert config.plugins_to_serialize == []
    config.plugins_to_serialize = ["/no/such/library.so"]
    assert config.plugins_to_serialize == ["/no/such/library.so"]
    network = builder.create_network()
    network.mark_output(network.add_activation(network.add_input("x", trt.float32, (2,)), trt.ActivationType.RELU).get_output(0))
    assert builder.build_serialized_network(network, config) is None
    assert '"/no/such/library.so" to serialize is no shared object' in logger.errors()[-1]


def test_an_address_on_the_gpu_is_no_numpy_array():
    desc = trt.PluginTensorDesc()
    desc.dims, desc.type, desc.format = (2, 3), trt.float16, trt.TensorFormat.LINEAR
    (address,) = trt.plugin._addresses([desc], [4096], trt.DeviceType.GPU)
    assert address.__cuda_array_interface__ == {
        "shape": (2, 3),
        "typestr": "<f2",
        "data": (4096, False),
        "version": 3,
    }
    with pytest.raises(TypeError, match="on the GPU"):
        _ = address.array
