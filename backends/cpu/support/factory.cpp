// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/support/factory.h"

#include "backends/cpu/support/isa.h"

#include <algorithm>

namespace bireme::cpu {

std::optional<DataType> onlyType(const tactic::Query& q) {
    const DataType type = q.out(0).type;
    for (int i = 0; i < q.inputs(); ++i)
        if (q.in(i).type != type) return std::nullopt;
    for (int i = 1; i < q.outputs(); ++i)
        if (q.out(i).type != type) return std::nullopt;
    return type;
}

bool multiplies(DataType type) {
    return type == DataType::kFLOAT || (type == DataType::kBF16 && kernelIsa() >= Isa::avx512_bf16);
}

bool lacksElements(const tactic::Query& q) {
    auto empty = [&](const TensorDesc& d) {
        return std::any_of(d.dims.begin(), d.dims.end(),
                           [&](const Dim& x) { return x.range(q.ranges).max == 0; });
    };
    for (int i = 0; i < q.inputs(); ++i)
        if (empty(q.in(i))) return true;
    for (int i = 0; i < q.outputs(); ++i)
        if (empty(q.out(i))) return true;
    return false;
}

std::vector<int64_t> alignedDims(const std::vector<int64_t>& dims, size_t rank) {
    std::vector<int64_t> out(rank > dims.size() ? rank - dims.size() : 0, 1);
    out.insert(out.end(), dims.begin(), dims.end());
    return out;
}

std::string dimsText(const std::vector<int64_t>& dims) {
    std::string text;
    for (int64_t d : dims) text += cat(text.empty() ? "" : "x", d);
    return text;
}

}  // namespace bireme::cpu
