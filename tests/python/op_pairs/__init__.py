# SPDX-License-Identifier: Apache-2.0
"""A model for every operator of ai.onnx in every version of its definition since operator set 7."""

from . import control, elementwise, linear, movement, reduction  # noqa: F401  (they register their cases)
from .case import BUILDERS, all_pairs, build, expected, feeds, model
from .table import TABLE, table

__all__ = ["BUILDERS", "TABLE", "UNSUPPORTED", "all_pairs", "build", "expected", "feeds", "model", "table", "why_not"]

_TEXTS = "texts and encoded pictures are no tensors here"
# (operator, version or None for all): why no model of it is imported.
UNSUPPORTED = {
    **{(name, None): _TEXTS for name in ("ImageDecoder", "RegexFullMatch", "StringConcat", "StringNormalizer", "StringSplit")},
}


def why_not(operator, version):
    return UNSUPPORTED.get((operator, None)) or UNSUPPORTED.get((operator, version))
