# SPDX-License-Identifier: Apache-2.0
"""Reads the text off pictures with PP-OCRv4: ``python -m bireme.demo [FILE...]``.

Detection, orientation and recognition are imported, optimised, saved, loaded again and run by
Bireme inside the pipeline of rapidocr-onnxruntime, and timed beside onnxruntime there.
"""

import argparse
import importlib.util
import logging
import os
import statistics
import sys
import time
from pathlib import Path

from . import __version__
from .messages import Error

_RUNS = 3
_NEEDED = {
    "rapidocr_onnxruntime": "rapidocr-onnxruntime",
    "onnxruntime": "onnxruntime",
    "PIL": "pillow",
}


def main(arguments=None):
    options = _options(arguments)
    try:
        _check_environment(options)
        from . import ocr

        return _Demo(ocr, options).run()
    except Error as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1


def _options(arguments):
    parser = argparse.ArgumentParser(
        prog="bireme demo", description="Reads the text off pictures with PP-OCRv4."
    )
    parser.add_argument(
        "pictures", nargs="*", metavar="FILE", help="pictures to read; default: a scanned page"
    )
    parser.add_argument("--threads", type=int, help="CPU threads; default: all cores")
    parser.add_argument("--runs", type=int, default=_RUNS, help="timed runs, default %(default)s")
    parser.add_argument(
        "--engines", default="build/demo", help="folder that keeps engines, default %(default)s"
    )
    parser.add_argument(
        "--output", default="demo-output", help="folder of the results, default %(default)s"
    )
    return parser.parse_args(arguments)


def _check_environment(options):
    if sys.version_info >= (3, 13):
        raise Error(
            "the OCR pipeline, rapidocr-onnxruntime, needs Python older than 3.13; this is "
            f"{sys.version.split()[0]}. Bireme itself runs on it: try bireme.build and bireme.load"
        )
    missing = [name for module, name in _NEEDED.items() if not importlib.util.find_spec(module)]
    if missing:
        raise Error(
            f"the Python packages {', '.join(missing)} are missing: run scripts/setup demo, or "
            f"pip install {' '.join(missing)}"
        )
    for picture in options.pictures:
        if not os.path.isfile(picture):
            raise Error(f'"{picture}" does not exist')


def _page():
    """The scanned page in scikit-image's data, found without importing the package."""
    spec = importlib.util.find_spec("skimage")
    page = Path(spec.origin).parent / "data" / "page.png" if spec else None
    if page is None or not page.is_file():
        raise Error("the picture page.png of scikit-image is missing: run scripts/setup demo")
    return page


class _Demo:
    def __init__(self, ocr, options):
        self._ocr = ocr
        self._options = options

    def run(self):
        threads = self._options.threads
        print(f"Bireme {__version__}: PP-OCRv4 reads pictures, {threads or os.cpu_count()} threads")
        engines = self._engines()
        begin = time.perf_counter()
        ours = self._ocr.Pipeline(engines, threads)
        logging.disable(logging.INFO)
        theirs = self._ocr.Pipeline(None, threads)
        print(f"Pipelines made in {time.perf_counter() - begin:.2f} s\n")
        pictures = [Path(p) for p in self._options.pictures] or [_page()]
        same = [self._read(picture, ours, theirs) for picture in pictures]
        return 0 if all(same) else 1

    def _engines(self):
        print(f"\n{'Engine':<16}{'built':>10}{'saved':>10}{'loaded':>10}")
        engines = {}
        for stage in self._ocr.STAGES:
            made = self._ocr.make_engine(stage, self._options.engines, self._options.threads)
            engines[stage.title] = made.engine
            times = "".join(
                f"{'kept' if s is None else f'{s:.2f} s':>10}"
                for s in (made.built, made.saved, made.loaded)
            )
            print(f"{stage.title:<16}{times}", flush=True)
        return engines

    def _read(self, picture, ours, theirs):
        lines, times = self._timed(ours, picture)
        expected, expected_times = self._timed(theirs, picture)
        print(picture.name)
        for _, text, score in lines:
            print(f"  {score:.3f}  {text}")
        if not lines:
            print("  no text found")
        print(f"\n  {f'median of {self._options.runs}':<36}{'Bireme':>12}{'onnxruntime':>14}")
        for title, seconds in times.items():
            theirs_ms = expected_times[title] * 1e3
            print(f"  {title:<36}{seconds * 1e3:>9.1f} ms{theirs_ms:>11.1f} ms")
        print(f"\n  annotated: {self._annotate(picture, lines)}")
        return _agree(lines, expected)

    def _timed(self, pipeline, picture):
        """Lines, and the median seconds of each part; the first run is not counted."""
        lines, _ = pipeline.read(picture)
        runs = [pipeline.read(picture)[1] for _ in range(max(1, self._options.runs))]
        return lines, {title: statistics.median(r[title] for r in runs) for title in runs[0]}

    def _annotate(self, picture, lines):
        from PIL import Image, ImageDraw, ImageFont

        image = Image.open(picture).convert("RGB")
        page = Image.new("RGB", (image.width * 2, image.height), "white")
        page.paste(image, (0, 0))
        draw = ImageDraw.Draw(page)
        for box, text, score in lines:
            corners = [tuple(point) for point in box]
            draw.polygon(corners, outline=(200, 30, 30), width=2)
            height = max(8, round((box[3][1] - box[0][1]) * 0.6))
            place = (image.width + corners[0][0], corners[0][1])
            draw.text(place, f"{text}  {score:.2f}", (20, 20, 20), ImageFont.load_default(height))
        path = Path(self._options.output) / f"{picture.stem}-annotated.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        page.save(path)
        return path


def _agree(lines, expected):
    ours, theirs = [line[1] for line in lines], [line[1] for line in expected]
    if ours == theirs:
        count = len(ours)
        print(f"  onnxruntime reads the same {count} line{'' if count == 1 else 's'}\n")
        return True
    print("  onnxruntime reads something else:")
    for text in theirs:
        print(f"    {text}")
    print()
    return False


if __name__ == "__main__":
    sys.exit(main())
