// SPDX-License-Identifier: Apache-2.0
// Pictures sampled at points, and sums over windows.
#include "tests/conformance/runner.h"

BIREME_CONFORMANCE(Sample, {
                               {.name = "grid_linear",
                                .graph = R"(graph g(%x: f32[2,3,H,7], %g: f32[2,4,5,2]) -> (%y) {
        symbol H = 1..6
        %y = grid_sample(%x, %g)
    })",
                                .mustRun = {"cuda.grid_sample.each"},
                                .tolerance = 5e-6,
                                .low = -1.3,
                                .high = 1.3},
                               {.name = "grid_cubic_reflected",
                                .graph = R"(graph g(%x: f64[1,2,5,7], %g: f64[1,4,5,2]) -> (%y) {
        %y = grid_sample(%x, %g) {mode=cubic, outside=reflect, alignCorners=true}
    })",
                                .mustRun = {"cuda.grid_sample.each"},
                                .tolerance = 1e-12},
                               {.name = "grid_of_volumes",
                                .graph =
                                    R"(graph g(%x: f16[1,2,3,5,4], %g: f16[1,2,2,3,3]) -> (%y) {
        %y = grid_sample(%x, %g) {outside=clamp}
    })",
                                .mustRun = {"cuda.grid_sample.each"},
                                .tolerance = 2e-3},
                               {.name = "regions_mean",
                                .graph =
                                    R"(graph g(%x: f32[2,3,9,8], %b: f32[R,4], %i: i64[R]) -> (%y) {
        symbol R = 1..4
        %y = roi_align(%x, %b, %i) {height=2, width=3, scale=2}
    })",
                                .mustRun = {"cuda.roi_align.each"},
                                .tolerance = 1e-5,
                                .low = 0,
                                .high = 4,
                                .intLow = 0,
                                .intHigh = 1},
                               {.name = "regions_maximum",
                                .graph =
                                    R"(graph g(%x: f32[1,2,9,8], %b: f32[3,4], %i: i64[3]) -> (%y) {
        %y = roi_align(%x, %b, %i) {height=2, width=2, samples=2, maximum=true, halfPixel=false}
    })",
                                .mustRun = {"cuda.roi_align.each"},
                                .tolerance = 1e-5,
                                .low = 0,
                                .high = 7,
                                .intLow = 0,
                                .intHigh = 0},
                               {.name = "affine_grid",
                                .graph = R"(graph g(%t: f32[2,2,3]) -> (%y) {
        %s = const i64[4] {2, 3, 4, 5}
        %y = affine_grid(%t, %s)
    })",
                                .mustRun = {"cuda.affine_grid.each"}},
                           });

BIREME_CONFORMANCE(Resample, {
                                 {.name = "antialiased",
                                  .graph = R"(graph g(%x: f32[1,2,9,8]) -> (%y) {
        %s = const f32[2] {0.5, 0.7}
        %y = resample(%x, _, %s, _) {mode=linear, antialias=true, axes=[2,3]}
    })",
                                  .mustRun = {"cuda.resample.late"},
                                  .tolerance = 5e-6},
                                 {.name = "region",
                                  .graph = R"(graph g(%x: f32[1,1,6,7]) -> (%y) {
        %r = const f32[4] {0.1, -0.2, 0.8, 1.3}
        %s = const i64[2] {5, 9}
        %y = resample(%x, %r, _, %s) {mode=cubic, coordinates=tf_crop_and_resize, outside=3, axes=[2,3]}
    })",
                                  .mustRun = {"cuda.resample.late"},
                                  .tolerance = 5e-6},
                                 {.name = "nearest_not_larger",
                                  .graph = R"(graph g(%x: i32[3,6,7]) -> (%y) {
        %s = const i64[2] {4, 20}
        %y = resample(%x, _, _, %s) {aspect=not_larger, axes=[1,2]}
    })",
                                  .mustRun = {"cuda.resample.late"},
                                  .exact = true},
                                 {.name = "all_dims",
                                  .graph = R"(graph g(%x: f16[2,3,4]) -> (%y) {
        %y = resize(%x) {mode=linear, dims=[3,6,5], coordinates=half_pixel}
    })",
                                  .mustRun = {"cuda.resize.late"},
                                  .tolerance = 2e-3},
                             });

