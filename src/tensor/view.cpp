// SPDX-License-Identifier: Apache-2.0
#include "tensor/view.h"

namespace bireme {

static size_t dimAt(const Format& f, size_t k) {
    return f.order.empty() ? k : static_cast<size_t>(f.order[k]);
}

static bool isPlain(const Format& f) { return f.inner.empty() && f.strides.empty(); }

// The buffer's extent along a dim.
static Dim wholeOf(const Format& f, const DimVector& dims, size_t d) {
    return f.whole.empty() || f.whole[d] == 0 ? dims[d] : Dim(f.whole[d]);
}

std::optional<Format> partOf(const Format& f, const DimVector& dims, size_t axis, int64_t start) {
    if (!isPlain(f)) return std::nullopt;
    Dim step(1);
    size_t k = dims.size();
    while (dimAt(f, --k) != axis) step *= wholeOf(f, dims, dimAt(f, k));
    const Dim own = wholeOf(f, dims, axis);
    if (!own.isStatic() || (start != 0 && !step.isStatic())) return std::nullopt;
    Format part = f;
    part.whole.resize(dims.size(), 0);
    part.whole[axis] = own.value();
    if (start != 0) part.offset += start * step.value();
    return part;
}

namespace {

// Dims [from, fromEnd) of the tensor and [to, toEnd) of the result hold the same elements.
struct Run {
    size_t from, fromEnd, to, toEnd;
};

// Which of two unequal products must grow to meet the other?
bool smaller(const Dim& a, const Dim& b) {
    if (a.isStatic() && b.isStatic()) return a.value() < b.value();
    std::vector<std::string> left, right;
    a.collectSymbols(left), b.collectSymbols(right);
    return left.size() < right.size();
}

// The finest runs of equal volume, from the outermost in; false where expressions do not tell.
bool runsOf(const DimVector& dims, const DimVector& to, std::vector<Run>& runs) {
    size_t i = 0, k = 0;
    while (i < dims.size() || k < to.size()) {
        Run r{i, i, k, k};
        Dim a(1), b(1);
        if (i < dims.size()) a = dims[r.fromEnd++];
        if (k < to.size()) b = to[r.toEnd++];
        while (!(a == b)) {
            bool grow = smaller(a, b);
            size_t& end = grow ? r.fromEnd : r.toEnd;
            const DimVector& more = grow ? dims : to;
            if (end == more.size()) return false;
            (grow ? a : b) *= more[end++];
        }
        runs.push_back(r);
        i = r.fromEnd, k = r.toEnd;
    }
    return true;
}

}  // namespace

// Of a whole buffer whose dims lie in another order: runs move as one, dims within them must follow
// each other.
static std::optional<Format> reshapedOrder(const Format& f, const DimVector& dims,
                                           const DimVector& to) {
    std::vector<Run> runs;
    if (!f.whole.empty() || f.offset != 0 || !runsOf(dims, to, runs)) return std::nullopt;
    std::vector<size_t> runOf(dims.size());
    for (size_t r = 0; r < runs.size(); ++r)
        for (size_t d = runs[r].from; d < runs[r].fromEnd; ++d) runOf[d] = r;
    std::vector<bool> placed(runs.size(), false);
    std::vector<size_t> sequence;
    size_t last = dims.size();  // the dim before, where it has more than one element
    for (size_t k = 0; k < dims.size(); ++k) {
        const size_t d = dimAt(f, k), r = runOf[d];
        if (dims[d].is(1)) continue;
        const bool follows = last != dims.size() && runOf[last] == r && last < d;
        if (placed[r] && !follows) return std::nullopt;
        if (!placed[r]) sequence.push_back(r);
        placed[r] = true;
        last = d;
    }
    Format out;
    for (size_t r = 0; r < runs.size(); ++r)
        if (!placed[r]) sequence.push_back(r);  // extents of 1 alone
    for (size_t r : sequence)
        for (size_t d = runs[r].to; d < runs[r].toEnd; ++d)
            out.order.push_back(static_cast<int8_t>(d));
    if (out.isLinear()) out.order.clear();
    return out;
}

std::optional<Format> reshaped(const Format& f, const DimVector& dims, const DimVector& to) {
    Format out = f, rowMajor = f;
    rowMajor.whole.clear();
    rowMajor.offset = 0;
    if (!isPlain(f)) return std::nullopt;
    if (!rowMajor.isLinear()) return reshapedOrder(f, dims, to);
    if (f.whole.empty()) return out;  // one stretch, however it is cut
    std::vector<Run> runs;
    if (!runsOf(dims, to, runs)) return std::nullopt;
    out.whole.clear();
    out.whole.resize(to.size(), 0);
    for (const Run& r : runs) {
        // A run is one stretch of the buffer's dim but for its outermost dim. Extents of 1 before
        // that only widen the steps of the runs before.
        Dim inside(1), below(1);
        size_t first = r.from;
        int64_t outer = 1;
        for (; first + 1 < r.fromEnd && dims[first].is(1); ++first)
            if (f.whole[first] != 0) outer *= f.whole[first];
        for (size_t d = first + 1; d < r.fromEnd; ++d) {
            if (f.whole[d] != 0) return std::nullopt;
            inside *= dims[d];
        }
        if (r.from == r.fromEnd || (f.whole[first] == 0 && outer == 1)) continue;
        if (r.to == r.toEnd) return std::nullopt;
        for (size_t d = r.to + 1; d < r.toEnd; ++d) below *= to[d];
        const Dim own = wholeOf(f, dims, first);
        if (!inside.isStatic() || !below.isStatic() || below.value() == 0 || !own.isStatic())
            return std::nullopt;
        int64_t whole = outer * own.value() * inside.value();
        if (whole % below.value() != 0) return std::nullopt;
        out.whole[r.to] = whole / below.value();
    }
    return out;
}

Format transposed(const Format& f, const std::vector<int64_t>& permutation) {
    Format out = f;
    const size_t rank = permutation.size();
    out.order.resize(rank);
    for (size_t k = 0; k < rank; ++k)
        for (size_t d = 0; d < rank; ++d)
            if (static_cast<size_t>(permutation[d]) == dimAt(f, k))
                out.order[k] = static_cast<int8_t>(d);
    if (!f.whole.empty())
        for (size_t d = 0; d < rank; ++d)
            out.whole[d] = f.whole[static_cast<size_t>(permutation[d])];
    return out;
}

bool sameOrder(const DimVector& dims, const Format& a, const Format& b) {
    if (!isPlain(a) || !isPlain(b)) return false;
    auto significant = [&](const Format& f) {
        std::vector<size_t> order;
        for (size_t k = 0; k < dims.size(); ++k)
            if (!dims[dimAt(f, k)].is(1)) order.push_back(dimAt(f, k));
        return order;
    };
    return significant(a) == significant(b);
}

bool isAligned(const Format& f, const DimVector& dims, int64_t elements) {
    if (f.offset % elements != 0) return false;
    Dim step(1);
    for (size_t k = dims.size(); k-- > 1;) {
        step *= wholeOf(f, dims, dimAt(f, k));
        if (step.isStatic() && step.value() % elements != 0) return false;
    }
    return true;
}

}  // namespace bireme
