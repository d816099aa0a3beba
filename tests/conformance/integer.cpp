// SPDX-License-Identifier: Apache-2.0
#include "tests/conformance/runner.h"

BIREME_CONFORMANCE(IntegerProducts,
                   {
                       {.name = "bytes_by_constant",
                        .graph = R"(graph g(%a: u8[N,5], %za: i32[]) -> (%y) {
        symbol N = 1..40
        %b = const i8[5,3] {1, -128, 3, 4, 127, -6, 7, 8, 9, -10, 11, 12, 13, 14, 15}
        %zb = const i32[3] {0, 2, -5}
        %y = integer_matrix_multiply(%a, %b, %za, %zb)
    })",
                        .intLow = 0,
                        .intHigh = 255,
                        .exact = true},
                       {.name = "batches_of_signed_bytes",
                        .graph = R"(graph g(%a: i8[2,1,7,9], %b: u8[1,3,9,4], %za: i32[7]) -> (%y) {
        %y = integer_matrix_multiply(%a, %b, %za, _)
    })",
                        .intLow = -128,
                        .intHigh = 127,
                        .exact = true},
                       {.name = "convolution_padded",
                        .graph = R"(graph g(%x: u8[N,4,H,7], %zx: i32[], %zw: i32[6]) -> (%y) {
        symbol N = 1..3
        symbol H = 5..12
        %w = const u8[6,4,1,2] {255, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 250}
        %y = integer_convolution(%x, %w, %zx, %zw) {prePadding=[1,1], postPadding=[0,1], stride=[2,1]}
    })",
                        .intLow = 0,
                        .intHigh = 255,
                        .exact = true},
                       {.name = "convolution_groups_of_signed",
                        .graph = R"(graph g(%x: i8[2,4,11], %w: i8[6,2,3], %zx: i32[]) -> (%y) {
        %y = integer_convolution(%x, %w, %zx, _) {groups=2, dilation=[2], paddingMode=same_upper}
    })",
                        .intLow = -128,
                        .intHigh = 127,
                        .exact = true},
                   });
