// SPDX-License-Identifier: Apache-2.0
// Ops that pick or place elements by data: indices between -4 and 4 go beyond some of the extents.
#include "tests/conformance/runner.h"

BIREME_CONFORMANCE(
    Selection, {
                   {.name = "gather_elements",
                    .graph = R"(graph g(%x: f32[3,5,4], %i: i64[N,7,4]) -> (%y) {
        symbol N = 1..3
        %y = gather(%x, %i) {axis=1, mode=element}
    })",
                    .mustRun = {"cpu.gather.elements"},
                    .exact = true},
                   {.name = "gather_elements_of_a_smaller_box",
                    .graph = R"(graph g(%x: i8[5,4,6,3], %i: i32[2,3,5,2]) -> (%y) {
        %y = gather(%x, %i) {mode=element}
    })",
                    .mustRun = {"cpu.gather.elements"},
                    .exact = true},
                   {.name = "gather_elements_of_one_long_line",
                    .graph = R"(graph g(%x: f16[3,40000], %i: i64[2,40000]) -> (%y) {
        %y = gather(%x, %i) {mode=element}
    })",
                    .mustRun = {"cpu.gather.elements"},
                    .exact = true},
                   {.name = "gather_coordinates",
                    .graph = R"(graph g(%x: f64[5,4,3,2], %i: i64[N,6,2]) -> (%y) {
        symbol N = 1..4
        %y = gather(%x, %i) {mode=nd}
    })",
                    .mustRun = {"cpu.gather.coordinates"},
                    .exact = true},
                   {.name = "gather_coordinates_of_batches",
                    .graph = R"(graph g(%x: i16[2,3,5,4], %i: i32[2,3,7,1]) -> (%y) {
        %y = gather(%x, %i) {mode=nd, elementWiseDims=2}
    })",
                    .mustRun = {"cpu.gather.coordinates"},
                    .exact = true},
                   {.name = "gather_rows_of_batches",
                    .graph = R"(graph g(%x: f32[1,3,5,4], %i: i64[2,3,7]) -> (%y) {
        %y = gather(%x, %i) {axis=2, elementWiseDims=2}
    })",
                    .mustRun = {"cpu.gather.batched_rows"},
                    .exact = true},
                   {.name = "scatter_elements",
                    .graph = R"(graph g(%x: f32[3,50,4], %i: i64[2,3,4], %u: f32[2,3,4]) -> (%y) {
        %y = scatter(%x, %i, %u) {axis=1}
    })",
                    .mustRun = {"cpu.scatter.elements"},
                    .exact = true},
                   {.name = "scatter_elements_added",
                    .graph = R"(graph g(%x: i32[7,N], %i: i32[40,N], %u: i32[40,N]) -> (%y) {
        symbol N = 1..9000
        %y = scatter(%x, %i, %u) {reduction="add"}
    })",
                    .mustRun = {"cpu.scatter.elements"},
                    .exact = true},
                   {.name = "scatter_elements_largest_half",
                    .graph = R"(graph g(%x: f16[5,6], %i: i64[8,5], %u: f16[8,5]) -> (%y) {
        %y = scatter(%x, %i, %u) {reduction="max"}
    })",
                    .mustRun = {"cpu.scatter.elements"},
                    .exact = true},
                   {.name = "scatter_coordinates",
                    .graph = R"(graph g(%x: u8[5,4,3], %i: i64[9,2], %u: u8[9,3]) -> (%y) {
        %y = scatter(%x, %i, %u) {mode=nd}
    })",
                    .mustRun = {"cpu.scatter.coordinates"},
                    .intLow = 0,
                    .exact = true},
                   {.name = "scatter_coordinates_multiplied",
                    .graph = R"(graph g(%x: f64[5,4,300], %i: i32[N,1], %u: f64[N,4,300]) -> (%y) {
        symbol N = 1..9
        %y = scatter(%x, %i, %u) {mode=nd, reduction="mul"}
    })",
                    .mustRun = {"cpu.scatter.coordinates"},
                    .exact = true},
                   {.name = "few_of_a_long_line",
                    .graph = R"(graph g(%x: f32[N,5000]) -> (%y, %i) {
        symbol N = 1..5
        %y, %i = topk(%x) {k=9, indicesType=i64}
    })",
                    .mustRun = {"cpu.topk.select"},
                    .exact = true},
                   {.name = "most_of_a_line_with_ties",
                    .graph = R"(graph g(%x: i64[3,90,4]) -> (%y, %i) {
        %y, %i = topk(%x) {k=80, axis=1, operation=min}
    })",
                    .mustRun = {"cpu.topk.select", "cuda.topk.jit"},
                    .exact = true},
                   {.name = "largest_half",
                    .graph = R"(graph g(%x: bf16[40,30]) -> (%y, %i) {
        %y, %i = topk(%x) {k=5}
    })",
                    .mustRun = {"cpu.topk.select"},
                    .exact = true},
                   {.name = "largest_of_unsigned",
                    .graph = R"(graph g(%x: u64[3,40]) -> (%y, %i) {
        %y, %i = topk(%x) {k=12}
    })",
                    .mustRun = {"cpu.topk.select", "cuda.topk.jit"},
                    .intLow = 0,
                    .exact = true},
                   {.name = "places_alone",
                    .graph = R"(graph g(%x: f64[40,30]) -> (%i) {
        %y, %i = topk(%x) {k=30, axis=0, operation=min}
    })",
                    .mustRun = {"cpu.topk.select", "cuda.topk.jit"},
                    .exact = true},
                   {.name = "reversed_parts",
                    .graph = R"(graph g(%x: f32[S,5,3], %n: i64[5]) -> (%y) {
        symbol S = 4..9
        %y = reverse_sequence(%x, %n)
    })",
                    .mustRun = {"cpu.reverse_sequence.rows"},
                    .intLow = 0,
                    .exact = true},
                   {.name = "reversed_parts_batch_first",
                    .graph = R"(graph g(%x: i16[5,2,7], %n: i64[5]) -> (%y) {
        %y = reverse_sequence(%x, %n) {batchAxis=0, sequenceAxis=2}
    })",
                    .mustRun = {"cpu.reverse_sequence.rows"},
                    .intLow = 0,
                    .exact = true},
                   {.name = "upper_triangle",
                    .graph = R"(graph g(%x: f32[2,N,7], %k: i64[]) -> (%y) {
        symbol N = 1..9
        %y = trilu(%x, %k)
    })",
                    .mustRun = {"cpu.trilu.rows"},
                    .exact = true},
                   {.name = "lower_triangle",
                    .graph = R"(graph g(%x: i8[6,5]) -> (%y) {
        %y = trilu(%x) {upper=false}
    })",
                    .mustRun = {"cpu.trilu.rows"},
                    .exact = true},
                   {.name = "cache_update",
                    .graph = R"(graph g(%x: f32[3,2,9,4], %u: f32[3,2,5,4], %p: i64[3]) -> (%y) {
        %y = tensor_scatter(%x, %u, %p) {circular=true}
    })",
                    .mustRun = {"cpu.tensor_scatter.rows"},
                    .intLow = 0,
                    .exact = true},
                   {.name = "bits",
                    .graph = R"(graph g(%x: f32[3,N]) -> (%y) {
        symbol N = 1..70
        %y = bit_cast(%x) {to=i32}
    })",
                    .mustRun = {"cpu.bit_cast.copy"},
                    .exact = true},
                   {.name = "slice_read_late",
                    .graph = R"(graph g(%x: f32[9,11], %s: i64[2]) -> (%y) {
        %y = slice(%x, %s) {size=[4,5], stride=[1,1], mode=clamp}
    })",
                    .mustRun = {"cpu.slice.late"},
                    .exact = true},
               });