BIREME_CONFORMANCE(Extents,
                   {
                       {.name = "range",
                        .graph = R"(graph g(%a: f32[], %b: f32[], %c: f32[]) -> (%y) {
        %y = range(%a, %b, %c)
    })",
                        .mustRun = {"cuda.range.late"},
                        .low = 0.3,
                        .high = 0.9},
                       {.name = "slice_by_data",
                        .graph =
                            R"(graph g(%x: f16[6,7], %s: i64[1], %e: i64[1], %a: i64[1]) -> (%y) {
        %y = slice_data(%x, %s, %e, %a, _)
    })",
                        .mustRun = {"cuda.slice_data.late"},
                        .intLow = -2,
                        .intHigh = 1,
                        .exact = true},
                       {.name = "pad_by_data",
                        .graph =
                            R"(graph g(%x: f32[6,7], %p: i64[2], %f: f32[], %a: i64[1]) -> (%y) {
        %y = pad_data(%x, %p, %f, %a)
    })",
                        .mustRun = {"cuda.pad_data.late"},
                        .intLow = 0,
                        .intHigh = 1,
                        .exact = true},
                       {.name = "axes_by_data",
                        .graph = R"(graph g(%x: i32[6,7], %a: i64[1]) -> (%y) {
        %y = axes_data(%x, %a)
    })",
                        .mustRun = {"cuda.axes_data.late"},
                        .intLow = -3,
                        .intHigh = 2,
                        .exact = true},
                   });

BIREME_CONFORMANCE(Window,
                   {
                       {.name = "deconvolution_of_data",
                        .graph =
                            R"(graph g(%x: f32[N,4,5,6], %w: f32[4,3,3,2], %b: f32[6]) -> (%y) {
        symbol N = 1..2
        %y = deconvolution(%x, %w, %b) {groups=2, stride=[2,1], dilation=[1,2], prePadding=[1,0], postPadding=[0,1]}
    })",
                        .mustRun = {"cuda.deconvolution.each"},
                        .tolerance = 1e-5},
                       {.name = "across_channels",
                        .graph = R"(graph g(%x: f64[2,7,3]) -> (%y) {
        %y = lrn(%x) {window=4, alpha=0.5, beta=0.6, k=2}
    })",
                        .mustRun = {"cuda.lrn.each"},
                        .tolerance = 1e-12},
                       {.name = "columns",
                        .graph = R"(graph g(%x: f32[2,18,20]) -> (%y) {
        %i = const i64[2] {6, 7}
        %b = const i64[2] {2, 3}
        %y = column_to_image(%x, %i, %b) {dilations=[1,2], strides=[1,1], pads=[0,0,0,1]}
    })",
                        .mustRun = {"cuda.column_to_image.each"}},
                       {.name = "transform",
                        .graph = R"(graph g(%x: f32[2,15,3,2]) -> (%y) {
        %y = dft(%x) {axis=1}
    })",
                        .mustRun = {"cuda.dft.each"},
                        .tolerance = 1e-5},
                       {.name = "transform_onesided",
                        .graph = R"(graph g(%x: f32[3,16,1]) -> (%y) {
        %y = dft(%x) {axis=-2, onesided=true}
    })",
                        .mustRun = {"cuda.dft.each"},
                        .tolerance = 1e-5},
                       {.name = "transform_along_an_axis_that_is_data",
                        .graph = R"(graph g(%x: f32[4,6,3,2], %a: i64[]) -> (%y) {
        %y = dft(%x, _, %a) {inverse=true}
    })",
                        .mustRun = {"cuda.dft.late"},
                        .tolerance = 1e-5,
                        .values = {{"a", {0}}}},
                       {.name = "product_of_doubles",
                        .graph = R"(graph g(%a: f64[N,1,4,5], %b: f64[1,3,6,5]) -> (%y) {
        symbol N = 1..3
        %y = matrix_multiply(%a, %b) {opB=transpose}
    })",
                        .mustRun = {"cuda.matrix_multiply.each"},
                        .tolerance = 1e-12},
                       {.name = "product_of_integers",
                        .graph = R"(graph g(%a: i32[2,1,4,5], %b: i32[1,3,5,6]) -> (%y) {
        %y = matrix_multiply(%a, %b)
    })",
                        .mustRun = {"cuda.matrix_multiply.each"},
                        .tolerance = 0},
                       {.name = "product_with_a_vector",
                        .graph = R"(graph g(%a: f64[5], %b: f64[5,6]) -> (%y) {
        %y = matrix_multiply(%a, %b) {opA=vector}
    })",
                        .mustRun = {"cuda.matrix_multiply.each"},
                        .tolerance = 1e-12},
                   });
