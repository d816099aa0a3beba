// SPDX-License-Identifier: Apache-2.0
// Products of bf16 on a CPU, whose kernels multiply by vectors or by tiles: whole and broken steps
// along k, strips of all heights, half panels.
#include "tests/conformance/runner.h"

#include <cpuid.h>
#include <cstdlib>

namespace {

// Multiplies this processor bf16 by tiles, and may kernels use them?
bool hasTiles() {
    unsigned a = 0, b = 0, c = 0, d = 0;
    return !std::getenv("BIREME_CPU_MAX_ISA") && __get_cpuid_count(7, 0, &a, &b, &c, &d) &&
           (d & (1u << 22)) && (d & (1u << 24));
}
std::vector<std::string> ifTiles(const char* kernel) {
    return hasTiles() ? std::vector<std::string>{kernel} : std::vector<std::string>{};
}

const char* const kConvolution = "cpu.convolution.tiles";
const char* const kMatmul = "cpu.matmul.tiles";
constexpr double kBrain = 2e-2;  // of the largest result

}  // namespace

BIREME_CONFORMANCE(
    BrainProducts,
    {
        {"rows_of_all_counts",
         R"(graph g(%x: bf16[S,96]) -> (%y) {
        symbol S = 1..290
        %w = const bf16[96,80] random(1, -0.3, 0.3)
        %b = const bf16[80] random(2)
        %c = matrix_multiply(%x, %w)
        %s = pointwise(%c, %b) {fn=sum}
        %y = pointwise(%s) {fn=gelu_erf}
    })",
         ifTiles(kMatmul), kBrain},
        {"broken_last_step",
         R"(graph g(%x: bf16[2,S,74], %r: bf16[2,S,33]) -> (%y) {
        symbol S = 3..49
        %w = const bf16[1,33,74] random(1, -0.3, 0.3)
        %b = const bf16[33] random(2)
        %c = matrix_multiply(%x, %w) {opB=transpose}
        %s = pointwise(%c, %b) {fn=sum}
        %y = pointwise(%s, %r) {fn=sum}
    })",
         {},
         kBrain},
        {"columns_in_parts",
         R"(graph g(%x: bf16[17,64]) -> (%y) {
        %w = const bf16[64,1500] random(1, -0.3, 0.3)
        %c = matrix_multiply(%x, %w)
        %y = pointwise(%c) {fn=clip, alpha=-1, beta=1.5}
    })",
         ifTiles(kMatmul), kBrain},
        {"attention_of_odd_rows",
         R"(graph g(%q: bf16[1,3,S,40], %k: bf16[1,3,37,40], %v: bf16[1,3,37,24]) -> (%y) {
        symbol S = 1..90
        %y = attention(%q, %k, %v) {scale=0.158}
    })",
         {},
         kBrain},
        {"pixels_residual_relu",
         R"(graph g(%x: bf16[2,72,9,7], %r: bf16[2,50,9,7]) -> (%y) {
        %w = const bf16[50,72,1,1] random(1, -0.3, 0.3)
        %b = const bf16[50] random(2)
        %c = convolution(%x, %w, %b)
        %s = pointwise(%c, %r) {fn=sum}
        %y = pointwise(%s) {fn=relu}
    })",
         {},
         kBrain},
        {"pixels_swish_of_a_broken_step",
         R"(graph g(%x: bf16[1,34,5,13]) -> (%y) {
        %w = const bf16[40,34,1,1] random(1, -0.3, 0.3)
        %c = convolution(%x, %w)
        %y = pointwise(%c) {fn=swish, alpha=1}
    })",
         {},
         kBrain},
        {"pixels_scaled_hard_swish",
         R"(graph g(%x: bf16[1,48,15,13]) -> (%y) {
        %w = const bf16[44,48,1,1] random(1, -0.3, 0.3)
        %b = const bf16[44] random(2)
        %t = const bf16[1,44,1,1] random(3)
        %c = convolution(%x, %w, %b)
        %h = pointwise(%c) {fn=hard_swish}
        %y = pointwise(%h, %t) {fn=prod}
    })",
         {},
         kBrain},
        {"windows_of_lines",
         R"(graph g(%x: bf16[2,16,H,W], %r: bf16[2,50,H,W]) -> (%y) {
        symbol H = 3..23
        symbol W = 5..19
        %w = const bf16[50,16,3,3] random(1, -0.3, 0.3)
        %b = const bf16[50] random(2)
        %c = convolution(%x, %w, %b) {prePadding=[1,1], postPadding=[1,1]}
        %s = pointwise(%c, %r) {fn=sum}
        %y = pointwise(%s) {fn=relu}
    })",
         ifTiles(kConvolution), kBrain},
        {"windows_of_a_picture",
         R"(graph g(%x: bf16[1,3,29,31]) -> (%y) {
        %w = const bf16[24,3,7,7] random(1, -0.3, 0.3)
        %b = const bf16[24] random(2)
        %c = convolution(%x, %w, %b) {stride=[2,2], prePadding=[3,3], postPadding=[3,3]}
        %y = pointwise(%c) {fn=hard_swish}
    })",
         ifTiles(kConvolution), kBrain},
        {"windows_of_one_line",
         R"(graph g(%x: bf16[2,34,9,12]) -> (%y) {
        %w = const bf16[40,34,1,5] random(1, -0.3, 0.3)
        %c = convolution(%x, %w) {stride=[3,1], prePadding=[0,4], postPadding=[0,0]}
        %y = pointwise(%c) {fn=swish, alpha=1}
    })",
         ifTiles(kConvolution), kBrain},
        {"strided_pixels",
         R"(graph g(%x: bf16[1,40,13,14]) -> (%y) {
        %w = const bf16[72,40,1,1] random(1, -0.3, 0.3)
        %y = convolution(%x, %w) {stride=[2,3]}
    })",
         ifTiles(kConvolution), kBrain},
        {"bands_of_lines",
         R"(graph g(%x: bf16[1,256,70,40]) -> (%y) {
        %w = const bf16[8,256,3,3] random(1, -0.1, 0.1)
        %y = convolution(%x, %w) {prePadding=[1,1], postPadding=[1,1]}
    })",
         ifTiles(kConvolution), kBrain},
        {"sums_of_two_clipped",
         R"(graph g(%x: bf16[2,37,5,7], %r: bf16[2,37,5,7]) -> (%y) {
        %s = pointwise(%x, %r) {fn=sum}
        %y = pointwise(%s) {fn=clip, alpha=-0.5, beta=0.75}
    })",
         {"cpu.pointwise.simd"}},
        {"sums_per_channel_relu",
         R"(graph g(%x: bf16[2,70,5,7], %b: bf16[70,1,1]) -> (%y) {
        %s = pointwise(%x, %b) {fn=sum}
        %y = pointwise(%s) {fn=relu}
    })",
         {"cpu.pointwise.simd"}},
        {"scaled_and_shifted_relu",
         R"(graph g(%x: bf16[2,70,5,7], %a: bf16[70,1,1], %b: bf16[70,1,1]) -> (%y) {
        %p = pointwise(%x, %a) {fn=prod}
        %s = pointwise(%b, %p) {fn=sum}
        %y = pointwise(%s) {fn=relu}
    })",
         {"cpu.pointwise.simd"},
         1e-2},
        {"scaled_relu",
         R"(graph g(%x: bf16[1,70,5,7], %a: bf16[70,1,1]) -> (%y) {
        %p = pointwise(%x, %a) {fn=prod}
        %y = pointwise(%p) {fn=relu}
    })",
         {"cpu.pointwise.simd"},
         1e-2},
        {"a_square_of_sums",
         R"(graph g(%x: bf16[70], %a: bf16[70]) -> (%y) {
        %s = pointwise(%x, %a) {fn=sum}
        %y = pointwise(%s, %s) {fn=prod}
    })",
         {"cpu.pointwise.simd"},
         1e-2},
        {"sums_of_two",
         R"(graph g(%x: bf16[S], %r: bf16[S]) -> (%y) {
        symbol S = 1..4000
        %y = pointwise(%x, %r) {fn=sum}
    })",
         {"cpu.pointwise.simd"}},
    });
