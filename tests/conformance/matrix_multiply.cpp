// SPDX-License-Identifier: Apache-2.0
#include "tests/conformance/runner.h"

namespace {
const char* const kPacked = "cpu.matmul.packed";
const char* const kBatched = "cpu.matmul.batched";
}  // namespace

BIREME_CONFORMANCE(MatrixMultiply, {
                                       {"constant_bias_gelu",
                                        R"(graph g(%x: f32[B,S,48]) -> (%y) {
        symbol B = 1..2
        symbol S = 1..37
        %w = const f32[1,48,70] random(1)
        %b = const f32[70] random(2)
        %m = matrix_multiply(%x, %w)
        %a = pointwise(%m, %b) {fn=sum}
        %y = pointwise(%a) {fn=gelu_erf}
    })",
                                        {kPacked},
                                        1e-5},
                                       {"constant_bias_prelu",
                                        R"(graph g(%x: f32[S,48]) -> (%y) {
        symbol S = 1..37
        %w = const f32[70,48] random(1)
        %b = const f32[1,70] random(2)
        %s = const f32[70] random(3)
        %m = matrix_multiply(%x, %w) {opB=transpose}
        %a = pointwise(%m, %b) {fn=sum}
        %y = pointwise(%a, %s) {fn=prelu}
    })",
                                        {kPacked, "cpu.matmul.simd"},
                                        5e-6},
                                       {"constant_prelu_of_bfloat",
                                        R"(graph g(%x: bf16[9,48]) -> (%y) {
        %w = const bf16[48,40] random(1, -0.3, 0.3)
        %s = const bf16[1,40] random(3)
        %m = matrix_multiply(%x, %w)
        %y = pointwise(%m, %s) {fn=prelu}
    })",
                                        {},
                                        2e-2},
                                       {"constant_transposed_residual",
                                        R"(graph g(%x: f32[1,S,33], %r: f32[1,S,21]) -> (%y) {
        symbol S = 1..16
        %w = const f32[1,21,33] random(1)
        %m = matrix_multiply(%x, %w) {opB=transpose}
        %y = pointwise(%r, %m) {fn=sum}
    })",
                                        {kPacked},
                                        5e-6},
                                       {"constant_vector",
                                        R"(graph g(%x: f32[5,33]) -> (%y) {
        %w = const f32[33] random(1)
        %m = matrix_multiply(%x, %w) {opB=vector}
        %y = pointwise(%m) {fn=sigmoid}
    })",
                                        {kPacked},
                                        5e-6},
                                       {"row_by_constant",
                                        R"(graph g(%x: f32[1,2048]) -> (%y) {
        %w = const f32[2048,100] random(1, -0.05, 0.05)
        %b = const f32[1,100] random(2)
        %m = matrix_multiply(%x, %w)
        %y = pointwise(%m, %b) {fn=sum}
    })",
                                        {kPacked},
                                        5e-6},
                                       {"batched",
                                        R"(graph g(%a: f32[B,3,S,16], %b: f32[B,3,16,S]) -> (%y) {
        symbol B = 1..2
        symbol S = 1..19
        %y = matrix_multiply(%a, %b)
    })",
                                        {kBatched},
                                        5e-6},
                                       {"batched_transposes",
                                        R"(graph g(%a: f32[4,10,7], %b: f32[4,9,10]) -> (%y) {
        %y = matrix_multiply(%a, %b) {opA=transpose, opB=transpose}
    })",
                                        {kBatched},
                                        5e-6},
                                       {"broadcast_batch_scaled",
                                        R"(graph g(%a: f32[2,3,5,8], %b: f32[1,3,8,6]) -> (%y) {
        %k = const f32[] {0.125}
        %m = matrix_multiply(%a, %b)
        %y = pointwise(%m, %k) {fn=prod}
    })",
                                        {kBatched},
                                        5e-6},
                                       {"vectors",
                                        R"(graph g(%a: f32[2,8], %b: f32[2,8]) -> (%y) {
        %y = matrix_multiply(%a, %b) {opA=vector, opB=vector}
    })",
                                        {kBatched},
                                        5e-6},
                                       {"half_bias_gelu_tanh",
                                        R"(graph g(%x: f16[B,S,64]) -> (%y) {
        symbol B = 1..2
        symbol S = 1..37
        %w = const f16[1,64,96] random(1, -0.3, 0.3)
        %b = const f16[96] random(2)
        %m = matrix_multiply(%x, %w)
        %a = pointwise(%m, %b) {fn=sum}
        %y = pointwise(%a) {fn=gelu_tanh}
    })",
                                        {},
                                        4e-3},
                                       {"half_many_rows_gelu",
                                        R"(graph g(%x: f16[3,S,64]) -> (%y) {
        symbol S = 300..333
        %w = const f16[1,64,96] random(1, -0.3, 0.3)
        %b = const f16[96] random(2)
        %m = matrix_multiply(%x, %w)
        %a = pointwise(%m, %b) {fn=sum}
        %y = pointwise(%a) {fn=gelu_erf}
    })",
                                        {},
                                        4e-3},
                                       {"half_bias_residual",
                                        R"(graph g(%x: f16[2,24,64], %r: f16[2,24,48]) -> (%y) {
        %w = const f16[1,64,48] random(1, -0.3, 0.3)
        %b = const f16[48] random(2)
        %m = matrix_multiply(%x, %w)
        %a = pointwise(%b, %m) {fn=sum}
        %y = pointwise(%r, %a) {fn=sum}
    })",
                                        {},
                                        2e-3},
                                       {"half_scores",
                                        R"(graph g(%a: f16[2,3,S,64], %b: f16[2,3,S,64]) -> (%y) {
        symbol S = 8..40
        %k = const f16[] {8}
        %m = matrix_multiply(%a, %b) {opB=transpose}
        %y = pointwise(%m, %k) {fn=div}
    })",
                                        {},
                                        2e-3},
                                       {"bfloat_relu",
                                        R"(graph g(%a: bf16[16,32], %b: bf16[32,24]) -> (%y) {
        %m = matrix_multiply(%a, %b)
        %y = pointwise(%m) {fn=relu}
    })",
                                        {},
                                        2e-2},
                                   });
