# SPDX-License-Identifier: Apache-2.0
"""The OCR pipeline of the package rapidocr-onnxruntime with Bireme in place of onnxruntime."""

import contextlib
import importlib
import os
import sys
import time
from pathlib import Path
from typing import NamedTuple

from . import __version__
from .facade import build, load
from .messages import Error
from .shapes import Range

_PACKAGE = "rapidocr_onnxruntime"


class Stage(NamedTuple):
    """One model of the pipeline: what it does, where it is used, for which shapes."""

    title: str
    model: str
    module: str
    user: str
    attribute: str
    shapes: tuple


# Sizes of pictures that the pipeline makes: detection sees multiples of 32, recognition lines 48
# high, in batches of up to 6.
STAGES = (
    Stage(
        "detection",
        "ch_PP-OCRv4_det_infer.onnx",
        "ch_ppocr_det.text_detect",
        "text_det",
        "infer",
        ((1, 3, 32, 32), (1, 3, 736, 1472), (1, 3, 2048, 2048)),
    ),
    Stage(
        "orientation",
        "ch_ppocr_mobile_v2.0_cls_infer.onnx",
        "ch_ppocr_cls.text_cls",
        "text_cls",
        "infer",
        ((1, 3, 48, 192), (6, 3, 48, 192), (6, 3, 48, 192)),
    ),
    Stage(
        "recognition",
        "ch_PP-OCRv4_rec_infer.onnx",
        "ch_ppocr_rec.text_recognize",
        "text_rec",
        "session",
        ((1, 3, 48, 32), (6, 3, 48, 640), (6, 3, 48, 3200)),
    ),
)


def models_folder():
    """Folder of the package's model files."""
    return Path(importlib.import_module(_PACKAGE).__file__).parent / "models"


class Made(NamedTuple):
    """A stage's engine and the seconds it took: None for what was not needed."""

    engine: object
    built: float
    saved: float
    loaded: float


def make_engine(stage, folder, threads=None, again=False):
    """Imports, optimises, saves and loads a stage's engine; a file of this version is only loaded."""
    path = Path(folder) / f"{Path(stage.model).stem}-{__version__}-{threads or 'all'}.engine"
    built = saved = None
    if again or not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        begin = time.perf_counter()
        engine = build(models_folder() / stage.model, shapes={"x": stage.shapes}, threads=threads)
        built = time.perf_counter() - begin
        begin = time.perf_counter()
        engine.save(path)
        saved = time.perf_counter() - begin
        del engine
    begin = time.perf_counter()
    try:
        engine = load(path)
    except Error:
        # A file of another build of the same version, or of another machine.
        if built is not None:
            raise
        return make_engine(stage, folder, threads, again=True)
    return Made(engine, built, saved, time.perf_counter() - begin)


def metadata(path):
    """The texts that an ONNX file carries beside its graph: ModelProto's field 14, by key."""
    texts = {}
    for field, value in _fields(memoryview(Path(path).read_bytes())):
        if field == 14:
            entry = {number: bytes(text).decode() for number, text in _fields(value)}
            texts[entry.get(1, "")] = entry.get(2, "")
    return texts


def _fields(data):
    """Number and bytes of every length-delimited field of a protobuf message."""
    at = 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while at < len(data):
        key = varint()
        kind = key & 7
        if kind == 2:
            size = varint()
            yield key >> 3, data[at : at + size]
            at += size
        elif kind == 0:
            varint()
        else:
            at += 8 if kind == 1 else 4


class Timed:
    """Counts the seconds spent in a session's calls."""

    def __init__(self, session):
        self._session = session
        self.seconds = 0.0

    def __call__(self, *args):
        begin = time.perf_counter()
        result = self._session(*args)
        self.seconds += time.perf_counter() - begin
        return result

    def __getattr__(self, name):
        return getattr(self._session, name)


class Session:
    """What the pipeline calls instead of its onnxruntime session."""

    def __init__(self, stage, engine):
        self._path = models_folder() / stage.model
        self._engine = engine
        self._range = Range(*stage.shapes)
        self._texts = metadata(self._path)

    def __call__(self, array):
        if not self._range.holds(array.shape):
            # A picture out of the ordinary: an engine that grows with its calls takes over.
            self._engine = build(self._path)
            self._range = Range((0,) * array.ndim, array.shape, (sys.maxsize,) * array.ndim)
        return list(self._engine(array).values())

    def get_input_names(self):
        return [info.name for info in self._engine.inputs]

    def get_output_names(self):
        return [info.name for info in self._engine.outputs]

    def have_key(self, key="character"):
        return key in self._texts

    def get_character_list(self, key="character"):
        return self._texts[key].splitlines()


@contextlib.contextmanager
def _sessions(engines):
    """While it lasts, the package's modules make sessions on these engines."""
    saved = []
    for stage in STAGES:
        module = importlib.import_module(f"{_PACKAGE}.{stage.module}")
        saved.append((module, module.OrtInferSession))
        module.OrtInferSession = lambda config, s=stage: Session(s, engines[s.title])
    try:
        yield
    finally:
        for module, original in saved:
            module.OrtInferSession = original


class Pipeline:
    """The package's pipeline; with `engines`, by stage, it runs on Bireme, else on onnxruntime."""

    def __init__(self, engines=None, threads=None):
        rapidocr = importlib.import_module(_PACKAGE)
        options = {"intra_op_num_threads": threads} if threads else {}
        if engines is None:
            self._ocr = rapidocr.RapidOCR(**options)
        else:
            with _sessions(engines):
                self._ocr = rapidocr.RapidOCR(**options)
        self._timed = {}
        for stage in STAGES:
            user = getattr(self._ocr, stage.user)
            self._timed[stage.title] = Timed(getattr(user, stage.attribute))
            setattr(user, stage.attribute, self._timed[stage.title])

    def read(self, picture):
        """Lines of a picture as (box, text, confidence), and the seconds of each stage's model."""
        for timed in self._timed.values():
            timed.seconds = 0.0
        begin = time.perf_counter()
        lines, _ = self._ocr(os.fspath(picture))
        times = {title: timed.seconds for title, timed in self._timed.items()}
        times["all, with pre- and postprocessing"] = time.perf_counter() - begin
        return [(box, text, float(score)) for box, text, score in lines or []], times
