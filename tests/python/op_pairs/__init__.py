# SPDX-License-Identifier: Apache-2.0
"""A model for every operator of ai.onnx in every version of its definition since operator set 7."""

import pathlib

from . import control, elementwise, linear, movement, reduction  # noqa: F401  (they register their cases)
from .case import BUILDERS, all_pairs, build, expected, feeds, model, versions

__all__ = ["BUILDERS", "TABLE", "UNSUPPORTED", "all_pairs", "build", "expected", "feeds", "model", "table", "versions",
           "why_not"]

# What the documentation says of the pairs; `python tests/python/test_op_pairs.py` writes it.
TABLE = pathlib.Path(__file__).parents[3] / "tools" / "docgen" / "onnx_versions.def"

_TEXTS = "texts and encoded pictures are no tensors here"
# (operator, version or None for all): why no model of it is imported.
UNSUPPORTED = {
    **{(name, None): _TEXTS for name in ("ImageDecoder", "RegexFullMatch", "StringConcat", "StringNormalizer", "StringSplit")},
}


def why_not(operator, version):
    return UNSUPPORTED.get((operator, None)) or UNSUPPORTED.get((operator, version))


def table():
    """The text of TABLE: the versions of every operator that are compared with another implementation."""
    rows = ["// SPDX-License-Identifier: Apache-2.0", "// Written by tests/python/test_op_pairs.py: versions of every",
            "// operator of ai.onnx whose model is compared with another implementation.", "// clang-format off"]
    for operator in sorted(BUILDERS):
        known = [str(v) for v in versions(operator) if not why_not(operator, v)]
        if known:
            rows.append(f'VERSIONS("{operator}", "{", ".join(known)}")')
    return "\n".join(rows) + "\n"
