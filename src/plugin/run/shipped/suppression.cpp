// SPDX-License-Identifier: Apache-2.0
#include "plugin/run/shipped/suppression.h"

#include <algorithm>

namespace bireme::plugin {

float overlap(const Detection& a, const Detection& b, bool pixels) {
    const float one = pixels ? 1.0F : 0.0F;
    auto area = [&](const Detection& d) {
        return std::max(0.0F, d.x2 - d.x1 + one) * std::max(0.0F, d.y2 - d.y1 + one);
    };
    float w = std::min(a.x2, b.x2) - std::max(a.x1, b.x1) + one,
          h = std::min(a.y2, b.y2) - std::max(a.y1, b.y1) + one;
    if (w <= 0 || h <= 0) return 0;
    float common = w * h, all = area(a) + area(b) - common;
    return all > 0 ? common / all : 0;
}

void sortByScore(std::vector<Detection>& list) {
    std::stable_sort(list.begin(), list.end(),
                     [](const Detection& a, const Detection& b) { return a.score > b.score; });
}

std::vector<Detection> suppress(const std::vector<Detection>& list, float limit, size_t most,
                                bool acrossKinds, bool pixels) {
    std::vector<Detection> kept;
    for (const Detection& d : list) {
        if (kept.size() >= most) break;
        bool covered = std::any_of(kept.begin(), kept.end(), [&](const Detection& k) {
            return (acrossKinds || k.kind == d.kind) && overlap(k, d, pixels) > limit;
        });
        if (!covered) kept.push_back(d);
    }
    return kept;
}

}  // namespace bireme::plugin
