# SPDX-License-Identifier: Apache-2.0
"""MXNet models to ONNX, on files that are written here; converters that are not installed."""

import json
import struct
import subprocess
import sys

import numpy as np
import pytest

import bireme
import tf_numpy as tf
from bireme.mxnet import mxnet_to_onnx
from bireme.mxnet_params import read_params
from bireme.onnx_export import check, pytorch_to_onnx, tensorflow_to_onnx

RNG = np.random.default_rng(11)
TYPES = {"float32": 0, "float64": 1, "float16": 2, "uint8": 3, "int32": 4, "int8": 5, "int64": 6}


def random(*shape):
    return RNG.standard_normal(shape).astype(np.float32)


def array_bytes(array, version):
    shape = array.shape
    if version == 0:
        head = struct.pack(f"<I{len(shape)}I", len(shape), *shape)
    else:
        head = struct.pack("<I", 0xF993FAC7 + version)
        if version > 1:
            head += struct.pack("<i", 0)
        head += struct.pack(f"<i{len(shape)}q", len(shape), *shape)
    return head + struct.pack("<iii", 1, 0, TYPES[array.dtype.name]) + array.tobytes()


def write_params(path, arrays, version=2):
    data = struct.pack("<QQQ", 0x112, 0, len(arrays))
    data += b"".join(array_bytes(a, version) for a in arrays.values())
    data += struct.pack("<Q", len(arrays))
    for name in arrays:
        data += struct.pack("<Q", len(name)) + name.encode()
    path.write_bytes(data)


class Symbol:
    """A -symbol.json in the making; what has no operation is a variable."""

    def __init__(self, attributes="attrs"):
        self.nodes, self._index, self._key = [], {}, attributes
        self.arrays = {}

    def variable(self, name, array=None, kind="arg"):
        self._index[name] = (len(self.nodes), 0)
        self.nodes.append({"op": "null", "name": name, "inputs": []})
        if array is not None:
            self.arrays[f"{kind}:{name}"] = array
        return name

    def node(self, op, name, inputs, outputs=1, **attributes):
        given = [[*self._index[i], 0] for i in inputs]
        raw = {"op": op, "name": name, "inputs": given,
               self._key: {k: str(v) for k, v in attributes.items()}}
        for k in range(outputs):
            self._index[name if k == 0 else f"{name}{k}"] = (len(self.nodes), k)
        self.nodes.append(raw)
        return name

    def save(self, folder, *heads, version=2):
        symbol = {"nodes": self.nodes, "heads": [[*self._index[h], 0] for h in heads],
                  "arg_nodes": [i for i, n in enumerate(self.nodes) if n["op"] == "null"]}
        (folder / "net-symbol.json").write_text(json.dumps(symbol))
        write_params(folder / "net-0000.params", self.arrays, version)
        return folder / "net-symbol.json", folder / "net-0000.params"


def run(symbol, folder, x, *heads):
    mxnet_to_onnx(*symbol.save(folder, *heads), folder / "net.onnx", {"data": x.shape})
    return list(bireme.build(folder / "net.onnx")(x).values())


def lenet(symbol, params):
    """As MXNet's own example had it, with a label that only training needs."""
    symbol.variable("data")
    for name, array in params.items():
        kind = "aux" if "moving" in name else "arg"
        symbol.variable(name, array, kind)
    symbol.variable("softmax_label")
    symbol.node("Convolution", "c1", ["data", "w1", "b1"], kernel=(3, 3), num_filter=6, pad=(1, 1))
    symbol.node("BatchNorm", "n1", ["c1", "gamma", "beta", "moving_mean", "moving_var"], eps=0.01)
    symbol.node("Activation", "a1", ["n1"], act_type="tanh")
    symbol.node("Pooling", "p1", ["a1"], kernel="(2, 2)", stride="(2, 2)", pool_type="max")
    symbol.node("Flatten", "f", ["p1"])
    symbol.node("FullyConnected", "fc", ["f", "w2", "b2"], num_hidden=5)
    symbol.node("SoftmaxOutput", "softmax", ["fc", "softmax_label"])


@pytest.mark.parametrize("attributes, version", [("attrs", 2), ("attr", 1), ("param", 0), ("attrs", 3)])
def test_lenet(tmp_path, attributes, version):
    p = {"w1": random(6, 3, 3, 3), "b1": random(6), "gamma": random(6), "beta": random(6),
         "moving_mean": random(6), "moving_var": np.abs(random(6)) + 0.1,
         "w2": random(5, 6 * 4 * 5) * 0.1, "b2": random(5)}
    symbol = Symbol(attributes)
    lenet(symbol, p)
    x = random(2, 3, 8, 10)
    paths = symbol.save(tmp_path, "softmax", version=version)
    mxnet_to_onnx(*paths, tmp_path / "net.onnx", {"data": (-1, 3, 8, 10)})
    engine = bireme.build(tmp_path / "net.onnx")
    assert [i.name for i in engine.inputs] == ["data"]
    h = tf.conv2d(x.transpose(0, 2, 3, 1), p["w1"].transpose(2, 3, 1, 0), padding=(1, 1)) + p["b1"]
    # fix_gamma is true unless the symbol says otherwise: gamma counts as 1
    h = np.tanh(tf.batch_norm(h, 1, p["beta"], p["moving_mean"], p["moving_var"], 0.01))
    h = tf.max_pool(h, (2, 2), (2, 2)).transpose(0, 3, 1, 2).reshape(2, -1)
    expected = tf.softmax(h @ p["w2"].T + p["b2"])
    assert np.abs(engine(x)["softmax"] - expected).max() < 1e-4


