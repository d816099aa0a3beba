// SPDX-License-Identifier: Apache-2.0
// Boxes by their corners, and the greedy choice among those that overlap.
#pragma once

#include <cstdint>
#include <vector>

namespace bireme::ops {

struct Box {
    float x1 = 0, y1 = 0, x2 = 0, y2 = 0;
};

// Common area by the area of both, 0 for empty boxes. `unit` is 1 where corners name pixels that
// belong to the box, else 0.
float overlap(const Box& a, const Box& b, float unit = 0);

struct ScoredBox {
    int64_t index;
    float score;
};

// By falling score, equal scores by index; the first `limit` of them (-1: all).
void rank(std::vector<ScoredBox>& boxes, int64_t limit);

struct Suppression {
    float threshold;     // a box stays when it overlaps none that stayed by more
    float eta = 1;       // the threshold shrinks by it after every box that stays, down to a half
    float unit = 0;      // see overlap
    int64_t limit = -1;  // of boxes that stay; -1: none
};

// Those of `ranked` that stay, in order; their indices are into `boxes`.
std::vector<ScoredBox> suppress(const std::vector<ScoredBox>& ranked, const std::vector<Box>& boxes,
                                const Suppression& how);

}  // namespace bireme::ops
