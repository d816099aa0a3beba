#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs exported models in Bireme and in onnxruntime and compares; each in a process of its own, which may die.

    export PYTHONPATH=build/release/python
    python tests/exports/compare.py FOLDER [--exporter E] [--seconds N] [NAME...]
    python tests/exports/compare.py FOLDER --markdown

FOLDER is what export.py wrote. One engine per model takes all its cases. A floating-point output agrees within 1e-4 of
its range; integers and shapes have to be equal. Milliseconds are medians of a few runs on one thread each, in turn.
Writes FOLDER/results.json; a NAME is a part of a file's name.
"""

import argparse
import json
import os
import pathlib
import statistics
import sys
import time

import numpy as np

TOLERANCE = 1e-4
ROUNDS = 5


def cases_of(path):
    found = {}
    with np.load(path.with_suffix(".npz")) as arrays:
        for key, value in arrays.items():
            index, name = key.split("/", 1)
            found.setdefault(int(index), {})[name] = value
    cases = [found[i] for i in sorted(found)]
    if path.with_suffix(".static").exists():  # the one that fits what is closed is found by trying
        return cases, True
    return cases, False


def ranges(cases, open_inputs):
    """(smallest, of the first case, largest) of each input whose extents are open."""
    shapes = {n: np.array([c[n].shape for c in cases]) for n in open_inputs}
    return {n: tuple(tuple(int(d) for d in row) for row in (s.min(0), s[0], s.max(0))) for n, s in shapes.items()}


def difference(ours, theirs):
    """Largest difference as a share of the range of `theirs`; a text where they cannot be compared."""
    if ours.shape != theirs.shape or ours.dtype != theirs.dtype:
        return f"{ours.dtype}{list(ours.shape)} for {theirs.dtype}{list(theirs.shape)}"
    if theirs.dtype.kind not in "fV":
        wrong = int((ours != theirs).sum())
        return f"{wrong} of {theirs.size} integers differ" if wrong else 0.0
    if theirs.size == 0:
        return 0.0
    ours, theirs = ours.astype(np.float64), theirs.astype(np.float64)
    if not (np.isfinite(ours) == np.isfinite(theirs)).all():
        return "not finite in other places"
    finite = np.isfinite(theirs)
    ours, theirs = ours[finite], theirs[finite]
    spread = np.ptp(theirs) if theirs.size else 0
    spread = spread if spread >= 1e-3 * np.abs(theirs).max(initial=0) else np.abs(theirs).max()
    return float(np.abs(ours - theirs).max(initial=0) / (spread or 1))


def milliseconds(runs):
    times = [[] for _ in runs]
    for _ in range(ROUNDS):
        for run, kept in zip(runs, times):
            begin = time.perf_counter()
            run()
            kept.append(1000 * (time.perf_counter() - begin))
    return [statistics.median(kept) for kept in times]


def compare(path):
    """The row of one model, as a dict."""
    import bireme
    import onnx
    import onnxruntime

    row = {"nodes": count(onnx.load(path, load_external_data=False).graph)}
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    names = [o.name for o in session.get_outputs()]
    inputs = {i.name: i.shape for i in session.get_inputs()}
    expected, fitting = [], []
    for case in cases_of(path)[0]:
        case = {n: v for n, v in case.items() if n in inputs}
        try:
            expected.append(session.run(names, case))
            fitting.append(case)
        except Exception as error:  # onnxruntime's are many
            row["refused"] = str(error).splitlines()[0][:200]
    row["cases"] = len(fitting)
    if not fitting:
        return {**row, "verdict": "onnxruntime refuses: " + row["refused"]}
    open_inputs = [n for n, shape in inputs.items() if not all(isinstance(d, int) for d in shape)]
    begin = time.perf_counter()
    try:
        engine = bireme.build(str(path), shapes=ranges(fitting, open_inputs), threads=1)
        row["build"] = time.perf_counter() - begin
        results = [engine(case) for case in fitting]
    except bireme.Error as error:
        return {**row, "verdict": f"{'run' if 'build' in row else 'build'}: {error}"}
    worst, wrong = 0.0, []
    for i, (got, want) in enumerate(zip(results, expected)):
        for name, theirs in zip(names, want):
            found = difference(got[name], theirs)
            if isinstance(found, str) or not found <= TOLERANCE:
                wrong.append(f"{name} of case {i}: {found if isinstance(found, str) else f'{found:.2g} of the range'}")
            worst = max(worst, found) if not isinstance(found, str) else worst
    row["difference"] = worst
    row["ms"], row["onnxruntime_ms"] = milliseconds([lambda: engine(fitting[0]), lambda: session.run(names, fitting[0])])
    row["reference"] = on_reference(engine)
    return {**row, "verdict": "differs: " + "; ".join(wrong) if wrong else "agrees"}


def count(graph):
    """Nodes, those of branches and bodies too."""
    total = len(graph.node)
    for node in graph.node:
        total += sum(count(a.g) for a in node.attribute if a.HasField("g"))
    return total


def on_reference(engine):
    """How many layers no kernel of the CPU backend took."""
    import bireme

    inspector = engine.cuda_engine.create_engine_inspector()
    return inspector.get_engine_information(bireme.LayerInformationFormat.JSON).count('"reference.')


def in_process(path, seconds):
    """compare(path) in a process of its own."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        import signal

        signal.alarm(seconds)
        os.close(read)
        with open(os.devnull, "w") as nothing:
            os.dup2(nothing.fileno(), 2)
        try:
            row = compare(path)
        except BaseException as error:
            row = {"verdict": f"{type(error).__name__}: {error}"}
        os.write(write, json.dumps(row).encode()[:60000])
        os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        said = pipe.read()
    status = os.waitpid(pid, 0)[1]
    if status & 127 == 14:
        return {"verdict": f"no end in {seconds} s"}
    return {"verdict": f"died of signal {status & 127}"} if status & 127 else json.loads(said)


