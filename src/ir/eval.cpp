// SPDX-License-Identifier: Apache-2.0
#include "ir/eval.h"

#include "tensor/convert.h"

namespace bireme::ir {

int64_t elementCount(const std::vector<int64_t>& dims) {
    int64_t n = 1;
    for (int64_t d : dims)
        if (d < 0 || __builtin_mul_overflow(n, d, &n)) failInvalid(cat("a tensor has extent ", d));
    return n;
}

std::vector<int64_t> rowMajorStrides(const std::vector<int64_t>& dims) {
    std::vector<int64_t> s(dims.size());
    int64_t step = 1;
    for (size_t i = dims.size(); i-- > 0;) s[i] = step, step *= dims[i];
    return s;
}

std::vector<int64_t> broadcastStrides(const std::vector<int64_t>& dims,
                                      const std::vector<int64_t>& to) {
    BIREME_ASSERT(dims.size() <= to.size());
    std::vector<int64_t> own = rowMajorStrides(dims), s(to.size(), 0);
    size_t shift = to.size() - dims.size();
    for (size_t i = 0; i < dims.size(); ++i) s[shift + i] = dims[i] == 1 ? 0 : own[i];
    return s;
}

bool nextIndex(std::vector<int64_t>& index, const std::vector<int64_t>& dims) {
    for (size_t i = dims.size(); i-- > 0;) {
        if (++index[i] < dims[i]) return true;
        index[i] = 0;
    }
    return false;
}

int64_t Tensor::count() const { return elementCount(dims); }
int64_t EvalContext::count(int i) const { return elementCount(inputs_[i].dims); }
int64_t EvalContext::outCount(int i) const { return elementCount(outputs_[i].dims); }

void EvalContext::resize(int output, std::vector<int64_t> dims) {
    Out& o = outputs_[output];
    o.dims = std::move(dims);
    if (o.data) return;  // the caller knew the extents already
    if (room_ && (o.data = room_->take(output, o.dims))) return;
    o.owned.assign(std::max<size_t>(1, bytesFor(o.type, elementCount(o.dims))), 0);
    o.data = o.owned.data();
}

static bool sameStorage(DataType a, DataType b) {
    auto byte = [](DataType t) { return t == DataType::kBOOL ? DataType::kUINT8 : t; };
    return byte(a) == byte(b);
}

const void* EvalContext::readAs(int i, DataType as) {
    BIREME_ASSERT(has(i));
    if (sameStorage(inputs_[i].type, as)) return inputs_[i].data;
    int64_t n = count(i);
    reads_.emplace_back(static_cast<size_t>(n) + 1);
    convertElements(inputs_[i].type, inputs_[i].data, as, reads_.back().data(), n);
    return reads_.back().data();
}

void* EvalContext::writeAs(int i, DataType as) {
    BIREME_ASSERT(outputs_[i].data != nullptr);
    if (sameStorage(outputs_[i].type, as)) return outputs_[i].data;
    writes_.push_back({i, as, std::vector<uint64_t>(static_cast<size_t>(outCount(i)) + 1)});
    return writes_.back().bytes.data();
}

std::vector<int64_t> EvalContext::ints(int i) {
    auto s = read<int64_t>(i);
    return {s.begin(), s.end()};
}

void EvalContext::flush() {
    for (Buffer& b : writes_) {
        Out& o = outputs_[b.output];
        convertElements(b.as, b.bytes.data(), o.type, o.data, elementCount(o.dims));
    }
    writes_.clear();
}

}  // namespace bireme::ir
