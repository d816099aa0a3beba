// SPDX-License-Identifier: Apache-2.0
#include "ir/edit.h"
#include "ops/convolution.h"
#include "ops/deconvolution.h"
#include "ops/matrix_multiply.h"
#include "ops/normalization.h"
#include "passes/fuse/region.h"

#include <algorithm>

namespace bireme::passes {

namespace {

bool isAnchor(const ir::Node& n) {
    return n.op.is<ops::Convolution>() || n.op.is<ops::Deconvolution>() ||
           n.op.is<ops::MatrixMultiply>() || n.op.is<ops::Normalization>();
}

// Grows the chain behind one anchor: nodes that only the chain reads, of the same dims.
class Chain {
public:
    Chain(const PassRun& run, ir::Constants& constants, ir::NodeId anchor)
        : g_(run.graph),
          constants_(constants),
          members_{anchor},
          running_(g_.node(anchor).outputs[0]) {}

    void grow() {
        while (members_.size() < kMaxGroupNodes && (step() || diamond())) {
        }
    }
    const std::vector<ir::NodeId>& members() const { return members_; }
    const std::string& why() const { return why_; }

private:
    bool joins(ir::NodeId id) {
        const ir::Node& n = g_.node(id);
        if (!isFusable(g_, constants_, n)) return false;
        return g_.value(n.outputs[0]).desc.dims == g_.value(running_).desc.dims;
    }

    // One reader. Its other operands cannot hang on the chain: nothing inside is read from outside.
    bool step() {
        if (!ir::isInternal(g_, running_)) return stop("its result is a tensor that the user sees");
        const auto& users = g_.value(running_).users;
        if (users.size() != 1) return false;
        if (!joins(users[0].node)) return otherDims(g_.node(users[0].node));
        std::vector<ir::NodeId> more = members_;
        more.push_back(users[0].node);
        if (inputsOf(g_, more) > kMaxGroupInputs)
            return stop("the group would read too many tensors");
        members_ = std::move(more);
        running_ = g_.node(users[0].node).outputs[0];
        return true;
    }

    // Several readers that come together again: x * f(x).
    bool diamond() {
        if (!ir::isInternal(g_, running_) || g_.value(running_).users.size() < 2) return false;
        const auto& users = g_.value(running_).users;
        if (std::none_of(users.begin(), users.end(), [&](auto& u) { return joins(u.node); }))
            return false;
        std::vector<ir::NodeId> inside;
        std::vector<ir::ValueId> open{running_};  // tensors with readers that are not inside yet
        while (inside.size() < kMaxDiamond) {
            ir::NodeId next = ir::kNoNode;
            for (ir::ValueId v : open)
                for (const ir::Use& u : g_.value(v).users)
                    if (next == ir::kNoNode && !has(inside, u.node) && ready(u.node, inside))
                        next = u.node;
            if (next == ir::kNoNode) break;
            inside.push_back(next);
            open.push_back(g_.node(next).outputs[0]);
            std::erase_if(open,
                          [&](ir::ValueId v) { return v != open.back() && closed(v, inside); });
            if (open.size() == 1) {
                members_.insert(members_.end(), inside.begin(), inside.end());
                running_ = open[0];
                return true;
            }
        }
        return stop(cat("single use needed: tensor \"", g_.value(running_).name, "\" has ",
                        g_.useCount(running_), " consumers"));
    }

    // Pointwise, and all operands that hang on the chain are inside.
    bool ready(ir::NodeId id, const std::vector<ir::NodeId>& inside) {
        if (!joins(id)) return false;
        const auto& in = g_.node(id).inputs;
        return std::all_of(in.begin(), in.end(), [&](ir::ValueId v) {
            if (v == ir::kNoValue || v == running_ || constants_.is(v)) return true;
            const ir::Node* p = g_.producer(v);
            return !p || has(inside, p->id) || !hangsOnRunning(v);
        });
    }

    bool hangsOnRunning(ir::ValueId v) const {
        std::vector<ir::ValueId> pending{v};
        for (size_t i = 0; i < pending.size() && i < kMaxSearch; ++i) {
            if (pending[i] == running_) return true;
            const ir::Node* p = g_.producer(pending[i]);
            if (!p) continue;
            for (ir::ValueId u : p->inputs)
                if (u != ir::kNoValue &&
                    std::find(pending.begin(), pending.end(), u) == pending.end())
                    pending.push_back(u);
            if (pending.size() >= kMaxSearch) return true;
        }
        return false;
    }

    bool closed(ir::ValueId v, const std::vector<ir::NodeId>& inside) const {
        if (!ir::isInternal(g_, v)) return false;
        const auto& users = g_.value(v).users;
        return std::all_of(users.begin(), users.end(),
                           [&](const ir::Use& u) { return has(inside, u.node); });
    }
    static bool has(const std::vector<ir::NodeId>& v, ir::NodeId n) {
        return std::find(v.begin(), v.end(), n) != v.end();
    }
    bool stop(std::string why) {
        why_ = std::move(why);
        return false;
    }
    // Not fused for its extents alone: worth a line.
    bool otherDims(const ir::Node& n) {
        if (!isFusable(g_, constants_, n)) return false;
        return stop(cat("equal extents needed: \"", n.name, "\" gives ",
                        text(g_.value(n.outputs[0]).desc.dims), ", not ",
                        text(g_.value(running_).desc.dims)));
    }

    static constexpr size_t kMaxDiamond = 8;
    static constexpr size_t kMaxSearch = 64;

    const ir::Graph& g_;
    ir::Constants& constants_;
    std::vector<ir::NodeId> members_;
    ir::ValueId running_;
    std::string why_;
};

}  // namespace

// f(convolution(x, w, b), r, ...) => one group      f pointwise; likewise deconvolution, matrix
// product and normalization
BIREME_PASS(
    fuse_epilogue,
    "pointwise chains behind a convolution, deconvolution, matrix product or normalization => "
    "one group") {
    ir::Constants constants(run.graph);
    for (ir::NodeId id : run.graph.order()) {
        if (!run.mayRewrite()) return;
        if (!run.graph.isAlive(id) || !isAnchor(run.graph.node(id)) ||
            constants.is(run.graph.node(id).outputs[0]))
            continue;
        Chain chain(run, constants, id);
        chain.grow();
        std::string why = chain.why();
        const std::string end = why;
        size_t n = chain.members().size() < 2 ? 0 : largestRunnable(run, chain.members(), 2, why);
        if (n == 0) {
            if (!why.empty()) run.didNot(run.graph.node(id).name, why);
            continue;
        }
        const std::string layer = run.graph.node(id).name;
        formGroup(run, chain.members(), n, why);
        if (n == chain.members().size() && !end.empty())
            run.didNot(layer, "no longer chain: " + end);
    }
}

}  // namespace bireme::passes
