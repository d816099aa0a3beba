# SPDX-License-Identifier: Apache-2.0
"""The mistakes of docs/errors.md: what is raised says what that page says.

A text there may hold <placeholders>; a test raises the error, and the block of its heading must
match it.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import onnx.helper as oh
import pytest
from onnx import TensorProto

import bireme
from helpers import save_conv, save_onnx

PAGE = Path(__file__).resolve().parents[2] / "docs" / "errors.md"
IMAGE = np.zeros((1, 3, 8, 8), np.float32)


def documented():
    """Heading to the text blocks below it."""
    blocks = {}
    for section in re.split(r"^## ", PAGE.read_text(), flags=re.M)[1:]:
        heading = section.split("\n", 1)[0].strip()
        blocks[heading] = re.findall(r"^```text\n(.*?)^```", section, flags=re.M | re.S)
    return blocks


def matches(heading, text):
    """True when one of the heading's blocks is this text; <...> stands for anything in a line."""
    for block in documented()[heading]:
        pattern = re.sub(r"<[^>\n]+>", "\0", block.strip())
        pattern = re.escape(pattern).replace("\0", ".+")
        if re.fullmatch(pattern, text.strip()):
            return True
    raise AssertionError(f"{heading}: docs/errors.md does not have\n{text}")


def raised(function, *args, **kwargs):
    with pytest.raises(bireme.Error) as info:
        function(*args, **kwargs)
    return str(info.value)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    save_conv("model.onnx")


@pytest.fixture
def engine(folder):
    return bireme.build("model.onnx", shapes={"x": ((1, 3, 8, 8), (1, 3, 8, 8), (4, 3, 64, 64))})


def test_every_mistake_is_documented_with_a_text():
    assert len(documented()) == 12 and all(documented().values())


def test_path_missing():
    assert matches("A path that does not exist", raised(bireme.build, "modle.onnx"))
    assert matches("A path that does not exist", raised(bireme.load, "no/model.engine"))


def test_pth_given():
    Path("weights.pth").write_bytes(b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.")
    assert matches("A PyTorch file instead of an ONNX model", raised(bireme.build, "weights.pth"))


def test_external_data_missing():
    model = onnx.load("model.onnx")
    onnx.save(
        model, "split.onnx", save_as_external_data=True, location="split.data", size_threshold=0
    )
    os.remove("split.data")
    assert matches("Weights beside the model are missing", raised(bireme.build, "split.onnx"))


def test_misspelt_input(engine):
    save_onnx(
        "two.onnx",
        [oh.make_node("Add", ["input_ids", "mask"], ["y"])],
        [("input_ids", TensorProto.FLOAT, [2]), ("mask", TensorProto.FLOAT, [2])],
        [("y", TensorProto.FLOAT, [2])],
    )
    two = bireme.build("two.onnx")
    pair = np.zeros(2, np.float32)
    heading = "A misspelt input"
    assert matches(heading, raised(two, {"input_idz": pair, "mask": pair}))
    assert matches(heading, raised(two, {"input_ids": pair}))
    assert matches(heading, raised(engine, {"image": IMAGE}))
    assert matches(heading, raised(bireme.build, "model.onnx", shapes={"X": (1, 3, 8, 8)}))


def test_float64_given(engine):
    assert matches("The wrong type, such as float64", raised(engine, IMAGE.astype(np.float64)))


def test_channels_last(engine):
    heading = "Channels last instead of first, or a missing batch"
    assert matches(heading, raised(engine, np.zeros((1, 8, 8, 3), np.float32)))
    assert matches(heading, raised(engine, IMAGE[0]))


def test_shape_outside(engine):
    big = np.zeros((1, 3, 8, 100), np.float32)
    assert matches("A shape outside the engine's range", raised(engine, big))


def test_onnx_given_to_load():
    assert matches("A model given to load", raised(bireme.load, "model.onnx"))


def test_engine_given_to_build(engine):
    engine.save("model.engine")
    assert matches("An engine given to build", raised(bireme.build, "model.engine"))


def test_cuda_without_gpu():
    assert matches("CUDA without a GPU", raised(bireme.build, "model.onnx", device="cuda"))


def test_library_missing(tmp_path):
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "libbireme_cpu.so").write_bytes(b"not a library")
    code = "import bireme; bireme.build('model.onnx', shapes={'x': (1, 3, 8, 8)})"
    environment = {**os.environ, "BIREME_BACKEND_PATH": str(broken)}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment
    )
    assert done.returncode == 0, done.stderr
    assert matches("A library is missing", done.stderr.splitlines()[0])


def test_module_without_its_library():
    code = (
        "import sys, importlib.abc, importlib.machinery\n"
        "class Missing(importlib.abc.MetaPathFinder):\n"
        "    def find_spec(self, name, path, target=None):\n"
        "        if name == 'bireme._bireme':\n"
        "            raise ImportError('libbireme.so.0: cannot open shared object file: '\n"
        "                              'No such file or directory')\n"
        "sys.meta_path.insert(0, Missing())\n"
        "try:\n"
        "    import bireme\n"
        "except ImportError as error:\n"
        "    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert matches("A library is missing", done.stdout)


def test_unsupported_operators():
    save_onnx(
        "odd.onnx",
        [
            oh.make_node("Conv", ["x", "w"], ["c"], "conv"),
            oh.make_node("Frobnicate", ["c"], ["f"], "first"),
            oh.make_node("Defenestrate", ["f"], ["y"], "second"),
        ],
        [("x", TensorProto.FLOAT, [1, 3, 8, 8])],
        [("y", TensorProto.FLOAT, [1, 2, 8, 8])],
        [onnx.numpy_helper.from_array(np.zeros((2, 3, 1, 1), np.float32), "w")],
    )
    assert matches("An operator that is not supported", raised(bireme.build, "odd.onnx"))


def test_environment_that_means_nothing_is_told(monkeypatch):
    monkeypatch.setenv("BIREME_CPU_MAX_ISA", "avx1024")
    monkeypatch.setenv("BIREME_SLICES", "two")
    monkeypatch.setenv("BIREME_IN_PLACE", "1")
    report = bireme.get_machine_report(bireme.LayerInformationFormat.ONELINE)
    assert "BIREME_CPU_MAX_ISA=avx1024 is left out of account: it has to be sse4 or" in report
    assert "BIREME_SLICES=two is left out of account: it has to be a whole number" in report
    assert "BIREME_IN_PLACE=1 is left" not in report
