#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks every #include against the tables in docs/architecture.md: which folder may include
which, and where walled headers may appear. Prints one line per offence; exit status 1 if any."""
import fnmatch
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
TABLES = ROOT / "docs" / "architecture.md"
SOURCE_SUFFIXES = {".h", ".hpp", ".cpp", ".cc", ".def", ".inc", ".cu"}
SOURCE_FOLDERS = ("include", "src", "backends", "parsers", "python", "tools", "serving",
                  "samples", "tests", "bench")
INCLUDE_ROOTS = ("include", "src", "", "parsers")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def read_tables(path):
    """The marked tables of the document: {name: [[cell, ...], ...]}, backticks kept."""
    tables, name = {}, None
    for line in path.read_text().splitlines():
        marker = re.fullmatch(r"<!-- table: (\w+) -->", line.strip())
        if marker:
            name = marker.group(1)
            tables[name] = []
        elif line.startswith("|") and name:
            tables[name].append([cell.strip() for cell in line.strip("|").split("|")])
        elif name and tables[name]:
            name = None
    return {key: rows[2:] for key, rows in tables.items()}


def ticked(cell):
    return re.findall(r"`([^`]+)`", cell)


def as_folder(name):
    """`base` in a cell means `src/base`; names with a slash and `include` stand for themselves."""
    return name if "/" in name or name == "include" else "src/" + name


class Rules:
    def __init__(self, tables):
        self.rows = []  # (folder pattern, allowed folder patterns or None for anything)
        for _, folder, allowed in tables["layers"]:
            anything = allowed == "anything"
            self.rows.append((ticked(folder)[0],
                              None if anything else [as_folder(n) for n in ticked(allowed)]))
        self.exceptions = [(ticked(file)[0], [as_folder(n) for n in ticked(extra)])
                           for file, extra in tables["exceptions"]]
        self.walls = [(ticked(header)[0], ticked(places)) for header, places in tables["walls"]]

    def folder_of(self, file):
        """The folder of the table a file belongs to, with `*` filled in, and its row's rights."""
        for pattern, allowed in self.rows:
            depth = pattern.count("/") + 1
            head = "/".join(file.split("/")[:depth])
            if fnmatch.fnmatch(head, pattern) and file.startswith(head + "/"):
                return head, allowed
        return None, None

    def may_include(self, file, target):
        home, allowed = self.folder_of(file)
        if home is None:
            return f"{file.rsplit('/', 1)[0]} has no row in the layer table"
        other, _ = self.folder_of(target)
        extra = [p for pattern, more in self.exceptions if fnmatch.fnmatch(file, pattern)
                 for p in more]
        if allowed is None or other == home:
            return None
        if other and any(fnmatch.fnmatch(other, p) for p in allowed + extra):
            return None
        return f"{home} may not include {other or target}"

    def wall_of(self, file, header):
        for pattern, places in self.walls:
            if fnmatch.fnmatch(header, pattern):
                if not any(fnmatch.fnmatch(file, place) for place in places):
                    return f"<{header}> belongs only in {', '.join(places)}"
        return None


def resolve(file, spelled):
    """The file of this tree that an include means, relative to the root, or None."""
    candidates = [(ROOT / file).parent] + [ROOT / root for root in INCLUDE_ROOTS]
    for folder in candidates:
        path = (folder / spelled).resolve()
        if path.is_file() and path.is_relative_to(ROOT):
            return path.relative_to(ROOT).as_posix()
    return None


def offences(rules, file):
    for number, line in enumerate((ROOT / file).read_text(errors="replace").splitlines(), 1):
        match = INCLUDE.match(line)
        if not match:
            continue
        quote, spelled = match.groups()
        target = resolve(file, spelled) if quote == '"' or spelled.startswith("bireme/") else None
        if target:
            reason = rules.may_include(file, target)
        elif file.startswith("include/") and re.search(r"[./]", spelled):
            reason = f"a public header includes the standard library only, not {spelled}"
        else:
            reason = rules.wall_of(file, spelled)
        if reason:
            yield f"{file}:{number}: {reason}"


def main():
    rules = Rules(read_tables(TABLES))
    files = [path.relative_to(ROOT).as_posix() for folder in SOURCE_FOLDERS
             for path in sorted((ROOT / folder).rglob("*")) if path.suffix in SOURCE_SUFFIXES]
    found = [text for file in files for text in offences(rules, file)]
    print("\n".join(found) if found else f"layers: {len(files)} files, no offence")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
