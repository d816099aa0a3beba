# SPDX-License-Identifier: Apache-2.0
"""The samples in Python run."""

import subprocess
import sys
from pathlib import Path

import pytest

from real_models import CLS, ocr

SAMPLES = Path(__file__).resolve().parents[2] / "samples" / "python"
DATA = SAMPLES.parent / "data"
ARGUMENTS = {
    "from_caffe": [
        DATA / name for name in ("mnist.prototxt", "mnist.caffemodel", "mnist_mean.binaryproto")
    ],
    "from_tensorflow": [DATA / "small.pb"],
    "from_onnx": [ocr(CLS), "x=1x3x48x192"],
    "dynamic_shapes": [ocr(CLS), "x=1x3x48x192..1x3x48x192..4x3x48x192"],
    "save_and_load": [ocr(CLS), "x=1x3x48x192"],
}


@pytest.mark.parametrize("sample", sorted(SAMPLES.glob("*.py")), ids=lambda path: path.stem)
def test_sample(sample, tmp_path):
    command = [sys.executable, sample, *ARGUMENTS.get(sample.stem, [])]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0 and done.stdout, done.stderr
