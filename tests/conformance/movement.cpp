// SPDX-License-Identifier: Apache-2.0
// Ops that only move elements.
#include "tests/conformance/runner.h"

BIREME_CONFORMANCE(
    Movement,
    {
        {.name = "transpose_matrix",
         .graph = R"(graph g(%x: f32[N,67,35]) -> (%y) {
        symbol N = 1..3
        %y = transpose(%x) {permutation=[0,2,1]}
    })",
         .mustRun = {"cpu.transpose.copy", "cpu.transpose.view"},
         .exact = true},
        {.name = "transpose_heads",
         .graph = R"(graph g(%x: f32[2,S,3,8]) -> (%y) {
        symbol S = 1..20
        %y = transpose(%x) {permutation=[0,2,1,3]}
    })",
         .mustRun = {"cpu.transpose.copy"},
         .exact = true},
        {.name = "transpose_to_channels_last",
         .graph = R"(graph g(%x: f32[2,3,S,9]) -> (%y) {
        symbol S = 1..20
        %y = transpose(%x) {permutation=[0,2,3,1]}
    })",
         .mustRun = {"cpu.transpose.copy"},
         .exact = true},
        {.name = "transpose_five_dims",
         .graph = R"(graph g(%x: f32[2,3,4,5,6]) -> (%y) {
        %y = transpose(%x) {permutation=[2,0,3,1,4]}
    })",
         .mustRun = {"cpu.transpose.copy"},
         .exact = true},
        {.name = "transpose_bytes",
         .graph = R"(graph g(%x: i8[33,40]) -> (%y) {
        %y = transpose(%x)
    })",
         .mustRun = {"cpu.transpose.copy"},
         .exact = true},
        {.name = "transpose_large",
         .graph = R"(graph g(%x: f32[1,300,700]) -> (%y) {
        %y = transpose(%x) {permutation=[0,2,1]}
    })",
         .mustRun = {"cpu.transpose.copy"},
         .exact = true},
        {.name = "reorder",
         .graph = R"(graph g(%x: f32[2,19,H,11]) -> (%y) {
        symbol H = 1..30
        %y = identity(%x)
    })",
         .mustRun = {"cpu.reorder"},
         .exact = true},
        {.name = "reshape",
         .graph = R"(graph g(%x: f32[2,H,6,7]) -> (%y) {
        symbol H = 1..9
        %y = reshape(%x) {shape=[2,-1,42]}
    })",
         .mustRun = {"cpu.reshape.view", "cpu.reshape.copy"},
         .exact = true},
        {.name = "reshape_pooled",
         .graph = R"(graph g(%x: f32[N,40,1,1]) -> (%y) {
        symbol N = 1..3
        %y = reshape(%x) {shape=[-1,40]}
    })",
         .mustRun = {"cpu.reshape.view"},
         .exact = true},
        {.name = "squeeze",
         .graph = R"(graph g(%x: f32[3,8,1,5]) -> (%y) {
        %y = squeeze(%x) {axes=[2]}
    })",
         .mustRun = {"cpu.squeeze.view"},
         .exact = true},
        {.name = "unsqueeze",
         .graph = R"(graph g(%x: i64[3,8]) -> (%y) {
        %y = unsqueeze(%x) {axes=[1,3]}
    })",
         .mustRun = {"cpu.unsqueeze.view"},
         .exact = true},
        {.name = "concat_channels",
         .graph = R"(graph g(%a: f32[N,3,5,6], %b: f32[N,4,5,6], %c: f32[N,1,5,6]) -> (%y) {
        symbol N = 1..2
        %y = concat(%a, %b, %c) {axis=1}
    })",
         .mustRun = {"cpu.concat.copy", "cuda.concat.jit"},
         .exact = true},
        {.name = "concat_four_halves",
         .graph =
             R"(graph g(%a: f16[2,8,5], %b: f16[2,A,5], %c: f16[2,24,5], %d: f16[2,0,5]) -> (%y) {
        symbol A = 1..9
        %y = concat(%a, %b, %c, %d) {axis=1}
    })",
         .mustRun = {"cuda.concat.jit"},
         .exact = true},
        {.name = "concat_last_axis",
         .graph = R"(graph g(%a: i32[4,A], %b: i32[4,3]) -> (%y) {
        symbol A = 1..7
        %y = concat(%a, %b) {axis=-1}
    })",
         .mustRun = {"cpu.concat.copy"},
         .exact = true},
        {.name = "expand",
         .graph = R"(graph g(%x: f32[3,1,5]) -> (%y) {
        %s = const i64[4] {2, 1, 7, 5}
        %y = expand(%x, %s)
    })",
         .mustRun = {"cpu.expand.copy"},
         .exact = true},
        {.name = "tile",
         .graph = R"(graph g(%x: f32[3,2,5]) -> (%y) {
        %s = const i64[3] {2, 3, 2}
        %y = tile(%x, %s)
    })",
         .mustRun = {"cpu.tile.copy"},
         .exact = true},
        {.name = "slice",
         .graph = R"(graph g(%x: f32[N,9,12,5]) -> (%y) {
        symbol N = 1..2
        %y = slice(%x) {start=[2,11], size=[8,-13], stride=[2,-3], axes=[1,2], useEnds=true}
    })",
         .mustRun = {"cpu.slice.copy"},
         .exact = true},
        {.name = "slice_by_constants",
         .graph = R"(graph g(%x: i64[20]) -> (%y) {
        %s = const i64[1] {3}
        %e = const i64[1] {9}
        %y = slice(%x, %s, %e) {useEnds=true}
    })",
         .mustRun = {"cpu.slice.copy"},
         .exact = true},
        {.name = "slice_filled",
         .graph = R"(graph g(%x: f32[4,5]) -> (%y) {
        %y = slice(%x) {start=[-1,2], size=[6,6], stride=[1,1], mode=fill}
    })",
         .mustRun = {"cpu.slice.copy"},
         .exact = true},
        {.name = "pad_constant",
         .graph = R"(graph g(%x: f32[2,3,H,5]) -> (%y) {
        symbol H = 1..9
        %y = pad(%x) {pads=[0,0,1,2,0,0,2,-1], value=1.5}
    })",
         .mustRun = {"cpu.pad.copy"},
         .exact = true},
        {.name = "pad_reflect",
         .graph = R"(graph g(%x: f32[2,20]) -> (%y) {
        %p = const i64[4] {0, 3, 0, 6}
        %y = pad(%x, %p) {mode=reflect}
    })",
         .mustRun = {"cpu.pad.copy"},
         .exact = true},
        {.name = "pad_edge",
         .graph = R"(graph g(%x: f32[2,3,4]) -> (%y) {
        %y = pad(%x) {pads=[1,0,2,0,1,3], mode=edge}
    })",
         .mustRun = {"cpu.pad.copy"},
         .exact = true},
        {.name = "depth_to_space_dcr",
         .graph = R"(graph g(%x: f32[2,12,3,5]) -> (%y) {
        %y = depth_to_space(%x) {blockSize=2}
    })",
         .mustRun = {"cpu.depth_to_space.copy"},
         .exact = true},
        {.name = "depth_to_space_crd",
         .graph = R"(graph g(%x: f32[2,12,3,5]) -> (%y) {
        %y = depth_to_space(%x) {blockSize=2, mode=CRD}
    })",
         .mustRun = {"cpu.depth_to_space.copy"},
         .exact = true},
        {.name = "space_to_depth",
         .graph = R"(graph g(%x: f32[2,3,6,4]) -> (%y) {
        %y = space_to_depth(%x) {blockSize=2}
    })",
         .mustRun = {"cpu.space_to_depth.copy"},
         .exact = true},
        {.name = "gather_rows",
         .graph = R"(graph g(%x: f32[10,17], %i: i64[N,3]) -> (%y) {
        symbol N = 1..4
        %y = gather(%x, %i)
    })",
         .mustRun = {"cpu.gather.rows"},
         .exact = true},
        {.name = "gather_middle_axis",
         .graph = R"(graph g(%x: i64[4,9,3], %i: i32[5]) -> (%y) {
        %y = gather(%x, %i) {axis=1}
    })",
         .mustRun = {"cpu.gather.rows"},
         .exact = true},
        {.name = "gather_scalar_index",
         .graph = R"(graph g(%x: f32[6]) -> (%y) {
        %i = const i64[] {-2}
        %y = gather(%x, %i)
    })",
         .mustRun = {"cpu.gather.rows"},
         .exact = true},
    });
