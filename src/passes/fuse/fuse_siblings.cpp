// SPDX-License-Identifier: Apache-2.0
#include "ir/attributes.h"
#include "ir/edit.h"
#include "ir/group.h"
#include "ops/convolution.h"
#include "passes/fuse/region.h"

#include <algorithm>
#include <map>

namespace bireme::passes {

namespace {

// A convolution by itself, or with what follows it, that hangs on one tensor and on constants.
struct SiblingNode {
    ir::NodeId id = ir::kNoNode;
    ir::ValueId input = ir::kNoValue;
    int64_t width = 0;  // channels of the result
    std::string key;    // siblings have one
};

// The convolution of a node: itself, or the anchor of its body.
const ir::Node* convolutionOf(const ir::Node& n, const ir::Graph*& body, const ir::Graph& g) {
    if (n.op.is<ops::Convolution>()) {
        body = &g;
        return &n;
    }
    if (!ir::isGroup(n)) return nullptr;
    body = &n.bodies[0];
    const ir::GroupView view(*body);
    return view.anchorAs<ops::Convolution>() && view.anchorInput(0) >= 0 ? view.anchor() : nullptr;
}

bool read(const ir::Graph& g, ir::Constants& constants, ir::NodeId id, SiblingNode& s) {
    const ir::Node& n = g.node(id);
    if (n.outputs.size() != 1 || constants.is(n.outputs[0])) return false;
    const ir::Graph* body = nullptr;
    const ir::Node* convolution = convolutionOf(n, body, g);
    if (!convolution) return false;
    for (ir::ValueId v : n.inputs) {
        if (v == ir::kNoValue || constants.is(v)) continue;
        if (s.input != ir::kNoValue && s.input != v) return false;  // a residual
        s.input = v;
    }
    if (s.input == ir::kNoValue) return false;
    const TensorDesc& w = body->value(convolution->inputs[1]).desc;
    // Larger windows read their input so often that a neighbour has nothing to win.
    if (!std::all_of(w.dims.begin() + 2, w.dims.end(), [](const Dim& d) { return d.is(1); }))
        return false;
    if (!w.dims[0].isStatic()) return false;
    s.id = id;
    s.width = w.dims[0].value();
    s.key = cat(s.input, "{", ir::attributeText(convolution->op), "} ", bireme::name(w.type));
    return true;
}

// A layer that is many times wider fills the machine by itself, and its result (the projection
// beside a residual block) would only wait for its readers.
constexpr int64_t kMostTimesWider = 2;

// Neighbours in width, as many as a group may have results; by width, so that the order of the
// graph does not decide.
std::vector<std::vector<SiblingNode>> batches(std::vector<SiblingNode> family) {
    std::stable_sort(family.begin(), family.end(),
                     [](const SiblingNode& a, const SiblingNode& b) { return a.width < b.width; });
    std::vector<std::vector<SiblingNode>> all;
    for (const SiblingNode& s : family) {
        if (all.empty() || all.back().size() == kMaxGroupOutputs ||
            s.width > kMostTimesWider * all.back()[0].width)
            all.emplace_back();
        all.back().push_back(s);
    }
    return all;
}

void form(PassRun& run, const std::vector<SiblingNode>& siblings) {
    std::vector<ir::NodeId> members;
    for (const SiblingNode& s : siblings) members.push_back(s.id);
    std::sort(members.begin(), members.end());
    std::string why;
    if (largestRunnable(run, members, members.size(), why))
        formGroup(run, members, members.size(), {});
    else
        run.didNot(run.graph.node(members[0]).name, cat("stays beside its siblings: ", why));
}

}  // namespace

// f(convolution(x, a)), g(convolution(x, b)), ... => one group      windows of one element
BIREME_PASS(fuse_siblings,
            "convolutions of one input with windows of one element, what follows each of them "
            "included => one group") {
    ir::Constants constants(run.graph);
    std::map<std::string, std::vector<SiblingNode>> families;
    std::vector<std::string> order;
    for (ir::NodeId id : run.graph.order()) {
        SiblingNode s;
        if (!read(run.graph, constants, id, s) || run.graph.value(s.input).users.size() < 2)
            continue;
        auto [family, fresh] = families.try_emplace(s.key);
        if (fresh) order.push_back(s.key);
        family->second.push_back(std::move(s));
    }
    for (const std::string& key : order)
        for (const std::vector<SiblingNode>& siblings : batches(families[key]))
            if (siblings.size() > 1 && run.mayRewrite()) form(run, siblings);
}

}  // namespace bireme::passes
