# SPDX-License-Identifier: Apache-2.0
"""Real models against onnxruntime: built, run, saved, loaded, run again."""

from pathlib import Path

import numpy as np
import onnx
import pytest

import bireme
from helpers import onnxruntime_outputs, relative_difference
from real_models import CLS, DET, REC, line, magika_bytes, ocr, package, page, picture, speech

# Largest difference as a share of the output's range.
TOLERANCE = 1e-4
SATURATING = {"Softmax", "Sigmoid"}


def with_logits(model):
    """The model's bytes with one output more for each that a softmax or sigmoid makes: its input."""
    if not isinstance(model, onnx.ModelProto):
        model = onnx.load(str(model))
    makers = {name: node for node in model.graph.node for name in node.output}
    for output in list(model.graph.output):
        node = makers.get(output.name)
        if node is not None and node.op_type in SATURATING:
            info = onnx.helper.make_tensor_value_info(node.input[0], onnx.TensorProto.FLOAT, None)
            model.graph.output.append(info)
    return model.SerializeToString()


def check(model, cases, shapes=None, folder=None):
    """Every case, a dict of inputs, agrees; the saved and loaded engine gives the same bits."""
    engine = bireme.build(model, shapes=shapes)
    path = Path(folder) / "model.engine"
    found = []
    for inputs in cases:
        theirs = onnxruntime_outputs(model, inputs)
        ours = engine(inputs)
        assert list(ours) == list(theirs)
        for name, values in theirs.items():
            difference = relative_difference(ours[name], values)
            found.append(difference)
            assert difference <= TOLERANCE, f"{name}: {difference:.2e} of the range"
        if not path.exists():
            engine.save(path)
            loaded = bireme.load(path)
        again = loaded(inputs)
        for name in ours:
            assert np.array_equal(ours[name], again[name]), f"{name} changed by saving and loading"
    print(f"largest difference {max(found):.1e} of the range")


def test_detection_of_several_sizes(tmp_path):
    sizes = [(96, 192), (736, 1472), (320, 640), (640, 320), (32, 32)]
    check(
        with_logits(ocr(DET)),
        [{"x": page(*size)} for size in sizes],
        {"x": ((1, 3, 32, 32), (1, 3, 640, 640), (1, 3, 1536, 1536))},
        tmp_path,
    )


def test_recognition_of_several_widths(tmp_path):
    cases = [{"x": line(width)} for width in (320, 640, 100, 333)]
    cases.append({"x": np.concatenate([line(400, top) for top in (10, 45, 80)])})
    check(
        with_logits(ocr(REC)),
        cases,
        {"x": ((1, 3, 48, 32), (1, 3, 48, 320), (6, 3, 48, 1280))},
        tmp_path,
    )


def test_orientation(tmp_path):
    upright = line(192)
    turned = np.ascontiguousarray(upright[:, :, ::-1, ::-1])
    check(
        with_logits(ocr(CLS)),
        [{"x": upright}, {"x": np.concatenate([upright, turned])}],
        {"x": ((1, 3, 48, 192), (1, 3, 48, 192), (6, 3, 48, 192))},
        tmp_path,
    )


def test_magika(tmp_path):
    contents = [
        Path(__file__).read_bytes(),
        (package("skimage") / "data" / "chelsea.png").read_bytes(),
        ocr(CLS).read_bytes(),
        b"{}",
    ]
    files = np.stack([magika_bytes(content) for content in contents])
    check(
        with_logits(package("magika") / "models" / "standard_v3_3" / "model.onnx"),
        [{"bytes": files}, {"bytes": files[1:2]}],
        {"bytes": ((1, 2048), (1, 2048), (4, 2048))},
        tmp_path,
    )


def test_silero_sequence(tmp_path):
    zeros = np.zeros((1, 1, 128), np.float32)
    check(
        with_logits(package("silero_vad") / "data" / "silero_vad_16k_sequence.onnx"),
        [{"input": speech(n), "h": zeros, "c": zeros} for n in (1, 40, 7)],
        {"input": ((1, 576), (16, 576), (64, 576))},
        tmp_path,
    )


def test_silero_openvino(tmp_path):
    states = np.zeros((2, 1, 128), np.float32), speech(1)[:, :256].reshape(2, 1, 128)
    check(
        with_logits(package("silero_vad") / "data" / "silero_vad_openvino_16k.onnx"),
        [{"input": chunk[None], "state": state} for chunk, state in zip(speech(2), states)],
        folder=tmp_path,
    )


LIGHT = (
    "bvlc_alexnet densenet121 inception_v1 inception_v2 resnet50 shufflenet squeezenet vgg19 "
    "zfnet512"
).split()


def light(name):
    return package("onnx") / "backend" / "test" / "data" / "light" / f"light_{name}.onnx"


def photo_case(path):
    model = onnx.load(str(path))
    constants = {i.name for i in model.graph.initializer}
    (image,) = (i.name for i in model.graph.input if i.name not in constants)
    photo = picture("chelsea.png")[38:262, 100:324].astype(np.float32)
    return {image: np.ascontiguousarray(photo.transpose(2, 0, 1)[None] - 120)}


def with_weights(path):
    """The model's bytes with pseudo-random weights where the file has one value for all of them."""
    model = onnx.load(str(path))
    shapes = {i.name: onnx.numpy_helper.to_array(i) for i in model.graph.initializer}
    rng = np.random.default_rng(0)
    kept = []
    for node in model.graph.node:
        shape = shapes.get(node.input[0]) if node.op_type == "ConstantOfShape" else None
        if shape is None or len(shape) < 2:
            kept.append(node)
            continue
        weights = rng.standard_normal(tuple(shape)) * np.sqrt(2 / np.prod(shape[1:]))
        tensor = onnx.numpy_helper.from_array(weights.astype(np.float32), node.output[0])
        model.graph.initializer.append(tensor)
    del model.graph.node[:]
    model.graph.node.extend(kept)
    model.graph.ClearField("value_info")
    return with_logits(model)


@pytest.mark.parametrize("name", LIGHT)
def test_light_models_of_onnx(name, tmp_path):
    check(with_logits(light(name)), [photo_case(light(name))], folder=tmp_path)


# Their files give all weights one value, which hides mistakes; the larger ones stay as they are.
@pytest.mark.parametrize("name", ["densenet121", "inception_v1", "shufflenet", "squeezenet"])
def test_light_models_with_random_weights(name, tmp_path):
    check(with_weights(light(name)), [photo_case(light(name))], folder=tmp_path)


@pytest.mark.parametrize("name", ["silero_vad", "silero_vad_half", "silero_vad_16k_op15", "silero_vad_op18_ifless"])
def test_silero_with_branches(name):
    """Ifs on the sample rate and on an extent; one frame."""
    model = str(package("silero_vad") / "data" / f"{name}.onnx")
    engine = bireme.build(model)
    rng = np.random.default_rng(0)
    given = {
        "input": (rng.standard_normal((1, 576)) / 10).astype(np.float32),
        "state": np.zeros((2, 1, 128), np.float32),
        "sr": np.array(16000, np.int64),
    }
    given = {info.name: given[info.name] for info in engine.inputs}
    found, expected = engine(given), onnxruntime_outputs(model, given)
    for key, want in expected.items():
        assert relative_difference(found[key], want) <= 1e-4, key
