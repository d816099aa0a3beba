// SPDX-License-Identifier: Apache-2.0
#include "tests/conformance/runner.h"

namespace {
const char* const kSimd = "cpu.attention.simd";
const char* const kWhole = "cuda.attention.whole";
}  // namespace

BIREME_CONFORMANCE(
    Attention,
    {{"heads_with_mask",
      R"(graph g(%q: f32[B,3,S,16], %k: f32[B,3,S,16], %v: f32[B,3,S,16], %m: f32[B,1,1,S]) -> (%y) {
        symbol B = 1..2
        symbol S = 1..67
        %y = attention(%q, %k, %v, %m) {scale=0.25}
    })",
      {kSimd},
      5e-6},
     {"rows_that_see_nothing",
      R"(graph g(%q: f32[2,3,3,16], %k: f32[2,3,4,16], %v: f32[2,3,4,32]) -> (%y) {
        %m = const f32[1,1,3,4] {0, -inf, -1, 0, -inf, -inf, -inf, -inf, 0, 0, 0, -inf}
        %y = attention(%q, %k, %v, %m) {scale=0.25, zeroHidden=true}
    })",
      {kSimd},
      5e-6},
     {"causal_with_past",
      R"(graph g(%q: f32[2,2,5,8], %k: f32[2,2,9,8], %v: f32[2,2,9,12]) -> (%y) {
        %y = attention(%q, %k, %v) {scale=0.5, causal=true}
    })",
      {kSimd},
      5e-6},
     {"shared_keys",
      R"(graph g(%q: f32[2,4,7,8], %k: f32[2,1,9,8], %v: f32[2,1,9,3], %m: f32[1,4,7,1]) -> (%y) {
        %y = attention(%q, %k, %v, %m)
    })",
      {kSimd},
      5e-6},
     {"one_query",
      R"(graph g(%q: f32[6,1,64], %k: f32[6,T,64], %v: f32[6,T,64]) -> (%y) {
        symbol T = 1..300
        %y = attention(%q, %k, %v) {scale=0.125}
    })",
      {kSimd},
      5e-6},
     {"half_heads_with_mask",
      R"(graph g(%q: f16[B,3,S,64], %k: f16[B,3,S,64], %v: f16[B,3,S,64], %m: f16[B,1,1,S]) -> (%y) {
        symbol B = 1..2
        symbol S = 1..150
        %y = attention(%q, %k, %v, %m) {scale=0.125}
    })",
      {kWhole},
      4e-3},
     {"half_rows_that_see_nothing",
      R"(graph g(%q: f16[2,3,3,16], %k: f16[2,3,4,16], %v: f16[2,3,4,32]) -> (%y) {
        %m = const f16[1,1,3,4] {0, -inf, -1, 0, -inf, -inf, -inf, -inf, 0, 0, 0, -inf}
        %y = attention(%q, %k, %v, %m) {scale=0.25, zeroHidden=true}
    })",
      {},
      4e-3},
     {"half_causal_with_past",
      R"(graph g(%q: f16[2,2,37,32], %k: f16[2,2,101,32], %v: f16[2,2,101,48]) -> (%y) {
        %y = attention(%q, %k, %v) {scale=0.2, causal=true}
    })",
      {},
      4e-3},
     {"bfloat_rows_that_see_nothing",
      R"(graph g(%q: bf16[2,3,3,16], %k: bf16[2,3,4,16], %v: bf16[2,3,4,32]) -> (%y) {
        %m = const bf16[1,1,3,4] {0, -inf, -1, 0, -inf, -inf, -inf, -inf, 0, 0, 0, -inf}
        %y = attention(%q, %k, %v, %m) {scale=0.25, zeroHidden=true}
    })",
      {},
      2e-2},
     {"half_static_heads_",
      R"(graph g(%q: f16[2,3,197,64], %k: f16[2,3,197,64], %v: f16[2,3,197,64]) -> (%y) {
        %y = attention(%q, %k, %v) {scale=0.125}
    })",
      {kWhole},
      4e-3},
     {"half_shared_keys_causal_",
      R"(graph g(%q: f16[2,3,S,64], %k: f16[2,1,T,64], %v: f16[2,1,T,64], %m: f16[1,1,S,T]) -> (%y) {
        symbol S = 1..140
        symbol T = 140..250
        %y = attention(%q, %k, %v, %m) {scale=0.125, causal=true}
    })",
      {kWhole},
      4e-3},
     {"half_queries_before_keys",
      R"(graph g(%q: f16[1,2,70,64], %k: f16[1,2,40,64], %v: f16[1,2,40,64]) -> (%y) {
        %y = attention(%q, %k, %v) {scale=0.125, causal=true, zeroHidden=true}
    })",
      {kWhole},
      4e-3},
     {"bfloat_full_mask",
      R"(graph g(%q: bf16[4,20,128], %k: bf16[4,70,128], %v: bf16[4,70,128], %m: bf16[1,20,70]) -> (%y) {
        %y = attention(%q, %k, %v, %m) {scale=0.0625}
    })",
      {},
      3e-2},
     {"bfloat_heads_with_mask",
      R"(graph g(%q: bf16[B,3,S,64], %k: bf16[B,3,S,64], %v: bf16[B,3,S,64], %m: bf16[B,1,1,S]) -> (%y) {
        symbol B = 1..2
        symbol S = 1..150
        %y = attention(%q, %k, %v, %m) {scale=0.125}
    })",
      {},
      2e-2},
     {"bfloat_causal_with_past",
      R"(graph g(%q: bf16[2,2,37,38], %k: bf16[2,2,101,38], %v: bf16[2,2,101,45]) -> (%y) {
        %y = attention(%q, %k, %v) {scale=0.2, causal=true}
    })",
      {},
      2e-2}});

