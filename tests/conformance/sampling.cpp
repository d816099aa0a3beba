// SPDX-License-Identifier: Apache-2.0
// Interpolation: grids, regions, any axes of any type; and blocks put back into an image.
#include "tests/conformance/runner.h"

BIREME_CONFORMANCE(Sampling,
                   {
                       {.name = "grid_linear_zeros",
                        .graph = R"(graph g(%x: f32[2,3,H,7], %p: f32[2,5,H,2]) -> (%y) {
        symbol H = 1..9
        %y = grid_sample(%x, %p)
    })",
                        .mustRun = {"cpu.grid_sample.taps"},
                        .tolerance = 1e-5,
                        .low = -1.3,
                        .high = 1.3},
                       {.name = "grid_cubic_mirrored",
                        .graph = R"(graph g(%x: f64[1,2,6,5], %p: f64[1,9,4,2]) -> (%y) {
        %y = grid_sample(%x, %p) {mode=cubic, outside=reflect, alignCorners=true}
    })",
                        .mustRun = {"cpu.grid_sample.taps"}},
                       {.name = "grid_nearest_volume",
                        .graph = R"(graph g(%x: f16[1,2,4,6,5], %p: f16[1,3,3,4,3]) -> (%y) {
        %y = grid_sample(%x, %p) {mode=nearest, outside=clamp}
    })",
                        .mustRun = {"cpu.grid_sample.taps"}},
                       {.name = "regions_mean",
                        .graph = R"(graph g(%x: f32[2,3,9,8], %r: f32[R,4], %b: i64[R]) -> (%y) {
        symbol R = 1..6
        %y = roi_align(%x, %r, %b) {height=3, width=2, samples=2, scale=3}
    })",
                        .mustRun = {"cpu.roi_align.samples"},
                        .tolerance = 1e-5,
                        .low = -1,
                        .intLow = 0,
                        .intHigh = 1},
                       {.name = "regions_largest",
                        .graph = R"(graph g(%x: f64[2,3,9,8], %r: f64[5,4], %b: i32[5]) -> (%y) {
        %y = roi_align(%x, %r, %b) {height=2, width=2, scale=2.5, maximum=true, halfPixel=false}
    })",
                        .mustRun = {"cpu.roi_align.samples"},
                        .intLow = 0,
                        .intHigh = 1},
                       {.name = "resize_bytes",
                        .graph = R"(graph g(%x: u8[3,N,6]) -> (%y) {
        symbol N = 1..8
        %y = resize(%x) {mode=nearest, scales=[1,2,1.5], coordinates=half_pixel}
    })",
                        .mustRun = {"cpu.resize.taps"},
                        .intLow = 0,
                        .exact = true},
                       {.name = "resize_batch_linear",
                        .graph = R"(graph g(%x: f32[4,5,6]) -> (%y) {
        %y = resize(%x) {mode=linear, dims=[7,5,3], coordinates=align_corners}
    })",
                        .mustRun = {"cpu.resize.taps"}},
                       {.name = "resize_cubic_double",
                        .graph = R"(graph g(%x: f64[2,5,6]) -> (%y) {
        %y = resize(%x) {mode=cubic, dims=[2,8,9], coordinates=half_pixel}
    })",
                        .mustRun = {"cpu.resize.taps"}},
                       {.name = "resample_antialiased",
                        .graph = R"(graph g(%x: f32[2,9,12]) -> (%y) {
        %s = const i64[2] {4,7}
        %y = resample(%x, _, _, %s) {mode="cubic", antialias=true, axes=[1,2]}
    })",
                        .mustRun = {"cpu.resample.taps"},
                        .tolerance = 1e-5},
                       {.name = "resample_region",
                        .graph = R"(graph g(%x: f16[2,9,12]) -> (%y) {
        %r = const f32[4] {-0.2,0.1,0.7,1.2}
        %s = const i64[2] {5,8}
        %y = resample(%x, %r, _, %s) {mode="linear", coordinates="tf_crop_and_resize", outside=1.5, axes=[1,2]}
    })",
                        .mustRun = {"cpu.resample.taps"},
                        .tolerance = 1e-3},
                       {.name = "columns_to_image",
                        .graph = R"(graph g(%x: f32[N,12,20]) -> (%y) {
        symbol N = 1..3
        %s = const i64[2] {5,6}
        %b = const i64[2] {2,2}
        %y = column_to_image(%x, %s, %b)
    })",
                        .mustRun = {"cpu.column_to_image.sum"}},
                       {.name = "columns_to_image_strided",
                        .graph = R"(graph g(%x: f64[1,9,9]) -> (%y) {
        %s = const i64[2] {7,7}
        %b = const i64[2] {3,3}
        %y = column_to_image(%x, %s, %b) {strides=[2,2], pads=[1,0,0,1], dilations=[1,1]}
    })",
                        .mustRun = {"cpu.column_to_image.sum"}},
                   });
