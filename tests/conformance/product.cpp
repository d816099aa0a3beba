// SPDX-License-Identifier: Apache-2.0
// Products of 16-bit rows with constant weights and a chain behind them: shapes that end inside a
// tile, depths that several blocks share, windows, and few rows.
#include "tests/conformance/runner.h"

namespace {
const char* const kGemm = "cuda.gemm.mma";
const char* const kBulk = "cuda.gemm.bulk";
const char* const kStream = "cuda.gemm.stream";
const char* const kMatvec = "cuda.matvec.jit";
constexpr double kHalf = 3e-3, kBrain = 2e-2;  // of the largest result
}  // namespace

BIREME_CONFORMANCE(PackedProduct, {{"bias_gelu_residual",
                                    R"(graph g(%x: f16[1,S,320], %r: f16[1,S,104]) -> (%y) {
        symbol S = 1..150
        %w = const f16[1,320,104] random(1, -0.1, 0.1)
        %b = const f16[104] random(2)
        %m = matrix_multiply(%x, %w)
        %s = pointwise(%m, %b) {fn=sum}
        %g = pointwise(%s) {fn=gelu_erf}
        %y = pointwise(%r, %g) {fn=sum}
    })",
                                    {kGemm},
                                    kHalf},
                                   {"deep_product",
                                    R"(graph g(%x: bf16[S,2056]) -> (%y) {
        symbol S = 1..40
        %w = const bf16[72,2056] random(1, -0.05, 0.05)
        %y = matrix_multiply(%x, %w) {opB=transpose}
    })",
                                    {kGemm},
                                    kBrain},
                                   {"window_stride_residual",
                                    R"(graph g(%x: f16[N,72,11,13], %r: f16[N,40,6,7]) -> (%y) {
        symbol N = 1..3
        %w = const f16[40,72,3,3] random(1, -0.1, 0.1)
        %b = const f16[40] random(2)
        %c = convolution(%x, %w, %b) {stride=[2,2], prePadding=[1,1], postPadding=[1,1]}
        %s = pointwise(%c, %r) {fn=sum}
        %y = pointwise(%s) {fn=relu}
    })",
                                    {kGemm},
                                    kHalf},
                                   {"dilated_line",
                                    R"(graph g(%x: f16[2,16,50]) -> (%y) {
        %w = const f16[24,16,5] random(1, -0.2, 0.2)
        %y = convolution(%x, %w, _) {dilation=[3], prePadding=[6], postPadding=[6]}
    })",
                                    {kGemm},
                                    kHalf},
                                   {"pixels_by_gate",
                                    R"(graph g(%x: f16[N,40,9,9], %g: f16[N,48,1,1]) -> (%y) {
        symbol N = 1..3
        %w = const f16[48,40,1,1] random(1, -0.2, 0.2)
        %b = const f16[48] random(2)
        %c = convolution(%x, %w, %b)
        %y = pointwise(%c, %g) {fn=prod}
    })",
                                    {kGemm},
                                    kHalf},
                                   {"first_window",
                                    R"(graph g(%x: f16[N,3,15,18]) -> (%y) {
        symbol N = 1..3
        %w = const f16[24,3,7,7] random(1, -0.2, 0.2)
        %b = const f16[24] random(2)
        %c = convolution(%x, %w, %b) {stride=[2,2], prePadding=[3,3], postPadding=[3,3]}
        %y = pointwise(%c) {fn=relu}
    })",
                                    {kGemm},
                                    kHalf},
                                   {"patches",
                                    R"(graph g(%x: f16[2,4,16,24]) -> (%y) {
        %w = const f16[72,4,8,8] random(1, -0.2, 0.2)
        %y = convolution(%x, %w, _) {stride=[8,8]}
    })",
                                    {kGemm},
                                    kHalf},
                                   {"one_pixel",
                                    R"(graph g(%x: f16[N,270,1,1]) -> (%y) {
        symbol N = 1..3
        %w = const f16[11,270,1,1] random(1, -0.2, 0.2)
        %b = const f16[11] random(2)
        %c = convolution(%x, %w, %b)
        %y = pointwise(%c) {fn=swish, alpha=1}
    })",
                                    {kMatvec},
                                    kHalf},
                                   {"fully_connected",
                                    R"(graph g(%x: f32[N,200]) -> (%y) {
        symbol N = 1..5
        %w = const f32[200,30] random(1, -0.2, 0.2)
        %b = const f32[1,30] random(2)
        %m = matrix_multiply(%x, %w)
        %y = pointwise(%m, %b) {fn=sum}
    })",
                                    {kMatvec}}});

