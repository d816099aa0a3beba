// SPDX-License-Identifier: Apache-2.0
#include "passes/cost.h"

#include "ir/constants.h"
#include "ir/work.h"
#include "ops/slice.h"
#include "tensor/dim_likely.h"
#include "tensor/dtype.h"

#include <algorithm>

namespace bireme::passes {

namespace {

class Counter {
public:
    Counter(const ir::Graph& g, const Dim::Values& shapes) : g_(g), shapes_(shapes) {
        for (const auto& [name, info] : g.symbols)
            shapes_.try_emplace(name, std::max<int64_t>(1, info.range.min));
    }

    double elements(ir::ValueId v) const {
        double n = 1;
        for (const Dim& d : g_.value(v).desc.dims) n *= extent(d);
        return n;
    }

    double bytes(ir::ValueId v) const {
        return v == ir::kNoValue ? 0 : elements(v) * bits(g_.value(v).desc.type) / 8;
    }

    double operations(const ir::Node& n) const {
        const auto count = ir::operationsOf(g_, n, &shapes_);
        return count ? static_cast<double>(count->value()) : 0;
    }

private:
    double extent(const Dim& d) const {
        auto v = d.isStatic() ? std::optional<int64_t>(d.value()) : evalLikely(d, shapes_);
        return static_cast<double>(std::max<int64_t>(v.value_or(1), 1));
    }

    const ir::Graph& g_;
    Dim::Values shapes_;
};

}  // namespace

Cost costOf(const ir::Graph& g, const Dim::Values& shapes) {
    Counter counter(g, shapes);
    ir::Constants constants(g);
    Cost cost;
    for (ir::NodeId id : g.nodeIds()) {
        const ir::Node& n = g.node(id);
        bool fixed = !n.outputs.empty() &&
                     std::all_of(n.outputs.begin(), n.outputs.end(), [&](ir::ValueId v) {
                         return constants.is(v) || g.value(v).known.has_value();
                     });
        if (fixed || n.op.def().has(ir::kView) || n.op.is<ops::Slice>()) continue;
        cost.operations += counter.operations(n);
        for (ir::ValueId v : n.inputs) cost.bytes += counter.bytes(v);
        for (ir::ValueId v : n.outputs) cost.bytes += counter.bytes(v);
    }
    return cost;
}

}  // namespace bireme::passes
