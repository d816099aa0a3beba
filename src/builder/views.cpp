// SPDX-License-Identifier: Apache-2.0
// Candidates that run nothing: the result is the input's bytes under other dims or another format,
// or a part of them.
#include "builder/views.h"

#include "ir/group.h"
#include "ops/slice.h"
#include "ops/transpose.h"
#include "tensor/convert.h"
#include "tensor/view.h"

#include <algorithm>
#include <optional>

namespace bireme::builder {

namespace {

// The lone op of a group whose operand 0 is the group's input 0; else null.
const ir::Node* loneNode(const ir::Node& group) {
    const ir::Graph& body = group.bodies.at(0);
    if (body.nodeCount() != 1 || body.inputs().empty() || body.outputs().size() != 1)
        return nullptr;
    const ir::Node& n = body.node(body.order()[0]);
    return !n.inputs.empty() && n.inputs[0] == body.inputs()[0] ? &n : nullptr;
}

bool changesDimsOnly(const ir::Graph& g, const ir::Node& group, const ir::Node& n) {
    if (!n.op.def().has(ir::kView)) return false;
    for (size_t i = 1; i < group.inputs.size();
         ++i)  // a shape that is data, not extents, still needs its readback first
        if (g.value(group.inputs[i]).kind != ir::ValueKind::tensor) return false;
    return true;
}

std::vector<int64_t> permutationOf(const ops::Transpose& t, int rank) {
    std::vector<int64_t> p = t.permutation;
    for (int i = rank; p.size() < static_cast<size_t>(rank);) p.push_back(--i);
    for (int64_t& d : p)
        if (d < 0) d += rank;
    return p;
}

// Where a slice with unit steps begins along each axis; nullopt when data, steps or padding decide.
std::optional<std::vector<int64_t>> beginOf(const ir::Graph& g, const ir::Node& group,
                                            const ir::Node& n) {
    const auto& op = *n.op.as<ops::Slice>();
    if (op.mode != SampleMode::kSTRICT_BOUNDS) return std::nullopt;
    auto list = [&](size_t i,
                    std::vector<int64_t> attribute) -> std::optional<decltype(attribute)> {
        if (i >= n.inputs.size() || n.inputs[i] == ir::kNoValue) return attribute;
        const auto& in = group.bodies.at(0).inputs();
        auto at = static_cast<size_t>(std::find(in.begin(), in.end(), n.inputs[i]) - in.begin());
        if (at >= group.inputs.size()) return std::nullopt;
        const ir::Value& v = g.value(group.inputs[at]);
        if (!v.constant || isReal(v.desc.type)) return std::nullopt;
        std::vector<int64_t> out(static_cast<size_t>(volume(v.desc.dims).value()));
        convertElements(v.desc.type, v.constant.data(), DataType::kINT64, out.data(),
                        static_cast<int64_t>(out.size()));
        return out;
    };
    auto start = list(1, op.start), stride = list(3, op.stride), axes = list(5, op.axes);
    if (!start || !stride || !axes) return std::nullopt;
    const DimVector& dims = g.value(group.inputs[0]).desc.dims;
    std::vector<int64_t> begin(dims.size(), 0);
    for (size_t k = 0; k < start->size(); ++k) {
        if (k < stride->size() && (*stride)[k] != 1) return std::nullopt;
        int64_t d = axes->empty() ? static_cast<int64_t>(k) : (*axes)[k], first = (*start)[k];
        if (d < 0) d += static_cast<int64_t>(dims.size());
        const Dim& extent = dims[static_cast<size_t>(d)];
        if (first != 0 && !extent.isStatic()) return std::nullopt;
        if (op.useEnds && first < 0) first += extent.value();
        if (op.useEnds && first != 0) first = std::clamp<int64_t>(first, 0, extent.value());
        begin[static_cast<size_t>(d)] = first;
    }
    return begin;
}

// Lists a view for each format that the input may stand in.
class Views {
public:
    Views(const BuildJob& job, const VariantJob& variant, const ir::Node& group, bool keepType,
          GroupChoice& choice)
        : g_(variant.graph), group_(group), choice_(choice) {
        const TensorDesc& d = g_.value(group.inputs[0]).desc;
        types_.push_back(d.type);
        if (d.type == DataType::kFLOAT && !keepType)
            types_.insert(types_.end(), job.options.precisions.begin(),
                          job.options.precisions.end());
        sources_.push_back(Format::linear());
        auto producer = variant.choices.find(g_.value(group.inputs[0]).producer);
        if (producer == variant.choices.end()) return;
        for (const Candidate& c : producer->second.candidates) {
            const Format& f =
                c.combination.outputs[static_cast<size_t>(g_.value(group.inputs[0]).output)].format;
            if (f.inner.empty() && f.strides.empty() &&
                std::find(sources_.begin(), sources_.end(), f) == sources_.end())
                sources_.push_back(f);
        }
    }

