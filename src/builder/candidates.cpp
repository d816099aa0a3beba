// SPDX-License-Identifier: Apache-2.0
#include "base/status.h"
#include "base/text.h"
#include "builder/bodies.h"
#include "builder/job.h"
#include "builder/joins.h"
#include "builder/precision.h"
#include "builder/views.h"
#include "ir/group.h"

#include <algorithm>

namespace bireme::builder {

Blob constantBytes(VariantJob& variant, ir::ValueId v, DataType type) {
    const ir::Value& value = variant.graph.value(v);
    if (value.desc.type == type) return value.constant;
    Blob& bytes = variant.converted[{v, type}];
    if (!bytes) bytes = convertConstant(value.constant, value.desc.type, type);
    return bytes;
}

static tactic::Query queryOf(const BuildJob& job, VariantJob& variant, const ir::Node& group,
                             const ir::Graph& body) {
    auto choice = variant.choices.find(group.id);
    bool onHost = choice != variant.choices.end() && choice->second.onHost;
    tactic::Query q(body, onHost ? *job.hostDevice : *job.device);
    q.ranges = variant.ranges;
    q.min = variant.min;
    q.opt = variant.opt;
    q.max = variant.max;
    q.flags.tf32 = job.options.tf32;
    q.flags.threads = variant.threads;
    q.flags.level = job.options.level;
    q.flags.plainWeights = storesHalves(job);
    q.log = job.log;
    for (size_t i = 0; i < group.inputs.size(); ++i)
        if (variant.graph.isConstant(group.inputs[i]))
            q.setConstant(
                static_cast<int>(i),
                constantBytes(variant, group.inputs[i], body.value(body.inputs()[i]).desc.type));
    return q;
}

tactic::Query makeQuery(const BuildJob& job, VariantJob& variant, const ir::Node& group) {
    return queryOf(job, variant, group, group.bodies.at(0));
}

tactic::Query makeQuery(const BuildJob& job, VariantJob& variant, const ir::Node& group,
                        const Candidate& c) {
    const auto& lowered = variant.choices.at(group.id).lowered;
    return queryOf(job, variant, group,
                   c.lowered < 0 ? group.bodies.at(0) : lowered[static_cast<size_t>(c.lowered)]);
}

static bool typesMatch(const tactic::Combination& c, const tactic::Query& q) {
    for (int i = 0; i < q.inputs(); ++i)
        if (c.inputs[static_cast<size_t>(i)].type != q.in(i).type) return false;
    for (int i = 0; i < q.outputs(); ++i)
        if (c.outputs[static_cast<size_t>(i)].type != q.out(i).type) return false;
    return true;
}

static void listOfFactory(const tactic::Query& q, const tactic::KernelFactory* f, int lowered,
                          GroupChoice& choice) {
    tactic::FormatList combinations;
    f->formats(q, combinations);
    for (auto& c : combinations) {
        BIREME_ASSERT(static_cast<int>(c.inputs.size()) == q.inputs() &&
                      static_cast<int>(c.outputs.size()) == q.outputs());
        if (!typesMatch(c, q)) continue;
        Candidate candidate;
        candidate.factory = f;
        candidate.lowered = lowered;
        candidate.combination = std::move(c);
        choice.candidates.push_back(std::move(candidate));
    }
}

// Is a factory ("cpu.convolution.onednn") about an op of the group? Others have nothing to say.
static bool concerns(const tactic::KernelFactory& f, const ir::Graph& body) {
    const std::string_view name = f.name();
    for (ir::NodeId id : body.order())
        if (name.find(cat(".", body.node(id).op.name())) != name.npos) return true;
    return false;
}

// The group in each permitted type; the last resort, and what only converts, compute in them only
// when the user insists.
static void listLowered(BuildJob& job, VariantJob& variant, const ir::Node& group,
                        const std::set<ir::ValueId>& wide, GroupChoice& choice) {
    for (DataType type : job.options.precisions) {
        if (type == DataType::kHALF && storesHalves(job) && !job.options.obeyPrecisions &&
            !job.options.preferPrecisions)
            continue;
        auto body = lowerBody(group, type, wide);
        if (!body) continue;
        choice.lowered.push_back(std::move(*body));
        choice.loweredTypes.push_back(type);
    }
    for (size_t k = 0; k < choice.lowered.size(); ++k) {
        Candidate c;
        c.lowered = static_cast<int>(k);
        tactic::Query q = makeQuery(job, variant, group, c);
        bool any = false;
        for (const auto* f : job.factories) {
            bool wanted = job.backend->name() == "reference" || job.options.obeyPrecisions;
            if ((f->lastResort() || f->widens()) && (any || !wanted)) continue;
            tactic::Support s = f->supports(q);
            job.log.verbose("candidate ", f->name(), " for \"", group.name, "\" in ",
                            bireme::name(choice.loweredTypes[k]), ": ", s.ok ? "yes" : s.why);
            if (!s.ok) continue;
            any = true;
            listOfFactory(q, f, c.lowered, choice);
        }
    }
}

// Copies around a step on the host cost more than most layers; it is still better than no engine.
static void listOnHost(BuildJob& job, VariantJob& variant, const ir::Node& group,
                       GroupChoice& choice, std::vector<std::string>& reasons) {
    choice.onHost = true;
    tactic::Query q = makeQuery(job, variant, group);
    for (const auto* f : job.hostFactories) {
        if (f->lastResort() && !choice.candidates.empty()) continue;
        tactic::Support s = f->supports(q);
        if (s.ok)
            listOfFactory(q, f, -1, choice);
        else
            reasons.push_back(cat(f->name(), ": ", s.why));
    }
    if (choice.candidates.empty()) return;
    job.log.warning("layer \"", group.name, "\" (",
                    group.bodies.at(0).node(group.bodies.at(0).order()[0]).op.name(),
                    ") runs on the CPU, with copies to it and back: no kernel of backend ",
                    std::string(job.backend->name()), " takes it; the verbose log says why");
}

static void listOfGroup(BuildJob& job, VariantJob& variant, const ir::Node& group,
                        const std::set<ir::ValueId>& wide, GroupChoice& choice) {
    GroupChoice views;
    const bool wideResult = std::any_of(group.inputs.begin(), group.inputs.end(),
                                        [&](ir::ValueId v) { return wide.count(v) != 0; });
    if (!group.inputs.empty() &&
        addViews(job, variant, group, wide.count(group.inputs[0]) != 0, views)) {
        choice.candidates = std::move(views.candidates);
        return;
    }
    if (addBodies(job, variant, group, choice)) return;
    tactic::Query q = makeQuery(job, variant, group);
    std::vector<std::string> reasons;
    const tactic::KernelFactory* best = nullptr;
    std::vector<const tactic::KernelFactory*> able;
    for (const auto* f : job.factories) {
        if (f->lastResort() && !able.empty()) continue;
        tactic::Support s = f->supports(q);
        job.log.verbose("candidate ", f->name(), " for \"", group.name,
                        "\": ", s.ok ? "yes" : s.why);
        if (!s.ok) {
            reasons.push_back(cat(f->name(), ": ", s.why));
            if (concerns(*f, group.bodies.at(0)))
                choice.rejected.push_back({std::string(f->name()), 0, s.why});
            continue;
        }
        able.push_back(f);
        if (f->alwaysBest() && !best) best = f;
    }
    if (best) able = {best};
    for (const auto* f : able) listOfFactory(q, f, -1, choice);
    listLowered(job, variant, group, wide, choice);
    auto slow = [&](const Candidate& c) { return c.factory->lastResort() && c.lowered < 0; };
    if (!std::all_of(choice.candidates.begin(), choice.candidates.end(), slow) &&
        !job.options.obeyPrecisions)
        std::erase_if(choice.candidates, slow);
    addJoins(job, variant, group, wideResult, views);
    choice.candidates.insert(choice.candidates.end(), views.candidates.begin(),
                             views.candidates.end());
    if (choice.candidates.empty() && job.hostDevice)
        listOnHost(job, variant, group, choice, reasons);
    if (choice.candidates.empty())
        throw Error(ErrorCode::kUNSUPPORTED_STATE,
                    cat("no kernel runs this layer (", join(reasons, "; "), ")"), group.name,
                    group.origins.empty() ? "" : group.origins.front());
    if (able.size() == 1 && able[0]->lastResort() && job.backend->name() != "reference")
        job.log.warning("layer \"", group.name, "\" (",
                        group.bodies.at(0).node(group.bodies.at(0).order()[0]).op.name(),
                        ") runs on a slow kernel of last resort, ", std::string(able[0]->name()),
                        ": no other kernel of backend ", std::string(job.backend->name()),
                        " takes it; the verbose log says why");
}

void listLastResort(BuildJob& job, VariantJob& variant, const ir::Node& group,
                    GroupChoice& choice) {
    const tactic::Query q = makeQuery(job, variant, group);
    for (const auto* f : choice.onHost ? job.hostFactories : job.factories) {
        const bool listed = std::any_of(choice.candidates.begin(), choice.candidates.end(),
                                        [&](const Candidate& c) { return c.factory == f; });
        if (f->lastResort() && !listed && f->supports(q).ok) listOfFactory(q, f, -1, choice);
    }
}

static bool multiplies(const ir::Node& group) {
    const ir::Graph& body = group.bodies.at(0);
    const auto ids = body.nodeIds();
    return std::any_of(ids.begin(), ids.end(), [&](ir::NodeId id) {
        const std::string_view op = body.node(id).op.name();
        return op == "convolution" || op == "deconvolution" || op == "matrix_multiply" ||
               op == "attention";
    });
}

// A permission that nothing can use is worth a line, not a failed build.
static void tellUnused(const BuildJob& job, const VariantJob& variant) {
    for (DataType type : job.options.precisions) {
        if (type == DataType::kHALF && storesHalves(job)) continue;
        bool used = false, products = false, inProducts = false;
        for (const auto& [id, choice] : variant.choices) {
            const auto& all = choice.candidates;
            const bool small = std::any_of(all.begin(), all.end(), [&](const Candidate& c) {
                return c.lowered >= 0 &&
                       choice.loweredTypes[static_cast<size_t>(c.lowered)] == type;
            });
            const bool product = multiplies(variant.graph.node(id));
            used = used || small;
            products = products || product;
            inProducts = inProducts || (small && product);
        }
        const std::string backend(job.backend->name());
        if (!used)
            job.log.warning("no kernel of backend ", backend,
                            " computes a layer of this network in ", bireme::name(type),
                            ": the permission changes nothing");
        else if (products && !inProducts)
            job.log.warning("no kernel of backend ", backend, " multiplies in ", bireme::name(type),
                            " here (", job.device->properties().name,
                            "): convolutions and products stay in FP32");
    }
}

void listCandidates(BuildJob& job, VariantJob& variant) {
    variant.order = runOrder(variant.graph);
    const std::set<ir::ValueId> wide = wideValues(job, variant.graph);
    for (ir::NodeId id : variant.order) {
        GroupChoice& choice = variant.choices[id];
        choice.node = id;
        const ir::Node& group = variant.graph.node(id);
        listOfGroup(job, variant, group, wide, choice);
        keepConstraints(job, group, choice);
    }
    tellUnused(job, variant);
}

}  // namespace bireme::builder
