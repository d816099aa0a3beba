// SPDX-License-Identifier: Apache-2.0
#include "builder/bodies.h"

#include "base/status.h"
#include "base/text.h"
#include "ops/conditional.h"
#include "ops/support/bodies.h"

#include <algorithm>

namespace bireme::builder {

ControlFlow controlFlow(const ir::Node& group) {
    ControlFlow c;
    if (group.bodies.size() != 1 || group.bodies[0].nodeCount() != 1) return c;
    const ir::Graph& body = group.bodies[0];
    const ir::Node& n = body.node(body.nodeIds().front());
    if (!n.op.is<ops::If>()) return c;
    auto place = [](const std::vector<ir::ValueId>& list, ir::ValueId v) {
        auto at = std::find(list.begin(), list.end(), v);
        return at == list.end() ? -1 : static_cast<int>(at - list.begin());
    };
    for (ir::ValueId v : n.inputs)
        c.operands.push_back(v == ir::kNoValue ? -1 : place(body.inputs(), v));
    for (ir::ValueId v : body.outputs()) c.results.push_back(place(n.outputs, v));
    c.node = &n;
    return c;
}

namespace {

// What the bodies of `group` are passed, from operand `first` on.
std::vector<ops::BodyInput> passedInputs(const ir::Graph& g, const ir::Node& group,
                                         const ControlFlow& flow, size_t first) {
    std::vector<ops::BodyInput> inputs;
    for (size_t k = first; k < flow.operands.size(); ++k) {
        const ir::Value& v = g.value(group.inputs[static_cast<size_t>(flow.operands[k])]);
        inputs.push_back({v.desc, v.known, v.constant ? &v.constant : nullptr});
        inputs.back().desc.format = Format::linear();
    }
    return inputs;
}

// Steps of a body define symbols by the names of their values: those may be no other step's.
bool clashes(const ir::Graph& body, const VariantJob& outer) {
    return std::any_of(body.symbols.begin(), body.symbols.end(), [&](const auto& s) {
        return s.second.source != ir::SymbolSource::inputExtent && outer.ranges.count(s.first) != 0;
    });
}

ir::Graph inferred(ir::Graph body, const std::vector<ops::BodyInput>& inputs,
                   const VariantJob& outer, const std::string& prefix) {
    body.symbols.clear();  // of extents that are passed, and are known better outside
    ir::Graph g = ops::inferBodyOn(body, inputs);
    if (!clashes(g, outer)) return g;
    for (ir::ValueId v : body.valueIds()) body.value(v).name = cat(prefix, "/", body.value(v).name);
    g = ops::inferBodyOn(body, inputs);
    if (clashes(g, outer))
        fail(ErrorCode::kUNSUPPORTED_STATE, "extents inside and outside have the same names");
    return g;
}

std::shared_ptr<VariantJob> bodyJob(BuildJob& job, const VariantJob& outer, ir::Graph graph) {
    auto v = std::make_shared<VariantJob>();
    v->profile = outer.profile;
    v->graph = std::move(graph);
    enterBody(outer, *v);
    evaluateConstants(v->graph, job.log);
    wrapGroups(v->graph, true);
    listCandidates(job, *v);
    timeCandidates(job, *v);
    assignFormats(job, *v);
    return v;
}

Candidate plainCandidate(const ir::Graph& g, const ir::Node& group) {
    Candidate c;
    for (ir::ValueId v : group.inputs)
        c.combination.inputs.push_back({g.value(v).desc.type, Format::linear()});
    for (ir::ValueId v : group.outputs)
        c.combination.outputs.push_back({g.value(v).desc.type, Format::linear()});
    c.tactic = {"bodies", {}};
    return c;
}

}  // namespace

bool addBodies(BuildJob& job, VariantJob& variant, const ir::Node& group, GroupChoice& choice) {
    const ControlFlow flow = controlFlow(group);
    if (!flow.node || job.backend->name() == "reference") return false;
    const ir::Value& condition =
        variant.graph.value(group.inputs[static_cast<size_t>(flow.operands.at(0))]);
    if (!volume(condition.desc.dims).is(1)) return false;
    try {
        const auto inputs = passedInputs(variant.graph, group, flow, 1);
        for (size_t k = 0; k < flow.node->bodies.size(); ++k)
            choice.bodies.push_back(
                bodyJob(job, variant,
                        inferred(flow.node->bodies[k], inputs, variant,
                                 cat(flow.node->name, k == 0 ? "/then" : "/else"))));
    } catch (const Error& e) {
        choice.bodies.clear();
        if (e.code() != ErrorCode::kUNSUPPORTED_STATE && e.code() != ErrorCode::kINVALID_ARGUMENT)
            throw;
        job.log.verbose("the bodies of \"", group.name, "\" do not run as steps: ", e.what());
        return false;
    }
    choice.candidates.push_back(plainCandidate(variant.graph, group));
    return true;
}

}  // namespace bireme::builder
