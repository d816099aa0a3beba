# SPDX-License-Identifier: Apache-2.0
"""When bench/cpu.py tells that results are not those of onnxruntime, and what it holds them against."""

import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "bench"))
import cpu  # noqa: E402


def said(capsys, precision, **outputs):
    cpu.check({n: SimpleNamespace(outputs={"y": np.asarray(v, np.float32)}) for n, v in outputs.items()}, precision, "folder/m.onnx")
    return capsys.readouterr().err


def test_a_difference_is_told_beside_its_measure_and_the_peers(capsys):
    text = said(capsys, "bf16", onnxruntime=[0.004, 0.002], bireme=[0.003, 0.002], openvino=[0.004, 0.0012])
    assert text == "m.onnx: y differs from onnxruntime's by 0.25 of its largest magnitude, 0.004; openvino's by 0.2\n"


def test_wrong_small_probabilities_are_not_excused(capsys):
    assert "by 0.5 " in said(capsys, "bf16", onnxruntime=[1e-3, 1e-3], bireme=[1e-3, 5e-4])


@pytest.mark.parametrize("precision, off", [("fp32", 5e-4), ("bf16", 0.05), ("fp16", 0.05)])
def test_what_rounding_explains_is_not_told(capsys, precision, off):
    assert said(capsys, precision, onnxruntime=[-2, 1], bireme=[-2 - 2 * off, 1]) == ""
    assert "m.onnx: y differs" in said(capsys, precision, onnxruntime=[-2, 1], bireme=[-2 - 6 * off, 1])


def test_what_is_no_number_is_told(capsys):
    assert "by nan " in said(capsys, "fp32", onnxruntime=[1, 1], bireme=[1, np.nan])
