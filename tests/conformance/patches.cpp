// SPDX-License-Identifier: Apache-2.0
// Convolutions whose windows lie side by side over few channels, which products read from images as
// they lie: windows of several sizes, images that they do not divide, rows that are no multiples of
// 16 bytes.
#include "tests/conformance/runner.h"

namespace {
const char* const kGemm = "cuda.gemm.mma";
const char* const kBulk = "cuda.gemm.bulk";
constexpr double kHalf = 3e-3, kBrain = 2e-2;  // of the largest result
}  // namespace

// Names of an even length, as in product.cpp.
BIREME_CONFORMANCE(Patches,
                   {{"of_16_by_batch",
                     R"(graph g(%x: f16[N,3,100,208]) -> (%y) {
        symbol N = 1..3
        %w = const f16[72,3,16,16] random(1, -0.1, 0.1)
        %b = const f16[72] random(2)
        %c = convolution(%x, %w, %b) {stride=[16,16]}
        %y = pointwise(%c) {fn=gelu_erf}
    })",
                     {kGemm, kBulk},
                     kHalf},
                    {"of_8_in_one_channel_",
                     R"(graph g(%x: bf16[3,1,90,72]) -> (%y) {
        %w = const bf16[40,1,8,8] random(1, -0.2, 0.2)
        %y = convolution(%x, %w, _) {stride=[8,8]}
    })",
                     {kGemm, kBulk},
                     kBrain},
                    {.name = "of_4_in_four_channels_and_residual",
                     .graph = R"(graph g(%x: f16[3,4,63,60], %r: f16[3,520,15,15]) -> (%y) {
        %w = const f16[520,4,4,4] random(1, -0.2, 0.2)
        %b = const f16[520] random(2)
        %c = convolution(%x, %w, %b) {stride=[4,4]}
        %y = pointwise(%c, %r) {fn=sum}
    })",
                     .mustRun = {kGemm, kBulk},
                     .tolerance = kHalf,
                     .search = true},
                    {"of_14_whose_rows_have_no_chunks_",
                     R"(graph g(%x: f16[N,3,170,182]) -> (%y) {
        symbol N = 1..3
        %w = const f16[64,3,14,14] random(1, -0.1, 0.1)
        %b = const f16[64] random(2)
        %y = convolution(%x, %w, %b) {stride=[14,14]}
    })",
                     {kGemm, kBulk},
                     kHalf},
                    {"of_32_over_ragged_images",
                     R"(graph g(%x: bf16[9,3,97,200]) -> (%y) {
        %w = const bf16[136,3,32,32] random(1, -0.05, 0.05)
        %y = convolution(%x, %w, _) {stride=[32,32]}
    })",
                     {kGemm, kBulk},
                     kBrain},
                    {"of_16_in_rows_of_230",
                     R"(graph g(%x: f16[2,3,90,230]) -> (%y) {
        %w = const f16[24,3,16,16] random(1, -0.1, 0.1)
        %y = convolution(%x, %w, _) {stride=[16,16]}
    })",
                     {kGemm, kBulk},
                     kHalf},
                    {"flat_and_five_channels__",
                     R"(graph g(%x: f16[1,5,33,156]) -> (%y) {
        %w = const f16[32,5,2,12] random(1, -0.1, 0.1)
        %y = convolution(%x, %w, _) {stride=[2,12]}
    })",
                     {kGemm, kBulk},
                     kHalf},
                    {"single_ones_",
                     R"(graph g(%x: f16[1,3,32,48]) -> (%y) {
        %w = const f16[768,3,16,16] random(1, -0.1, 0.1)
        %y = convolution(%x, %w, _) {stride=[16,16]}
    })",
                     {kGemm},
                     kHalf}});
