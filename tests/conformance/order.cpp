// SPDX-License-Identifier: Apache-2.0
// Sorting and running sums, which go along one axis in its order.
#include "tests/conformance/runner.h"

BIREME_CONFORMANCE(Order, {{"largest_with_places",
                            R"(graph g(%x: f16[N,3,300]) -> (%y, %i) {
        symbol N = 1..4
        %y, %i = topk(%x) {k=7}
    })",
                            {"cuda.topk.jit"},
                            0},
                           {"smallest_in_the_middle",
                            R"(graph g(%x: i32[2,37,5]) -> (%y, %i) {
        %y, %i = topk(%x) {k=37, axis=1, operation=min, indicesType=i64}
    })",
                            {"cuda.topk.jit"},
                            0},
                           {"places_alone",
                            R"(graph g(%x: f32[4,33]) -> (%i) {
        %y, %i = topk(%x) {k=1, indicesType=i64}
    })",
                            {"cuda.topk.jit"},
                            0},
                           {"running_sum_along_data",
                            R"(graph g(%x: i32[3,5,40], %a: i64[]) -> (%y) {
        %y = cumulative(%x, %a)
    })",
                            {"cuda.cumulative.jit"},
                            0,
                            -2,
                            2,
                            -3,
                            2},
                           {"running_sum",
                            R"(graph g(%x: f32[3,S,4]) -> (%y) {
        symbol S = 1..700
        %a = const i32[1] {1}
        %y = cumulative(%x, %a)
    })",
                            {"cuda.cumulative.jit"}},
                           {"running_product_backwards",
                            R"(graph g(%x: f32[2,70]) -> (%y) {
        %a = const i64[1] {-1}
        %y = cumulative(%x, %a) {product=true, exclusive=true, reverse=true}
    })",
                            {"cuda.cumulative.jit"},
                            1e-5,
                            0.8,
                            1.2}});
