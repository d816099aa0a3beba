#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fails on a source file over 600 lines; warns on a header of src or include over 200 and on any
source over 400. Prints the size of the tree by folder with --table."""
import collections
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
SUFFIXES = {".h", ".hpp", ".cpp", ".cc", ".cu", ".def", ".inc", ".py", ".cmake", ".sh", ".ir"}
FOLDERS = ("include", "src", "backends", "parsers", "python", "tools", "serving", "samples",
           "tests", "bench", "cmake", "scripts")
LIMIT, LONG, LONG_HEADER = 600, 400, 200


def sources():
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and path.suffix in SUFFIXES and "__pycache__" not in path.parts:
                yield path.relative_to(ROOT)


def main():
    failed = False
    totals = collections.Counter()
    for path in sources():
        lines = (ROOT / path).read_bytes().count(b"\n")
        totals["/".join(path.parts[:2])] += lines
        header = path.suffix == ".h" and path.parts[0] in ("src", "include")
        if lines > LIMIT:
            failed = True
            print(f"{path}: {lines} lines, the limit is {LIMIT}: split it")
        elif lines > LONG or (header and lines > LONG_HEADER):
            print(f"{path}: {lines} lines (warning: aim below "
                  f"{LONG_HEADER if header else LONG})")
    if "--table" in sys.argv[1:]:
        for folder, lines in sorted(totals.items()):
            print(f"{lines:8} {folder}")
    print(f"sizes: {sum(totals.values())} lines")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
