# SPDX-License-Identifier: Apache-2.0
"""The UFF parser's interface: inputs and outputs in any order, names, and every error."""

import numpy as np
import pytest

import bireme as trt
import tf_numpy as tf
import uff
import wire
from uff import orders

RNG = np.random.default_rng(8)
NCHW, NHWC = trt.UffInputOrder.NCHW, trt.UffInputOrder.NHWC
W = RNG.standard_normal((3, 3, 3, 4)).astype(np.float32)
X = RNG.standard_normal((1, 6, 5, 3)).astype(np.float32)


def graph(order="N+C", shape=(-1, 6, 5, 3)):
    """in -> scaled -> conv -> relu, the file's output."""
    g = uff.Graph()
    g.input("in", shape)
    g.node("scaled", "Binary", ["in", g.const("two", np.float32(2))], func="mul")
    g.node("conv", "Conv", ["scaled", g.const("w", W)], inputs_orders=orders(order, "+CK"))
    g.output(g.node("relu", "Activation", ["conv"], func="relu"))
    return g.bytes()


EXPECTED = np.maximum(tf.conv2d(2 * X, W), 0)
CHW = X.transpose(0, 3, 1, 2)


def registered(shape, order, name="in"):
    return lambda parser: parser.register_input(name, shape, order)


@pytest.mark.parametrize("shape", [(-1, 6, 5, 3), (-1, -1, -1, -1), ()])
@pytest.mark.parametrize("batch", [(), (1,)])
@pytest.mark.parametrize("order", [NCHW, NHWC])
def test_input_orders(logger, shape, batch, order):
    x = CHW if order == NCHW else X
    net = uff.Net(logger, graph(shape=shape), registered(batch + x.shape[1:], order),
                  outputs=["MarkOutput_0"])
    assert tuple(net.network.get_input(0).shape) == x.shape
    got = net.run(**{"in": x})["MarkOutput_0"]
    assert got.shape == EXPECTED.shape and np.allclose(got, EXPECTED, atol=1e-5)


@pytest.mark.parametrize("order", [NCHW, NHWC])
def test_input_orders_of_a_channels_first_graph(logger, order):
    x = CHW if order == NCHW else X
    net = uff.Net(logger, graph("NC+", (-1, 3, 6, 5)), registered(x.shape[1:], order),
                  outputs=["MarkOutput_0"])
    got = net.run(**{"in": x})["MarkOutput_0"]
    assert np.allclose(got, EXPECTED.transpose(0, 3, 1, 2), atol=1e-5)


def test_an_implicit_batch(logger):
    g, rng = uff.Graph(), np.random.default_rng(0)
    w, k = (rng.standard_normal(d).astype(np.float32) for d in ((3, 3, 2, 4), (64, 5)))
    g.input("x", (-1, 6, 6, 2))
    g.node("c", "Conv", ["x", g.const("w", w)], inputs_orders=orders("N+C", "+CK"))
    g.node("f", "Flatten", ["c"])
    g.output(g.node("y", "FullyConnected", ["f", g.const("k", k)], inputs_orders=orders("NC", "CK")))
    builder = trt.Builder(logger)
    builder.max_batch_size = 3
    network, parser = builder.create_network(), trt.UffParser()
    parser.register_input("x", (2, 6, 6), trt.UffInputOrder.NCHW)
    assert parser.parse_buffer(g.bytes(), network, trt.float32)
    assert tuple(network.get_input(0).shape) == (2, 6, 6)
    assert tuple(network.get_output(0).shape) == (5,)
    engine = builder.build_engine(network, builder.create_builder_config())
    x, y = rng.standard_normal((3, 2, 6, 6)).astype(np.float32), np.empty((3, 5), np.float32)
    assert engine.create_execution_context().execute(3, [x.ctypes.data, y.ctypes.data])
    want = tf.conv2d(x.transpose(0, 2, 3, 1), w).reshape(3, -1) @ k
    np.testing.assert_allclose(y, want, rtol=0, atol=1e-4)


def test_node_as_output(logger):
    net = uff.Net(logger, graph(), registered((3, 6, 5), NCHW), outputs=["relu", "in"])
    got = net.run(**{"in": CHW})
    assert np.allclose(got["relu"], EXPECTED.transpose(0, 3, 1, 2), atol=1e-5)
    net = uff.Net(logger, graph(), registered((6, 5, 3), NHWC), outputs=["relu"])
    assert np.allclose(net.run(**{"in": X})["relu"], EXPECTED, atol=1e-5)


