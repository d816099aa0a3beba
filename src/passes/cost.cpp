// SPDX-License-Identifier: Apache-2.0
#include "passes/cost.h"

#include "ir/constants.h"
#include "ir/group.h"
#include "ops/attention.h"
#include "ops/convolution.h"
#include "ops/deconvolution.h"
#include "ops/matrix_multiply.h"
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
        if (ir::isGroup(n)) {
            Counter inside(n.bodies.at(0), shapes_);
            double sum = 0;
            for (ir::NodeId id : n.bodies[0].nodeIds())
                sum += inside.operations(n.bodies[0].node(id));
            return sum;
        }
        double out = 0;
        for (ir::ValueId v : n.outputs) out += elements(v);
        if (n.op.is<ops::MatrixMultiply>()) {
            const auto* op = n.op.as<ops::MatrixMultiply>();
            const DimVector& a = g_.value(n.inputs[0]).desc.dims;
            bool last = op->opA != MatrixOperation::kTRANSPOSE || a.size() < 2;
            return 2 * out * extent(a[a.size() - (last ? 1 : 2)]);
        }
        if (n.op.is<ops::Convolution>())
            return 2 * out * elements(n.inputs[1]) / extent(g_.value(n.inputs[1]).desc.dims[0]);
        if (n.op.is<ops::Deconvolution>())
            return 2 * elements(n.inputs[0]) * elements(n.inputs[1]) /
                   extent(g_.value(n.inputs[1]).desc.dims[0]);
        if (n.op.is<ops::Attention>()) {
            const DimVector &q = g_.value(n.inputs[0]).desc.dims,
                            &k = g_.value(n.inputs[1]).desc.dims;
            double scores = elements(n.inputs[0]) / extent(q.back()) * extent(k[k.size() - 2]);
            return 2 * scores *
                   (extent(q.back()) + extent(g_.value(n.outputs[0]).desc.dims.back()));
        }
        return out;
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
