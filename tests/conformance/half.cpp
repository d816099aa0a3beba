// SPDX-License-Identifier: Apache-2.0
// Sixteen-bit reals, which a GPU computes in float: one rounding where the reference has one for
// every node.
#include "tests/conformance/runner.h"

namespace {
const char* const kPointwise = "cuda.pointwise.jit";
constexpr double kHalf = 3e-3, kBrain = 2e-2;  // of the largest result
}  // namespace

BIREME_CONFORMANCE(SixteenBits,
                   {{"pointwise_chain",
                     R"(graph g(%x: f16[N,8,S,7], %b: f16[8,1,1], %m: bool[N,1,S,1]) -> (%y) {
        symbol N = 1..3
        symbol S = 1..40
        %s = pointwise(%x, %b) {fn=sum}
        %g = pointwise(%s) {fn=gelu_erf}
        %f = pointwise(%g) {fn=cast, to=f32}
        %e = pointwise(%f) {fn=sigmoid}
        %h = pointwise(%e) {fn=cast, to=f16}
        %y = pointwise(%m, %h, %x) {fn=select}
    })",
                     {kPointwise},
                     kHalf},
                    {"pointwise_vectors",
                     R"(graph g(%x: bf16[4,16,64], %r: bf16[4,16,64]) -> (%y) {
        %s = pointwise(%x, %r) {fn=prod}
        %y = pointwise(%s) {fn=tanh}
    })",
                     {kPointwise},
                     kBrain},
                    {"softmax_rows",
                     R"(graph g(%x: f16[2,S,128]) -> (%y) {
        symbol S = 1..9
        %y = softmax(%x)
    })",
                     {"cuda.softmax.jit"},
                     kHalf},
                    {"softmax_long_rows",
                     R"(graph g(%x: bf16[3,5000]) -> (%y) {
        %y = softmax(%x)
    })",
                     {"cuda.softmax.jit"},
                     kBrain},
                    {"layer_normalization",
                     R"(graph g(%x: f16[B,S,768]) -> (%y) {
        symbol B = 1..2
        symbol S = 1..130
        %s = const f16[768] random(1)
        %b = const f16[768] random(2)
        %y = normalization(%x, %s, %b) {axes=[2], epsilon=1e-5}
    })",
                     {"cuda.normalization.jit"},
                     5e-3},
                    {"layer_normalization_odd_rows",
                     R"(graph g(%x: bf16[5,301]) -> (%y) {
        %s = const bf16[301] random(1)
        %y = normalization(%x, %s) {axes=[1], rms=true}
    })",
                     {"cuda.normalization.jit"},
                     kBrain},
                    {"root_mean_square_at_least",
                     R"(graph g(%x: f16[S,256]) -> (%y) {
        symbol S = 1..1500
        %s = const f16[256] random(1)
        %y = normalization(%x, %s) {axes=[1], rms=true, floor=true, epsilon=1.4}
    })",
                     {"cuda.normalization.jit"},
                     kHalf},
                    {"group_normalization",
                     R"(graph g(%x: f32[2,12,5,9]) -> (%y) {
        %s = const f32[12,1,1] random(1)
        %b = const f32[12,1,1] random(2)
        %y = normalization(%x, %s, %b) {axes=[2,3], groups=3}
    })",
                     {"cuda.normalization.jit"},
                     1e-5},
                    {"mean_of_space",
                     R"(graph g(%x: f16[N,48,7,7]) -> (%y) {
        symbol N = 1..3
        %y = reduce(%x) {operation=avg, axes=[2,3]}
    })",
                     {"cuda.reduce.jit"},
                     kHalf},
                    {"maximum_of_columns",
                     R"(graph g(%x: bf16[70,130]) -> (%y) {
        %y = reduce(%x) {operation=max, axes=[0], keepDims=false}
    })",
                     {"cuda.reduce.jit"},
                     0},
                    {"means_of_images",
                     R"(graph g(%x: f16[N,40,46,S]) -> (%y) {
        symbol N = 1..3
        symbol S = 4..60
        %y = reduce(%x) {operation=avg, axes=[2,3], keepDims=true}
    })",
                     {"cuda.reduce.jit"},
                     kHalf},
                    {"resize_nearest",
                     R"(graph g(%x: f16[N,24,5,S]) -> (%y) {
        symbol N = 1..3
        symbol S = 1..20
        %y = resize(%x) {scales=[1,1,2,2]}
    })",
                     {"cuda.resize.jit"},
                     0},
                    {"resize_cubic",
                     R"(graph g(%x: f16[2,12,9,11]) -> (%y) {
        %y = resize(%x) {mode=cubic, dims=[2,12,14,7], coordinates=half_pixel}
    })",
                     {"cuda.resize.jit"},
                     kHalf},
                    {"product_bias",
                     R"(graph g(%x: f16[2,S,64]) -> (%y) {
        symbol S = 1..70
        %w = const f16[1,64,96] random(1, -0.3, 0.3)
        %b = const f16[96] random(2)
        %m = matrix_multiply(%x, %w)
        %y = pointwise(%m, %b) {fn=sum}
    })",
                     {"cuda.matrix_multiply.tiled"},
                     kHalf},
                    {"product_batched",
                     R"(graph g(%q: bf16[2,3,S,64], %k: bf16[2,3,S,64]) -> (%y) {
        symbol S = 1..70
        %y = matrix_multiply(%q, %k) {opB=transpose}
    })",
                     {"cuda.matrix_multiply.tiled"},
                     kBrain},
                    {"convolution_residual",
                     R"(graph g(%x: f16[N,24,9,10], %r: f16[N,40,9,10]) -> (%y) {
        symbol N = 1..3
        %w = const f16[40,24,3,3] random(1, -0.2, 0.2)
        %b = const f16[40] random(2)
        %c = convolution(%x, %w, %b) {prePadding=[1,1], postPadding=[1,1]}
        %s = pointwise(%c, %r) {fn=sum}
        %y = pointwise(%s) {fn=relu}
    })",
                     {"cuda.convolution.tiled"},
                     kHalf},
                    {"half_convolution_of_groups",
                     R"(graph g(%x: f16[N,64,11,9], %r: f16[N,64,11,9]) -> (%y) {
        symbol N = 1..3
        %w = const f16[64,4,3,3] random(1, -0.2, 0.2)
        %b = const f16[64] random(2)
        %c = convolution(%x, %w, %b) {groups=16, prePadding=[1,1], postPadding=[1,1]}
        %s = pointwise(%c, %r) {fn=sum}
        %y = pointwise(%s) {fn=relu}
    })",
                     {"cuda.convolution.grouped"},
                     kHalf},
                    {"half_convolution_of_single_channels",
                     R"(graph g(%x: f16[2,48,12,21]) -> (%y) {
        %w = const f16[48,1,5,5] random(1, -0.2, 0.2)
        %b = const f16[48] random(2)
        %c = convolution(%x, %w, %b) {groups=48, stride=[2,1], prePadding=[2,2], postPadding=[2,2]}
        %y = pointwise(%c) {fn=relu}
    })",
                     {"cuda.convolution.grouped", "cuda.depthwise.jit"},
                     kHalf},
                    {"bfloat_convolution_of_wide_groups",
                     R"(graph g(%x: bf16[2,64,14,15]) -> (%y) {
        %w = const bf16[96,32,3,3] random(1, -0.1, 0.1)
        %y = convolution(%x, %w, _) {groups=2, stride=[2,2], prePadding=[1,1], postPadding=[1,1]}
    })",
                     {"cuda.convolution.grouped"},
                     kBrain},
                    {"convolution_of_groups_that_widen",
                     R"(graph g(%x: f16[1,48,20,20]) -> (%y) {
        %w = const f16[96,8,1,3] random(1, -0.2, 0.2)
        %y = convolution(%x, %w, _) {groups=6, dilation=[1,2], postPadding=[0,4]}
    })",
                     {"cuda.convolution.grouped"},
                     kHalf},
                    {"first_convolution",
                     R"(graph g(%x: f16[2,3,32,32]) -> (%y) {
        %w = const f16[16,3,7,7] random(1, -0.2, 0.2)
        %c = convolution(%x, %w, _) {stride=[2,2], prePadding=[3,3], postPadding=[3,3]}
        %y = pointwise(%c) {fn=relu}
    })",
                     {"cuda.convolution.tiled", "cuda.convolution.few_channels"},
                     kHalf},
                    {"first_convolution_many_maps",
                     R"(graph g(%x: f16[N,3,75,70]) -> (%y) {
        symbol N = 1..3
        %w = const f16[96,3,7,7] random(1, -0.2, 0.2)
        %b = const f16[96] random(2)
        %c = convolution(%x, %w, %b) {stride=[2,2], prePadding=[3,3], postPadding=[3,3]}
        %y = pointwise(%c) {fn=relu}
    })",
                     {"cuda.convolution.few_channels"},
                     kHalf},
                    {.name = "first_convolution_tf32",
                     .graph = R"(graph g(%x: f32[N,3,75,71], %r: f32[N,64,38,36]) -> (%y) {
        symbol N = 1..3
        %w = const f32[64,3,7,7] random(1, -0.2, 0.2)
        %b = const f32[64] random(2)
        %c = convolution(%x, %w, %b) {stride=[2,2], prePadding=[3,3], postPadding=[3,3]}
        %y = pointwise(%c, %r) {fn=sum}
    })",
                     .mustRun = {"cuda.convolution.few_channels"},
                     .tolerance = 2e-3,
                     .tf32 = true},
                    {"first_convolution_odd_rows",
                     R"(graph g(%x: bf16[2,3,33,35], %r: bf16[2,24,33,35]) -> (%y) {
        %w = const bf16[24,3,3,3] random(1, -0.2, 0.2)
        %b = const bf16[24] random(2)
        %c = convolution(%x, %w, %b) {prePadding=[1,1], postPadding=[1,1]}
        %y = pointwise(%c, %r) {fn=sum}
    })",
                     {"cuda.convolution.few_channels"},
                     kBrain},
                    {"first_convolution_wide_window",
                     R"(graph g(%x: f16[1,1,40,50]) -> (%y) {
        %w = const f16[12,1,5,11] random(1, -0.2, 0.2)
        %c = convolution(%x, %w, _) {stride=[1,3], prePadding=[2,4], postPadding=[2,4]}
        %y = pointwise(%c) {fn=relu}
    })",
                     {"cuda.convolution.few_channels"},
                     kHalf},
                    {"first_convolution_of_four",
                     R"(graph g(%x: f16[2,4,64,64]) -> (%y) {
        %w = const f16[32,4,3,3] random(1, -0.2, 0.2)
        %c = convolution(%x, %w, _) {stride=[2,2]}
        %y = pointwise(%c) {fn=sigmoid}
    })",
                     {"cuda.convolution.few_channels"},
                     kHalf},
                    {"maximum_pooling",
                     R"(graph g(%x: f16[2,64,15,17]) -> (%y) {
        %y = pooling(%x) {window=[3,3], stride=[2,2], prePadding=[1,1], postPadding=[1,1]}
    })",
                     {"cuda.pooling.jit"},
                     0},
                    {"transposes",
                     R"(graph g(%x: f16[2,S,12,64]) -> (%y) {
        symbol S = 1..128
        %y = transpose(%x) {permutation=[0,2,3,1]}
    })",
                     {"cuda.transpose.copy"},
                     0},
                    {"rows_of_a_layer",
                     R"(graph g(%x: f16[S,768]) -> (%y) {
        symbol S = 1..1500
        %s = const f16[768] random(1)
        %b = const f16[768] random(2)
        %y = normalization(%x, %s, %b) {axes=[1]}
    })",
                     {"cuda.normalization.jit"},
                     kHalf},
                    {"embedding",
                     R"(graph g(%x: f16[50,96], %i: i64[3,S]) -> (%y) {
        symbol S = 1..20
        %y = gather(%x, %i)
    })",
                     {"cuda.gather.jit"},
                     0}});
