// SPDX-License-Identifier: Apache-2.0
#include "passes/support/parts.h"

#include "ops/pad.h"

#include <algorithm>

namespace bireme::passes {

namespace {

// The integers of operand `i` where it is present, else the attribute.
std::optional<std::vector<int64_t>> listOf(ir::Edit& e, const ir::Node& n, size_t i,
                                           const std::vector<int64_t>& attribute) {
    if (i >= n.inputs.size() || n.inputs[i] == ir::kNoValue) return attribute;
    return e.ints(n.inputs[i]);
}

size_t axisAt(const std::vector<int64_t>& axes, size_t k, size_t rank) {
    if (axes.empty()) return k;
    return static_cast<size_t>(axes[k] < 0 ? axes[k] + static_cast<int64_t>(rank) : axes[k]);
}

}  // namespace

std::optional<Part> partOf(ir::Edit& e, const ir::Node& slice) {
    const auto& op = *slice.op.as<ops::Slice>();
    const DimVector& x = e.desc(slice.inputs[0]).dims;
    auto start = listOf(e, slice, 1, op.start), stride = listOf(e, slice, 3, op.stride),
         axes = listOf(e, slice, 5, op.axes);
    if (!start || !stride || !axes) return std::nullopt;
    if (!op.useEnds && op.mode != SampleMode::kSTRICT_BOUNDS) return std::nullopt;
    stride->resize(start->size(), 1);
    Part part{std::vector<int64_t>(x.size(), 0), std::vector<int64_t>(x.size(), 1)};
    for (size_t k = 0; k < start->size(); ++k) {
        const size_t d = axisAt(*axes, k, x.size());
        int64_t first = (*start)[k];
        if ((*stride)[k] < 1 || (first != 0 && !x[d].isStatic())) return std::nullopt;
        if (first < 0) first += x[d].value();
        if (first < 0 || (first > 0 && first > x[d].value())) return std::nullopt;
        part.start[d] = first;
        part.stride[d] = (*stride)[k];
    }
    return part;
}

std::optional<ops::Slice> sliceOf(const DimVector& x, const DimVector& dims, const Part& part) {
    ops::Slice op;
    for (size_t d = 0; d < x.size(); ++d) {
        if (part.start[d] == 0 && part.stride[d] == 1 && dims[d] == x[d]) continue;
        if (!dims[d].isStatic()) return std::nullopt;
        op.axes.push_back(static_cast<int64_t>(d));
        op.start.push_back(part.start[d]);
        op.size.push_back(dims[d].value());
        op.stride.push_back(part.stride[d]);
    }
    if (std::all_of(op.stride.begin(), op.stride.end(), [](int64_t s) { return s == 1; }))
        op.stride.clear();
    return op;
}

bool liesTogether(const DimVector& x, const DimVector& taken) {
    if (x.size() != taken.size()) return false;
    size_t cut = x.size();  // the last dim that is not taken whole
    while (cut > 0 && taken[cut - 1] == x[cut - 1]) --cut;
    return cut == 0 ||
           std::all_of(taken.begin(), taken.begin() + static_cast<std::ptrdiff_t>(cut) - 1,
                       [](const Dim& d) { return d.is(1); });
}

std::optional<Border> borderOf(ir::Edit& e, const ir::Node& pad) {
    const auto& op = *pad.op.as<ops::Pad>();
    const auto rank = static_cast<size_t>(e.desc(pad.inputs[0]).rank());
    auto pads = listOf(e, pad, 1, op.pads), axes = listOf(e, pad, 3, op.axes);
    std::optional<double> value = op.value;
    if (pad.inputs.size() > 2 && pad.inputs[2] != ir::kNoValue) value = e.splat(pad.inputs[2]);
    if (!pads || !axes || !value || op.mode != "constant") return std::nullopt;
    const size_t n = pads->size() / 2;
    if (pads->size() != 2 * (axes->empty() ? rank : axes->size())) return std::nullopt;
    Border b{std::vector<int64_t>(2 * rank, 0), *value};
    for (size_t k = 0; k < n; ++k) {
        const size_t d = axisAt(*axes, k, rank);
        b.pads.at(d) = (*pads)[k];
        b.pads.at(d + rank) = (*pads)[k + n];
    }
    return b;
}

std::optional<ops::Reshape> reshapeTo(const DimVector& from, const DimVector& to) {
    ops::Reshape r;
    int inferred = 0, copied = 0, zeros = 0;
    for (size_t i = 0; i < to.size(); ++i) {
        if (to[i].isStatic()) {
            r.shape.push_back(to[i].value());
            zeros += to[i].is(0);
        } else if (i < from.size() && from[i] == to[i]) {
            r.shape.push_back(0);
            ++copied;
        } else {
            r.shape.push_back(-1);
            ++inferred;
        }
    }
    if (inferred > 1 || (zeros > 0 && inferred + copied > 0)) return std::nullopt;
    r.zeroIsPlaceholder = zeros == 0;
    return r;
}

}  // namespace bireme::passes
