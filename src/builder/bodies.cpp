// SPDX-License-Identifier: Apache-2.0
#include "builder/bodies.h"

#include "base/status.h"
#include "base/text.h"
#include "ir/group.h"
#include "ir/verify.h"
#include "ops/conditional.h"
#include "ops/loop.h"
#include "ops/scan.h"
#include "ops/support/bodies.h"

#include <algorithm>

namespace bireme::builder {

static plan::LoopForm loopForm(const ops::Loop& op, size_t outputs) {
    plan::LoopForm form;
    form.carried = op.carried;
    form.outputAxes.resize(outputs - static_cast<size_t>(op.carried), 0);
    form.outputBackward.resize(form.outputAxes.size(), 0);
    return form;
}

static plan::LoopForm scanForm(const ops::Scan& op, const ir::Graph& g, const ControlFlow& flow,
                               const ir::Node& n) {
    plan::LoopForm form;
    form.carried = op.states;
    auto add = [](const std::vector<int64_t>& list, size_t k, int rank, std::vector<int64_t>& to) {
        const int64_t axis = list.empty() ? 0 : list[k];
        to.push_back(axis < 0 ? axis + rank : axis);
    };
    const auto states = static_cast<size_t>(op.states);
    for (size_t k = 0; k < static_cast<size_t>(op.sequences); ++k) {
        add(op.inputAxes, k, g.value(flow.operands[2 + states + k]).desc.rank(), form.inputAxes);
        add(op.inputBackward, k, 0, form.inputBackward);
    }
    for (size_t k = 0; k + states < n.outputs.size(); ++k) {
        const ir::Graph& body = n.bodies[0];
        const int rank = body.value(body.outputs()[states + k]).desc.rank() + 1;
        add(op.outputAxes, k, rank, form.outputAxes);
        add(op.outputBackward, k, 0, form.outputBackward);
    }
    return form;
}

ControlFlow controlFlow(const ir::Graph& g, const ir::Node& group) {
    ControlFlow c;
    if (group.bodies.size() != 1 || group.bodies[0].nodeCount() != 1) return c;
    const ir::Graph& body = group.bodies[0];
    const ir::Node& n = body.node(body.nodeIds().front());
    const auto* scan = n.op.as<ops::Scan>();
    const auto* loop = n.op.as<ops::Loop>();
    if (!scan && !loop && !n.op.is<ops::If>()) return c;
    // The same value of the group's graph; kNoValue for none.
    auto outside = [](const std::vector<ir::ValueId>& inner, const std::vector<ir::ValueId>& outer,
                      ir::ValueId v) {
        auto at = std::find(inner.begin(), inner.end(), v);
        return at == inner.end() ? ir::kNoValue : outer[static_cast<size_t>(at - inner.begin())];
    };
    if (scan) c.operands = {ir::kNoValue, ir::kNoValue};
    for (ir::ValueId v : n.inputs) c.operands.push_back(outside(body.inputs(), group.inputs, v));
    for (ir::ValueId v : n.outputs) c.results.push_back(outside(body.outputs(), group.outputs, v));
    c.first = scan ? 2 : loop ? 0 : 1;
    if (loop) c.loop = loopForm(*loop, n.outputs.size());
    if (scan) c.loop = scanForm(*scan, g, c, n);
    c.node = &n;
    return c;
}

namespace {

bool isOne(const TensorDesc& d, DataType type) {
    return d.type == type && allStatic(d.dims) && volume(d.dims).is(1);
}

// What the plan can express; a reason otherwise.
std::string whyNot(const ir::Graph& g, const ControlFlow& flow) {
    auto at = [&](size_t k) { return flow.operands[k]; };
    if (!flow.loop)
        return at(0) != ir::kNoValue && isOne(g.value(at(0)).desc, DataType::kBOOL)
                   ? ""
                   : "the condition is not one boolean";
    if (at(0) != ir::kNoValue && !isOne(g.value(at(0)).desc, DataType::kINT64))
        return "the turns are not one integer";
    if (at(1) != ir::kNoValue && !isOne(g.value(at(1)).desc, DataType::kBOOL))
        return "the condition is not one boolean";
    for (size_t k = 2; k < flow.loop->passed(); ++k)
        if (at(k) == ir::kNoValue || bits(g.value(at(k)).desc.type) < 8)
            return "a value has elements of less than a byte";
    for (ir::ValueId v : flow.results)
        if (v != ir::kNoValue && bits(g.value(v).desc.type) < 8)
            return "a result has elements of less than a byte";
    return "";
}

// What the bodies are passed: of what changes from turn to turn, only type and extents.
std::vector<ops::BodyInput> passedInputs(const ir::Graph& g, const ControlFlow& flow) {
    std::vector<ops::BodyInput> inputs;
    for (size_t k = flow.first; k < flow.operands.size(); ++k) {
        ops::BodyInput& in = inputs.emplace_back();
        const bool changes = flow.loop && k < flow.loop->passed();
        if (flow.loop && k < 2) {
            in.desc.type = k == 0 ? DataType::kINT64 : DataType::kBOOL;
            continue;
        }
        const ir::Value& v = g.value(flow.operands[k]);
        in.desc.type = v.desc.type;
        in.desc.dims = v.desc.dims;
        if (!changes) {
            in.known = v.known;
            in.constant = v.constant ? &v.constant : nullptr;
        } else if (const int64_t sequence = static_cast<int64_t>(k) - 2 - flow.loop->carried;
                   sequence >= 0) {
            in.desc.dims.erase(in.desc.dims.begin() +
                               flow.loop->inputAxes[static_cast<size_t>(sequence)]);
        }
    }
    return inputs;
}

// Steps of a body define symbols by the names of their values: those may be no other step's.
bool clashes(const ir::Graph& body, const VariantJob& outer) {
    return std::any_of(body.symbols.begin(), body.symbols.end(), [&](const auto& s) {
        return s.second.source != ir::SymbolSource::inputExtent && outer.ranges.count(s.first) != 0;
    });
}

// Groups that were fused before the body's inputs were known hold descriptions of their own.
void refreshGroups(ir::Graph& g) {
    for (ir::NodeId id : g.nodeIds()) {
        if (!ir::isGroup(g.node(id))) continue;
        ir::Node& group = g.node(id);
        ir::Graph& body = group.bodies.at(0);
        body.symbols.clear();
        for (size_t i = 0; i < group.inputs.size(); ++i) {
            const ir::Value& outer = g.value(group.inputs[i]);
            ir::Value& inner = body.value(body.inputs()[i]);
            inner.desc.dims = outer.desc.dims;
            inner.known = outer.known;
        }
        ir::inferGraph(body);
    }
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

// Extents of carried values that a turn changes become symbols, until nothing else changes.
ir::Graph inferredLoop(const ControlFlow& flow, std::vector<ops::BodyInput> inputs,
                       const VariantJob& outer) {
    const ir::Graph& body = flow.node->bodies[0];
    const size_t firstInput = 2 - flow.first, firstOutput = flow.first == 0 ? 1 : 0;
    std::string prefix = cat("$turn/", symbolName(flow.node->name));
    auto taken = [&] {
        auto it = outer.ranges.lower_bound(prefix + ".");
        return it != outer.ranges.end() && it->first.starts_with(prefix + ".");
    };
    while (taken()) prefix += "_";
    while (true) {
        ir::Graph g = inferred(body, inputs, outer, cat(flow.node->name, "/body"));
        bool changed = false;
        for (size_t i = 0; i < static_cast<size_t>(flow.loop->carried); ++i) {
            const TensorDesc& after = g.value(g.outputs()[firstOutput + i]).desc;
            TensorDesc& before = inputs[firstInput + i].desc;
            if (before.type != after.type || before.rank() != after.rank())
                fail(ErrorCode::kUNSUPPORTED_STATE, "a carried value changes its type or rank");
            for (size_t k = 0; k < after.dims.size(); ++k) {
                const Dim open = Dim::symbol(cat(prefix, ".", i, ".", k));
                if (before.dims[k] == after.dims[k] || before.dims[k] == open) continue;
                before.dims[k] = open;
                changed = true;
            }
        }
        if (changed) continue;
        if (flow.first == 0 && !isOne(g.value(g.outputs()[0]).desc, DataType::kBOOL))
            fail(ErrorCode::kUNSUPPORTED_STATE, "the next condition is not one boolean");
        for (ir::ValueId v : g.outputs())
            if (bits(g.value(v).desc.type) < 8)
                fail(ErrorCode::kUNSUPPORTED_STATE, "a result has elements of less than a byte");
        return g;
    }
}

std::shared_ptr<VariantJob> bodyJob(BuildJob& job, const VariantJob& outer, ir::Graph graph) {
    auto v = std::make_shared<VariantJob>();
    v->profile = outer.profile;
    v->threads = outer.threads;
    v->graph = std::move(graph);
    refreshGroups(v->graph);
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
    const ControlFlow flow = controlFlow(variant.graph, group);
    if (!flow.node || job.backend->name() == "reference") return false;
    std::string why = whyNot(variant.graph, flow);
    try {
        if (!why.empty()) fail(ErrorCode::kUNSUPPORTED_STATE, why);
        const auto inputs = passedInputs(variant.graph, flow);
        for (size_t k = 0; k < flow.node->bodies.size(); ++k) {
            ir::Graph g = flow.loop ? inferredLoop(flow, inputs, variant)
                                    : inferred(flow.node->bodies[k], inputs, variant,
                                               cat(flow.node->name, k == 0 ? "/then" : "/else"));
            choice.bodies.push_back(bodyJob(job, variant, std::move(g)));
        }
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
