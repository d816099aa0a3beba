// SPDX-License-Identifier: Apache-2.0
// Types of a byte that have no arithmetic of their own: casts, quantization.
#include "tests/conformance/runner.h"

BIREME_CONFORMANCE(Small, {
                              {.name = "to_e4m3",
                               .graph = R"(graph g(%x: f32[N,67]) -> (%y) {
        symbol N = 1..5
        %y = pointwise(%x) {fn=cast, to=f8e4m3}
    })",
                               .mustRun = {"cuda.cast.small"},
                               .low = -600,  // beyond the largest, too
                               .high = 600,
                               .exact = true},
                              {.name = "to_e5m2_unsaturated",
                               .graph = R"(graph g(%x: f16[300]) -> (%y) {
        %y = pointwise(%x) {fn=cast, to=f8e5m2, saturate=false}
    })",
                               .mustRun = {"cuda.cast.small"},
                               .low = -65000,
                               .high = 65000,
                               .exact = true},
                              {.name = "to_e4m3_without_minus_zero",
                               .graph = R"(graph g(%x: f64[3,50]) -> (%y) {
        %y = pointwise(%x) {fn=cast, to=f8e4m3fnuz}
    })",
                               .mustRun = {"cuda.cast.small"},
                               .low = -0.02,  // around the smallest
                               .high = 0.02,
                               .exact = true},
                              {.name = "from_e4m3",
                               .graph = R"(graph g(%x: f8e4m3[3,50]) -> (%y) {
        %y = pointwise(%x) {fn=cast, to=bf16}
    })",
                               .mustRun = {"cuda.cast.small"},
                               .exact = true},
                              {.name = "to_powers_of_two",
                               .graph = R"(graph g(%x: f32[300]) -> (%y) {
        %y = pointwise(%x) {fn=cast, to=e8m0}
    })",
                               .mustRun = {"cuda.cast.small"},
                               .low = -1,
                               .high = 9,
                               .exact = true},
                              {.name = "quantize_channels",
                               .graph = R"(graph g(%x: f32[2,C,9]) -> (%y) {
        symbol C = 3..3
        %s = const f32[3] {0.01, 0.02, 0.5}
        %z = const i8[3] {1, -2, 100}
        %y = quantize(%x, %s, %z) {axis=1}
    })",
                               .mustRun = {"cuda.quantize.jit"},
                               .exact = true},
                              {.name = "quantize_to_e4m3",
                               .graph = R"(graph g(%x: f16[40]) -> (%y) {
        %s = const f16[] {0.25}
        %y = quantize(%x, %s) {type=f8e4m3}
    })",
                               .mustRun = {"cuda.quantize.jit"},
                               .exact = true},
                              {.name = "dequantize_channels",
                               .graph = R"(graph g(%x: u8[2,3,9]) -> (%y) {
        %s = const f32[3] {0.01, 0.02, 0.5}
        %z = const u8[3] {1, 2, 100}
        %y = dequantize(%x, %s, %z) {axis=1}
    })",
                               .mustRun = {"cuda.dequantize.jit"},
                               .intLow = 0,
                               .intHigh = 255,
                               .exact = true},
                          });
