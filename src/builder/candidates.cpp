// SPDX-License-Identifier: Apache-2.0
#include "base/status.h"
#include "base/text.h"
#include "builder/job.h"
#include "ir/group.h"

namespace bireme::builder {

tactic::Query makeQuery(const BuildJob& job, const VariantJob& variant, const ir::Node& group) {
    tactic::Query q(group.bodies.at(0), *job.device);
    q.ranges = variant.ranges;
    q.min = variant.min;
    q.opt = variant.opt;
    q.max = variant.max;
    q.flags.tf32 = job.options.tf32;
    q.flags.threads = job.threads;
    q.flags.level = job.options.level;
    q.log = job.log;
    for (size_t i = 0; i < group.inputs.size(); ++i)
        if (variant.graph.isConstant(group.inputs[i]))
            q.setConstant(static_cast<int>(i), variant.graph.value(group.inputs[i]).constant);
    return q;
}

static bool isView(const ir::Graph& g, const ir::Node& group) {
    const ir::Graph& body = group.bodies.at(0);
    if (body.nodeCount() != 1 || body.inputs().empty() || body.outputs().size() != 1) return false;
    const ir::Node& n = body.node(body.order()[0]);
    if (!n.op.def().has(ir::kView) || n.inputs[0] != body.inputs()[0]) return false;
    if (g.isConstant(group.inputs[0])) return false;
    for (size_t i = 1; i < group.inputs.size();
         ++i)  // a shape that is data, not extents, still needs its readback first
        if (g.value(group.inputs[i]).kind != ir::ValueKind::tensor) return false;
    return g.value(group.inputs[0]).desc.type == g.value(group.outputs[0]).desc.type;
}

// A view asks for row-major input and gives row-major output; nothing runs.
static void addView(const ir::Graph& g, const ir::Node& group, GroupChoice& choice) {
    Candidate c;
    for (ir::ValueId v : group.inputs)
        c.combination.inputs.push_back({g.value(v).desc.type, Format::linear()});
    c.combination.outputs.push_back({g.value(group.outputs[0]).desc.type, Format::linear()});
    c.tactic = {"view", {}};
    c.timed = true;
    choice.candidates.push_back(std::move(c));
    choice.view = true;
}

static bool typesMatch(const tactic::Combination& c, const tactic::Query& q) {
    for (int i = 0; i < q.inputs(); ++i)
        if (c.inputs[static_cast<size_t>(i)].type != q.in(i).type) return false;
    for (int i = 0; i < q.outputs(); ++i)
        if (c.outputs[static_cast<size_t>(i)].type != q.out(i).type) return false;
    return true;
}

static void listOfFactory(const tactic::Query& q, const tactic::KernelFactory* f,
                          GroupChoice& choice) {
    tactic::FormatList combinations;
    f->formats(q, combinations);
    for (auto& c : combinations) {
        BIREME_ASSERT(static_cast<int>(c.inputs.size()) == q.inputs() &&
                      static_cast<int>(c.outputs.size()) == q.outputs());
        if (!typesMatch(c, q)) continue;
        Candidate candidate;
        candidate.factory = f;
        candidate.combination = std::move(c);
        choice.candidates.push_back(std::move(candidate));
    }
}

static void listOfGroup(BuildJob& job, VariantJob& variant, const ir::Node& group,
                        GroupChoice& choice) {
    if (isView(variant.graph, group)) return addView(variant.graph, group, choice);
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
            continue;
        }
        able.push_back(f);
        if (f->alwaysBest() && !best) best = f;
    }
    if (best) able = {best};
    for (const auto* f : able) listOfFactory(q, f, choice);
    if (choice.candidates.empty())
        throw Error(ErrorCode::kUNSUPPORTED_STATE,
                    cat("no kernel runs this layer (", join(reasons, "; "), ")"), group.name,
                    group.origins.empty() ? "" : group.origins.front());
    if (able.size() == 1 && able[0]->lastResort() && job.backend->name() != "reference")
        job.log.warning("layer \"", group.name, "\" (",
                        group.bodies.at(0).node(group.bodies.at(0).order()[0]).op.name(),
                        ") runs on the slow reference implementation: no kernel of backend ",
                        std::string(job.backend->name()), " takes it; the verbose log says why");
}

void listCandidates(BuildJob& job, VariantJob& variant) {
    variant.order = variant.graph.order();
    for (ir::NodeId id : variant.order) {
        GroupChoice& choice = variant.choices[id];
        choice.node = id;
        listOfGroup(job, variant, variant.graph.node(id), choice);
    }
}

}  // namespace bireme::builder
