#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Exports models of torchvision, timm and transformers to ONNX by both exporters of PyTorch, with random weights.

    pip install torch torchvision timm transformers onnx onnxscript onnxruntime
    python tests/exports/export.py FOLDER [--exporter torchscript|dynamo] [--suite torchvision,timm,transformers] [NAME...]

Writes FOLDER/<exporter>/<suite>-<name>.onnx, and beside it .npz: arrays "<case>/<input>". What a model could not be
exported for stands in .failed; .static says why an exporter could not leave extents open, and closed them. Each model is
exported in a process of its own; what is there already is left alone.
"""

import argparse
import importlib
import os
import pathlib
import signal
import sys
import time
import traceback
import warnings

import numpy as np

SUITES = ("torchvision", "timm", "transformers")
EXPORTERS = ("torchscript", "dynamo")


def models(suite):
    return importlib.import_module(f"{suite}_models").MODELS


def export(model, exporter, path):
    """Writes the files; raises what the exporter raises. Returns why the extents are closed, or None."""
    import torch

    torch.set_num_threads(1)
    torch.backends.mha.set_fastpath_enabled(False)  # its one operator has no ONNX
    torch.manual_seed(0)
    module = model.make()
    arguments = tuple(torch.from_numpy(v) for v in model.cases[0].values())
    names = list(model.cases[0])
    common = {"input_names": names, "output_names": model.outputs}
    closed = None
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module(*arguments)
        if exporter == "torchscript":
            torch.onnx.export(module, arguments, path, dynamo=False, opset_version=17, dynamic_axes=model.open, **common)
        else:
            # Extents of 1 would be taken for constants.
            shapes = tuple({a: torch.export.Dim.DYNAMIC for a in model.open.get(n, {})} for n in names)
            shapes = (shapes,) if starred(module) else shapes
            largest = max(model.cases, key=lambda c: min(len(v) for v in c.values()))
            larger = tuple(torch.from_numpy(v) for v in largest.values())
            try:
                torch.onnx.export(module, larger, path, dynamo=True, verbose=False, dynamic_shapes=shapes, **common)
            except Exception as error:  # the exporter's many kinds
                if not model.open:
                    raise
                closed = first_line(error)
                torch.onnx.export(module, arguments, path, dynamo=True, verbose=False, **common)
    return closed


def starred(module):
    return module.forward.__code__.co_flags & 0x04 and not module.forward.__code__.co_argcount > 1


def first_line(error):
    """The cause in a line."""
    while error.__cause__ is not None:
        error = error.__cause__
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[0] if lines else ''}"[:200]


def worker(suite, name, exporter, base):
    model = next(m for m in models(suite) if m.name == name)
    part = f"{base}.part.onnx"
    try:
        closed = export(model, exporter, part)
    except Exception as error:
        traceback.print_exc()
        pathlib.Path(f"{base}.failed").write_text(first_line(error) + "\n")
        return
    finish(part, f"{base}.onnx")
    if closed:
        pathlib.Path(f"{base}.static").write_text(closed + "\n")
    arrays = {f"{i}/{n}": v for i, case in enumerate(model.cases) for n, v in case.items()}
    np.savez(f"{base}.npz", **arrays)


def finish(part, path):
    """One file, whatever the exporter wrote."""
    import onnx

    onnx.save(onnx.load(part), path)
    for file in (part, f"{part}.data"):
        if os.path.exists(file):
            os.remove(file)


def run(suite, name, exporter, folder, seconds):
    base = folder / exporter / f"{suite}-{name}"
    base.parent.mkdir(parents=True, exist_ok=True)
    if any(os.path.exists(f"{base}{end}") for end in (".npz", ".failed")):
        return None
    begin = time.perf_counter()
    pid = os.fork()
    if pid == 0:
        log = os.open(f"{base}.log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(log, 1), os.dup2(log, 2)
        signal.alarm(seconds)
        try:
            worker(suite, name, exporter, str(base))
        finally:
            os._exit(0)
    status = os.waitpid(pid, 0)[1]
    if status:
        pathlib.Path(f"{base}.failed").write_text(f"ended by signal {status & 127}\n")
    failed = pathlib.Path(f"{base}.failed")
    word = failed.read_text().strip() if failed.exists() else "exported"
    return f"{exporter:11} {suite}-{name}: {word} ({time.perf_counter() - begin:.0f} s)"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--exporter", choices=EXPORTERS)
    parser.add_argument("--suite", default=",".join(SUITES))
    parser.add_argument("--seconds", type=int, default=600, help="for one model; more is a failure")
    options = parser.parse_intermixed_args()
    for exporter in [options.exporter] if options.exporter else EXPORTERS:
        for suite in options.suite.split(","):
            for model in models(suite):
                if options.names and model.name not in options.names:
                    continue
                line = run(suite, model.name, exporter, options.folder, options.seconds)
                if line:
                    print(line, flush=True)


if __name__ == "__main__":
    sys.path.insert(0, str(pathlib.Path(__file__).parent))
    main()
