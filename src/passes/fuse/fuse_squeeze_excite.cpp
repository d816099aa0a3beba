// SPDX-License-Identifier: Apache-2.0
#include "ir/edit.h"
#include "ir/group.h"
#include "ops/convolution.h"
#include "ops/matrix_multiply.h"
#include "ops/reduce.h"
#include "passes/fuse/region.h"
#include "passes/support/pointwise.h"

#include <algorithm>

namespace bireme::passes {

namespace {

// From a mean of every channel forward to the gates, and to the product that they scale.
class Excitation {
public:
    Excitation(const ir::Graph& g, ir::Constants& constants, const ir::Node& mean)
        : g_(g), constants_(constants), x_(mean.inputs[0]), members_{mean.id} {}

    // Empty when all was found; "-" when it is something else.
    std::string read() {
        ir::ValueId v = g_.node(members_[0]).outputs[0];
        int products = 0;
        while (members_.size() < kMaxGroupNodes) {
            const ir::Node* n = reader(v);
            if (!n) return products < 2 ? "-" : why_;
            if (scales(*n, v)) {
                members_.push_back(n->id);
                scaled_ = true;
                return products > 0 ? "" : "-";
            }
            const bool product = n->op.is<ops::Convolution>() || n->op.is<ops::MatrixMultiply>();
            if (product ? n->inputs[0] != v || ++products > 2
                        : !ir::isPointwiseNode(*n) && !n->op.def().has(ir::kView))
                return "-";
            for (ir::ValueId in : n->inputs)
                if (in != v && in != ir::kNoValue && !constants_.is(in)) return "-";
            members_.push_back(n->id);
            v = n->outputs[0];
        }
        return "-";
    }

    const std::vector<ir::NodeId>& members() const { return members_; }

    // More functions behind the scale want to be one step with it.
    bool endsAtGates() const {
        if (!scaled_) return true;
        const ir::Value& y = g_.value(g_.node(members_.back()).outputs[0]);
        return ir::isInternal(g_, y.id) && y.users.size() == 1 &&
               ir::isPointwiseNode(g_.node(y.users[0].node));
    }

private:
    const ir::Node* reader(ir::ValueId v) {
        const auto& users = g_.value(v).users;
        if (ir::isInternal(g_, v) && users.size() == 1) return &g_.node(users[0].node);
        why_ = ir::isInternal(g_, v) ? cat("single use needed: tensor \"", g_.value(v).name,
                                           "\" has ", users.size(), " consumers")
                                     : cat("the user sees tensor \"", g_.value(v).name, "\"");
        return nullptr;
    }

    bool scales(const ir::Node& n, ir::ValueId gates) const {
        const auto* op = n.op.as<Pointwise>();
        return op && op->fn == PointwiseFn::prod && gates != x_ &&
               (n.inputs[0] == x_ || n.inputs[1] == x_) &&
               g_.value(n.outputs[0]).desc.dims == g_.value(x_).desc.dims;
    }

    const ir::Graph& g_;
    ir::Constants& constants_;
    ir::ValueId x_;
    std::vector<ir::NodeId> members_;
    bool scaled_ = false;
    std::string why_;
};

}  // namespace

// x * g(b f(a mean(x))), x * g(a mean(x)) => one group      a, b constant; only g(..) where
// functions follow
BIREME_PASS(fuse_squeeze_excite,
            "x * g(b f(a mean(x))), x * g(a mean(x)) => one group, with constant a and b") {
    ir::Constants constants(run.graph);
    for (ir::NodeId id : run.graph.order()) {
        if (!run.mayRewrite()) return;
        if (!run.graph.isAlive(id)) continue;  // in a group by now
        const ir::Node& mean = run.graph.node(id);
        const auto* op = mean.op.as<ops::Reduce>();
        if (!op || op->operation != ReduceOperation::kAVG || constants.is(mean.outputs[0]))
            continue;
        Excitation e(run.graph, constants, mean);
        std::string why = e.read();
        if (why == "-") continue;
        std::vector<ir::NodeId> members = e.members();
        if (why.empty() && e.endsAtGates()) members.pop_back();
        if (why.empty() && largestRunnable(run, members, members.size(), why) != 0)
            formGroup(run, members, members.size(), {});
        else
            run.didNot(mean.name, cat("squeeze-excitation in several steps: ", why));
    }
}

}  // namespace bireme::passes