def test_windows(tmp_path):
    s = Symbol()
    x, w, d = random(1, 4, 9, 9), random(8, 2, 3, 3), random(4, 3, 2, 2)
    s.variable("data")
    s.variable("w", w)
    s.variable("d", d)
    s.node("Convolution", "conv", ["data", "w"], kernel=(3, 3), num_group=2, num_filter=8,
           no_bias=True, stride=(2, 2), dilate=(2, 2))
    s.node("Deconvolution", "deconv", ["data", "d"], kernel=(2, 2), stride=(2, 2), num_filter=3)
    s.node("Pooling", "full", ["data"], kernel=(2, 2), stride=(2, 2), pool_type="max",
           pooling_convention="full")
    s.node("Pooling", "avg", ["data"], kernel=(3, 3), pad=(1, 1), pool_type="avg")
    s.node("Pooling", "all", ["data"], kernel=(1, 1), global_pool=True, pool_type="avg")
    conv, deconv, full, avg, everything = run(s, tmp_path, x, "conv", "deconv", "full", "avg", "all")
    nhwc = x.transpose(0, 2, 3, 1)
    halves = [tf.conv2d(nhwc[..., 2 * g : 2 * g + 2], w[4 * g : 4 * g + 4].transpose(2, 3, 1, 0),
                        (2, 2), dilation=(2, 2)) for g in (0, 1)]
    assert np.allclose(conv, np.concatenate(halves, 3).transpose(0, 3, 1, 2), atol=1e-4)
    expected = tf.conv2d_transpose(nhwc, d.transpose(2, 3, 1, 0), (18, 18), (2, 2), "VALID")
    assert np.allclose(deconv, expected.transpose(0, 3, 1, 2), atol=1e-4)
    padded = np.pad(nhwc, ((0, 0), (0, 1), (0, 1), (0, 0)), constant_values=-np.inf)
    assert np.array_equal(full, tf.max_pool(padded, (2, 2), (2, 2)).transpose(0, 3, 1, 2))
    assert np.allclose(avg, tf.avg_pool(nhwc, (3, 3), (1, 1), (1, 1)).transpose(0, 3, 1, 2), atol=1e-5)
    assert np.allclose(everything, x.mean((2, 3), keepdims=True), atol=1e-5)


SLOPE, ROW = np.abs(random(4)), random(1, 4, 1, 1)
# operation: (inputs beside the data, attributes, what it computes)
SMALL = {
    "elemwise_add": ({"b": random(2, 4, 3, 3)}, {}, lambda x, b: x + b),
    "broadcast_mul": ({"b": ROW}, {}, lambda x, b: x * b),
    "_minus_scalar": ({}, {"scalar": 2}, lambda x: x - 2),
    "_rminus_scalar": ({}, {"scalar": 2}, lambda x: 2 - x),
    "_rdiv_scalar": ({}, {"scalar": 3}, lambda x: 3 / x),
    "_mul_scalar": ({}, {"scalar": 0.5}, lambda x: x * 0.5),
    "exp": ({}, {}, np.exp),
    "square": ({}, {}, np.square),
    "clip": ({}, {"a_min": -0.5, "a_max": 0.25}, lambda x: np.clip(x, -0.5, 0.25)),
    "LeakyReLU": ({}, {"act_type": "leaky", "slope": 0.1}, lambda x: np.where(x > 0, x, 0.1 * x)),
    "softmax": ({}, {"axis": 1}, lambda x: tf.softmax(x.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)),
    "Concat": ({"b": random(2, 1, 3, 3)}, {"dim": 1}, lambda x, b: np.concatenate([x, b], 1)),
    "Reshape": ({}, {"shape": "(0, -1)"}, lambda x: x.reshape(2, -1)),
    "transpose": ({}, {"axes": "(0, 2, 3, 1)"}, lambda x: x.transpose(0, 2, 3, 1)),
    "expand_dims": ({}, {"axis": 1}, lambda x: x[:, None]),
    "slice_axis": ({}, {"axis": 1, "begin": 1, "end": "None"}, lambda x: x[:, 1:]),
    "UpSampling": ({}, {"scale": 2, "sample_type": "nearest"},
                   lambda x: x.repeat(2, 2).repeat(2, 3)),
    "Pad": ({}, {"mode": "constant", "pad_width": "(0,0,0,0,1,2,3,0)", "constant_value": 1},
            lambda x: np.pad(x, ((0, 0), (0, 0), (1, 2), (3, 0)), constant_values=1)),
    "mean": ({}, {"axis": "(2, 3)", "keepdims": True}, lambda x: x.mean((2, 3), keepdims=True)),
    "sum": ({}, {"axis": 1}, lambda x: x.sum(1)),
    "Dropout": ({}, {"p": 0.5}, lambda x: x),
    "L2Normalization": ({}, {"mode": "channel"},
                        lambda x: x / np.sqrt((x * x).sum(1, keepdims=True) + 1e-10)),
    "LRN": ({}, {"nsize": 3, "alpha": 0.3, "beta": 0.75, "knorm": 1.5},
            lambda x: tf.lrn(x.transpose(0, 2, 3, 1), 1, 1.5, 0.1, 0.75).transpose(0, 3, 1, 2)),
}


