// SPDX-License-Identifier: Apache-2.0
// Elements that go where indices say.
#include "tests/conformance/runner.h"

BIREME_CONFORMANCE(Index,
                   {
                       {.name = "gather_coordinates",
                        .graph = R"(graph g(%x: f16[3,B,5,7], %i: i64[4,2]) -> (%y) {
        symbol B = 1..4
        %y = gather(%x, %i) {mode=nd}
    })",
                        .mustRun = {"cuda.gather_nd.each"},
                        .intLow = -3,
                        .intHigh = 4,  // some are outside
                        .exact = true},
                       {.name = "gather_coordinates_in_batches",
                        .graph = R"(graph g(%x: i64[3,4,5], %i: i32[3,2,1]) -> (%y) {
        %y = gather(%x, %i) {mode=nd, elementWiseDims=1}
    })",
                        .mustRun = {"cuda.gather_nd.each"},
                        .exact = true},
                       {.name = "scatter_rows",
                        .graph =
                            R"(graph g(%x: f32[N,6,5], %i: i64[N,3,5], %u: f32[N,3,5]) -> (%y) {
        symbol N = 1..3
        %y = scatter(%x, %i, %u) {axis=1}
    })",
                        .mustRun = {"cuda.scatter_elements.each"},
                        .exact = true},
                       {.name = "scatter_sums",
                        .graph =
                            R"(graph g(%x: f32[2,300], %i: i32[2,400], %u: f32[2,400]) -> (%y) {
        %y = scatter(%x, %i, %u) {axis=-1, reduction=add}
    })",
                        .mustRun = {"cuda.scatter_elements.each"},
                        .intLow = -10,
                        .intHigh = 10},
                       {.name = "scatter_coordinates_largest",
                        .graph =
                            R"(graph g(%x: i32[5,6,2], %i: i64[7,2], %u: i32[7,2]) -> (%y) {
        %y = scatter(%x, %i, %u) {mode=nd, reduction=max}
    })",
                        .mustRun = {"cuda.scatter_nd.each"},
                        .exact = true},
                       {.name = "scatter_one_row",
                        .graph =
                            R"(graph g(%x: bf16[5,6], %i: i64[1,1], %u: bf16[1,6]) -> (%y) {
        %y = scatter(%x, %i, %u) {mode=nd}
    })",
                        .mustRun = {"cuda.scatter_nd.each"},
                        .exact = true},
                       {.name = "one_hot",
                        .graph = R"(graph g(%i: i64[3,4], %v: f32[2]) -> (%y) {
        %d = const i64[] {5}
        %y = one_hot(%i, %v, %d) {axis=1}
    })",
                        .mustRun = {"cuda.one_hot.each"},
                        .exact = true},
                       {.name = "upper_triangle",
                        .graph = R"(graph g(%x: f32[N,5,7], %k: i64[]) -> (%y) {
        symbol N = 1..3
        %y = trilu(%x, %k)
    })",
                        .mustRun = {"cuda.trilu.each"},
                        .exact = true},
                       {.name = "lower_triangle",
                        .graph = R"(graph g(%x: bool[6,4]) -> (%y) {
        %y = trilu(%x) {upper=false}
    })",
                        .mustRun = {"cuda.trilu.each"},
                        .exact = true},
                       {.name = "reverse_sequence",
                        .graph = R"(graph g(%x: f16[5,3,4], %n: i64[3]) -> (%y) {
        %y = reverse_sequence(%x, %n)
    })",
                        .mustRun = {"cuda.reverse_sequence.each"},
                        .intLow = 0,
                        .intHigh = 5,
                        .exact = true},
                       {.name = "other_type",
                        .graph = R"(graph g(%x: f32[6,4]) -> (%y) {
        %y = bit_cast(%x) {to=u32}
    })",
                        .mustRun = {"cuda.bit_cast.each"},
                        .exact = true},
                       {.name = "cache_update",
                        .graph =
                            R"(graph g(%x: f32[2,3,8,4], %u: f32[2,3,2,4], %at: i64[2]) -> (%y) {
        %y = tensor_scatter(%x, %u, %at) {axis=2, circular=true}
    })",
                        .mustRun = {"cuda.tensor_scatter.each"},
                        .exact = true},
                   });
