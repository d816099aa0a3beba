# SPDX-License-Identifier: Apache-2.0
"""Caffe's files: both forms, old forms, rules, names, and what is said of bad ones."""

import numpy as np
import pytest
import wire
from caffe import Refused, blob, caffemodel, declare, half, layer, opencv, ours, parse

import bireme as trt

RNG = np.random.default_rng(3)


def rand(*shape):
    return RNG.standard_normal(shape).astype(np.float32)


LENET_WEIGHTS = {
    "conv1": [rand(4, 1, 5, 5) / 5, rand(4)],
    "ip1": [rand(10, 4 * 12 * 12) / 24, rand(10)],
    "only in training": [rand(3)],
}
LENET = """
conv { name: "conv1" type: %(conv)s bottom: "data" top: "conv1"
  convolution_param { num_output: 4 kernel_size: 5 weight_filler { type: "xavier" } } }
conv { name: "relu1" type: %(relu)s bottom: "conv1" top: "conv1" }
conv { name: "pool1" type: %(pool)s bottom: "conv1" top: "pool1"
  pooling_param { pool: MAX kernel_size: 2 stride: 2 } }
conv { name: "ip1" type: %(ip)s bottom: "pool1" top: "ip1"
  inner_product_param { num_output: 10 } }
conv { name: "prob" type: %(soft)s bottom: "ip1" top: "prob" }
"""
V2 = LENET.replace("conv {", "layer {") % {
    "conv": '"Convolution"', "relu": '"ReLU"', "pool": '"Pooling"', "ip": "'Inner' 'Product'",
    "soft": '"Softmax"',
}  # fmt: skip
V1 = LENET.replace("conv {", "layers {") % {
    "conv": "CONVOLUTION", "relu": "18", "pool": "POOLING", "ip": "INNER_PRODUCT",
    "soft": "SOFTMAX",
}  # fmt: skip
DIMS = 'input: "data" input_dim: 2 input_dim: 1 input_dim: 28 input_dim: 28'
SHAPE = 'name: "lenet", input: "data"; input_shape < dim: [2, 1, 28, 28] > # all in one'
IMAGES = rand(2, 1, 28, 28)


LAYER = declare(data=(2, 1, 28, 28))


@pytest.mark.parametrize(
    "head,body,v1",
    [(h, b, v) for h in (DIMS, SHAPE) for b in (V1, V2) for v in (True, False)]
    + [(LAYER, V2, False)],
)
def test_forms_mean_the_same(logger, head, body, v1):
    want = opencv(declare(data=(2, 1, 28, 28)) + V2, LENET_WEIGHTS, {"data": IMAGES}, ["prob"])
    got = ours(logger, head + body, caffemodel(LENET_WEIGHTS, v1), {"data": IMAGES})
    assert list(got) == ["prob"]
    np.testing.assert_allclose(got["prob"], want["prob"], rtol=0, atol=1e-5)


def test_names_are_caffes(logger):
    network, blobs = parse(trt.Builder(logger), SHAPE + V2, LENET_WEIGHTS)
    assert network.name == "lenet"
    names = {network.get_layer(i).name for i in range(network.num_layers)}
    assert {"conv1", "relu1", "pool1", "ip1", "prob"} <= names
    assert blobs.find("conv1").name == "conv1"
    assert blobs.find("nothing") is None
    assert blobs.output_names == ["prob"]


def test_without_weights_the_network_runs(logger):
    got = ours(logger, SHAPE + V2, None, {"data": IMAGES})["prob"]
    again = ours(logger, SHAPE + V2, None, {"data": IMAGES})["prob"]
    np.testing.assert_allclose(got.sum(1), 1, atol=1e-5)
    np.testing.assert_allclose(got, again, rtol=0, atol=1e-6)


def test_phase_and_stage_rules(logger):
    text = declare(x=(1, 2)) + "".join(
        [
            layer("Power", ["x"], ["a"], "include { phase: TRAIN }"),
            layer("Power", ["x"], ["b"], "include { phase: TRAIN } include { phase: TEST }"),
            layer("Power", ["x"], ["c"], "exclude { phase: TEST }"),
            layer("Power", ["x"], ["d"], "exclude { phase: TRAIN } phase: TEST"),
            layer("Power", ["x"], ["e"], 'include { stage: "deploy" }'),
            layer("Power", ["x"], ["f"], 'include { not_stage: "deploy" }'),
            layer("Power", ["x"], ["g"], "include { min_level: 1 }"),
            layer("Accuracy", ["x", "label"], ["h"]),
            layer("SoftmaxWithLoss", ["x", "label"], ["i"]),
        ]
    )
    builder = trt.Builder(logger)
    assert parse(builder, text)[1].output_names == ["b", "d", "f", "i"]
    state = 'state { level: 1 stage: "deploy" }'
    assert parse(builder, state + text)[1].output_names == ["b", "d", "e", "g", "i"]


