// SPDX-License-Identifier: Apache-2.0
#include "ops/support/movement.h"

#include <algorithm>
#include <cstring>

namespace bireme::ops {

size_t elementBytes(DataType type) {
    if (bits(type) < 8) failInvalid(cat("elements of ", name(type), " cannot be moved one by one"));
    return static_cast<size_t>(bits(type)) / 8;
}

void copyElement(void* to, const void* from, size_t size) {
    switch (size) {
        case 1: std::memcpy(to, from, 1); break;
        case 2: std::memcpy(to, from, 2); break;
        case 4: std::memcpy(to, from, 4); break;
        default: std::memcpy(to, from, size);
    }
}

void copyBytes(ir::EvalContext& c) {
    c.require(c.count(0) == c.outCount(0), "a view of ", c.count(0), " elements would have ",
              c.outCount(0));
    size_t bytes = bytesFor(c.type(0), c.count(0));
    if (bytes) std::memcpy(c.outData(0), c.data(0), bytes);
}

void copyStrided(void* to, const void* from, size_t size, const std::vector<int64_t>& dims,
                 const std::vector<int64_t>& strides, int64_t offset) {
    if (ir::elementCount(dims) == 0) return;
    auto* out = static_cast<uint8_t*>(to);
    const auto* in = static_cast<const uint8_t*>(from);
    if (dims.empty()) {
        copyElement(out, in + offset * static_cast<int64_t>(size), size);
        return;
    }
    std::vector<int64_t> outer(dims.begin(), dims.end() - 1), index(outer.size(), 0);
    int64_t row = dims.back(), step = strides.back() * static_cast<int64_t>(size);
    do {
        int64_t at = offset;
        for (size_t d = 0; d < outer.size(); ++d) at += index[d] * strides[d];
        const uint8_t* p = in + at * static_cast<int64_t>(size);
        if (strides.back() == 1) {
            std::memcpy(out, p, static_cast<size_t>(row) * size);
        } else {
            for (int64_t i = 0; i < row; ++i)
                copyElement(out + static_cast<size_t>(i) * size, p + i * step, size);
        }
        out += static_cast<size_t>(row) * size;
    } while (ir::nextIndex(index, outer));
}

void copyByTables(void* to, const void* from, size_t size, const std::vector<int64_t>& dims,
                  const std::vector<std::vector<int64_t>>& tables, const void* fill) {
    static const uint8_t zeros[8] = {};
    if (!fill) fill = zeros;
    auto* out = static_cast<uint8_t*>(to);
    const auto* in = static_cast<const uint8_t*>(from);
    std::vector<int64_t> strides = ir::rowMajorStrides(dims), outer, index;
    for (const auto& t : tables) {
        if (t.empty()) return;
        outer.push_back(static_cast<int64_t>(t.size()));
    }
    if (tables.empty()) {
        copyElement(out, in, size);
        return;
    }
    outer.pop_back();
    index.resize(outer.size(), 0);
    do {
        int64_t base = 0;
        bool inside = true;
        for (size_t d = 0; d < outer.size(); ++d) {
            int64_t i = tables[d][static_cast<size_t>(index[d])];
            inside = inside && i >= 0;
            base += i * strides[d];
        }
        for (int64_t i : tables.back()) {
            copyElement(out, inside && i >= 0 ? in + static_cast<size_t>(base + i) * size : fill,
                        size);
            out += size;
        }
    } while (ir::nextIndex(index, outer));
}

static bool allNumbers(const DimVector* known) { return known && allStatic(*known); }

ir::EvalContext::In KnownMove::position(int input) {
    numbers_.emplace_back();
    for (const Dim& d : *c_.known(input)) {
        pool_.push_back(d);
        numbers_.back().push_back(static_cast<int64_t>(pool_.size()));
    }
    return {true, DataType::kINT64, staticValues(c_.in(input).dims), numbers_.back().data()};
}

KnownMove::KnownMove(ir::InferContext& c, std::vector<int> moved) : c_(c), eval_({}, {}) {
    const TensorDesc& d = c.out(0);
    possible_ = !isReal(d.type) && allStatic(d.dims);
    int64_t n = 1;
    for (size_t i = 0; possible_ && i < d.dims.size(); ++i) {
        constexpr auto most = static_cast<int64_t>(ir::InferContext::kMaxKnown);
        int64_t extent = d.dims[i].value();
        possible_ = extent >= 0 && extent <= most && (n *= extent) <= most;
    }
    for (int i = 0; possible_ && i < c.inputs(); ++i) {
        if (!c.has(i)) continue;
        bool moves = std::find(moved.begin(), moved.end(), i) != moved.end();
        possible_ =
            allStatic(c.in(i).dims) && (moves ? c.known(i) != nullptr : allNumbers(c.known(i)));
    }
    if (!possible_) return;
    std::vector<ir::EvalContext::In> inputs;
    for (int i = 0; i < c.inputs(); ++i) {
        if (!c.has(i)) {
            inputs.push_back({});
        } else if (std::find(moved.begin(), moved.end(), i) != moved.end()) {
            inputs.push_back(position(i));
        } else {
            numbers_.push_back(staticValues(*c.known(i)));
            inputs.push_back(
                {true, DataType::kINT64, staticValues(c.in(i).dims), numbers_.back().data()});
        }
    }
    std::vector<ir::EvalContext::Out> outs(1);
    ir::EvalContext::Out& out = outs[0];
    out.type = DataType::kINT64;
    out.dims = staticValues(d.dims);
    out.owned.resize(static_cast<size_t>(n + 1) * sizeof(int64_t));
    out.data = out.owned.data();
    eval_ = ir::EvalContext(std::move(inputs), std::move(outs));
}

void KnownMove::finish() {
    eval_.flush();
    const auto* at = static_cast<const int64_t*>(eval_.outData(0));
    DimVector elements;
    for (int64_t i = 0; i < eval_.outCount(0); ++i)
        elements.push_back(at[i] == 0 ? Dim(0) : pool_[static_cast<size_t>(at[i] - 1)]);
    c_.setKnown(0, std::move(elements));
}

}  // namespace bireme::ops
