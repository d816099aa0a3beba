// SPDX-License-Identifier: Apache-2.0
#include "plan/describe_parts.h"

#include <algorithm>

namespace bireme::plan {

const char* kindName(StepKind kind) {
    switch (kind) {
        case StepKind::kernel: return "Kernel";
        case StepKind::convert: return "Reformat";
        case StepKind::readback: return "Readback";
        case StepKind::conditional: return "Conditional";
        case StepKind::loop: return "Loop";
    }
    return "";
}

const char* storageName(Storage storage) {
    switch (storage) {
        case Storage::arena: return "scratch";
        case Storage::input: return "input";
        case Storage::output: return "output";
        case Storage::constant: return "constant";
        case Storage::deferred: return "deferred";
        case Storage::parent: return "parent";
        case Storage::extents: return "extents";
    }
    return "";
}

DimVector filled(const DimVector& dims, const DescribeOptions& o) {
    DimVector out = dims;
    for (Dim& d : out) {
        if (!o.symbols) break;
        if (auto v = d.eval(*o.symbols)) d = Dim(*v);
    }
    return out;
}

const Region& rootOf(const Plan& plan, const DescribeOptions& o) {
    return plan.variants.at(static_cast<size_t>(o.variant)).root;
}

uint64_t constantBytes(const Plan& plan, const Region& r, const Step& s) {
    uint64_t n = 0;
    for (int32_t c : s.constants) n += plan.constants[c].size;
    for (int32_t t : s.inputs)
        if (t >= 0 && r.tensors[t].storage == Storage::constant && r.tensors[t].aliasOf < 0)
            n += plan.constants[r.tensors[t].index].size;
    return n;
}

int64_t scratchBytes(const Plan& plan) {
    int64_t n = 0;
    for (const Variant& v : plan.variants) n = std::max(n, v.scratchBytes());
    return n;
}

}  // namespace bireme::plan