def test_in_place_on_the_input_and_shared_parameters(logger):
    x, w = rand(1, 3, 2, 2), rand(3)
    text = declare(x=x.shape) + layer("ReLU", ["x"], ["x"], name="r")
    text += layer("PReLU", ["x"], ["a"], 'param { name: "p" }')
    text += layer("Scale", ["x"], ["b"], 'param { name: "p" }')
    got = ours(logger, text, {"b": [w]}, {"x": x})
    np.testing.assert_allclose(got["b"], x.clip(0) * w[:, None, None], atol=1e-6)
    np.testing.assert_allclose(got["a"], x.clip(0), atol=1e-6)


def test_blobs_of_every_form(logger):
    w = rand(4).astype(np.float16).astype(np.float32)
    text = declare(x=(1, 4, 1)) + layer("Scale", ["x"], ["y"])
    shape = wire.data(7, wire.data(1, wire.packed([4])))
    forms = {
        "packed": blob(w),
        "legacy": blob(w, legacy=True),
        "pieces": shape + wire.data(5, w[:1].tobytes()) + wire.data(5, w[1:].tobytes()),
        "single": shape + b"".join(wire.real(5, v) for v in w),
        "doubles": shape + wire.data(8, w.astype("<f8").tobytes()),
        "raw half": shape + wire.integer(10, 2) + wire.data(12, half(w)),
        "raw float": shape + wire.integer(10, 1) + wire.data(12, w.tobytes()),
        "raw double": shape + wire.integer(10, 0) + wire.data(12, w.astype("<f8").tobytes()),
    }
    x = rand(1, 4, 1)
    for form, proto in forms.items():
        model = wire.data(100, wire.data(1, "y") + wire.data(7, proto))
        got = ours(logger, text, model, {"x": x})["y"]
        np.testing.assert_allclose(got, x * w[:, None], atol=1e-6, err_msg=form)


def test_mean_file(tmp_path):
    mean = rand(3, 5, 4)
    parser = trt.CaffeParser()
    for form in (blob(mean), blob(mean, legacy=True)):
        (tmp_path / "mean.binaryproto").write_bytes(form)
        got = parser.parse_binary_proto(str(tmp_path / "mean.binaryproto"))
        np.testing.assert_array_equal(got, mean[None])
    (tmp_path / "short").write_bytes(blob(mean)[:-4])
    assert parser.parse_binary_proto(str(tmp_path / "short")) is None
    assert "short" in parser.get_error(0)


def test_a_dynamic_batch(logger):
    builder = trt.Builder(logger)
    network, blobs = parse(builder, SHAPE + V2, LENET_WEIGHTS, {"data": (-1, 1, 28, 28)})
    assert tuple(blobs.find("prob").shape) == (-1, 10)


def test_an_implicit_batch(logger):
    builder = trt.Builder(logger)
    network = builder.create_network()
    builder.max_batch_size = 3  # before the first input
    parser = trt.CaffeParser()
    blobs = parser.parse_buffer((SHAPE + V2).encode(), caffemodel(LENET_WEIGHTS), network, trt.float32)
    assert network.has_implicit_batch_dimension
    assert tuple(network.get_input(0).shape) == (1, 28, 28)
    assert tuple(blobs.find("prob").shape) == (10,)
    network.mark_output(blobs.find("prob"))
    engine = builder.build_engine(network, builder.create_builder_config())
    assert engine.max_batch_size == 3 and engine.has_implicit_batch_dimension
    assert tuple(engine.get_binding_shape(0)) == (1, 28, 28)
    assert tuple(engine.get_binding_shape("prob")) == (10,)
    x, context = rand(3, 1, 28, 28), engine.create_execution_context()
    want = opencv(declare(data=x.shape) + V2, LENET_WEIGHTS, {"data": x}, ["prob"])["prob"]
    for n in (3, 1):
        y = np.empty((n, 10), np.float32)
        assert context.execute(n, [x.ctypes.data, y.ctypes.data])
        np.testing.assert_allclose(y, want[:n], rtol=0, atol=1e-5)
    assert not context.execute(4, [x.ctypes.data, y.ctypes.data])
    assert "takes 1 to 3" in logger.messages[-1][1]


