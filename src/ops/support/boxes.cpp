// SPDX-License-Identifier: Apache-2.0
#include "ops/support/boxes.h"

#include <algorithm>

namespace bireme::ops {

float overlap(const Box& a, const Box& b, float unit) {
    float w = std::min(a.x2, b.x2) - std::max(a.x1, b.x1) + unit,
          h = std::min(a.y2, b.y2) - std::max(a.y1, b.y1) + unit;
    if (!(w > 0 && h > 0)) return 0;
    auto area = [unit](const Box& x) { return (x.x2 - x.x1 + unit) * (x.y2 - x.y1 + unit); };
    float common = w * h, all = area(a) + area(b) - common;
    return all > 0 ? common / all : 0;
}

void rank(std::vector<ScoredBox>& boxes, int64_t limit) {
    const auto before = [](const ScoredBox& a, const ScoredBox& b) {
        return a.score > b.score || (a.score == b.score && a.index < b.index);
    };
    if (limit >= 0 && static_cast<int64_t>(boxes.size()) > limit) {
        std::nth_element(boxes.begin(), boxes.begin() + limit, boxes.end(), before);
        boxes.resize(static_cast<size_t>(limit));
    }
    std::sort(boxes.begin(), boxes.end(), before);
}

std::vector<ScoredBox> suppress(const std::vector<ScoredBox>& ranked, const std::vector<Box>& boxes,
                                const Suppression& how) {
    std::vector<ScoredBox> stay;
    std::vector<Box> kept;  // side by side: the inner loop reads nothing else
    float threshold = how.threshold;
    for (const ScoredBox& s : ranked) {
        if (how.limit >= 0 && static_cast<int64_t>(stay.size()) >= how.limit) break;
        const Box& box = boxes[static_cast<size_t>(s.index)];
        if (std::any_of(kept.begin(), kept.end(),
                        [&](const Box& o) { return overlap(box, o, how.unit) > threshold; }))
            continue;
        stay.push_back(s);
        kept.push_back(box);
        if (how.eta < 1 && threshold > 0.5f) threshold *= how.eta;
    }
    return stay;
}

}  // namespace bireme::ops