// Places of non-zero elements and distinct ones: how many there are, only running tells.
BIREME_CONFORMANCE(Finding, {
                                {.name = "non_zero",
                                 .graph = R"(graph g(%x: i32[3,N,5]) -> (%y) {
        symbol N = 1..6000
        %y = non_zero(%x)
    })",
                                 .mustRun = {"cpu.non_zero.scan"},
                                 .intLow = 0,
                                 .intHigh = 1,
                                 .exact = true},
                                {.name = "non_zero_bool_narrow",
                                 .graph = R"(graph g(%x: bool[77]) -> (%y) {
        %y = non_zero(%x) {indicesType=i32}
    })",
                                 .mustRun = {"cpu.non_zero.scan"},
                                 .exact = true},
                                {.name = "unique_sorted",
                                 .graph = R"(graph g(%x: i16[7,N]) -> (%y, %f, %i, %c) {
        symbol N = 1..20
        %y, %f, %i, %c = unique(%x)
    })",
                                 .mustRun = {"cpu.unique.sort", "cuda.unique.rank"},
                                 .exact = true},
                                {.name = "unique_as_they_come",
                                 .graph = R"(graph g(%x: f32[60]) -> (%y, %c) {
        %y, %f, %i, %c = unique(%x) {sorted=false}
    })",
                                 .mustRun = {"cpu.unique.sort", "cuda.unique.rank"},
                                 .low = 0,
                                 .high = 0.1,
                                 .exact = true},
                                {.name = "unique_slices",
                                 .graph = R"(graph g(%x: u8[2,30,2]) -> (%y, %i) {
        %y, %f, %i, %c = unique(%x) {alongAxis=true, axis=1}
    })",
                                 .mustRun = {"cpu.unique.sort", "cuda.unique.rank"},
                                 .intLow = 0,
                                 .intHigh = 1,
                                 .exact = true},
                            });
