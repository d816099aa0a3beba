// SPDX-License-Identifier: Apache-2.0
#include "builder/kept_network.h"

#include "base/status.h"
#include "base/text.h"
#include "builder/precision.h"
#include "builder/slices.h"
#include "ir/group.h"
#include "ir/serialize.h"
#include "ops/plugin.h"
#include "tensor/packed_layout.h"

#include <algorithm>
#include <cstdlib>

namespace bireme::builder {

constexpr size_t kSmall = 256;  // bytes of a constant that stays in the network's own text

void noteWeight(BuildJob& job, VariantJob& variant, ir::ValueId value, int packed,
                const Blob& bytes, const std::string& layout) {
    if (!job.options.keepNetwork || !job.graph.isConstant(value)) return;
    const auto desc = parseLayout(layout);
    if (!desc) return;
    const DataType own = job.graph.value(value).desc.type;
    auto known = job.kept.find(value);
    if (known != job.kept.end() && (known->second.desc.type == own || desc->type != own)) return;
    const Blob dense = constantBytes(variant, value, desc->type);
    // The kernel may see the weight with dims the other way round.
    std::vector<TensorDesc> ways{*desc};
    if (desc->rank() >= 2) ways.push_back(swapDims(*desc, 0, 1));
    if (desc->rank() >= 3) ways.push_back(swapDims(*desc, 1, 2));
    for (const TensorDesc& way : ways)
        if (layoutHolds(bytes, way, dense)) {
            job.kept[value] = {packed, way};
            return;
        }
}

// Why a network is not kept; "" when it can be.
static std::string obstacle(const ir::Graph& g) {
    for (ir::NodeId id : g.nodeIds()) {
        const ir::Node& n = g.node(id);
        if (n.op.is<ops::Plugin>()) return cat("layer \"", n.name, "\" is a plugin");
        if (n.precision ||
            std::any_of(n.outputTypes.begin(), n.outputTypes.end(), [](auto t) { return t; }))
            return cat("layer \"", n.name, "\" has a precision of its own");
        for (const ir::Graph& body : n.bodies)
            if (std::string why = obstacle(body); !why.empty()) return why;
    }
    return {};
}

static void dissolveAll(ir::Graph& g) {
    for (bool again = true; again;) {
        again = false;
        for (ir::NodeId id : g.nodeIds()) {
            if (!g.isAlive(id) || !ir::isGroup(g.node(id))) continue;
            ir::dissolveGroup(g, id);
            again = true;
        }
    }
    for (ir::NodeId id : g.nodeIds())
        for (ir::Graph& body : g.node(id).bodies) dissolveAll(body);
}

void keepNetwork(BuildJob& job) {
    if (!job.options.keepNetwork) return;
    if (std::string why = obstacle(job.graph); !why.empty()) {
        job.log.verbose("the network is not kept in the engine: ", why);
        return;
    }
    ir::Graph g = job.graph;
    if (job.batch && job.batch->numbered) fixSamples(g, *job.batch, job.batch->size);
    dissolveAll(g);
    for (ir::ValueId v : g.valueIds()) {
        const ir::Value value = g.value(v);
        if (!value.constant || value.producer != ir::kNoNode || value.constant.size() <= kSmall)
            continue;
        auto found = job.kept.find(v);
        plan::KeptWeight w;
        if (found != job.kept.end() && job.graph.isConstant(v))
            w = found->second;
        else
            w = {job.constants.add(value.constant, value.name), value.desc};
        g.replaceUses(v, g.addInput(value.name, value.desc));
        job.plan.keptWeights.push_back(std::move(w));
    }
    g.removeDeadValues();
    ByteWriter out;
    ir::writeGraph(g, out);
    job.plan.keptNetwork = out.take();
}

static Blob weightBytes(const plan::Plan& plan, const plan::KeptWeight& w, DataType type) {
    const plan::ConstantRef& c = plan.constants.at(static_cast<size_t>(w.constant));
    const Blob stored = plan.weights.part(c.offset, c.size);
    const int64_t n = volume(w.desc.dims).valueOr(0);
    const Blob dense = w.desc.format.isLinear() ? stored.part(0, bytesFor(w.desc.type, n))
                                                : unpackLayout(stored, w.desc);
    return w.desc.type == type ? dense : convertConstant(dense, w.desc.type, type);
}

ir::Graph keptNetwork(const plan::Plan& plan) {
    if (plan.keptNetwork.empty())
        fail(ErrorCode::kINVALID_CONFIG,
             "the engine does not keep its network, so that it cannot be built anew: build it from "
             "the model, or without --device-only");
    ByteReader in(plan.keptNetwork.data(), plan.keptNetwork.size(), "its network");
    ir::Graph g = ir::readGraph(in);
    const size_t weights = plan.keptWeights.size();
    if (g.inputs().size() < weights)
        failInvalid("the engine's network is damaged: it has fewer inputs than weights");
    const size_t first = g.inputs().size() - weights;
    for (size_t i = weights; i-- > 0;) {
        const ir::ValueId input = g.inputs()[first + i];
        const ir::Value value = g.value(input);
        const plan::KeptWeight& w = plan.keptWeights[i];
        if (!allStatic(value.desc.dims) || volume(value.desc.dims) != volume(w.desc.dims))
            failInvalid(cat("the engine's network is damaged: weight \"", value.name,
                            "\" has other extents than its bytes"));
        g.replaceUses(input,
                      g.addConstant(value.name, value.desc, weightBytes(plan, w, value.desc.type)));
        g.removeGraphInput(first + i);
    }
    for (ir::ValueId v : g.inputs()) {
        const DimVector dims = g.value(v).desc.dims;
        for (size_t k = 0; k < dims.size(); ++k)
            if (dims[k].isSymbol())
                g.symbols[dims[k].text()] = {
                    ir::SymbolSource::inputExtent, v, static_cast<int>(k), {}};
    }
    for (const plan::IoTensor& t : plan.io)
        if (ir::ValueId v = g.findValue(t.name); v != ir::kNoValue)
            g.value(v).dimNames = t.dimNames;
    return g;
}

plan::Plan rebuild(const plan::Plan& engine, BuildOptions o, BuildReport* report) {
    const ir::Graph network = keptNetwork(engine);
    o.profiles.assign(static_cast<size_t>(engine.profileCount), {});
    for (const plan::IoTensor& t : engine.io)
        for (size_t p = 0; t.input && p < t.profiles.size(); ++p)
            o.profiles[p].inputs[t.name] = t.profiles[p];
    const std::string precision = engine.metadataValue("precision");
    o.tf32 = precision.starts_with("tf32");
    o.precisions.clear();
    for (const std::string& word : split(precision, ' '))
        for (DataType t : {DataType::kHALF, DataType::kBF16})
            if (word == name(t)) o.precisions.push_back(t);
    o.strictNans = o.strictNans || engine.metadataValue("strict_nans") == "1";
    if (const std::string n = engine.metadataValue("tuning_points"); !n.empty())
        o.tuningPoints = std::atoi(n.c_str());
    o.verbosity = static_cast<ProfilingVerbosity>(engine.profilingVerbosity);
    o.engineName = engine.name;
    plan::Plan plan = build(network, o, report);
    plan.libraries = engine.libraries;
    if (std::string batch = engine.metadataValue("max_batch_size"); !batch.empty())
        plan.metadata.emplace_back("max_batch_size", batch);
    return plan;
}

}  // namespace bireme::builder
