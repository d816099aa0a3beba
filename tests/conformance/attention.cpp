// SPDX-License-Identifier: Apache-2.0
#include "tests/conformance/runner.h"

namespace {
const char* const kSimd = "cpu.attention.simd";
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
      5e-6}});
