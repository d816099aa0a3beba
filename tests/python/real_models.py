# SPDX-License-Identifier: Apache-2.0
"""Where the real models lie, and real inputs for them."""

import importlib.util
from pathlib import Path

import numpy as np


def package(name):
    """Folder of an installed package, which is not imported."""
    return Path(importlib.util.find_spec(name).origin).parent


def picture(name):
    """A photo or scan of scikit-image's data: [height, width, 3], uint8, RGB."""
    from PIL import Image

    return np.array(Image.open(package("skimage") / "data" / name).convert("RGB"))


def ocr(name):
    return package("rapidocr_onnxruntime") / "models" / name


DET = "ch_PP-OCRv4_det_infer.onnx"
CLS = "ch_ppocr_mobile_v2.0_cls_infer.onnx"
REC = "ch_PP-OCRv4_rec_infer.onnx"


def page(height, width):
    """The scanned page, scaled, as detection sees it: [1, 3, height, width] in -1 to 1."""
    from PIL import Image

    image = Image.fromarray(picture("page.png")).resize((width, height), Image.BILINEAR)
    return ocr_input(np.array(image))[None]


def line(width, top=20, height=48):
    """A strip of the page as recognition and orientation see it: [1, 3, 48, width]."""
    from PIL import Image

    strip = Image.fromarray(picture("page.png")[top : top + 32])
    strip = strip.resize((strip.width * height // strip.height, height), Image.BILINEAR)
    values = np.zeros((3, height, width), np.float32)
    taken = ocr_input(np.array(strip))[:, :, :width]
    values[:, :, : taken.shape[2]] = taken
    return values[None]


def ocr_input(image):
    """[h, w, 3] RGB bytes -> [3, h, w] BGR floats in -1 to 1."""
    return np.ascontiguousarray((image[..., ::-1].transpose(2, 0, 1) / 255 - 0.5) / 0.5, np.float32)


def magika_bytes(data, size=1024, padding=256):
    """The first and last bytes of a file's content, as magika's model takes them: int32 [2048]."""
    begin = np.frombuffer(data.lstrip()[:size], np.uint8).astype(np.int32)
    end = np.frombuffer(data.rstrip()[-size:], np.uint8).astype(np.int32)
    values = np.full(2 * size, padding, np.int32)
    values[: begin.size] = begin
    values[2 * size - end.size :] = end
    return values


def speech(chunks, rate=16000):
    """Something like a voice, [chunks, 576]: harmonics of a moving pitch, in syllables; each chunk
    starts with the last 64 samples of the one before."""
    t = np.arange(chunks * 512 + 64) / rate
    pitch = 120 + 30 * np.sin(2 * np.pi * 1.3 * t)
    phase = 2 * np.pi * np.cumsum(pitch) / rate
    voice = sum(np.sin(k * phase) / k for k in range(1, 20))
    syllables = np.clip(np.sin(2 * np.pi * 4 * t), 0, 1)
    noise = np.random.default_rng(0).standard_normal(t.size) * 0.01
    signal = (0.15 * voice * syllables + noise).astype(np.float32)
    return np.stack([signal[i * 512 : i * 512 + 576] for i in range(chunks)])
