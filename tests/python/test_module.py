# SPDX-License-Identifier: Apache-2.0
"""The small objects: enums, shapes, weights, types."""

import json
import subprocess
import sys

import numpy as np
import pytest

import bireme as trt


def test_version():
    assert trt.__version__.count(".") == 2
    assert trt.__api_version__.startswith("10.")


def test_enums_have_tensorrt_names():
    assert trt.DataType.FLOAT.name == "FLOAT"
    assert str(trt.float32) == "DataType.FLOAT"
    assert "HALF" in trt.DataType.__members__
    assert int(trt.BuilderFlag.TF32) == 6
    assert 1 << int(trt.NetworkDefinitionCreationFlag.STRONGLY_TYPED) == 2
    assert trt.Logger.WARNING is trt.ILogger.Severity.WARNING is trt.Logger.Severity.WARNING
    assert trt.ResizeMode.LINEAR is trt.InterpolationMode.LINEAR
    assert int(trt.DeviceType.CPU) == 64
    assert trt.ActivationType.RELU != trt.LayerType.CONVOLUTION
    assert trt.Logger.ERROR < trt.Logger.VERBOSE


def test_dtype_aliases_and_sizes():
    assert trt.float16 is trt.DataType.HALF and trt.bool is trt.DataType.BOOL
    assert trt.float32.itemsize == 4 and trt.int4.itemsize == 0.5 and trt.bfloat16.itemsize == 2
    assert trt.nptype(trt.float32) is np.float32
    assert trt.nptype(trt.int64) is np.int64
    with pytest.raises(TypeError):
        trt.nptype(trt.bfloat16)
    assert trt.volume((2, 3, 4)) == 24 and trt.volume(()) == 1


def test_dims_are_sequences():
    dims = trt.Dims([1, 3, 224, -1])
    assert len(dims) == 4 and dims[1] == 3 and dims[-1] == -1 and dims[1:3] == (3, 224)
    assert dims == (1, 3, 224, -1) and dims == [1, 3, 224, -1] and dims != (1, 3)
    assert str(dims) == "(1, 3, 224, -1)" and tuple(dims) == (1, 3, 224, -1)
    assert np.zeros(trt.Dims((2, 3))).shape == (2, 3)
    assert trt.Dims3(1, 2, 3) == (1, 2, 3) and trt.DimsHW(4, 5).w == 5
    assert trt.Dims.MAX_DIMS == 8
    with pytest.raises(ValueError):
        trt.Dims(range(9))
    with pytest.raises(TypeError):
        trt.Dims([1.5])


def test_permutation():
    assert list(trt.Permutation([1, 2, 0]))[:3] == [1, 2, 0]


def test_weights_from_numpy():
    array = np.arange(6, dtype=np.float16).reshape(2, 3)
    weights = trt.Weights(array)
    assert (weights.dtype, weights.size, weights.nbytes, len(weights)) == (trt.float16, 6, 12, 6)
    assert np.array_equal(weights.numpy(), array.reshape(-1))
    assert trt.Weights().size == 0
    borrowed = trt.Weights(trt.float16, array.ctypes.data, array.size)
    assert np.array_equal(borrowed.numpy(), array.reshape(-1))
    with pytest.raises(TypeError):
        trt.Weights(np.array(["a"]))


def test_weights_of_ml_dtypes():
    ml_dtypes = pytest.importorskip("ml_dtypes")
    weights = trt.Weights(np.ones(4, ml_dtypes.bfloat16))
    assert weights.dtype == trt.bfloat16 and weights.nbytes == 8


def test_logger_prints_in_tensorrts_format(capfd):
    logger = trt.Logger(trt.Logger.INFO)
    logger.log(trt.Logger.WARNING, "careful")
    logger.log(trt.Logger.VERBOSE, "not shown")
    out = capfd.readouterr().out
    assert out.count("\n") == 1 and out.endswith("[BIREME] [W] careful\n")
    logger.min_severity = trt.Logger.VERBOSE
    logger.log(trt.Logger.VERBOSE, "shown")
    assert capfd.readouterr().out.endswith("[BIREME] [V] shown\n")


def test_logger_subclass_is_called(logger):
    builder = trt.Builder(logger)
    network = builder.create_network()
    assert network.add_input("", trt.float32, (1,)) is None
    assert logger.errors()


def test_exception_in_logger_is_reported_not_fatal(capfd):
    class Bad(trt.ILogger):
        def __init__(self):
            super().__init__()

        def log(self, severity, msg):
            raise ValueError("from the logger")

    network = trt.Builder(Bad()).create_network()
    hook, sys.unraisablehook = sys.unraisablehook, lambda u: print("caught", u.exc_value)
    try:
        assert network.add_input("", trt.float32, (1,)) is None
    finally:
        sys.unraisablehook = hook
    assert "caught from the logger" in capfd.readouterr().out


def test_machine_report():
    report = json.loads(trt.get_machine_report(trt.LayerInformationFormat.JSON))
    assert report["bireme"] == trt.__version__
    assert any(b["name"] == "reference" for b in report["backends"])


def test_plugin_registry():
    registry = trt.get_plugin_registry()
    shipped = ["BatchedNMSDynamic_TRT", "BatchedNMS_TRT", "EfficientNMS_TRT"]
    assert sorted(creator.name for creator in registry.plugin_creator_list) == shipped
    assert registry.get_creator("none", "1") is None and registry.parent_search_enabled
    assert trt.Builder(trt.Logger(trt.Logger.ERROR)).get_plugin_registry() is not None


def test_alias_as_tensorrt():
    code = (
        "import bireme, sys; sys.modules['tensorrt'] = bireme\n"
        "import tensorrt as trt\n"
        "assert trt.init_libnvinfer_plugins(trt.Logger(), '')\n"
        "print(trt.Builder(trt.Logger()).create_network().num_layers)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("0\n", "")
