// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace bireme::plugin {

// A box with its score; corners.
struct Detection {
    float x1 = 0, y1 = 0, x2 = 0, y2 = 0;
    float score = 0;
    int32_t kind = 0;
};

// Intersection over union; `pixels`: a box from 0 to 0 is one pixel wide.
float overlap(const Detection& a, const Detection& b, bool pixels);

// Best score first; equal scores stay in order.
void sortByScore(std::vector<Detection>& list);

// Greedily drops boxes that overlap a kept one (of the same kind, unless `acrossKinds`) by more
// than `limit`; stops when `most` are kept. The list is sorted by score.
std::vector<Detection> suppress(const std::vector<Detection>& list, float limit, size_t most,
                                bool acrossKinds, bool pixels);

}  // namespace bireme::plugin
