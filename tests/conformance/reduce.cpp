// SPDX-License-Identifier: Apache-2.0
// Reductions, softmax and normalisation.
#include "tests/conformance/runner.h"

namespace {
const char* const kReduce = "cpu.reduce.simd";
const char* const kExcite = "cpu.reduce.squeeze_excite";
const char* const kSoftmax = "cpu.softmax.simd";
const char* const kNormalization = "cpu.normalization.simd";
}  // namespace

BIREME_CONFORMANCE(Reduce, {
                               {"mean_of_space",
                                R"(graph g(%x: f32[N,37,H,11]) -> (%y) {
        symbol N = 1..3
        symbol H = 1..33
        %y = reduce(%x) {operation=avg, axes=[2,3]}
    })",
                                {kReduce}},
                               {"bfloat_mean_of_space",
                                R"(graph g(%x: bf16[N,37,H,41]) -> (%y) {
        symbol N = 1..3
        symbol H = 1..33
        %y = reduce(%x) {operation=avg, axes=[2,3]}
    })",
                                {kReduce},
                                1e-2},
                               {"bfloat_maximum_of_last",
                                R"(graph g(%x: bf16[5,9,67]) -> (%y) {
        %y = reduce(%x) {operation=max, axes=[2], keepDims=false}
    })",
                                {kReduce},
                                0},
                               {"mean_of_space_dropped",
                                R"(graph g(%x: f32[2,300,13,11]) -> (%y) {
        %y = reduce(%x) {operation=avg, axes=[-1,-2], keepDims=false}
    })",
                                {kReduce}},
                               {"axes_that_are_data",
                                R"(graph g(%x: f32[3,S,40]) -> (%y) {
        symbol S = 1..9
        %a = const i64[2] {0, -1}
        %y = reduce_axes(%x, %a) {operation=avg}
    })",
                                {"cuda.reduce_axes.jit"}},
                               {"no_axes_that_are_data",
                                R"(graph g(%x: i32[3,40], %a: i64[0]) -> (%y) {
        %y = reduce_axes(%x, %a) {operation=max, noneIsAll=false}
    })",
                                {"cuda.reduce_axes.jit"},
                                0},
                               {"sum_of_last",
                                R"(graph g(%x: f32[5,S,67]) -> (%y) {
        symbol S = 1..9
        %y = reduce(%x) {operation=sum, axes=[2]}
    })",
                                {kReduce}},
                               {"maximum_of_middle",
                                R"(graph g(%x: f32[5,9,67]) -> (%y) {
        %y = reduce(%x) {operation=max, axes=[1], keepDims=false}
    })",
                                {kReduce}},
                               {"minimum_of_channels",
                                R"(graph g(%x: f32[2,9,6,7]) -> (%y) {
        %y = reduce(%x) {operation=min, axes=[1]}
    })",
                                {kReduce}},
                               {"product_of_outer_and_inner",
                                R"(graph g(%x: f32[3,4,5,2]) -> (%y) {
        %y = reduce(%x) {operation=prod, axes=[0,3]}
    })",
                                {kReduce},
                                5e-6},
                               {"everything",
                                R"(graph g(%x: f32[30,40,5]) -> (%y) {
        %y = reduce(%x) {operation=sum, axes=[0,1,2], keepDims=false}
    })",
                                {kReduce},
                                5e-6},
                               {"no_axes",
                                R"(graph g(%x: f32[3,4]) -> (%y) {
        %y = reduce(%x) {operation=sum}
    })",
                                {kReduce}},
                               {"integers",
                                R"(graph g(%x: i64[3,4,5]) -> (%y) {
        %y = reduce(%x) {operation=prod, axes=[1]}
    })",
                                {kReduce}},
                               {"long_columns",
                                R"(graph g(%x: f32[1,24,160,160]) -> (%y) {
        %y = reduce(%x) {operation=avg, axes=[2,3]}
    })",
                                {kReduce}},
                           });

