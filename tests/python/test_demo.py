# SPDX-License-Identifier: Apache-2.0
"""The demo, as a newcomer runs it."""

import subprocess
import sys

from PIL import Image

from real_models import package


def demo(folder, *arguments):
    command = [sys.executable, "-m", "bireme.demo", "--runs", "1", "--engines", folder / "engines"]
    command += ["--output", folder / "out", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=600)


def test_page_twice(tmp_path):
    done = demo(tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Region-basedsegmentation" in done.stdout
    assert "onnxruntime reads the same 5 lines" in done.stdout
    page = package("skimage") / "data" / "page.png"
    annotated = Image.open(tmp_path / "out" / "page-annotated.png")
    assert annotated.height == Image.open(page).height
    again = demo(tmp_path, page)
    assert again.returncode == 0 and again.stdout.count("kept") == 6


def test_missing_picture(tmp_path):
    done = demo(tmp_path, "no-such.png")
    assert done.returncode == 1 and '"no-such.png" does not exist' in done.stderr