def test_file_order(logger):
    net = uff.Net(logger, graph())
    assert tuple(net.network.get_input(0).shape) == (-1, 6, 5, 3)
    assert np.allclose(net.run(**{"in": X})["relu"], EXPECTED, atol=1e-5)

    def channels_first(parser):
        parser.set_default_input_order(NCHW)

    net = uff.Net(logger, graph(), channels_first)
    assert tuple(net.network.get_input(0).shape) == (-1, 3, 6, 5)
    got = net.run(**{"in": CHW})["relu"]
    assert np.allclose(got, EXPECTED.transpose(0, 3, 1, 2), atol=1e-5)


def test_no_transposes_between_feature_maps(logger):
    net = uff.Net(logger, graph(), registered((3, 6, 5), NCHW), outputs=["relu"])
    kinds = {net.network.get_layer(i).type for i in range(net.network.num_layers)}
    assert trt.LayerType.SHUFFLE not in kinds


def test_image_for_a_flat_placeholder(logger):
    g = uff.Graph()
    g.input("in", (-1, 90))
    g.node("image", "Reshape", ["in", g.const("s", np.array([-1, 6, 5, 3], np.int32))])
    g.output(g.node("conv", "Conv", ["image", g.const("w", W)], inputs_orders=orders("N+C", "+CK")))
    net = uff.Net(logger, g.bytes(), registered((6, 5, 3), NHWC), outputs=["MarkOutput_0"])
    assert np.allclose(net.run(**{"in": X})["MarkOutput_0"], tf.conv2d(X, W), atol=1e-5)


def test_names(logger):
    net = uff.Net(logger, graph())
    layers = [net.network.get_layer(i) for i in range(net.network.num_layers)]
    assert {"conv", "relu", "scaled"} <= {layer.name for layer in layers}
    assert [layer.get_output(0).name for layer in layers if layer.name == "conv"] == ["conv"]


def test_same_node_marked_twice(logger):
    g = uff.Graph()
    g.input("x", (1, 4))
    g.node("y", "Activation", ["x"], func="relu")
    g.output("y")
    net = uff.Net(logger, g.bytes(), outputs=["MarkOutput_0", "y", "x"])
    got = net.run(x=np.array([[-1, 2, -3, 4]], np.float32))
    assert np.array_equal(got["y"], got["MarkOutput_0"]) and got["x/output"][0, 0] == -1


def failing(logger, data, *texts, register=None, outputs=()):
    net = uff.Net(logger, data, register, outputs=outputs)
    assert not net.ok
    for text in texts:
        assert any(text in e for e in net.errors), net.errors
    assert net.errors[-1] == logger.errors()[-1]
    return net.errors


def test_unsupported_operations_are_listed_together(logger):
    g = uff.Graph()
    g.input("x", (1, 4))
    g.node("a", "_Clever", ["x"])
    g.output(g.node("b", "LCN", ["a"]))
    (error,) = failing(logger, g.bytes(), "a: Unsupported operation _Clever")
    assert "b: Unsupported operation LCN" in error


def test_registrations_that_do_not_fit(logger):
    failing(logger, graph(), 'in: it is registered as [1, 3, 7, 5], the file says [?, 6, 5, 3]',
            register=registered((3, 7, 5), NCHW))
    failing_log = type(logger)()
    failing(failing_log, graph(), '"im" is no input of the file; it has "in"', "not registered",
            register=registered((3, 6, 5), NCHW, "im"))
    other = type(logger)()
    failing(other, graph(), 'output "prob" is no node of the file; its outputs are MarkOutput_0',
            outputs=["prob"])
    parser = trt.UffParser()
    assert not parser.register_input("", (1,)) and not parser.register_output("")


def one_node(op, shape=(2, 5, 5, 3), consts=(), **fields):
    g = uff.Graph()
    g.input("x", shape)
    g.output(g.node("y", op, ["x", *(g.const(f"c{i}", c) for i, c in enumerate(consts))], **fields))
    return g.bytes()


