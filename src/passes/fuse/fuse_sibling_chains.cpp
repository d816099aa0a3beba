// SPDX-License-Identifier: Apache-2.0
#include "ir/edit.h"
#include "ir/group.h"
#include "passes/fuse/region.h"
#include "tensor/dim_likely.h"
#include "tensor/dtype.h"

#include <algorithm>
#include <map>

namespace bireme::passes {

namespace {

// A smaller tensor is still in a core's caches when the next chain reads it, and so is what a chain
// made when its reader runs right after it.
constexpr double kLeastBytes = 8 << 20;

// A pointwise node or group, none of whose results has other dims than its siblings'.
struct ChainMember {
    ir::NodeId id = ir::kNoNode;
    size_t place = 0;  // in the order of the graph
    int level = 0;     // of the longest path to it: equal ones don't hang on each other
    size_t nodes = 1;
};

class SiblingChains {
public:
    explicit SiblingChains(PassRun& run)
        : run_(run), constants_(run.graph), ranges_(run.graph.symbolRanges()) {
        const ir::Graph& g = run.graph;
        const std::vector<ir::NodeId> order = g.order();
        for (size_t i = 0; i < order.size(); ++i) {
            const ir::Node& n = g.node(order[i]);
            ChainMember c{n.id, i, levelOf(n), sizeOf(n)};
            levels_[n.id] = c.level;
            if (c.nodes > 0) addToFamilies(n, c);
        }
    }

    void join() {
        // Asked before anything changes: a tensor that is read may be a chain's result.
        std::erase_if(inputs_, [&](ir::ValueId v) { return !isWorthwhile(v); });
        for (ir::ValueId v : inputs_) {
            std::vector<ChainMember>& family = families_[v];
            std::erase_if(family, [&](const ChainMember& c) { return !run_.graph.isAlive(c.id); });
            // By level and size, so that the order of the graph decides as little as it can.
            std::stable_sort(family.begin(), family.end(),
                             [](const ChainMember& a, const ChainMember& b) {
                                 return a.level != b.level ? a.level < b.level : a.nodes < b.nodes;
                             });
            const auto all = batches(family);
            for (size_t i = 0; i < all.size() && run_.mayRewrite(); ++i) {
                if (all[i].size() > 1) {
                    form(all[i]);
                } else if (all.size() > 1) {
                    auto beside = [&](size_t k) {
                        return k < all.size() && all[k][0].level == all[i][0].level;
                    };
                    const bool near = beside(i + 1) || (i > 0 && beside(i - 1));
                    run_.didNot(run_.graph.node(all[i][0].id).name,
                                near ? "stays beside its siblings: they are enough for one group"
                                     : "stays beside its siblings: they wait for other tensors");
                }
            }
        }
    }

private:
    int levelOf(const ir::Node& n) const {
        int level = 0;
        for (ir::ValueId v : n.inputs) {
            const ir::Node* p = v == ir::kNoValue ? nullptr : run_.graph.producer(v);
            if (p) level = std::max(level, levels_.at(p->id) + 1);
        }
        return level;
    }

    // Pointwise nodes in it; 0 for what is no chain.
    size_t sizeOf(const ir::Node& n) {
        const ir::Graph& g = run_.graph;
        if (n.outputs.empty() || !(ir::isGroup(n) || ir::isPointwiseNode(n))) return 0;
        for (ir::ValueId v : n.outputs) {
            const ir::Value& value = g.value(v);
            // Elements below a byte would keep all from other layouts than the dense one.
            if (value.known || constants_.is(v) || bits(value.desc.type) < 8 ||
                value.desc.dims != g.value(n.outputs[0]).desc.dims)
                return 0;
        }
        if (!ir::isGroup(n)) return 1;
        const std::vector<ir::NodeId> body = n.bodies[0].nodeIds();
        return std::all_of(body.begin(), body.end(),
                           [&](ir::NodeId id) { return ir::isPointwiseNode(n.bodies[0].node(id)); })
                   ? body.size()
                   : 0;
    }

    void addToFamilies(const ir::Node& n, const ChainMember& c) {
        const ir::Graph& g = run_.graph;
        for (auto it = n.inputs.begin(); it != n.inputs.end(); ++it) {
            if (*it == ir::kNoValue || std::find(n.inputs.begin(), it, *it) != it) continue;
            const ir::Value& value = g.value(*it);
            if (value.users.size() < 2 || constants_.is(*it) ||
                value.desc.dims != g.value(n.outputs[0]).desc.dims)
                continue;
            auto [family, fresh] = families_.try_emplace(*it);
            if (fresh) inputs_.push_back(*it);
            family->second.push_back(c);
        }
    }

    bool isWorthwhile(ir::ValueId v) {
        const std::vector<ChainMember>& family = families_[v];
        if (family.size() < 2) return false;
        const ir::Value& value = run_.graph.value(v);
        double bytes = bits(value.desc.type) / 8.0;
        for (const Dim& d : value.desc.dims)
            bytes *= static_cast<double>(
                evalLikely(d, run_.context.shapes).value_or(d.range(ranges_).min));
        if (bytes >= kLeastBytes) return true;
        run_.didNot(run_.graph.node(family[0].id).name,
                    cat("stays beside its siblings: \"", value.name, "\" is small"));
        return false;
    }

    // Runs of equal levels, each as long as a group may be.
    std::vector<std::vector<ChainMember>> batches(const std::vector<ChainMember>& family) const {
        std::vector<std::vector<ChainMember>> all;
        for (const ChainMember& c : family) {
            if (all.empty() || all.back()[0].level != c.level || !fits(all.back(), c))
                all.emplace_back();
            all.back().push_back(c);
        }
        return all;
    }

    bool fits(const std::vector<ChainMember>& batch, const ChainMember& c) const {
        size_t nodes = c.nodes, outputs = run_.graph.node(c.id).outputs.size();
        std::vector<ir::NodeId> ids{c.id};
        for (const ChainMember& b : batch) {
            nodes += b.nodes;
            outputs += run_.graph.node(b.id).outputs.size();
            ids.push_back(b.id);
        }
        return nodes <= kMaxGroupNodes && outputs <= kMaxGroupOutputs &&
               inputsOf(run_.graph, ids) <= kMaxGroupInputs;
    }

    void form(std::vector<ChainMember> batch) {
        std::sort(batch.begin(), batch.end(),
                  [](const ChainMember& a, const ChainMember& b) { return a.place < b.place; });
        std::vector<ir::NodeId> members;
        for (const ChainMember& c : batch) members.push_back(c.id);
        std::string why;
        const size_t count = largestRunnable(run_, members, 2, why);
        if (count == 0)
            run_.didNot(run_.graph.node(members[0]).name, cat("stays beside its siblings: ", why));
        else
            formGroup(run_, members, count, why);
    }

    PassRun& run_;
    ir::Constants constants_;
    const std::map<std::string, DimRange, std::less<>> ranges_;
    std::map<ir::NodeId, int> levels_;
    std::map<ir::ValueId, std::vector<ChainMember>> families_;  // by the tensor that they read
    std::vector<ir::ValueId> inputs_;  // of families, in the order of the graph
};

}  // namespace

// f(x, ...), g(x, ...), ... => one group      f, g pointwise on the dims of x
BIREME_PASS(fuse_sibling_chains,
            "pointwise chains that read one large tensor of their dims and wait for nothing that "
            "hangs on the others => one group") {
    SiblingChains(run).join();
}

}  // namespace bireme::passes
