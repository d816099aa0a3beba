// SPDX-License-Identifier: Apache-2.0
#include "moves/layout.h"

#include "base/status.h"
#include "base/text.h"
#include "tensor/convert.h"
#include "tensor/walk.h"

#include <algorithm>
#include <functional>

namespace bireme::moves {

std::vector<int64_t> Layout::list(int input, const std::vector<int64_t>& attribute) const {
    if (input < 0) return attribute;
    if (auto it = lists_.find(input); it != lists_.end()) return it->second;
    auto i = static_cast<size_t>(input);
    const void* host = i < shapes_.hostInputs.size() ? shapes_.hostInputs[i] : nullptr;
    if (!host)
        fail(ErrorCode::kUNSUPPORTED_STATE,
             cat("input ", input, " has to be known before the kernel is bound"));
    std::vector<int64_t> values(static_cast<size_t>(product(shapes_.inputs[i].dims)));
    convertElements(shapes_.inputs[i].type, host, DataType::kINT64, values.data(),
                    static_cast<int64_t>(values.size()));
    return values;
}

void Layout::copy(int input, const std::vector<int64_t>& dims, const std::vector<int64_t>& from,
                  int64_t fromOffset, const std::vector<int64_t>& to, int64_t toOffset) {
    if (std::find(dims.begin(), dims.end(), 0) != dims.end()) return;
    boxes.push_back({input, dims, from, to, fromOffset, toOffset});
}

namespace {

// A stretch of output indices that reads an arithmetic series of input indices, or the fill
// element.
struct Segment {
    int64_t begin = 0, count = 0, from = 0, step = 0;
    bool fill = false;
};

std::vector<Segment> segmentsOf(const std::vector<int64_t>& table) {
    std::vector<Segment> all;
    for (size_t i = 0; i < table.size(); ++i) {
        auto at = static_cast<int64_t>(i);
        if (!all.empty()) {
            Segment& s = all.back();
            if (s.fill && table[i] < 0) {
                ++s.count;
                continue;
            }
            if (!s.fill && table[i] >= 0) {
                if (s.count == 1) s.step = table[i] - s.from;
                if (s.count == 1 || table[i] == s.from + s.step * s.count) {
                    ++s.count;
                    continue;
                }
            }
        }
        all.push_back({at, 1, std::max<int64_t>(table[i], 0), 1, table[i] < 0});
    }
    return all;
}

}  // namespace

void Layout::copyByTables(int input, const std::vector<std::vector<int64_t>>& tables, int fill) {
    size_t rank = tables.size();
    auto from = in(input).format.stridesFor(in(input).dims),
         to = out().format.stridesFor(out().dims);
    std::vector<std::vector<Segment>> segments;
    for (const auto& t : tables) segments.push_back(segmentsOf(t));
    std::vector<size_t> at(rank, 0);
    std::vector<int64_t> dims(rank), steps(rank), still(rank, 0);
    std::function<void(size_t)> visit;
    auto box =
        [&](size_t filledFrom) {  // dims from `filledFrom` on are whole: the fill covers them
            int64_t fromOffset = in(input).format.offset, toOffset = out().format.offset;
            bool filled = filledFrom < rank;
            for (size_t d = 0; d < rank; ++d) {
                if (filled && d > filledFrom) {
                    dims[d] = out().dims[d];
                    continue;
                }
                const Segment& s = segments[d][at[d]];
                dims[d] = s.count;
                steps[d] = s.step * from[d];
                fromOffset += s.from * from[d];
                toOffset += s.begin * to[d];
            }
            if (!filled)
                copy(input, dims, steps, fromOffset, to, toOffset);
            else
                copy(fill, dims, still, fill >= 0 ? in(fill).format.offset : 0, to, toOffset);
        };
    visit = [&](size_t d) {
        if (d == rank) return box(rank);
        for (at[d] = 0; at[d] < segments[d].size(); ++at[d]) {
            if (segments[d][at[d]].fill)
                box(d);
            else
                visit(d + 1);
        }
    };
    visit(0);
}

}  // namespace bireme::moves
