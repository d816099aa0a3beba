// SPDX-License-Identifier: Apache-2.0
#include "tests/conformance/runner.h"

namespace {
const char* const kLstm = "cpu.lstm.simd";
}

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
               {kLstm}},
              {"both_directions_in_batches",
               R"(graph g(%x: f32[5,3,9]) -> (%y, %hn) {
        %w = const f32[2,28,9] random(1, -0.3, 0.3)
        %r = const f32[2,28,7] random(2, -0.3, 0.3)
        %y, %hn = lstm(%x, %w, %r) {hiddenSize=7, direction=bidirectional}
    })",
               {kLstm}},
              {"batch_first_reversed",
               R"(graph g(%x: f32[3,5,9]) -> (%y) {
        %w = const f32[1,28,9] random(1, -0.3, 0.3)
        %r = const f32[1,28,7] random(2, -0.3, 0.3)
        %y = lstm(%x, %w, %r) {hiddenSize=7, direction=reverse, layout=1}
    })",
               {kLstm}},
              {"last_states_alone",
               R"(graph g(%x: f32[4,1,20], %h: f32[1,1,16], %c: f32[1,1,16]) -> (%hn, %cn) {
        %w = const f32[1,64,20] random(1, -0.3, 0.3)
        %r = const f32[1,64,16] random(2, -0.3, 0.3)
        %y, %hn, %cn = lstm(%x, %w, %r, _, _, %h, %c) {hiddenSize=16}
    })",
               {kLstm}},
          });
