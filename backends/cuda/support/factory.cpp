// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/support/factory.h"

#include "tensor/convert.h"

#include <algorithm>

namespace bireme::cuda {

static bool fits(const std::vector<int64_t>& dims) {
    double n = 1;
    for (int64_t x : dims) n *= static_cast<double>(x);
    return n < 2147483648.0;
}

// Extents at the upper bound; those that nothing bounds, as what a loop carries, or that alone are
// too much, as lengths that are data, are looked at when kernels are bound.
static std::vector<int64_t> mostDims(const tactic::Query& q, const TensorDesc& d) {
    constexpr int64_t kUnbounded = INT32_MAX;
    auto dims = q.dimsAt(d, ir::GroupShape::max);
    const auto likely = q.dimsAt(d, ir::GroupShape::opt);
    for (size_t i = 0; i < dims.size(); ++i)
        if (!d.dims[i].isStatic() && dims[i] >= kUnbounded)
            dims[i] = likely[i] >= kUnbounded ? 1 : likely[i];
    return dims;
}

Support operandsFit(const tactic::Query& q) {
    if (Support s = typesFit(q); !s.ok) return s;
    auto check = [&](const TensorDesc& d) {
        return fits(mostDims(q, d)) ? yes() : no("more than 2^31 elements");
    };
    for (int i = 0; i < q.inputs(); ++i)
        if (auto s = check(q.in(i)); !s.ok) return s;
    for (int i = 0; i < q.outputs(); ++i)
        if (auto s = check(q.out(i)); !s.ok) return s;
    return yes();
}

Support typesFit(const tactic::Query& q) {
    if (q.device().properties().hostMemory) return no("the device is not a GPU");
    auto check = [&](const TensorDesc& d) -> Support {
        if (!typeText(d.type)) return no(cat("elements of type ", name(d.type)));
        return d.rank() > 8 ? no("rank above 8") : yes();
    };
    for (int i = 0; i < q.inputs(); ++i)
        if (auto s = check(q.in(i)); !s.ok) return s;
    for (int i = 0; i < q.outputs(); ++i)
        if (auto s = check(q.out(i)); !s.ok) return s;
    return yes();
}

void requireSizes(const device::Shapes& shapes) {
    for (const auto* list : {&shapes.inputs, &shapes.outputs})
        for (const auto& s : *list)
            if (!fits(s.dims)) failInvalid("a tensor has 2^31 elements or more");
}

const Blob* constantOf(const tactic::Query& q, ir::ValueId v) {
    if (int i = q.group().inputIndex(v); i >= 0) {
        const Blob* b = q.constant(i);
        return b && b->data() ? b : nullptr;
    }
    const Blob& inside = q.body().value(v).constant;
    return inside ? &inside : nullptr;
}

bool splatOf(const tactic::Query& q, ir::ValueId v, double& real, int64_t& integer) {
    const TensorDesc& d = q.body().value(v).desc;
    for (const Dim& x : d.dims)
        if (!x.is(1)) return false;
    const Blob* b = constantOf(q, v);
    if (!b || b->size() < bytesFor(d.type, 1) || bits(d.type) < 8) return false;
    convertElements(d.type, b->data(), DataType::kDOUBLE, &real, 1);
    convertElements(d.type, b->data(), DataType::kINT64, &integer, 1);
    return true;
}

}  // namespace bireme::cuda
