// SPDX-License-Identifier: Apache-2.0
// What kernels by phases know of a deconvolution without its shapes, and how they cut its window:
// places of the result that are a stride apart (a phase) meet the same elements.
#pragma once

#include "backends/cpu/simd/brain_product.h"
#include "backends/cpu/simd/gemm.h"
#include "backends/cpu/support/epilogue.h"
#include "device/kernel.h"
#include "ops/deconvolution.h"
#include "ops/support/sliding_window.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace bireme::cpu {

inline int64_t ceilDiv(int64_t a, int64_t b) { return (a + b - 1) / b; }

struct PhasesRecord {
    ops::Deconvolution op;
    static constexpr int64_t kFew = 32;     // pixels of a row below which rows share a product
    static constexpr int64_t kEnough = 48;  // pixels that they share one for
    static constexpr int64_t kMost = 256;   // pixels of a product

    int input = 0, bias = -1;     // body inputs; -1: none
    std::vector<int64_t> kernel;  // [C, K/groups, planes, lines, columns]; missing ones are 1
    int64_t threads = 1;
    int width = 16;      // of the packed panels
    bool brain = false;  // all operands are bf16
    Epilogue epilogue;   // tensors have one value per channel

    int64_t channels() const { return kernel[0] / op.groups; }  // of a group, as maps()
    int64_t maps() const { return kernel[1]; }
    int64_t window(size_t axis) const { return kernel[2 + axis]; }
    int64_t stride(size_t axis) const {
        const size_t missing = 3 - op.stride.size();
        return axis < missing ? 1 : op.stride[axis - missing];
    }
    // Elements of a pixel and row of the input between interleaved ones: products of bf16 take two.
    int64_t depth() const { return brain ? channels() + channels() % 2 : channels(); }
    // Elements of the kernel that meet in a place: `residue` plus multiples of the stride.
    int64_t taps(size_t axis, int64_t residue) const {
        return ceilDiv(window(axis) - residue, stride(axis));
    }
    int64_t results() const {  // floats of a pixel between products and results
        return brain ? ceilDiv(maps(), kBrainWidth) * kBrainWidth : maps();
    }
    size_t packed(int64_t rows) const {  // elements
        return brain ? packedBrains(rows, maps()) : packedElements(rows, maps(), width);
    }

    // One for every group and residue of planes, lines and columns, in this order; rows are columns
    // of the window, then planes, then lines, then channels, as the input lies: the last tap first.
    struct Matrix {
        int64_t rows;
        size_t at;
    };
    std::vector<Matrix> matrices() const;
    size_t matrix(int64_t group, int64_t plane, int64_t line, int64_t column) const {
        return static_cast<size_t>(((group * stride(0) + plane) * stride(1) + line) * stride(2) +
                                   column);
    }

    // Pixels of a phase in a row of the result, and rows that share a product.
    int64_t columns(const device::Shapes& s) const {
        return ceilDiv(s.outputs[0].dims.back(), stride(2));
    }
    static int64_t rowsFor(int64_t columns) {
        return columns < kFew ? ceilDiv(kEnough, std::max<int64_t>(1, columns)) : 1;
    }
    // Bytes of interleaved rows and of results that a thread needs for shapes between two.
    std::pair<size_t, size_t> share(const device::Shapes& min, const device::Shapes& max) const;
    size_t workspace(const device::Shapes& min, const device::Shapes& max) const {
        const auto [line, results] = share(min, max);
        return static_cast<size_t>(threads) * (line + results);
    }

    ops::WindowGrid grid(const device::Shapes& s) const;
    void save(ByteWriter& out) const;
    static PhasesRecord load(ByteReader& in);
    // Without dilation and gaps between windows, a bias and what may follow it per channel.
    tactic::Support read(const tactic::Query& q, std::vector<int>& consumed);
};

// Elements from image to image, plane to plane, row to row and pixel to pixel.
struct DeconvolutionSteps {
    int64_t image, plane = 0, row = 0, pixel, offset;
    explicit DeconvolutionSteps(const device::TensorShape& t);
};

}  // namespace bireme::cpu