BIREME_CONFORMANCE(SqueezeExcite, {
                                      {"swish_of_odd_channels",
                                       R"(graph g(%x: f32[N,37,H,21]) -> (%y) {
        symbol N = 1..7
        symbol H = 1..33
        %a = const f32[11,37,1,1] random(1, -0.3, 0.3)
        %b = const f32[11] random(2)
        %c = const f32[37,11,1,1] random(3, -0.3, 0.3)
        %d = const f32[37] random(4)
        %m = reduce(%x) {operation=avg, axes=[2,3]}
        %s = convolution(%m, %a, %b)
        %t = pointwise(%s) {fn=swish, alpha=1}
        %e = convolution(%t, %c, %d)
        %g = pointwise(%e) {fn=sigmoid}
        %y = pointwise(%g, %x) {fn=prod}
    })",
                                       {kExcite},
                                       5e-6},
                                      {"rows_and_views",
                                       R"(graph g(%x: f32[N,600,5]) -> (%y) {
        symbol N = 1..3
        %a = const f32[600,40] random(1, -0.1, 0.1)
        %b = const f32[40] random(2)
        %c = const f32[1,600,40] random(3, -0.3, 0.3)
        %d = const f32[1,1,600] random(4)
        %three = const f32[] {3}
        %m = reduce(%x) {operation=avg, axes=[-1], keepDims=false}
        %s = matrix_multiply(%m, %a)
        %u = pointwise(%b, %s) {fn=sum}
        %t = pointwise(%u) {fn=relu}
        %v = reshape(%t) {shape=[1,-1,40]}
        %e = matrix_multiply(%v, %c) {opB=transpose}
        %f = pointwise(%d, %e) {fn=sum}
        %h = pointwise(%f, %three) {fn=sum}
        %i = pointwise(%h) {fn=hard_sigmoid, alpha=0.2, beta=0.5}
        %g = reshape(%i) {shape=[-1,600,1]}
        %y = pointwise(%x, %g) {fn=prod}
    })",
                                       {kExcite},
                                       5e-6},
                                      {"one_product",
                                       R"(graph g(%x: f32[N,300,H,5]) -> (%y) {
        symbol N = 1..3
        symbol H = 1..33
        %a = const f32[300,300,1,1] random(1, -0.1, 0.1)
        %b = const f32[300] random(2)
        %m = reduce(%x) {operation=avg, axes=[2,3]}
        %s = convolution(%m, %a, %b)
        %g = pointwise(%s) {fn=hard_sigmoid, alpha=0.2, beta=0.5}
        %y = pointwise(%x, %g) {fn=prod}
    })",
                                       {kExcite},
                                       5e-6},
                                      {"window_over_channels",
                                       R"(graph g(%x: f32[N,70,H,5]) -> (%y) {
        symbol N = 1..3
        symbol H = 1..33
        %a = const f32[1,1,5] random(1)
        %b = const f32[1] random(2)
        %m = reduce(%x) {operation=avg, axes=[2,3], keepDims=false}
        %u = reshape(%m) {shape=[-1,1,70]}
        %s = convolution(%u, %a, %b) {prePadding=[2], postPadding=[2]}
        %v = reshape(%s) {shape=[-1,70,1,1]}
        %g = pointwise(%v) {fn=sigmoid}
        %y = pointwise(%x, %g) {fn=prod}
    })",
                                       {kExcite},
                                       5e-6},
                                      {"gates_alone",
                                       R"(graph g(%x: f32[N,48,9,31]) -> (%y) {
        symbol N = 1..5
        %a = const f32[12,48,1,1] random(1, -0.3, 0.3)
        %c = const f32[48,12,1,1] random(3, -0.3, 0.3)
        %m = reduce(%x) {operation=avg, axes=[2,3]}
        %s = convolution(%m, %a)
        %t = pointwise(%s) {fn=relu}
        %e = convolution(%t, %c)
        %y = pointwise(%e) {fn=sigmoid}
    })",
                                       {kExcite},
                                       5e-6},
                                      {"bfloat",
                                       R"(graph g(%x: bf16[N,40,H,17]) -> (%y) {
        symbol N = 1..3
        symbol H = 8..30
        %a = const bf16[8,40,1,1] random(1, -0.3, 0.3)
        %b = const bf16[8] random(2)
        %c = const bf16[40,8,1,1] random(3, -0.3, 0.3)
        %d = const bf16[1,40,1,1] random(4)
        %m = reduce(%x) {operation=avg, axes=[2,3]}
        %s = convolution(%m, %a, %b)
        %t = pointwise(%s) {fn=relu}
        %e = convolution(%t, %c)
        %f = pointwise(%e, %d) {fn=sum}
        %g = pointwise(%f) {fn=sigmoid}
        %y = pointwise(%x, %g) {fn=prod}
    })",
                                       {},
                                       1e-2},
                                  });

BIREME_CONFORMANCE(Softmax, {
                                {"rows",
                                 R"(graph g(%x: f32[B,S,77]) -> (%y) {
        symbol B = 1..2
        symbol S = 1..20
        %y = softmax(%x)
    })",
                                 {kSoftmax}},
                                {"large_values",
                                 R"(graph g(%x: f32[3,1001]) -> (%y) {
        %y = softmax(%x)
    })",
                                 {kSoftmax},
                                 2e-6,
                                 -300,
                                 300},
                                {"middle",
                                 R"(graph g(%x: f32[2,19,5,31]) -> (%y) {
        %y = softmax(%x) {axis=1}
    })",
                                 {kSoftmax}},
                                {"log_rows",
                                 R"(graph g(%x: f32[4,19]) -> (%y) {
        %y = softmax(%x) {log=true}
    })",
                                 {kSoftmax}},
                                {"log_columns",
                                 R"(graph g(%x: f32[4,19,200]) -> (%y) {
        %y = softmax(%x) {axis=1, log=true}
    })",
                                 {kSoftmax}},
                            });