@pytest.mark.parametrize("name", SMALL)
def test_operations(tmp_path, name):
    extra, attributes, expected = SMALL[name]
    s, x = Symbol(), random(2, 4, 3, 3)
    s.variable("data")
    for key, array in extra.items():
        s.variable(key, array)
    s.node(name, "y", ["data", *extra], **attributes)
    (got,) = run(s, tmp_path, x, "y")
    want = expected(x, *extra.values())
    assert got.shape == want.shape and np.allclose(got, want, rtol=1e-4, atol=1e-5)


def test_several_outputs(tmp_path):
    s, x = Symbol(), random(1, 4, 2, 2)
    s.variable("data")
    s.node("SliceChannel", "parts", ["data"], outputs=2, num_outputs=2)
    s.node("elemwise_sub", "y", ["parts", "parts1"])
    s.variable("slope", SLOPE)
    s.node("LeakyReLU", "z", ["data", "slope"], act_type="prelu")
    y, z = run(s, tmp_path, x, "y", "z")
    assert np.allclose(y, x[:, :2] - x[:, 2:])
    assert np.allclose(z, np.where(x > 0, x, SLOPE[:, None, None] * x))


def test_errors(tmp_path):
    s = Symbol()
    s.variable("data")
    s.node("Clever", "a", ["data"])
    s.node("Other", "b", ["a"])
    symbol, params = s.save(tmp_path, "b")
    with pytest.raises(bireme.Error, match="without a counterpart: Clever, Other"):
        mxnet_to_onnx(symbol, params, tmp_path / "x.onnx", {})
    s = Symbol()
    s.variable("data")
    s.node("relu", "a", ["data"])
    symbol, params = s.save(tmp_path, "a")
    with pytest.raises(bireme.Error, match='the shape of input "data" is needed'):
        mxnet_to_onnx(symbol, params, tmp_path / "x.onnx", {})
    symbol.write_text('{"nodes": 3}')
    with pytest.raises(bireme.Error, match="no symbol of MXNet"):
        mxnet_to_onnx(symbol, params, tmp_path / "x.onnx", {})


def test_broken_params(tmp_path):
    path = tmp_path / "p.params"
    write_params(path, {"arg:w": random(2, 3), "aux:m": np.arange(3)})
    whole = path.read_bytes()
    read = read_params(path)
    assert list(read) == ["arg:w", "aux:m"] and read["aux:m"].dtype == np.int64
    for end in range(len(whole)):
        path.write_bytes(whole[:end])
        with pytest.raises(bireme.Error, match="broken"):
            read_params(path)


def test_converters_that_are_missing(tmp_path, monkeypatch):
    for module in ("torch", "tf2onnx", "tensorflow"):
        monkeypatch.setitem(sys.modules, module, None)
    (tmp_path / "m.pb").write_bytes(b"x")
    with pytest.raises(bireme.Error, match="pip install tf2onnx tensorflow"):
        tensorflow_to_onnx(tmp_path / "m.pb", tmp_path / "m.onnx")
    with pytest.raises(bireme.Error, match="pip install torch"):
        pytorch_to_onnx(tmp_path / "m.pt", tmp_path / "m.onnx", {"x": (1, 3)})
    with pytest.raises(bireme.Error, match="shape of every input"):
        pytorch_to_onnx(tmp_path / "m.pt", tmp_path / "m.onnx", {})


def test_check_finds_a_difference(tmp_path):
    s, x = Symbol(), random(1, 3)
    s.variable("data")
    s.node("tanh", "y", ["data"])
    run(s, tmp_path, x, "y")
    path = tmp_path / "net.onnx"
    assert check(path, {"data": x}, [np.tanh(x)]) < 1e-5
    with pytest.raises(bireme.Error, match="differs from the original"):
        check(path, {"data": x}, [np.tanh(x) * 1.01])


def test_command_line(tmp_path):
    s = Symbol()
    s.variable("data")
    s.node("relu", "y", ["data"])
    symbol, params = s.save(tmp_path, "y")
    words = [sys.executable, "-m", "bireme.convert", "mxnet-to-onnx", symbol, "--params", params,
             "--shapes", "data:1x4"]
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 0 and "net.onnx" in done.stdout, done.stderr
    assert bireme.build(tmp_path / "net.onnx")(np.array([[-1, 2, -3, 4]], np.float32))["y"][0, 1] == 2
    done = subprocess.run(words[:-2], capture_output=True, text=True)
    assert done.returncode == 1 and done.stderr.startswith("bireme: ")