BIREME_CONFORMANCE(RotaryEmbedding,
                   {{"halves",
                     R"(graph g(%x: f32[B,3,S,16], %c: f32[1,S,16], %s: f32[B,1,S,16]) -> (%y) {
        symbol B = 1..2
        symbol S = 1..67
        %y = rotary_embedding(%x, %c, %s)
    })",
                     {"cpu.rotary_embedding.rows", "cuda.rotary_embedding.jit"}},
                    {"neighbours",
                     R"(graph g(%x: f32[2,7,10], %c: f32[7,10], %s: f32[1,7,10]) -> (%y) {
        %y = rotary_embedding(%x, %c, %s) {interleaved=true}
    })",
                     {"cpu.rotary_embedding.rows", "cuda.rotary_embedding.jit"}},
                    {"one_tensor_of_angles",
                     R"(graph g(%x: f32[2,7,10], %c: f32[7,10]) -> (%y) {
        %y = rotary_embedding(%x, %c, %c)
    })",
                     {"cpu.rotary_embedding.rows", "cuda.rotary_embedding.jit"}},
                    {"halves_of_sixteen_bits",
                     R"(graph g(%x: f16[B,4,S,64], %c: f16[S,64], %s: f16[S,64]) -> (%y) {
        symbol B = 1..2
        symbol S = 1..67
        %y = rotary_embedding(%x, %c, %s)
    })",
                     {"cpu.rotary_embedding.rows", "cuda.rotary_embedding.jit"},
                     3e-3},
                    {"angle_per_pair",
                     R"(graph g(%x: bf16[2,4,7,8], %c: bf16[7,4], %s: bf16[7,4]) -> (%y) {
        %y = rotary_embedding(%x, %c, %s)
    })",
                     {"cpu.rotary_embedding.rows", "cuda.rotary_embedding.jit"},
                     2e-2},
                    {"first_features",
                     R"(graph g(%x: f32[B,3,S,20], %c: f32[1,S,6], %s: f32[B,1,S,6]) -> (%y) {
        symbol B = 1..2
        symbol S = 1..67
        %y = rotary_embedding(%x, %c, %s) {features=6}
    })",
                     {"cpu.rotary_embedding.rows"}},
                    {"first_neighbours_per_pair",
                     R"(graph g(%x: bf16[2,4,7,9], %c: bf16[7,2], %s: bf16[7,2]) -> (%y) {
        %y = rotary_embedding(%x, %c, %s) {interleaved=true, features=4}
    })",
                     {"cpu.rotary_embedding.rows"},
                     2e-2},
                    {"neighbours_per_pair",
                     R"(graph g(%x: f16[2,4,7,8], %c: f16[7,4], %s: f16[7,4]) -> (%y) {
        %y = rotary_embedding(%x, %c, %s) {interleaved=true}
    })",
                     {"cpu.rotary_embedding.rows", "cuda.rotary_embedding.jit"},
                     3e-3}});
