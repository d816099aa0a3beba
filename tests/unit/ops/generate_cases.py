#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes tests/data/ops/<op>.cases: what every op must compute, by an independent reference.

Usage: generate_cases.py [family...]   (numpy, onnx and onnxruntime must be importable)

Each module of tests/unit/ops/cases/ is a family with a function cases() that yields Case objects
(see cases/common.py). tests/unit/ops/cases_test.cpp reads the files. The format, line by line:

    case NAME                  starts a case; NAME is unique within the file
    attr NAME VALUE            an attribute of the op, as ir::setAttribute reads it
    in TYPE DIMS : VALUES      the next input: in f32 [2,3] : 1 2 3 4 5 6   ("in none" if absent)
    out TYPE DIMS : VALUES     the next output, of this type and these dims ("out none": unchecked)
    tol RELATIVE ABSOLUTE      |got - want| <= ABSOLUTE + RELATIVE * |want|; default 1e-5 1e-5
    symbols INPUTS             inputs whose extents also become symbols to test the shape rule, e.g.
                               "symbols 0 2"; none after it: no such test; without the line: every
                               input that is not a small integer tensor
    error TEXT                 instead of outputs: infer or eval must fail, TEXT in the message
    end

TYPE is a name of src/tensor/dtype.def; DIMS has no spaces; VALUES are numbers, nan, inf, -inf, all
on one line, as many as the tensor has elements, or one number that all of them have. "#" starts a
comment line. The op is the name of the file. Beside values the runner checks, for each case,
    - output types and dims,
    - that integer elements which infer propagates equal the expected ones,
    - that with symbols for extents the inferred dims, evaluated, equal the expected ones.
"""
import importlib
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
DATA = HERE.parents[1] / "data" / "ops"


def main():
    sys.path.insert(0, str(HERE))
    families = sys.argv[1:] or sorted(
        p.stem for p in (HERE / "cases").glob("*.py") if p.stem not in ("common", "__init__"))
    files = {}
    for family in families:
        for case in importlib.import_module("cases." + family).cases():
            texts = files.setdefault(case.op, {})
            if case.name in texts:
                raise SystemExit(f"{case.op}: two cases named {case.name}")
            texts[case.name] = case.text()
    DATA.mkdir(parents=True, exist_ok=True)
    for op, texts in files.items():
        body = "\n".join(texts.values())
        header = "# SPDX-License-Identifier: Apache-2.0\n# By generate_cases.py; do not edit.\n"
        (DATA / f"{op}.cases").write_text(header + body)
        print(f"{op}: {len(texts)} cases, {len(body)} bytes")


if __name__ == "__main__":
    main()