BIREME_CONFORMANCE(Normalization, {
                                      {"layer",
                                       R"(graph g(%x: f32[B,S,77]) -> (%y) {
        symbol B = 1..2
        symbol S = 1..20
        %s = const f32[1,1,77] random(1)
        %b = const f32[1,1,77] random(2)
        %y = normalization(%x, %s, %b) {axes=[2], epsilon=1e-5}
    })",
                                       {kNormalization},
                                       5e-6},
                                      {"layer_after_residual",
                                       R"(graph g(%x: f32[B,7,77], %r: f32[B,7,77]) -> (%y) {
        symbol B = 1..20
        %s = const f32[77] random(1)
        %b = const f32[77] random(2)
        %a = pointwise(%x, %r) {fn=sum}
        %y = normalization(%a, %s, %b) {axes=[2], epsilon=1e-5}
    })",
                                       {kNormalization},
                                       5e-6},
                                      {"scale_for_each_head",
                                       R"(graph g(%x: f32[B,7,4,32]) -> (%y) {
        symbol B = 1..3
        %c = const f32[1,1,4,1] random(1)
        %y = normalization(%x, %c) {axes=[3], rms=true}
    })",
                                       {kNormalization},
                                       5e-6},
                                      {"groups_and_swish",
                                       R"(graph g(%x: f32[2,12,H,5]) -> (%y) {
        symbol H = 1..9
        %s = const f32[1,12,1,1] random(1)
        %b = const f32[1,12,1,1] random(2)
        %n = normalization(%x, %s, %b) {axes=[2,3], groups=4}
        %y = pointwise(%n) {fn=swish, alpha=1}
    })",
                                       {kNormalization},
                                       5e-6},
                                      {"channels_and_gelu",
                                       R"(graph g(%x: bf16[2,24,H,5]) -> (%y) {
        symbol H = 1..9
        %s = const bf16[24,1,1] random(1)
        %n = normalization(%x, %s) {axes=[1]}
        %y = pointwise(%n) {fn=gelu_erf}
    })",
                                       {kNormalization},
                                       2e-2},
                                      {"layer_without_parameters",
                                       R"(graph g(%x: f32[4,6,50]) -> (%y) {
        %y = normalization(%x) {axes=[1,2]}
    })",
                                       {kNormalization},
                                       5e-6},
                                      {"layer_short_scale",
                                       R"(graph g(%x: f32[4,6,50]) -> (%y) {
        %s = const f32[50] random(1)
        %y = normalization(%x, %s) {axes=[1,2]}
    })",
                                       {kNormalization},
                                       5e-6},
                                      {"channels",
                                       R"(graph g(%x: f32[2,33,5,4]) -> (%y) {
        %s = const f32[1,33,1,1] random(1)
        %b = const f32[1,33,1,1] random(2)
        %y = normalization(%x, %s, %b) {axes=[1]}
    })",
                                       {kNormalization},
                                       5e-6},
                                      {"instance",
                                       R"(graph g(%x: f32[2,7,H,9]) -> (%y) {
        symbol H = 2..9
        %s = const f32[1,7,1,1] random(1)
        %b = const f32[1,7,1,1] random(2)
        %y = normalization(%x, %s, %b) {axes=[2,3]}
    })",
                                       {kNormalization},
                                       5e-6},
                                      {"group",
                                       R"(graph g(%x: f32[2,12,5,4]) -> (%y) {
        %s = const f32[1,12,1,1] random(1)
        %b = const f32[1,12,1,1] random(2)
        %y = normalization(%x, %s, %b) {axes=[2,3], groups=3}
    })",
                                       {kNormalization},
                                       5e-6},
                                      {"bfloat_after_residual",
                                       R"(graph g(%x: bf16[B,7,77], %r: bf16[B,7,77]) -> (%y) {
        symbol B = 1..200
        %s = const bf16[77] random(1)
        %b = const bf16[77] random(2)
        %a = pointwise(%x, %r) {fn=sum}
        %y = normalization(%a, %s, %b) {axes=[2], epsilon=1e-5}
    })",
                                       {kNormalization},
                                       2e-2},
                                      {"bfloat_channels",
                                       R"(graph g(%x: bf16[2,33,5,4]) -> (%y) {
        %s = const bf16[1,33,1,1] random(1)
        %y = normalization(%x, %s) {axes=[1]}
    })",
                                       {kNormalization},
                                       2e-2},
                                      {"root_mean_square",
                                       R"(graph g(%x: f32[3,5,64]) -> (%y) {
        %s = const f32[1,1,64] random(1)
        %y = normalization(%x, %s) {axes=[2], rms=true}
    })",
                                       {kNormalization},
                                       5e-6},
                                      {"root_mean_square_at_least",
                                       R"(graph g(%x: f32[3,7,N,2]) -> (%y) {
        symbol N = 1..9
        %s = const f32[1,1,1,1] splat(0.125)
        %y = normalization(%x, %s) {axes=[1], rms=true, floor=true, epsilon=3}
    })",
                                       {kNormalization, "cuda.normalization.jit"},
                                       5e-6},
                                      {"root_mean_square_at_least_f64",
                                       R"(graph g(%x: f64[3,7]) -> (%y) {
        %y = normalization(%x) {axes=[1], rms=true, floor=true, epsilon=3}
    })",
                                       {}},
                                  });