FAULTS = {
    "channels": (one_node("Conv", consts=[W[:, :, :2]], inputs_orders=orders("N+C", "+CK")),
                 "y: Conv: its kernel has 2 input channels, its input has 3 in 1 groups"),
    "groups": (one_node("Conv", consts=[W], number_groups=2), "number_groups is 2"),
    "strides": (one_node("Conv", consts=[W], strides=[1, 0]), "strides contains 0"),
    "padding": (one_node("Conv", consts=[W], implicit_padding="full"), '"full" is unknown'),
    "no kernel": (one_node("Conv"), "it has 1 inputs, not 2"),
    "func": (one_node("Unary", func="gamma"), 'func "gamma" is unknown'),
    "axis": (one_node("ArgMax", axis=4), "axis 4 of a value of rank 4"),
    "axes": (one_node("Reduce", func="sum", axes=[-5]), "axis -5"),
    "permutation": (one_node("Transpose", permutation=[0, 1, 1, 2]), "permutation is"),
    "matrix": (one_node("FullyConnected", (2, 7), [np.zeros((8, 3))]), "8 input channels"),
    "parameters": (one_node("BatchNorm", consts=[np.zeros(2)] * 4), "its data has 3 channels"),
    "broadcast": (one_node("Binary", consts=[np.zeros(2)], func="add"), "y: Binary"),
    "types": (one_node("Binary", consts=[np.array(1)], func="add"), "float32 and int64"),
    "reshape": (one_node("Reshape", consts=[np.array([7, -1])]), "y: Reshape"),
    "paddings": (one_node("Pad", consts=[np.zeros((3, 2), np.int32)]), "paddings have the shape"),
    "rank": (one_node("Pool", (2, 3), func="max", kernel=[1, 1]), "[2, 3]"),
    "output shape": (one_node("ConvTranspose", consts=[np.zeros((3, 3, 2, 3)),
                                                      np.array([2, 99, 5, 2])]), "extent of 99"),
}


@pytest.mark.parametrize("case", FAULTS)
def test_faulty_nodes(logger, case):
    failing(logger, *FAULTS[case])


def test_faulty_files(logger):
    good = graph()
    head = wire.integer(1, 1)

    def main(*nodes):
        return head + wire.data(4, b"".join(wire.data(2, n) for n in nodes))

    def node(name, op, *inputs, extra=b""):
        return (wire.data(1, name) + b"".join(wire.data(2, i) for i in inputs) + wire.data(3, op)
                + extra)

    loop = main(node("a", "Identity", "b"), node("b", "Identity", "a"), node("m", "MarkOutput", "a"))
    lost = main(node("a", "Identity", "z"), node("m", "MarkOutput", "a"))
    twice = main(node("a", "Input"), node("a", "Input"))
    short = main(node("a", "Const", extra=b"".join(
        wire.data(4, uff.entry(k, v)) for k, v in
        {"dtype": uff.Type("float32"), "shape": [2, 1 << 40], "values": b"abc"}.items())),
        node("m", "MarkOutput", "a"))
    negative = main(node("a", "Const", extra=b"".join(
        wire.data(4, uff.entry(k, v)) for k, v in {"shape": [-2], "values": b""}.items())),
        node("m", "MarkOutput", "a"))
    referring = main(node("a", "Const", extra=wire.data(4, uff.entry("values", uff.Ref("r")))),
                     node("m", "MarkOutput", "a"))
    cases = [(loop, "depends on itself"), (lost, 'its input "z" does not exist'),
             (twice, 'two nodes are called "a"'), (short, "too many elements"),
             (negative, "negative extent -2"), (referring, '"r" is missing'),
             (referring + wire.data(5, uff.entry("r", uff.Ref("r"))), "refers to itself"),
             (main(node("a", "Input")), "marks no outputs"), (wire.integer(1, 2), "version 2"),
             (head, "no UFF graph"), (good[:-5], "no UFF file"), (b"PK\x03\x04....", "zip")]
    for data, text in cases:
        failing(type(logger)(), data, text)
    assert not uff.Net(logger, b"").ok


def test_missing_file(logger, tmp_path):
    network = trt.Builder(logger).create_network(0)
    assert not trt.UffParser().parse(str(tmp_path / "none.uff"), network)
    assert "none.uff" in logger.errors()[0]


def test_cut_anywhere(logger):
    """A file that ends early is an error, never a crash."""
    data = graph()
    for end in range(0, len(data), 7):
        uff.Net(type(logger)(), data[:end])


def test_recorder_and_versions(logger):
    parser = trt.UffParser()
    version = (parser.uff_required_version_major, parser.uff_required_version_minor,
               parser.uff_required_version_patch)
    assert version == (0, 6, 9)
    parser.plugin_namespace = "mine"
    assert parser.plugin_namespace == "mine"
    network = trt.Builder(logger).create_network(0)
    assert not parser.parse_buffer(b"nothing", network) and parser.num_errors == 1
    parser.clear_errors()
    assert parser.num_errors == 0
