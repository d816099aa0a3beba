// SPDX-License-Identifier: Apache-2.0
#include "builder/precision.h"

#include "base/status.h"
#include "base/text.h"
#include "ir/group.h"
#include "ops/cumulative.h"
#include "ops/pointwise.h"
#include "ops/reduce.h"
#include "tensor/convert.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

namespace bireme::builder {

namespace {

// Ops whose further real operands are parameters in FP32, whose results are not worth halving, or
// for which the type of the operands is part of the result (their bits, a list's elements).
bool staysFloat(const ir::Graph& body, const ir::Node& n) {
    static const std::set<std::string_view> kept = {
        "assertion", "bit_cast",    "conditional", "dequantize", "detection_output",
        "fill",      "list_insert", "list_pack",   "list_split", "loop",
        "nms",       "proposal",    "quantize",    "range",      "roi_pooling"};
    if (n.op.name() == "resize")
        for (size_t i = 1; i < n.inputs.size(); ++i)
            if (n.inputs[i] != ir::kNoValue &&
                body.value(n.inputs[i]).desc.type == DataType::kFLOAT)
                return true;
    return kept.count(n.op.name()) != 0 || !n.bodies.empty();
}

bool mayOverflow(const ir::Node& n) {
    if (const auto* p = n.op.as<ops::Pointwise>()) {
        using F = ops::PointwiseFn;
        switch (p->fn) {
            case F::exp:
            case F::pow:
            case F::sinh:
            case F::cosh: return true;
            case F::prod: return n.inputs[0] == n.inputs[1];
            default: return false;
        }
    }
    if (const auto* r = n.op.as<ops::Reduce>())
        return r->operation == ReduceOperation::kSUM || r->operation == ReduceOperation::kPROD;
    return n.op.is<ops::Cumulative>();
}

float largest(DataType type) {
    return type == DataType::kHALF ? 65504.f : std::numeric_limits<float>::max();
}

}  // namespace

std::set<ir::ValueId> wideValues(const BuildJob& job, const ir::Graph& graph) {
    std::set<ir::ValueId> wide;
    const auto& permitted = job.options.precisions;
    if (std::find(permitted.begin(), permitted.end(), DataType::kHALF) == permitted.end())
        return wide;
    for (ir::NodeId id : graph.nodeIds()) {
        const ir::Node& group = graph.node(id);
        const ir::Graph& body = group.bodies.at(0);
        for (size_t o = 0; o < group.outputs.size(); ++o) {
            const ir::Value& v = body.value(body.outputs()[o]);
            const ir::Node* producer = body.producer(v.id);
            if (!producer || v.desc.type != DataType::kFLOAT || !mayOverflow(*producer)) continue;
            wide.insert(group.outputs[o]);
            job.log.verbose("\"", group.name, "\" stays in FP32: ", producer->op.name(), " of \"",
                            producer->name, "\" may leave the range of FP16");
        }
    }
    return wide;
}

// Types of results follow from those of the operands; none when a node would mix both.
static bool lowerNode(ir::Graph& body, const ir::Node& n, DataType type) {
    bool small = false, large = false;
    for (ir::ValueId v : n.inputs) {
        if (v == ir::kNoValue) continue;
        small = small || body.value(v).desc.type == type;
        large = large || body.value(v).desc.type == DataType::kFLOAT;
    }
    const auto* p = n.op.as<ops::Pointwise>();
    if (p && p->fn == ops::PointwiseFn::cast) return true;
    if (small && large) return false;
    for (ir::ValueId v : n.outputs)
        if (small && body.value(v).desc.type == DataType::kFLOAT) body.value(v).desc.type = type;
    return true;
}

static std::optional<ir::Graph> lowered(ir::Graph body, DataType type,
                                        const std::set<ir::ValueId>& kept) {
    for (ir::NodeId n : body.nodeIds())
        if (staysFloat(body, body.node(n))) return std::nullopt;
    bool changed = false;
    for (ir::ValueId v : body.valueIds()) {
        ir::Value& value = body.value(v);
        bool read = value.producer == ir::kNoNode && value.desc.type == DataType::kFLOAT;
        if (!read || kept.count(v)) continue;
        if (value.constant)
            value.constant = convertConstant(value.constant, DataType::kFLOAT, type);
        value.desc.type = type;
        changed = true;
    }
    if (!changed) return std::nullopt;
    for (ir::NodeId n : body.order())
        if (!lowerNode(body, body.node(n), type)) return std::nullopt;
    return body;
}

std::optional<ir::Graph> lowerBody(const ir::Graph& body, DataType type) {
    return lowered(body, type, {});
}

std::optional<ir::Graph> lowerBody(const ir::Node& group, DataType type,
                                   const std::set<ir::ValueId>& wide) {
    for (ir::ValueId v : group.outputs)
        if (wide.count(v)) return std::nullopt;
    const ir::Graph& body = group.bodies.at(0);
    std::set<ir::ValueId> kept;
    for (size_t i = 0; i < group.inputs.size(); ++i)
        if (wide.count(group.inputs[i])) kept.insert(body.inputs()[i]);
    return lowered(body, type, kept);
}

Blob convertConstant(const Blob& bytes, DataType from, DataType to) {
    if (from == to || bytes.size() == 0) return bytes;
    auto n = static_cast<int64_t>(bytes.size() * 8) / bits(from);
    std::vector<uint8_t> out(bytesFor(to, n));
    if (from != DataType::kFLOAT) {
        convertElements(from, bytes.data(), to, out.data(), n);
        return Blob::own(std::move(out));
    }
    const float bound = largest(to);
    std::vector<float> values(static_cast<size_t>(n));
    std::memcpy(values.data(), bytes.data(), bytes.size());
    for (float& v : values)
        if (std::isfinite(v)) v = std::clamp(v, -bound, bound);
    convertElements(DataType::kFLOAT, values.data(), to, out.data(), n);
    return Blob::own(std::move(out));
}

bool storesHalves(const BuildJob& job) {
    const auto& permitted = job.options.precisions;
    return job.device->properties().type == DeviceType::kCPU &&
           job.backend->name() != "reference" &&
           std::find(permitted.begin(), permitted.end(), DataType::kHALF) != permitted.end();
}

void roundWeights(BuildJob& job) {
    if (!storesHalves(job)) return;
    constexpr size_t kLarge = 4096;  // bytes
    uint64_t all = 0, rounded = 0;
    for (ir::ValueId id : job.graph.valueIds()) {
        ir::Value& v = job.graph.value(id);
        if (!v.constant || v.desc.type != DataType::kFLOAT) continue;
        const size_t size = v.constant.size();
        const auto n = static_cast<int64_t>(size / sizeof(float));
        const float* x = v.constant.as<float>();
        all += size;
        auto fits = [](float f) { return std::abs(f) <= largest(DataType::kHALF); };
        if (v.desc.rank() < 2 || size < kLarge || !std::all_of(x, x + n, fits)) continue;
        v.constant = convertConstant(convertConstant(v.constant, DataType::kFLOAT, DataType::kHALF),
                                     DataType::kHALF, DataType::kFLOAT);
        rounded += size;
    }
    job.log.info("FP16 on a CPU: weights are stored in FP16 and computed with in FP32 (",
                 humanBytes(rounded), " of ", humanBytes(all), ")");
}

// The type that the user's constraints leave for the group's computation, if any.
static std::optional<DataType> wantedPrecision(const ir::Node& group, std::string& who) {
    const ir::Graph& body = group.bodies.at(0);
    for (ir::NodeId id : body.order()) {
        const ir::Node& n = body.node(id);
        if (!n.precision || !isReal(*n.precision)) continue;
        who = n.name;
        return n.precision;
    }
    return std::nullopt;
}

void keepConstraints(const BuildJob& job, const ir::Node& group, GroupChoice& choice) {
    if (!job.options.obeyPrecisions && !job.options.preferPrecisions) return;
    if (!choice.candidates[0].factory) return;
    std::string who = group.name;
    const auto precision = wantedPrecision(group, who);
    auto computesIn = [&](const Candidate& c) {
        return c.lowered < 0 ? DataType::kFLOAT
                             : choice.loweredTypes[static_cast<size_t>(c.lowered)];
    };
    auto fits = [&](const Candidate& c) {
        if (precision && computesIn(c) != *precision) return false;
        for (size_t o = 0; o < group.outputTypes.size(); ++o)
            if (group.outputTypes[o] && isReal(*group.outputTypes[o]) &&
                isReal(c.combination.outputs[o].type) &&
                c.combination.outputs[o].type != *group.outputTypes[o])
                return false;
        return true;
    };
    if (std::any_of(choice.candidates.begin(), choice.candidates.end(), fits)) {
        std::erase_if(choice.candidates, [&](const Candidate& c) { return !fits(c); });
        return;
    }
    std::string reason = precision ? cat("it must compute in ", bireme::name(*precision))
                                   : "the type of its output is set";
    if (job.options.obeyPrecisions)
        throw Error(ErrorCode::kUNSUPPORTED_STATE,
                    cat(reason, " (kOBEY_PRECISION_CONSTRAINTS), and no kernel of backend ",
                        std::string(job.backend->name()), " does"),
                    who);
    job.log.warning("layer \"", who, "\": ", reason,
                    " (kPREFER_PRECISION_CONSTRAINTS), and no kernel of backend ",
                    std::string(job.backend->name()), " does: it stays in FP32");
}

}  // namespace bireme::builder
