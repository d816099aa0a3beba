// SPDX-License-Identifier: Apache-2.0
#include "base/status.h"
#include "builder/job.h"
#include "ir/group.h"
#include "ir/interpret.h"
#include "tensor/convert.h"

#include <cstring>

namespace bireme::builder {

// Removes what nobody reads and what defines no symbol that a remaining extent names.
static void removeDead(ir::Graph& g) {
    auto order = runOrder(g);
    std::set<ir::NodeId> defining;
    auto keepDefiners = [&](const std::set<std::string>& symbols) {
        for (const std::string& s : symbols) defining.insert(definerOf(g, s));
    };
    for (ir::ValueId v : g.outputs()) {
        std::vector<std::string> found;
        for (const Dim& d : g.value(v).desc.dims) d.collectSymbols(found);
        keepDefiners({found.begin(), found.end()});
    }
    for (auto it = order.rbegin(); it != order.rend(); ++it) {
        bool used = g.node(*it).op.def().has(ir::kSideEffect) || defining.count(*it) > 0;
        for (ir::ValueId v : g.node(*it).outputs) used = used || g.useCount(v) > 0;
        if (used)
            keepDefiners(symbolsNamed(g, g.node(*it)));
        else
            g.removeNode(*it);
    }
    g.removeDeadValues();
}

void evaluateConstants(ir::Graph& g, const Log& log) {
    std::map<ir::ValueId, ir::Tensor> memo;
    size_t folded = 0;
    auto isConstant = [&](ir::ValueId v) { return g.isConstant(v) || g.value(v).fixed; };
    for (ir::NodeId id : g.order()) {
        const ir::Node& n = g.node(id);
        for (ir::ValueId v : n.outputs) {
            if (!isConstant(v)) continue;
            // Only frontiers matter: a value read by something that is not constant itself.
            bool wanted = g.isOutput(v);
            for (const ir::Use& u : g.value(v).users) {
                const auto& outs = g.node(u.node).outputs;
                wanted = wanted || outs.empty() || !isConstant(outs[0]);
            }
            if (!wanted || !ir::evaluateConstant(g, v, memo)) continue;
            const ir::Tensor& t = memo.at(v);
            TensorDesc desc{t.type, toDims(t.dims), {}, {}};
            ir::ValueId c = g.addConstant(g.value(v).name, desc, t.bytes);
            g.value(c).weightsName = g.value(v).weightsName;
            g.value(c).allowedFormats = g.value(v).allowedFormats;
            g.replaceUses(v, c);
            ++folded;
        }
    }
    removeDead(g);  // what only fed folded values
    if (folded) log.verbose("evaluated ", folded, " constant expressions");
}

// Shapes as integer tensors whose elements are expressions: nobody needs to compute them, the
// runtime evaluates them.
static void replaceShapes(ir::Graph& g, bool isBody) {
    for (ir::ValueId v : g.valueIds()) {
        const ir::Value& value = g.value(v);
        const bool computed =
            value.producer != ir::kNoNode || (isBody && g.isInput(v) && !value.constant);
        if (!computed || !value.known || value.users.empty() || !allStatic(value.desc.dims))
            continue;
        auto size = bytesFor(value.desc.type, static_cast<int64_t>(value.known->size()));
        TensorDesc desc = value.desc;
        DimVector elements = *value.known;
        ir::ValueId shape = g.addConstant(g.freshName(value.name + ".shape"), desc,
                                          Blob::own(std::vector<uint8_t>(size)));
        g.value(shape).constant = Blob();
        g.value(shape).known = std::move(elements);
        auto users = g.value(v).users;
        for (const ir::Use& u : users) g.setInput(u.node, u.input, shape);
    }
    removeDead(g);
}

// A view whose extents are expressions needs no shape operand at run time, and what computed it may
// go.
static void dropShapeOperands(ir::Graph& g) {
    for (ir::NodeId id : g.nodeIds()) {
        const ir::Node& n = g.node(id);
        if (!n.op.def().has(ir::kView) || n.inputs.size() < 2) continue;
        bool decided = true;  // by data that only running gives?
        for (const auto& [name, info] : g.symbols)
            decided = decided &&
                      !(info.source == ir::SymbolSource::hostElement && info.value == n.inputs[1]);
        while (decided && g.node(id).inputs.size() > 1)
            g.removeInput(id, static_cast<int>(g.node(id).inputs.size()) - 1);
    }
    removeDead(g);
}

void wrapGroups(ir::Graph& g, bool isBody) {
    dropShapeOperands(g);
    replaceShapes(g, isBody);
    for (ir::NodeId id : g.order()) ir::wrapInGroup(g, id);
}

bool sameLayout(const DimVector& dims, const Format& a, const Format& b) {
    if (a == b || (a.isLinear() && b.isLinear())) return true;
    if (!a.isDense() || !b.isDense() || a.inner != b.inner) return false;
    auto significant = [&](const Format& f) {
        std::vector<int8_t> order;
        for (size_t i = 0; i < dims.size(); ++i) {
            int8_t d = f.order.empty() ? static_cast<int8_t>(i) : f.order[i];
            if (!dims[static_cast<size_t>(d)].is(1)) order.push_back(d);
        }
        return order;
    };
    return significant(a) == significant(b);
}

Blob relayout(const Blob& linear, DataType type, const std::vector<int64_t>& dims,
              const Format& to) {
    if (sameLayout(toDims(dims), Format::linear(), to)) return linear;
    BIREME_ASSERT(to.inner.empty() && to.isDense());
    size_t size = static_cast<size_t>(bits(type)) / 8;
    std::vector<uint8_t> out(linear.size());
    auto strides = to.stridesFor(dims);
    std::vector<int64_t> index(dims.size(), 0);
    const uint8_t* from = linear.data();
    if (linear.size() == 0) return linear;
    do {
        int64_t at = 0;
        for (size_t i = 0; i < dims.size(); ++i) at += index[i] * strides[i];
        std::memcpy(out.data() + static_cast<size_t>(at) * size, from, size);
        from += size;
    } while (ir::nextIndex(index, dims));
    return Blob::own(std::move(out));
}

}  // namespace bireme::builder
