// SPDX-License-Identifier: Apache-2.0
// Convolutions of every channel by itself, channels-last, of floats or of bf16 that are floats in
// between.
#pragma once

#include <cstdint>

namespace bireme::cpu {

enum class DepthwiseEnd : int { none, clip, swish, hardSwish, prelu };

struct Depthwise {
    int window = 3, stride = 1;  // 3, 5 or 7; 1 or 2
    bool brain = false;          // x and y are bf16
    int64_t channels = 1;
    int64_t height = 1, width = 1;  // of an input plane
    int64_t outWidth = 1;
    int64_t top = 0, left = 0;                  // zeros before the input
    int64_t xLine = 0, xPixel = 0, yPixel = 0;  // elements from line to line, pixel to pixel
    DepthwiseEnd end = DepthwiseEnd::none;
    float low = 0, high = 0;        // bounds of clip; factor and summand of hardSwish
    const float* slopes = nullptr;  // of prelu: row() elements

    // Weights: for every element of the window a row of the channels, filled up to whole vectors of
    // any machine.
    static constexpr int64_t kLanes = 16;
    int64_t row() const { return (channels + kLanes - 1) / kLanes * kLanes; }
};

// Line `line` of the results of one image; `zeros` stands for a pixel outside. `bias` is null or
// has row() elements.
void depthwiseLine(const Depthwise& d, const void* x, const void* zeros, const float* weights,
                   const float* bias, int64_t line, void* y) noexcept;

}  // namespace bireme::cpu
