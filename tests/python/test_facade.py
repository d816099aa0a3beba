# SPDX-License-Identifier: Apache-2.0
"""build, load, Engine: the short way."""

import threading

import numpy as np
import onnx.helper as oh
import pytest
from onnx import TensorProto

import bireme
from helpers import needs_gpu, onnxruntime_outputs, save_conv, save_onnx

RNG = np.random.default_rng(8)


def images(*shape):
    return RNG.standard_normal(shape).astype(np.float32)


@pytest.fixture
def conv(tmp_path):
    return save_conv(tmp_path / "conv.onnx")


RANGES = {"x": ((1, 3, 4, 4), (1, 3, 16, 16), (2, 3, 32, 32))}


def same(engine, path, x):
    y = engine({"x": x})["y"]
    return np.allclose(y, onnxruntime_outputs(path, {"x": x})["y"], atol=1e-5)


def test_build_call_save_load(conv, tmp_path):
    engine = bireme.build(conv, shapes=RANGES)
    assert engine.inputs == (("x", (-1, 3, -1, -1), np.float32),)
    assert engine.outputs[0].name == "y" and engine.outputs[0].dtype == np.float32
    x = images(2, 3, 9, 17)
    assert same(engine, conv, x)
    assert np.array_equal(engine(x)["y"], engine(x=x)["y"])
    engine.save(tmp_path / "m.engine")
    loaded = bireme.load(tmp_path / "m.engine")
    assert loaded.inputs == engine.inputs and loaded.outputs == engine.outputs
    assert np.array_equal(loaded(x)["y"], engine(x)["y"])
    loaded.save(tmp_path / "m.engine")
    lazy = bireme.load(tmp_path / "m.engine", verify="lazy")
    assert np.array_equal(lazy(x)["y"], loaded(x)["y"])
    assert "x float32[-1, 3, -1, -1]" in repr(engine)


def test_bytes_and_path_objects(conv, tmp_path):
    x = images(1, 3, 4, 4)
    with open(conv, "rb") as file:
        assert same(bireme.build(file.read(), shapes=RANGES), conv, x)
    assert same(bireme.build(tmp_path / "conv.onnx", shapes={"x": (1, 3, 4, 4)}), conv, x)


def test_arrays_of_any_layout(conv):
    engine = bireme.build(conv, shapes=RANGES)
    x = images(1, 3, 8, 8)
    for strided in (np.asfortranarray(x), images(1, 8, 8, 3).transpose(0, 3, 1, 2), x[..., ::-1]):
        assert same(engine, conv, strided)
    assert same(engine, conv, x)
    assert engine(x.tolist())["y"].shape == (1, 2, 8, 8)


def test_without_shapes_it_grows(conv, capfd, tmp_path):
    engine = bireme.build(conv)
    with pytest.raises(bireme.Error, match="nothing to save yet"):
        engine.save(tmp_path / "m.engine")
    assert same(engine, conv, images(1, 3, 8, 8))
    assert capfd.readouterr().err == ""
    assert same(engine, conv, images(1, 3, 5, 1))
    first = engine.cuda_engine
    assert same(engine, conv, images(2, 3, 8, 16))
    text = capfd.readouterr().err
    assert engine.cuda_engine is not first
    assert "again for other shapes" in text and " s; " in text
    line = "shapes={'x': ((1, 3, 1, 1), (2, 3, 8, 16), (2, 3, 8, 16))}"
    assert line in text
    suggested = eval(line.split("=", 1)[1])
    assert same(bireme.build(conv, shapes=suggested), conv, images(1, 3, 8, 1))
    engine.save(tmp_path / "m.engine")
    assert same(bireme.load(tmp_path / "m.engine"), conv, images(2, 3, 1, 1))


def test_shapes_for_some_inputs(tmp_path):
    path = save_onnx(
        tmp_path / "two.onnx",
        [oh.make_node("MatMul", ["a", "b"], ["y"])],
        [("a", TensorProto.FLOAT, ["m", 4]), ("b", TensorProto.FLOAT, [4, "n"])],
        [("y", TensorProto.FLOAT, ["m", "n"])],
    )
    engine = bireme.build(path, shapes={"a": ((1, 4), (2, 4), (3, 4))})
    a, b = images(3, 4), images(4, 6)
    assert np.allclose(engine(a=a, b=b)["y"], a @ b, atol=1e-5)
    b = images(4, 9)
    assert np.allclose(engine({"a": a[:1], "b": b})["y"], a[:1] @ b, atol=1e-5)
    with pytest.raises(bireme.Error, match='input "a".*1 to 3'):
        engine(a=images(4, 4), b=b)
    with pytest.raises(bireme.Error, match="by name"):
        engine(a, b)


def test_data_decides_the_output_shape(tmp_path):
    path = save_onnx(
        tmp_path / "nonzero.onnx",
        [oh.make_node("NonZero", ["x"], ["y"])],
        [("x", TensorProto.FLOAT, [2, 3])],
        [("y", TensorProto.INT64, [2, "n"])],
    )
    engine = bireme.build(path)
    for values in ([[0, 1, 0], [2, 0, 3]], [[0, 0, 0], [0, 0, 0]], [[1, 1, 1], [1, 1, 1]]):
        x = np.array(values, np.float32)
        y = engine(x)["y"]
        assert y.dtype == np.int64 and np.array_equal(y, np.nonzero(x))


