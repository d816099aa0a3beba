// SPDX-License-Identifier: Apache-2.0
// Ops on boxes.
#include "tests/conformance/runner.h"

namespace {
const char* const kRoiPooling = "cpu.roi_pooling.bins";
}  // namespace

BIREME_CONFORMANCE(Choice,
                   {
                       {"roi_pooling",
                        R"(graph g(%x: f32[1,3,H,9], %r: f32[R,5]) -> (%y) {
        symbol H = 4..12
        symbol R = 1..5
        %y = roi_pooling(%x, %r) {height=2, width=3, scale=9}
    })",
                        {kRoiPooling},
                        0,
                        0,  // regions of image 0, their corners in [0, 1)
                        0.99},
                       {"boxes_of_classes",
                        R"(graph g(%b: f32[2,40,4], %s: f32[2,3,40]) -> (%y) {
        %n = const i64[] {6}
        %i = const f32[] {0.3}
        %t = const f32[] {0.2}
        %y = nms(%b, %s, %n, %i, %t) {scoresByClass=true, indicesType=i64}
    })",
                        {"cuda.nms.suppress"},
                        0,
                        0,
                        1},
                       {"boxes_by_score",
                        R"(graph g(%b: f32[1,30,4], %s: f32[1,30,2], %n: i32[]) -> (%y, %c) {
        %i = const f32[] {0.5}
        %y, %c = nms(%b, %s, %n, %i) {boxFormat=center_sizes}
    })",
                        {"cuda.nms.suppress"},
                        0,
                        0.1,
                        1,
                        5,
                        9},
                       {"places_of_non_zeros",
                        R"(graph g(%x: i32[3,500,7]) -> (%y) {
        %y = non_zero(%x) {indicesType=i64}
    })",
                        {"cuda.non_zero.compact"},
                        0},
                   });