BIREME_CONFORMANCE(StreamedProduct, {{"few_channels_residual",
                                      R"(graph g(%x: f16[N,24,50,47], %r: f16[N,72,50,47]) -> (%y) {
        symbol N = 1..5
        %w = const f16[72,24,1,1] random(1, -0.2, 0.2)
        %b = const f16[72] random(2)
        %c = convolution(%x, %w, %b)
        %s = pointwise(%c) {fn=clip, alpha=0, beta=6}
        %y = pointwise(%s, %r) {fn=sum}
    })",
                                      {kStream},
                                      kHalf},
                                     {"rows_of_brain_floats",
                                      R"(graph g(%x: bf16[S,64]) -> (%y) {
        symbol S = 4000..9001
        %w = const bf16[64,136] random(1, -0.2, 0.2)
        %y = matrix_multiply(%x, %w)
    })",
                                      {kStream},
                                      kBrain}});

// Names of an even length: kernels of compute capability 9.0 are compiled for them without a GPU;
// the one whose length is odd is left to device_code.
BIREME_CONFORMANCE(LargeProduct, {{"gelu_residual",
                                   R"(graph g(%x: f16[1,S,328], %r: f16[1,S,104]) -> (%y) {
        symbol S = 120..700
        %w = const f16[1,328,104] random(1, -0.1, 0.1)
        %b = const f16[104] random(2)
        %m = matrix_multiply(%x, %w)
        %s = pointwise(%m, %b) {fn=sum}
        %g = pointwise(%s) {fn=gelu_erf}
        %y = pointwise(%r, %g) {fn=sum}
    })",
                                   {kBulk},
                                   kHalf},
                                  {"many_tiles_of_brain_floats",
                                   R"(graph g(%x: bf16[S,72]) -> (%y) {
        symbol S = 2000..9000
        %w = const bf16[264,72] random(1, -0.2, 0.2)
        %y = matrix_multiply(%x, %w) {opB=transpose}
    })",
                                   {kBulk},
                                   kBrain},
                                  {"deep_and_narrow_",
                                   R"(graph g(%x: f16[384,1544]) -> (%y) {
        %w = const f16[1544,24] random(1, -0.05, 0.05)
        %y = matrix_multiply(%x, %w)
    })",
                                   {kBulk},
                                   kHalf},
                                  {"every_tile_with_residual_",
                                   R"(graph g(%x: f16[S,200], %r: f16[S,520]) -> (%y) {
        symbol S = 900..1300
        %w = const f16[200,520] random(1, -0.1, 0.1)
        %b = const f16[520] random(2)
        %m = matrix_multiply(%x, %w)
        %s = pointwise(%m, %b) {fn=sum}
        %y = pointwise(%r, %s) {fn=sum}
    })",
                                   {kBulk},
                                   kHalf,
                                   -2,
                                   2,
                                   -4,
                                   4,
                                   {},
                                   false,
                                   true},
                                  {"few_rows_wide_",
                                   R"(graph g(%x: f16[256,512]) -> (%y) {
        %w = const f16[512,1536] random(1, -0.1, 0.1)
        %m = matrix_multiply(%x, %w)
        %y = pointwise(%m) {fn=relu}
    })",
                                   {kBulk},
                                   kHalf},
                                  {"pixels_by_gate",
                                   R"(graph g(%x: f16[N,16,40,40], %g: f16[N,96,1,1]) -> (%y) {
        symbol N = 1..9
        %w = const f16[96,16,1,1] random(1, -0.2, 0.2)
        %b = const f16[96] random(2)
        %c = convolution(%x, %w, %b)
        %s = pointwise(%c) {fn=swish, alpha=1}
        %y = pointwise(%s, %g) {fn=prod}
    })",
                                   {kBulk},
                                   kHalf},
                                  {"half_windows_with_residual",
                                   R"(graph g(%x: f16[N,64,14,13], %r: f16[N,72,14,13]) -> (%y) {
        symbol N = 1..5
        %w = const f16[72,64,3,3] random(1, -0.1, 0.1)
        %b = const f16[72] random(2)
        %c = convolution(%x, %w, %b) {prePadding=[1,1], postPadding=[1,1]}
        %s = pointwise(%c, %r) {fn=sum}
        %y = pointwise(%s) {fn=relu}
    })",
                                   {kBulk},
                                   kHalf},
                                  {"bfloat_windows_of_kinds_",
                                   R"(graph g(%x: bf16[2,40,31,29]) -> (%y) {
        %w = const bf16[136,40,3,5] random(1, -0.1, 0.1)
        %y = convolution(%x, %w, _) {stride=[2,1], dilation=[1,2], prePadding=[1,2], postPadding=[0,3]}
    })",
                                   {kBulk},
                                   kBrain},
                                  {"every_second_pixel",
                                   R"(graph g(%x: f16[3,128,40,39]) -> (%y) {
        %w = const f16[64,128,1,1] random(1, -0.1, 0.1)
        %y = convolution(%x, %w, _) {stride=[2,2]}
    })",
                                   {kBulk},
                                   kHalf}});