@pytest.mark.parametrize(
    "onnx_type, dtype",
    [
        (TensorProto.FLOAT, np.float32),
        (TensorProto.INT32, np.int32),
        (TensorProto.INT64, np.int64),
        (TensorProto.FLOAT16, np.float16),
    ],
)
def test_dtypes(tmp_path, onnx_type, dtype):
    path = save_onnx(
        tmp_path / "add.onnx",
        [oh.make_node("Add", ["a", "a"], ["y"])],
        [("a", onnx_type, [2, 3])],
        [("y", onnx_type, [2, 3])],
    )
    a = np.arange(6).reshape(2, 3).astype(dtype)
    y = bireme.build(path)(a)["y"]
    assert y.dtype == dtype and np.array_equal(y, a + a)


def test_double_is_computed_in_double(tmp_path):
    path = save_onnx(
        tmp_path / "add.onnx",
        [oh.make_node("Add", ["a", "a"], ["y"])],
        [("a", TensorProto.DOUBLE, [2])],
        [("y", TensorProto.DOUBLE, [2])],
    )
    engine = bireme.build(path)
    assert engine.inputs[0].dtype == np.float64
    tiny = 1 + 2.0**-50
    assert engine(np.float64([1, tiny]))["y"].tolist() == [2, 2 * tiny]


def test_bool_and_uint8(tmp_path):
    path = save_onnx(
        tmp_path / "cast.onnx",
        [oh.make_node("Cast", ["a"], ["y"], to=TensorProto.BOOL)],
        [("a", TensorProto.UINT8, [4])],
        [("y", TensorProto.BOOL, [4])],
    )
    y = bireme.build(path)(np.array([0, 1, 2, 0], np.uint8))["y"]
    assert y.dtype == np.bool_ and y.tolist() == [False, True, True, False]


def test_scalars_and_empty_arrays(tmp_path):
    path = save_onnx(
        tmp_path / "mul.onnx",
        [oh.make_node("Mul", ["x", "k"], ["y"])],
        [("x", TensorProto.FLOAT, ["n", 2]), ("k", TensorProto.FLOAT, [])],
        [("y", TensorProto.FLOAT, ["n", 2])],
    )
    engine = bireme.build(path, shapes={"x": ((0, 2), (3, 2), (5, 2))})
    assert np.array_equal(engine(x=np.ones((3, 2), np.float32), k=2.5)["y"], np.full((3, 2), 2.5))
    assert engine(x=np.ones((0, 2), np.float32), k=np.float32(1))["y"].shape == (0, 2)


def test_several_threads_one_engine(conv):
    engine = bireme.build(conv)
    wrong = []

    def work(seed):
        rng = np.random.default_rng(seed)
        for size in (4, 8, 12, 6):
            x = rng.standard_normal((1, 3, size, size)).astype(np.float32)
            if not same(engine, conv, x):
                wrong.append(size)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_options(conv):
    x = images(1, 3, 8, 8)
    for options in ({"threads": 1}, {"device": "cpu"}, {"precision": "tf32"}):
        assert same(bireme.build(conv, shapes=RANGES, **options), conv, x)
    assert bireme.build(conv, shapes=RANGES, threads=1).cuda_engine.num_threads == 1
    for options in (
        {"threads": 0},
        {"device": "toaster"},
        {"precision": "int8"},
        {"precision": "half"},
    ):
        with pytest.raises(bireme.Error) as raised:
            bireme.build(conv, **options)
        assert str(next(iter(options.values()))) in str(raised.value)


def test_precisions_are_permissions(conv):
    """Close to float32 whatever the device makes of them."""
    x = images(1, 3, 8, 8)
    (want,) = bireme.build(conv, shapes=RANGES)(x).values()
    for precision in ("fp16", "bf16", "best"):
        (have,) = bireme.build(conv, shapes=RANGES, precision=precision)(x).values()
        assert np.abs(have - want).max() <= 2e-2 * np.abs(want).max(), precision


@pytest.mark.parametrize(
    "shapes, part",
    [
        ({"z": (1, 3, 4, 4)}, 'no input "z"'),
        ({"x": (1, 3, 4)}, "has 4 dimensions"),
        ({"x": (1, 4, 4, 3)}, "channels last"),
        ({"x": ((1, 3, 8, 8), (1, 3, 4, 4), (1, 3, 8, 8))}, "min <= opt <= max"),
        ({"x": "big"}, "takes a shape"),
    ],
)
def test_wrong_shapes_argument(conv, shapes, part):
    with pytest.raises(bireme.Error) as raised:
        bireme.build(conv, shapes=shapes)
    assert part in str(raised.value)


@needs_gpu
def test_gpu(conv, tmp_path):
    """Arrays are copied to the GPU and back, in every shape of the profile and in threads."""
    engine = bireme.build(conv, shapes=RANGES, device="cuda")
    for shape in ((1, 3, 4, 4), (2, 3, 32, 32), (1, 3, 9, 17)):
        assert same(engine, conv, images(*shape))
    engine.save(tmp_path / "m.engine")
    loaded = bireme.load(tmp_path / "m.engine")
    x = images(2, 3, 9, 17)
    want = loaded(x)["y"].copy()
    results = []
    threads = [threading.Thread(target=lambda: results.append(loaded(x)["y"])) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 4 and all(np.array_equal(y, want) for y in results)


@needs_gpu
def test_gpu_with_extents_that_are_data(tmp_path):
    path = tmp_path / "nonzero.onnx"
    node = oh.make_node("NonZero", ["x"], ["y"])
    save_onnx(path, [node], [("x", TensorProto.FLOAT, ["n", 5])], [("y", TensorProto.INT64, [2, "m"])])
    engine = bireme.build(path, shapes={"x": ((1, 5), (4, 5), (9, 5))}, device="cuda")
    for n in (1, 9, 4):
        given = (images(n, 5) > 0).astype(np.float32)
        assert np.array_equal(engine(given)["y"], np.stack(np.nonzero(given)))
