# SPDX-License-Identifier: Apache-2.0
"""Operators that fold, sort or count along axes."""

import numpy as np

from .case import Case, case


@case("ArgMax", "ArgMin")
def arg(version, data):
    attributes = {"axis": 1, "keepdims": 0}
    if version >= 12:
        attributes["select_last_index"] = 1
    if version >= 11:
        attributes["axis"] = -2
    return Case([data.whole(2, 5, 3, low=0, high=3).astype(np.float32)], attributes)


@case(*"ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum "
       "ReduceSumSquare".split())
def reduce(version, data, operator):
    x = data.real(2, 3, 4, low=0.2)
    by_input = version >= 18 or (operator == "ReduceSum" and version >= 13)
    if by_input and version == 20:
        return Case([data.flags(2, 3, 4), np.array([1], np.int64)], {"keepdims": 0}, constant=(1,))
    if by_input:
        return Case([x, np.array([0, -1], np.int64)], {"keepdims": 0}, constant=(1,))
    axes = [0, 2] if version < 11 else [0, -1]
    if version == 12:
        return Case([data.whole(2, 3, 4, low=-100, high=100, dtype=np.int8)], {"axes": axes})
    return Case([x], {"axes": axes, "keepdims": 0 if version == 11 else 1})


@case("CumSum", "CumProd")
def cumulative(version, data):
    return Case([data.real(2, 4), np.int64(1)], {"exclusive": 1, "reverse": 1}, constant=(1,))


@case("TopK")
def topk(version, data):
    x = data.rng.permutation(24).reshape(2, 12).astype(np.float32)
    if version < 10:
        return Case([x], {"k": 3, "axis": 1}, outputs=2)
    attributes = {"axis": 1} if version == 10 else {"axis": -1, "largest": 0, "sorted": 1}
    return Case([x, np.array([3], np.int64)], attributes, outputs=2, constant=(1,))


@case("NonZero")
def non_zero(version, data):
    return Case([data.whole(3, 4, low=0, high=1, dtype=np.int64 if version == 9 else np.float32)])


@case("Unique")
def unique(version, data):
    return Case([data.whole(12, low=0, high=4)], {"sorted": 1}, outputs=4)


@case("Compress")
def compress(version, data):
    return Case([data.real(3, 4), np.array([True, False, True])], {"axis": 0 if version == 9 else -2})


@case("Hardmax", "Softmax", "LogSoftmax")
def softmax(version, data):
    axis = {1: 1, 11: -2}.get(version, -1)
    return Case([data.real(2, 3, 4)], {"axis": axis} if version != 1 else {})


@case("LpNormalization")
def lp_normalization(version, data):
    return Case([data.real(2, 5)], {"axis": 1, "p": 1 if version == 1 else 2})


@case("NegativeLogLikelihoodLoss")
def nll(version, data):
    labels = data.whole(2, 4, low=0, high=4)
    return Case([data.real(2, 5, 4), labels, data.real(5, low=0.1)], {"ignore_index": 1, "reduction": "mean"})


@case("SoftmaxCrossEntropyLoss")
def cross_entropy(version, data):
    labels = data.whole(2, 4, low=0, high=4)
    return Case([data.real(2, 5, 4), labels, data.real(5, low=0.1)], {"reduction": "sum"}, outputs=2)


@case("Det")
def det(version, data):
    return Case([data.real(3, 4, 4)])


@case("TfIdfVectorizer")
def tf_idf(version, data):
    attributes = {
        "min_gram_length": 1, "max_gram_length": 2, "max_skip_count": 1, "mode": "TF",
        "ngram_counts": [0, 3], "ngram_indexes": [0, 1, 2, 3, 4], "pool_int64s": [1, 2, 3, 1, 2, 2, 3],
    }
    return Case([data.whole(2, 9, low=1, high=4, dtype=np.int32)], attributes)
