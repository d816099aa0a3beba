// SPDX-License-Identifier: Apache-2.0
#include "ir/verify.h"

#include "ir/constants.h"
#include "ir/decompose.h"
#include "ir/infer.h"
#include "ir/known.h"
#include "tensor/convert.h"

#include <algorithm>
#include <map>

namespace bireme::ir {

// Elements of a small integer constant as numbers.
static std::optional<DimVector> constantElements(const Value& v) {
    if (v.known) return v.known;
    if (!v.constant || isReal(v.desc.type) || !allStatic(v.desc.dims)) return std::nullopt;
    int64_t n = volume(v.desc.dims).value();
    if (n > static_cast<int64_t>(InferContext::kMaxKnown)) return std::nullopt;
    std::vector<int64_t> elements(static_cast<size_t>(n));
    convertElements(v.desc.type, v.constant.data(), DataType::kINT64, elements.data(), n);
    return toDims(elements);
}

static std::vector<InferContext::Input> gatherInputs(const Graph& g, const Node& n) {
    std::vector<InferContext::Input> inputs(n.inputs.size());
    for (size_t i = 0; i < n.inputs.size(); ++i) {
        if (n.inputs[i] == kNoValue) continue;
        const Value& v = g.value(n.inputs[i]);
        inputs[i].present = true;
        inputs[i].desc = v.desc;
        inputs[i].name = v.name;
        inputs[i].desc.format = Format::linear();
        inputs[i].constant = v.constant ? &v.constant : nullptr;
        inputs[i].known = constantElements(v);
    }
    return inputs;
}

static void checkArity(const Node& n) {
    const OpDef& d = n.op.def();
    int in = static_cast<int>(n.inputs.size()), out = static_cast<int>(n.outputs.size());
    if (in < d.minInputs || (d.maxInputs >= 0 && in > d.maxInputs))
        failInvalid(cat(d.name, " takes ", d.minInputs,
                        d.maxInputs < 0             ? " or more"
                        : d.maxInputs > d.minInputs ? cat(" to ", d.maxInputs)
                                                    : "",
                        " inputs, got ", in));
    if (out < d.minOutputs || (d.maxOutputs >= 0 && out > d.maxOutputs))
        failInvalid(cat(d.name, " has no ", out, " outputs"));
}

// Extents without the minima that the symbols' ranges decide: min(512, S) is S where S is at most
// 512.
static void simplify(const Graph& g, Value& v) {
    auto composite = [](const Dim& d) { return !d.isStatic() && !d.isSymbol(); };
    bool any = std::any_of(v.desc.dims.begin(), v.desc.dims.end(), composite) ||
               (v.known && std::any_of(v.known->begin(), v.known->end(), composite));
    if (!any) return;
    auto ranges = g.symbolRanges();
    for (const auto& [name, info] : g.symbols)  // elements, unlike extents, may have any sign
        if (info.source == SymbolSource::hostElement) ranges[name].min = INT64_MIN;
    for (Dim& d : v.desc.dims) d = d.simplified(ranges);
    if (v.known)
        for (Dim& d : *v.known) d = d.simplified(ranges);
}

static bool isSmall(const DimVector& dims) {
    return volume(dims).value() <= static_cast<int64_t>(InferContext::kMaxKnown);
}

// Integers and extents that the rule does not know, though all that decides them is known.
static bool evaluateSmall(const Graph& g, const Node& n, InferContext& c) {
    bool wanted = false;
    for (int i = 0; i < c.outputs(); ++i) {
        const InferContext::Output& o = c.output(i);
        if (o.kind != ValueKind::tensor) return false;
        bool open = !allStatic(o.desc.dims);
        wanted = wanted || open || (!isReal(o.desc.type) && !o.known && isSmall(o.desc.dims));
    }
    if (!wanted) return false;
    KnownTensors known(g, static_cast<int64_t>(InferContext::kMaxKnown));
    std::vector<Tensor> results = known.results(n);
    for (size_t i = 0; i < results.size(); ++i) {
        const Tensor& t = results[i];
        InferContext::Output& o = c.output(static_cast<int>(i));
        o.desc.dims = toDims(t.dims);
        if (isReal(t.type)) continue;
        std::vector<int64_t> elements(static_cast<size_t>(t.count()));
        convertElements(t.type, t.bytes.data(), DataType::kINT64, elements.data(), t.count());
        o.known = toDims(elements);
    }
    return !results.empty();
}

static void inferUnchecked(Graph& g, NodeId id) {
    Node& n = g.node(id);
    checkArity(n);
    std::vector<std::string> names;
    for (ValueId v : n.outputs) names.push_back(g.value(v).name);
    InferContext c(n, gatherInputs(g, n), std::move(names));
    // A constant layer's output has its desc with its bytes.
    for (size_t i = 0; i < n.outputs.size(); ++i)
        if (g.isConstant(n.outputs[i])) c.out(static_cast<int>(i)) = g.value(n.outputs[i]).desc;
    n.op.def().infer(n.op.attributes(), c);
    bool evaluated = evaluateSmall(g, n, c);
    for (size_t i = 0; i < n.outputs.size(); ++i) {
        Value& v = g.value(n.outputs[i]);
        for (const Dim& d : c.out(static_cast<int>(i)).dims)
            c.require(!d.isStatic() || d.value() >= 0, "output ", static_cast<int>(i),
                      " would have shape ", text(c.out(static_cast<int>(i)).dims));
        Format format = v.desc.format;
        Place place = v.desc.place;
        v.desc = c.out(static_cast<int>(i));
        v.desc.format = format;
        v.desc.place = place;
        v.known = std::move(c.output(static_cast<int>(i)).known);
        v.kind = c.output(static_cast<int>(i)).kind;
        v.fixed = isFoldable(n) && std::all_of(n.inputs.begin(), n.inputs.end(), [&](ValueId in) {
                      return in == kNoValue || g.isConstant(in) || g.value(in).fixed;
                  });
    }
    if (evaluated) return;  // and no extent is left to running
    for (const auto& f : c.fresh()) {
        ValueId source =
            f.source == SymbolSource::stepExtent ? n.outputs[f.output] : n.inputs[f.output];
        DimRange range = f.range;
        if (!f.upper.isStatic()) range.max = f.upper.range(g.symbolRanges()).max;
        g.symbols[f.name] = {f.source, source, f.index, range};
    }
    for (ValueId v : n.outputs) simplify(g, g.value(v));
}

void inferNode(Graph& g, NodeId id) {
    try {
        inferUnchecked(g, id);
    } catch (const Error& e) {
        const Node& n = g.node(id);
        throw e.at(n.name, n.origins.empty() ? "" : n.origins.front());
    }
}

void inferGraph(Graph& g) {
    for (NodeId id : g.order()) inferNode(g, id);
}

void verifyGraph(const Graph& g) {
    size_t reads = 0;  // of operands; each is listed once by its value, however many there are
    for (NodeId id : g.order()) {
        const Node& n = g.node(id);
        checkArity(n);
        for (size_t i = 0; i < n.inputs.size(); ++i) {
            if (n.inputs[i] == kNoValue) continue;
            const Value& v = g.value(n.inputs[i]);
            ++reads;
            BIREME_ASSERT(v.producer != kNoNode || v.constant || g.isInput(v.id));
        }
        for (size_t i = 0; i < n.outputs.size(); ++i) {
            const Value& v = g.value(n.outputs[i]);
            BIREME_ASSERT(v.producer == id && v.output == static_cast<int>(i));
        }
        for (const Graph& b : n.bodies) verifyGraph(b);
    }
    std::map<NodeId, std::vector<bool>> seen;
    for (ValueId v : g.valueIds())
        for (const Use& u : g.value(v).users) {
            BIREME_ASSERT(g.isAlive(u.node) && g.node(u.node).inputs.at(u.input) == v);
            auto& listed = seen[u.node];
            listed.resize(g.node(u.node).inputs.size(), false);
            BIREME_ASSERT(!listed[static_cast<size_t>(u.input)]);
            listed[static_cast<size_t>(u.input)] = true;
            --reads;
        }
    BIREME_ASSERT(reads == 0);
    for (ValueId v : g.outputs()) BIREME_ASSERT(g.hasValue(v));
}

std::vector<ValueId> DecomposeContext::addMany(Op op, std::vector<ValueId> inputs, int outputs) {
    const std::string name = node().name;
    auto origins = node().origins;
    NodeId id = graph_.addNode(std::move(op), std::move(inputs), outputs, name);
    Node& n = graph_.node(id);
    n.name = cat(name, "#", id);  // ids are never used again: no other name need be looked at
    for (size_t i = 0; i < n.outputs.size(); ++i)
        graph_.value(n.outputs[i]).name = outputs == 1 ? n.name : cat(n.name, ":", i);
    n.origins = std::move(origins);
    inferNode(graph_, id);
    return graph_.node(id).outputs;
}

ValueId DecomposeContext::add(Op op, std::vector<ValueId> inputs) {
    return addMany(std::move(op), std::move(inputs), 1)[0];
}

static ValueId addNumbered(Graph& g, const std::string& name, TensorDesc desc, Blob bytes) {
    const ValueId v = g.addConstant(name, std::move(desc), std::move(bytes));
    g.value(v).name = cat(name, "#c", v);
    return v;
}

ValueId DecomposeContext::scalar(float v, DataType type, int rank) {
    std::vector<uint8_t> bytes(bytesFor(type, 1));
    convertElements(DataType::kFLOAT, &v, type, bytes.data(), 1);
    return addNumbered(graph_, node().name,
                       {type, DimVector(static_cast<size_t>(rank), Dim(1)), {}, {}},
                       Blob::own(std::move(bytes)));
}

ValueId DecomposeContext::ints(const std::vector<int64_t>& v) {
    return addNumbered(graph_, node().name,
                       {DataType::kINT64, {Dim(static_cast<int64_t>(v.size()))}, {}, {}},
                       Blob::of(v));
}

}  // namespace bireme::ir
