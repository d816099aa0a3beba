// SPDX-License-Identifier: Apache-2.0
#include "plan/validate_parts.h"

#include <algorithm>

namespace bireme::plan {

static void checkFormat(const Format& f, int rank, const std::string& who) {
    std::vector<int8_t> order = f.order;
    std::sort(order.begin(), order.end());
    bool permutation = order.empty() || order.size() == static_cast<size_t>(rank);
    for (size_t i = 0; i < order.size(); ++i)
        permutation = permutation && order[i] == static_cast<int8_t>(i);
    check(permutation, who, " has an order of dimensions that is none");
    check(f.inner.size() <= 8, who, " has too many inner blocks");
    for (const auto& b : f.inner)
        check(b.dim >= 0 && b.dim < rank && b.size >= 1 && b.size <= 4096, who,
              " has an impossible block");
    check(f.strides.empty() || (f.strides.size() == static_cast<size_t>(rank) && f.inner.empty()),
          who, " has strides for other dims");
    for (int64_t s : f.strides)
        check(s >= 0 && s <= (int64_t{1} << 40), who, " has an impossible stride");
    check(f.whole.empty() ||
              (f.whole.size() == static_cast<size_t>(rank) && f.inner.empty() && f.strides.empty()),
          who, " has extents of a buffer of other dims");
    for (int64_t w : f.whole)
        check(w >= 0 && w <= (int64_t{1} << 40), who, " lies in an impossible buffer");
    check(f.offset >= 0 && f.offset <= (int64_t{1} << 46), who, " has an impossible offset");
}

void checkDesc(const TensorDesc& d, const std::string& who) {
    check(isKnown(d.type), who, " has an unknown type");
    check(d.rank() <= kMaxRank, who, " has ", d.rank(), " dimensions");
    for (const Dim& x : d.dims)
        check(!x.isStatic() || x.value() >= 0, who, " has a negative extent");
    checkFormat(d.format, d.rank(), who);
}

int32_t RegionChecker::root(const Region& r, int32_t t) const {
    while (r.tensors[t].aliasOf >= 0) t = r.tensors[t].aliasOf;
    return t;
}

// Views form trees: no chain of aliasOf comes back.
void RegionChecker::findRoots(const Region& r) {
    auto n = static_cast<int32_t>(r.tensors.size());
    std::vector<uint8_t> good(r.tensors.size(), 0);
    for (int32_t i = 0; i < n; ++i) {
        std::vector<int32_t> chain;
        for (int32_t t = i; t >= 0 && !good[t]; t = r.tensors[t].aliasOf) {
            check(r.tensors[t].aliasOf >= -1 && r.tensors[t].aliasOf < n,
                  "a view is of a tensor that does not exist");
            check(chain.size() < 64, "views are chained without end");
            chain.push_back(t);
        }
        for (int32_t t : chain) good[t] = 1;
    }
}

void RegionChecker::tensor(const Region& r, size_t index, const Region* parent,
                           const Step* owner) const {
    const PlanTensor& t = r.tensors[index];
    std::string who = cat("tensor \"", t.name, "\"");
    checkDesc(t.desc, who);
    std::vector<std::string> symbols;
    for (const Dim& d : t.desc.dims) d.collectSymbols(symbols);
    for (const Dim& d : t.elements) d.collectSymbols(symbols);
    for (const auto& s : symbols)
        check(ranges.count(s) != 0, who, " uses the unknown symbol \"", s, "\"");
    if (t.aliasOf >= 0) return;
    check(t.desc.format.isDense() || t.storage == Storage::parent, who,
          " is strided without being a view");
    auto indexIn = [&](size_t n) { return t.index >= 0 && static_cast<size_t>(t.index) < n; };
    switch (t.storage) {
        case Storage::arena: {
            auto bytes = upperBytes(t.desc, ranges);
            check(t.offset >= 0 && t.offset % kAlignment == 0, who, " is not aligned");
            check(bytes && t.offset <= variant_.arenaBytes &&
                      *bytes <= variant_.arenaBytes - t.offset,
                  who, " lies outside the scratch memory");
            return;
        }
        case Storage::input:
        case Storage::output: {
            check(indexIn(plan_.io.size()), who, " is of no input or output");
            const IoTensor& io = plan_.io[t.index];  // the same bytes; views let the dims differ,
                                                     // running compares the sizes
            check(io.input == (t.storage == Storage::input) && io.desc.type == t.desc.type, who,
                  " differs from \"", io.name, "\" that it is");
            return;
        }
        case Storage::constant: {
            check(indexIn(plan_.constants.size()), who, " is no constant of the engine");
            auto bytes = upperBytes(t.desc, ranges);
            check(bytes && static_cast<uint64_t>(*bytes) <= plan_.constants[t.index].size, who,
                  " is larger than its constant");
            return;
        }
        case Storage::deferred: return;
        case Storage::extents: {
            check(allStatic(t.desc.dims) && !isReal(t.desc.type) && t.desc.format.isLinear() &&
                      volume(t.desc.dims).is(static_cast<int64_t>(t.elements.size())),
                  who, " does not fit its elements");
            return;
        }
        case Storage::parent: {
            check(owner && indexIn(owner->inputs.size() + owner->outputs.size()), who,
                  " is of no operand of its region");
            return parentTensor(t, *parent, *owner, who);
        }
    }
    check(false, who, " has an unknown storage");
}

// A tensor of a child region that is operand `index` of the step that owns the region.
void RegionChecker::parentTensor(const PlanTensor& t, const Region& parent, const Step& owner,
                                 const std::string& who) const {
    size_t inputs = owner.inputs.size(), k = static_cast<size_t>(t.index);
    int32_t operand = k < inputs ? owner.inputs[k] : owner.outputs[k - inputs];
    if (owner.kind == StepKind::loop) {
        const LoopForm f = LoopForm::of(owner);
        check(k < inputs, who, " is of a result of its loop");
        if (k < f.passed())
            return passedTensor(t, operand < 0 ? TensorDesc() : parent.tensors[operand].desc, f,
                                who);
    }
    check(operand >= 0, who, " is of an absent operand of its region");
    const TensorDesc& d = parent.tensors[operand].desc;
    check(d.type == t.desc.type && d.rank() == t.desc.rank() && d.format == t.desc.format &&
              (k >= inputs || d.dims == t.desc.dims),
          who, " differs from the operand that it is");
}

void RegionChecker::writable(const Region& r, int32_t t, const Step& s) const {
    const PlanTensor& p = r.tensors[root(r, t)];
    bool ok = p.storage == Storage::arena || p.storage == Storage::output ||
              p.storage == Storage::deferred ||
              (p.storage == Storage::parent && owner_ &&
               p.index >= static_cast<int32_t>(owner_->inputs.size()));
    check(ok, "step \"", s.name, "\" writes to \"", r.tensors[t].name, "\", which must not change");
}

void RegionChecker::defines(const Region& r, const Step& s) const {
    for (const DefinedSymbol& d : s.defines) {
        check(ranges.count(d.symbol) != 0 && inputSymbols.count(d.symbol) == 0, "step \"", s.name,
              "\" defines \"", d.symbol, "\", which is no symbol of a step");
        bool known = d.tensor >= 0 && d.tensor < static_cast<int32_t>(r.tensors.size());
        if (s.kind == StepKind::readback) {
            check(known && d.tensor == s.inputs[0] && d.index >= 0 &&
                      d.index < static_cast<int32_t>(kMaxShapeValues),
                  "step \"", s.name, "\" reads back what is not its input");
        } else {
            bool own =
                known && std::find(s.outputs.begin(), s.outputs.end(), d.tensor) != s.outputs.end();
            check(own && d.index >= 0 && d.index < r.tensors[d.tensor].desc.rank(), "step \"",
                  s.name, "\" defines an extent of what is not its output");
        }
    }
}

void RegionChecker::kindOf(const Region& r, const Step& s, int depth) {
    auto has = [&](size_t i) { return i < s.inputs.size() && s.inputs[i] >= 0; };
    switch (s.kind) {
        case StepKind::kernel:
        case StepKind::convert:
            check(!s.kernel.empty() && s.children.empty(), "step \"", s.name, "\" names no kernel");
            return;
        case StepKind::readback:
            check(s.inputs.size() == 1 && has(0) && s.outputs.empty() && s.children.empty() &&
                      !isReal(r.tensors[s.inputs[0]].desc.type),
                  "step \"", s.name, "\" reads back no integers");
            return;
        case StepKind::conditional: {
            check(has(0) && s.children.size() == 2, "step \"", s.name,
                  "\" is not a condition with two branches");
            const TensorDesc& c = r.tensors[s.inputs[0]].desc;
            check(c.type == DataType::kBOOL && allStatic(c.dims) && volume(c.dims).is(1),
                  "the condition of step \"", s.name, "\" is not one boolean");
            const Step* outer = owner_;
            for (const Region& child : s.children) region(child, &r, &s, depth + 1);
            owner_ = outer;
            return;
        }
        case StepKind::loop: return loop(r, s, depth);
    }
    check(false, "step \"", s.name, "\" is of an unknown kind");
}

void RegionChecker::step(const Region& r, const Step& s, int depth) {
    auto n = static_cast<int32_t>(r.tensors.size());
    for (const auto* list : {&s.inputs, &s.outputs})
        for (int32_t t : *list)
            check(t >= -1 && t < n, "step \"", s.name, "\" has an operand that does not exist");
    for (int32_t t : s.outputs)
        if (t >= 0) writable(r, t, s);
    for (int32_t c : s.constants)
        check(c >= 0 && c < static_cast<int32_t>(plan_.constants.size()), "step \"", s.name,
              "\" has a constant that does not exist");
    check(s.workspaceOffset >= 0 && s.workspaceBound >= 0 && s.workspaceOffset % kAlignment == 0 &&
              s.workspaceOffset <= variant_.arenaBytes &&
              s.workspaceBound <= variant_.arenaBytes - s.workspaceOffset,
          "the workspace of step \"", s.name, "\" lies outside the scratch memory");
    check(s.milliseconds >= 0 && s.milliseconds < 1e9f, "step \"", s.name,
          "\" took an impossible time");
    kindOf(r, s, depth);
    defines(r, s);
}

void RegionChecker::region(const Region& r, const Region* parent, const Step* owner, int depth) {
    check(depth <= 32, "regions are nested deeper than 32");
    owner_ = owner;
    check(r.tensors.size() < (size_t{1} << 30) && r.steps.size() < (size_t{1} << 30),
          "a region is too large");
    findRoots(r);
    for (size_t i = 0; i < r.tensors.size(); ++i) tensor(r, i, parent, owner);
    for (const Step& s : r.steps) step(r, s, depth);
    if (!owner) return;
    if (owner->kind == StepKind::loop) return loopResults(r, *parent, *owner);
    check(r.outputs.size() == owner->outputs.size(), "a branch of step \"", owner->name, "\" has ",
          r.outputs.size(), " results, the step ", owner->outputs.size());
    for (size_t i = 0; i < r.outputs.size(); ++i) {
        int32_t t = r.outputs[i], to = owner->outputs[i];
        if (to < 0) continue;
        check(t >= 0 && t < static_cast<int32_t>(r.tensors.size()), "a branch of step \"",
              owner->name, "\" lacks a result");
        check(r.tensors[root(r, t)].storage != Storage::extents, "a branch of step \"", owner->name,
              "\" gives a shape that is never stored");
        const TensorDesc &from = r.tensors[t].desc, &result = parent->tensors[to].desc;
        check(from.type == result.type && from.rank() == result.rank() && from.format.isDense() &&
                  from.format == parent->tensors[root(*parent, to)].desc.format &&
                  parent->tensors[to].aliasOf < 0,
              "a result of a branch of step \"", owner->name,
              "\" has another type, rank or format than the step's");
    }
}

}  // namespace bireme::plan
