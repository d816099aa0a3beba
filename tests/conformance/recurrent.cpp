// SPDX-License-Identifier: Apache-2.0
#include "tests/conformance/runner.h"

namespace {
const char* const kLstm = "cpu.lstm.simd";
const char* const kGpu = "cuda.recurrent.jit";
}  // namespace

BIREME_CONFORMANCE(
    Lstm, {
              {"forward_with_state",
               R"(graph g(%x: f32[T,1,20], %h: f32[1,1,16], %c: f32[1,1,16]) -> (%y, %hn, %cn) {
        symbol T = 1..7
        %w = const f32[1,64,20] random(1, -0.3, 0.3)
        %r = const f32[1,64,16] random(2, -0.3, 0.3)
        %b = const f32[1,128] random(3, -0.3, 0.3)
        %y, %hn, %cn = lstm(%x, %w, %r, %b, _, %h, %c) {hiddenSize=16}
    })",
               {kLstm, kGpu}},
              {"both_directions_in_batches",
               R"(graph g(%x: f32[5,3,9]) -> (%y, %hn) {
        %w = const f32[2,28,9] random(1, -0.3, 0.3)
        %r = const f32[2,28,7] random(2, -0.3, 0.3)
        %y, %hn = lstm(%x, %w, %r) {hiddenSize=7, direction=bidirectional}
    })",
               {kLstm, kGpu}},
              {"batch_first_reversed",
               R"(graph g(%x: f32[3,5,9]) -> (%y) {
        %w = const f32[1,28,9] random(1, -0.3, 0.3)
        %r = const f32[1,28,7] random(2, -0.3, 0.3)
        %y = lstm(%x, %w, %r) {hiddenSize=7, direction=reverse, layout=1}
    })",
               {kLstm, kGpu}},
              {"many_sequences_both_directions",
               R"(graph g(%x: f32[N,3,21], %h: f32[N,2,20], %c: f32[N,2,20]) -> (%y, %hn, %cn) {
        symbol N = 1..101
        %w = const f32[2,80,21] random(1, -0.3, 0.3)
        %r = const f32[2,80,20] random(2, -0.3, 0.3)
        %b = const f32[2,160] random(3, -0.3, 0.3)
        %y, %hn, %cn = lstm(%x, %w, %r, %b, _, %h, %c) {hiddenSize=20, direction=bidirectional, layout=1}
    })",
               {kLstm, kGpu}},
              {"last_states_alone",
               R"(graph g(%x: f32[4,1,20], %h: f32[1,1,16], %c: f32[1,1,16]) -> (%hn, %cn) {
        %w = const f32[1,64,20] random(1, -0.3, 0.3)
        %r = const f32[1,64,16] random(2, -0.3, 0.3)
        %y, %hn, %cn = lstm(%x, %w, %r, _, _, %h, %c) {hiddenSize=16}
    })",
               {kLstm, kGpu}},
          });

BIREME_CONFORMANCE(Recurrent, {
                                  {"gated_units",
                                   R"(graph g(%x: f32[T,3,9], %h: f32[2,3,7]) -> (%y, %hn) {
        symbol T = 1..6
        %w = const f32[2,21,9] random(1, -0.3, 0.3)
        %r = const f32[2,21,7] random(2, -0.3, 0.3)
        %b = const f32[2,42] random(3, -0.3, 0.3)
        %y, %hn = gru(%x, %w, %r, %b, _, %h) {hiddenSize=7, direction=bidirectional}
    })",
                                   {kGpu}},
                                  {"gated_units_linear_before_reset",
                                   R"(graph g(%x: f16[5,2,9], %n: i32[2]) -> (%y) {
        %w = const f16[1,60,9] random(1, -0.3, 0.3)
        %r = const f16[1,60,20] random(2, -0.3, 0.3)
        %b = const f16[1,120] random(3, -0.3, 0.3)
        %y = gru(%x, %w, %r, %b, %n) {hiddenSize=20, linearBeforeReset=true, clip=0.5}
    })",
                                   {kGpu},
                                   2e-3,
                                   -2,
                                   2,
                                   0,
                                   5},
                                  {"simple",
                                   R"(graph g(%x: f64[3,5,9]) -> (%hn) {
        %w = const f64[1,7,9] random(1, -0.3, 0.3)
        %r = const f64[1,7,7] random(2, -0.3, 0.3)
        %y, %hn = rnn(%x, %w, %r) {hiddenSize=7, direction=reverse, layout=1, activations="LeakyRelu"}
    })",
                                   {kGpu},
                                   1e-12},
                                  {"peepholes",
                                   R"(graph g(%x: f32[4,2,9], %c: f32[1,2,5]) -> (%y, %hn, %cn) {
        %w = const f32[1,20,9] random(1, -0.3, 0.3)
        %r = const f32[1,20,5] random(2, -0.3, 0.3)
        %p = const f32[1,15] random(3, -0.3, 0.3)
        %y, %hn, %cn = lstm(%x, %w, %r, _, _, _, %c, %p) {hiddenSize=5, inputForget=true}
    })",
                                   {kGpu}},
                              });