    void reshapes() {
        // Where the result shall be channels-last, the operand has to lie so already.
        if (out().size() > 2)
            if (auto f =
                    reshaped(Format::channelsLast(static_cast<int>(out().size())), out(), in());
                f && std::find(sources_.begin(), sources_.end(), *f) == sources_.end())
                sources_.push_back(*f);
        for (const Format& f : sources_)
            if (auto to = reshaped(f, in(), out())) add(f, *to);
    }

    void transposes(const std::vector<int64_t>& permutation) {
        Format inverse;
        for (int64_t d : permutation) inverse.order.push_back(static_cast<int8_t>(d));
        if (std::find(sources_.begin(), sources_.end(), inverse) == sources_.end())
            sources_.push_back(inverse);
        for (const Format& f : sources_) {
            Format to = transposed(f, permutation);
            Format dense = to;
            dense.whole.clear(), dense.offset = 0;
            if (dense.isLinear()) to.order.clear();
            add(f, to);
        }
    }

    void parts(const std::vector<int64_t>& begin) {
        for (const Format& f : sources_) {
            std::optional<Format> to = f;
            for (size_t d = 0; d < begin.size() && to; ++d)
                if (!(in()[d] == out()[d])) to = partOf(*to, in(), d, begin[d]);
            if (to) add(f, *to);
        }
    }

private:
    const DimVector& in() const { return g_.value(group_.inputs[0]).desc.dims; }
    const DimVector& out() const { return g_.value(group_.outputs[0]).desc.dims; }

    void add(const Format& from, const Format& to) {
        for (DataType type : types_) {
            Candidate c;
            for (ir::ValueId v : group_.inputs)
                c.combination.inputs.push_back({g_.value(v).desc.type, Format::linear()});
            c.combination.inputs[0] = {type, from};
            c.combination.outputs.push_back({type, to});
            c.tactic = {"view", {}};
            c.timed = true;
            choice_.candidates.push_back(std::move(c));
        }
    }

    const ir::Graph& g_;
    const ir::Node& group_;
    GroupChoice& choice_;
    std::vector<DataType> types_;
    std::vector<Format> sources_;
};

}  // namespace

bool addViews(const BuildJob& job, const VariantJob& variant, const ir::Node& group, bool keepType,
              GroupChoice& choice) {
    const ir::Graph& g = variant.graph;
    const ir::Node* n = loneNode(group);
    if (!n || g.isConstant(group.inputs[0]) ||
        g.value(group.inputs[0]).desc.type != g.value(group.outputs[0]).desc.type)
        return false;
    Views views(job, variant, group, keepType, choice);
    if (changesDimsOnly(g, group, *n)) {
        views.reshapes();
        return true;
    }
    if (const auto* t = n->op.as<ops::Transpose>())
        views.transposes(permutationOf(*t, g.value(group.inputs[0]).desc.rank()));
    else if (n->op.is<ops::Slice>())
        if (auto begin = beginOf(g, group, *n)) views.parts(*begin);
    return false;
}

int64_t partAlignment(const BuildJob& job) { return job.device->properties().hostMemory ? 1 : 16; }

bool reads(const DimVector& dims, const Operand& from, const Operand& to,
           const tactic::Combination& reader, int64_t alignment) {
    if (from.type != to.type) return false;
    if (sameLayout(dims, from.format, to.format)) return true;
    return reader.acceptsViews && to.format.isDense() && sameOrder(dims, from.format, to.format) &&
           from.format.offset * bits(from.type) % (8 * alignment) == 0 &&
           isAligned(from.format, dims, reader.viewAlignment);
}

}  // namespace bireme::builder
