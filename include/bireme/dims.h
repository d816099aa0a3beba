// SPDX-License-Identifier: Apache-2.0
#pragma once

//! \file dims.h
//! Extents of tensors and orders of dimensions.

#include "bireme/namespace.h"

BIREME_NAMESPACE_BEGIN

//! Extents of a tensor, in logical order (N, C, [D,] H, W) whatever the memory layout.
//!
//! `d[i] == -1` is an extent known only at run time. `nbDims == 0` is a scalar, `nbDims == -1`
//! means «not set» or «unknown».
class Dims64 {
public:
    static constexpr int32_t MAX_DIMS{8};

    int32_t nbDims;
    int64_t d[MAX_DIMS];
};
using Dims = Dims64;

//! Two extents; the rest is zero.
class Dims2 : public Dims {
public:
    Dims2() noexcept : Dims2(0, 0) {}
    Dims2(int64_t d0, int64_t d1) noexcept : Dims{2, {d0, d1}} {}
};

//! Height and width.
class DimsHW : public Dims2 {
public:
    DimsHW() noexcept : Dims2() {}
    DimsHW(int64_t height, int64_t width) noexcept : Dims2(height, width) {}

    int64_t& h() noexcept { return d[0]; }
    int64_t h() const noexcept { return d[0]; }
    int64_t& w() noexcept { return d[1]; }
    int64_t w() const noexcept { return d[1]; }
};

//! Three extents; the rest is zero.
class Dims3 : public Dims2 {
public:
    Dims3() noexcept : Dims3(0, 0, 0) {}
    Dims3(int64_t d0, int64_t d1, int64_t d2) noexcept : Dims2(d0, d1) {
        nbDims = 3;
        d[2] = d2;
    }
};

//! Four extents; the rest is zero.
class Dims4 : public Dims3 {
public:
    Dims4() noexcept : Dims4(0, 0, 0, 0) {}
    Dims4(int64_t d0, int64_t d1, int64_t d2, int64_t d3) noexcept : Dims3(d0, d1, d2) {
        nbDims = 4;
        d[3] = d3;
    }
};

//! Order of dimensions: output dimension i is input dimension `order[i]`, as in numpy's transpose.
//! CHW to HWC is {1, 2, 0}. Only the first rank entries are read.
struct Permutation {
    int32_t order[Dims::MAX_DIMS];
};

BIREME_NAMESPACE_END
