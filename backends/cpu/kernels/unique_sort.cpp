// SPDX-License-Identifier: Apache-2.0
// Distinct elements or slices: sorted by keys, neighbours compared.
#include "backends/cpu/support/lone_op.h"
#include "backends/cpu/support/sort_key.h"
#include "base/parallel_for.h"
#include "ops/support/axis_view.h"
#include "ops/unique.h"

#include <algorithm>
#include <cstring>
#include <numeric>

namespace bireme::cpu {

namespace {

class UniqueBound final : public LoneBound {
public:
    explicit UniqueBound(const LoneShapes& s)
        : LoneBound(s), op_(*s.op.as<ops::Unique>()), dims_(s.in(0).dims), view_({0}, 0) {
        if (!op_.alongAxis) dims_ = {product(dims_)};
        axis_ = op_.alongAxis ? op_.axis : 0;
        if (axis_ < 0) axis_ += static_cast<int64_t>(dims_.size());
        view_ = ops::AxisView(dims_, axis_);
    }

private:
    static size_t at(int64_t i) { return static_cast<size_t>(i); }

    void run() override {
        bySortKey(in(0).type, [&](auto element) {
            using T = decltype(element);
            if (view_.outer * view_.inner == 1)
                sortElements(reinterpret_cast<const T*>(data(0)));
            else
                sortSlices(reinterpret_cast<const T*>(data(0)));
        });
        giveAll();
    }

    template <typename T>
    void sortElements(const T* x) {
        std::vector<std::pair<uint64_t, int64_t>> keys(at(view_.extent));
        parallelFor(view_.extent, 16384, [&](int64_t begin, int64_t end) {
            for (int64_t i = begin; i < end; ++i) keys[at(i)] = {sortKey(x[i]), i};
        });
        std::sort(keys.begin(), keys.end());
        group([&](size_t i) { return keys[i].second; },
              [&](size_t i) { return keys[i].first != keys[i - 1].first; });
    }

    template <typename T>
    void sortSlices(const T* x) {
        const int64_t size = view_.outer * view_.inner;
        std::vector<uint64_t> keys(at(view_.extent * size));
        parallelFor(view_.extent, 16384 / (size + 1) + 1, [&](int64_t begin, int64_t end) {
            for (int64_t i = begin; i < end; ++i)
                for (int64_t o = 0; o < view_.outer; ++o)
                    for (int64_t k = 0; k < view_.inner; ++k)
                        keys[at(i * size + o * view_.inner + k)] =
                            sortKey(x[(o * view_.extent + i) * view_.inner + k]);
        });
        std::vector<int64_t> order(at(view_.extent));
        std::iota(order.begin(), order.end(), 0);
        auto slice = [&](int64_t i) { return keys.begin() + i * size; };
        std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
            return std::lexicographical_compare(slice(a), slice(a) + size, slice(b),
                                                slice(b) + size);
        });
        group([&](size_t i) { return order[i]; },
              [&](size_t i) {
                  return !std::equal(slice(order[i]), slice(order[i]) + size, slice(order[i - 1]));
              });
    }

    // From what is sorted: element i of it, and whether it differs from the one before.
    template <typename Place, typename Differs>
    void group(Place&& place, Differs&& differs) {
        first_.clear(), counts_.clear();
        inverse_.resize(at(view_.extent));
        for (size_t i = 0; i < inverse_.size(); ++i) {
            const int64_t p = place(i);
            if (i == 0 || differs(i)) first_.push_back(p), counts_.push_back(0);
            ++counts_.back();
            inverse_[at(p)] = static_cast<int64_t>(first_.size()) - 1;
        }
    }

    void giveAll() {
        std::vector<int64_t> rank(first_.size());
        std::iota(rank.begin(), rank.end(), 0);
        if (!op_.sorted)
            std::sort(rank.begin(), rank.end(),
                      [&](int64_t a, int64_t b) { return first_[at(a)] < first_[at(b)]; });
        if (wanted(0)) giveValues(rank);
        if (wanted(1)) giveList(1, rank.size(), [&](size_t i) { return first_[at(rank[i])]; });
        if (wanted(2)) {
            std::vector<int64_t> place(rank.size());
            for (size_t i = 0; i < rank.size(); ++i) place[at(rank[i])] = static_cast<int64_t>(i);
            giveList(2, inverse_.size(), [&](size_t i) { return place[at(inverse_[i])]; });
        }
        if (wanted(3)) giveList(3, rank.size(), [&](size_t i) { return counts_[at(rank[i])]; });
    }

    void giveValues(const std::vector<int64_t>& rank) {
        std::vector<int64_t> dims = dims_;
        const auto n = static_cast<int64_t>(rank.size());
        dims[at(axis_)] = n;
        char* to = give(0, dims);
        const int64_t row = view_.inner * static_cast<int64_t>(elementSize(in(0).type));
        for (int64_t o = 0; o < view_.outer && row; ++o)
            for (int64_t i = 0; i < n; ++i, to += row)
                std::memcpy(to, data(0) + (o * view_.extent + first_[at(rank[at(i)])]) * row,
                            at(row));
    }

    template <typename F>
    void giveList(size_t output, size_t n, F&& element) {
        auto* to = reinterpret_cast<int64_t*>(give(output, {static_cast<int64_t>(n)}));
        for (size_t i = 0; i < n; ++i) to[i] = element(i);
    }

    ops::Unique op_;
    std::vector<int64_t> dims_;
    int64_t axis_ = 0;
    ops::AxisView view_;
    std::vector<int64_t> first_, counts_, inverse_;
};

Support supportsKeys(const tactic::Query& q, const ir::Node& node) {
    return hasSortKey(operandType(q, node, 0)) ? yes()
                                               : no("floats of a byte or less have no order here");
}

}  // namespace

void registerKernel_unique_sort(tactic::Catalog& catalog) {
    catalog.add(loneFactory({"cpu.unique.sort", "unique", supportsKeys, bindLone<UniqueBound>}));
}

}  // namespace bireme::cpu