X = declare(x=(2, 3, 4, 4))
IP = layer("InnerProduct", ["x"], ["y"], "inner_product_param { num_output: 2 }")
BAD = {
    "empty": ("", {}, "no layer"),
    "binary": (b"\x0a\x00\x00", {}, "caffemodel"),
    "open": (X + "layer { name: ", {}, "line 2: "),
    "quotes": ('name: "a', {}, "line 1: a text in quotes does not end"),
    "deep": ("layer { x " + "{ a " * 100, {}, "nested too deeply"),
    "enum": (X + layer("Pooling", ["x"], ["y"], "pooling_param { pool: BEST }"), {},
             "PoolingParameter.pool is one of MAX AVE STOCHASTIC, not \"BEST\""),
    "twice": (X + layer("Pooling", ["x"], ["y"], "pooling_param { pad: 1 pad: 1 }"), {},
              "PoolingParameter.pad is set twice"),
    "huge number": (X + layer("LRN", ["x"], ["y"], "lrn_param { local_size: 99999999999 }"), {},
                    "does not fit 32 bits"),
    "both kinds": (X + 'layers { type: RELU bottom: "x" top: "x" }', {}, "both kinds"),
    "v0": ('layers { layer { name: "conv1" type: "conv" } bottom: "x" }', {},
           "upgrade_net_proto_text"),
    "data layer": (layer("Data", [], ["x"]), {}, "Input layer"),
    "negative": (declare(x=(1, -3)) + IP, {}, 'layer "x" (Input): its shape'),
    "no bottom": (X + layer("ReLU", ["z"], ["y"]), {}, 'layer "y" (ReLU): its bottom "z"'),
    "unknown type": (X + layer("Relu", ["x"], ["y"]), {}, 'did you mean "ReLU"'),
    "two tops alike": (X + layer("ReLU", ["x"], ["y"]) * 2, {}, "made by an earlier layer"),
    "python": (X + layer("Python", ["x"], ["y"]), {}, 'type "Proposal" with proposal_param'),
    "recurrent": (X + layer("LSTM", ["x"], ["y"]), {}, 'layer "y" (LSTM): recurrent layers'),
    "mask": (X + layer("Upsample", ["x", "x"], ["y"]), {}, "forks disagree on the mask"),
    "huge input": (declare(x=(1, 1 << 62)) + IP, {}, "BlobShape.dim does not fit 32 bits"),
    "huge output": (X + layer("InnerProduct", ["x"], ["y"],
                              "inner_product_param { num_output: 2147483647 }"), {},
                    'layer "y" (InnerProduct): its matrix needs too many values'),
    "negative output": (X + layer("InnerProduct", ["x"], ["y"],
                                  "inner_product_param { num_output: -3 }"), {},
                        'layer "y" (InnerProduct): num_output must be positive'),
    "huge blob": (X + IP, wire.data(100, wire.data(1, "y") + wire.data(7, wire.data(
        7, wire.data(1, wire.packed([1 << 50, 1 << 50]))))),
        'layer "y" (InnerProduct): blob 0: a shape has too many elements'),
    "negative blob": (X + IP, wire.data(100, wire.data(1, "y") + wire.data(7, wire.data(
        7, wire.data(1, wire.packed([-2, 48]))))),
        'layer "y" (InnerProduct): blob 0: a shape has the negative extent -2'),
    "blob of fewer values": (X + IP, wire.data(100, wire.data(1, "y") + wire.data(
        7, wire.data(7, wire.data(1, wire.packed([2, 48]))) + wire.data(5, b"0000"))),
        'layer "y" (InnerProduct): blob 0: it holds 1 values, its shape needs 96'),
    "missing blob": (X + IP, {"z": [rand(2)]}, 'layer "y" (InnerProduct): blob 0 is missing'),
    "short blob": (X + IP, {"y": [rand(2, 47), rand(2)]},
                   "its matrix (blob 0) has 94 values, [2, 48] needs 96"),
    "blob shorter than its shape": (
        X + IP, wire.data(100, wire.data(1, "y") + wire.data(7, blob(rand(2, 48))[:-8])),
        'layer "y" (InnerProduct): blob 0: BlobProto.data'),
    "weights are text": (X + IP, b"name: \"net\"", "no .caffemodel file"),
    "weights are HDF5": (X + IP, b"\x89HDF\r\n\x1a\n", "HDF5"),
    "pool kernel": (X + layer("Pooling", ["x"], ["y"], "pooling_param { kernel_size: 9 }"), {},
                    "kernel is larger"),
    "stochastic": (X + layer("Pooling", ["x"], ["y"], "pooling_param { kernel_size: 2 "
                             "pool: STOCHASTIC }"), {}, "STOCHASTIC"),
    "slice": (X + layer("Slice", ["x"], ["y", "z"]), {}, "do not divide"),
    "eltwise": (X + declare(z=(2, 3, 4, 5)) + layer("Eltwise", ["x", "z"], ["y"]), {}, "differ"),
    "reshape": (X + layer("Reshape", ["x"], ["y"], "reshape_param { shape { dim: 5 dim: -1 } }"),
                {}, "cannot take the shape"),
    "group": (X + layer("Convolution", ["x"], ["y"],
                        "convolution_param { num_output: 4 kernel_size: 1 group: 2 }"), {},
              "groups"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_told(logger, name):
    text, weights, message = BAD[name]
    with pytest.raises(Refused) as told:
        parse(trt.Builder(logger), text, weights or None)
    assert message in str(told.value)


def test_all_faults_are_told_at_once(logger):
    text = X + layer("Relu", ["x"], ["a"]) + layer("ReLU", ["a"], ["b"])
    text += layer("What", ["x"], ["c"])
    with pytest.raises(Refused) as told:
        parse(trt.Builder(logger), text)
    assert str(told.value).count("\n") == 1


def test_unknown_fields_are_ignored_with_a_warning(logger):
    text = declare(x=(1, 2)) + layer(
        "ReLU", ["x"], ["y"], 'fork_param { a: 1 b: [2, 3] c { d: "e" "f" } } fork: true'
    )
    parse(trt.Builder(logger), text)
    warnings = [m for s, m in logger.messages if "fork" in m]
    assert len(warnings) == 2 and "line 2: LayerParameter.fork_param" in warnings[0]
