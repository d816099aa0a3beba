// SPDX-License-Identifier: Apache-2.0
// Ops that choose boxes.
#include "tests/conformance/runner.h"

namespace {
const char* const kChoice = "cpu.choice.eval";
}  // namespace

BIREME_CONFORMANCE(Choice, {
                               {"roi_pooling",
                                R"(graph g(%x: f32[1,3,H,9], %r: f32[R,5]) -> (%y) {
        symbol H = 4..12
        symbol R = 1..5
        %y = roi_pooling(%x, %r) {height=2, width=3, scale=9}
    })",
                                {kChoice},
                                0,
                                0,  // regions of image 0, their corners in [0, 1)
                                0.99},
                           });