def line(key, row):
    parts = [f"{key:60}", f"{row.get('nodes', 0):5} nodes"]
    if "difference" in row:
        ratio = row["ms"] / row["onnxruntime_ms"]
        parts.append(f"{row['difference']:.1e}  build {row['build']:5.1f} s  {row['ms']:8.2f} ms, {ratio:.2f}x")
        parts.append(f"{row['reference']} on the reference" if row["reference"] else "")
        parts.append(f"{row['cases']} cases")
    said = row["verdict"].splitlines()[0]
    return "  ".join(p for p in [*parts, said] if p)


def markdown(rows, folder):
    """The table of docs/models.md: a model's line has both exporters, and what they could not export."""
    models = {}
    for key, row in rows.items():
        models.setdefault(key.split("/", 1)[1], {})[key.split("/", 1)[0]] = row
    for failed in folder.glob("*/*.failed"):
        why = failed.read_text().split(":")[0].strip()
        models.setdefault(failed.stem, {})[failed.parent.name] = {"verdict": f"no export: {why}"}
    print("| model | torchscript: nodes | difference | dynamo: nodes | difference |\n|---|---|---|---|---|")
    for name, by in sorted(models.items()):
        cells = []
        for exporter in ("torchscript", "dynamo"):
            row = by.get(exporter, {"verdict": ""})
            agreed = row["verdict"] == "agrees"
            said = row["verdict"].splitlines()[0] if row["verdict"] else ""
            cells += [str(row.get("nodes", "")), f"{row['difference']:.0e}" if agreed else said]
        print(f"| {name} | " + " | ".join(cells) + " |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--exporter", default="*")
    parser.add_argument("--seconds", type=int, default=180, help="for one model")
    parser.add_argument("--markdown", action="store_true", help="print the results that are there, as a table")
    options = parser.parse_intermixed_args()
    file = options.folder / "results.json"
    rows = json.loads(file.read_text()) if file.exists() else {}
    if options.markdown:
        return markdown(rows, options.folder)
    bad = 0
    for path in sorted(options.folder.glob(f"{options.exporter}/*.onnx")):
        key = f"{path.parent.name}/{path.stem}"
        if not path.with_suffix(".npz").exists() or (options.names and not any(n in key for n in options.names)):
            continue
        rows[key] = in_process(path, options.seconds)
        bad += rows[key]["verdict"] != "agrees"
        print(line(key, rows[key]), flush=True)
        file.write_text(json.dumps(rows, indent=1, sort_keys=True) + "\n")
    print(f"{bad} do not agree")
    return bad and 1


if __name__ == "__main__":
    sys.exit(main())
