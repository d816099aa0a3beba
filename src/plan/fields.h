// SPDX-License-Identifier: Apache-2.0
// The one list of what the structure section of an engine file holds, in order; writing and reading
// are two archives over it. Only write.cpp and read.cpp include it.
#pragma once

#include "plan/plan.h"

namespace bireme::plan {

constexpr uint32_t kFormatVersion = 10;  // changes with any change of this file
constexpr int kMaxDepth = 32;            // of regions inside regions

using TextPair = std::pair<std::string, std::string>;
using SymbolRange = std::pair<std::string, DimRange>;

template <class A>
void fields(A& a, TextPair& p) {
    a(p.first), a(p.second);
}
template <class A>
void fields(A& a, SymbolRange& r) {
    a(r.first), a(r.second.min), a(r.second.max);
}
template <class A>
void fields(A& a, Format::Block& b) {
    a(b.dim), a(b.size);
}

template <class A>
void fields(A& a, Format& f) {
    a(f.order), a(f.inner), a(f.strides), a(f.whole), a(f.offset);
}

template <class A>
void fields(A& a, TensorDesc& d) {
    a(d.type), a(d.dims), a(d.format), a(d.place.device);
}

template <class A>
void fields(A& a, PlanTensor& t) {
    a(t.name), a(t.desc), a(t.storage), a(t.offset), a(t.index), a(t.aliasOf), a(t.elements);
}

template <class A>
void fields(A& a, DefinedSymbol& d) {
    a(d.symbol), a(d.tensor), a(d.index);
}

template <class A>
void fields(A& a, Considered& c) {
    a(c.tactic), a(c.milliseconds), a(c.reason);
}

template <class A>
void fields(A& a, Region& r);

template <class A>
void fields(A& a, Step& s) {
    a(s.kind), a(s.name), a(s.origins), a(s.kernel), a(s.tactic), a(s.kernelBytes), a(s.recipe);
    a(s.inputs), a(s.outputs), a(s.constants), a(s.constantLayouts), a(s.defines);
    a(s.workspaceOffset), a(s.workspaceBound), a(s.milliseconds), a(s.device), a(s.stream);
    a(s.waits), a(s.signals), a(s.metadata), a(s.considered), a(s.operations), a(s.bytes);
    a.enter();
    a(s.children);
    a.leave();
}

template <class A>
void fields(A& a, Region& r) {
    a(r.tensors), a(r.steps), a(r.outputs);
}

template <class A>
void fields(A& a, InputSymbol& s) {
    a(s.symbol), a(s.io), a(s.index), a(s.element);
}

template <class A>
void fields(A& a, Slices& s) {
    a(s.extent), a(s.lanes), a(s.symbol);
}

template <class A>
void fields(A& a, Variant& v) {
    a(v.profile), a(v.ranges), a(v.inputSymbols), a(v.points), a(v.root), a(v.arenaBytes);
    a(v.slices);
}

template <class A>
void fields(A& a, ProfileShape& p) {
    a(p.min), a(p.opt), a(p.max), a(p.minValues), a(p.optValues), a(p.maxValues);
}

template <class A>
void fields(A& a, IoTensor& t) {
    a(t.name), a(t.desc), a(t.dimNames), a(t.input), a(t.shapeTensor), a(t.profiles);
}

template <class A>
void fields(A& a, ConstantRef& c) {
    a(c.offset), a(c.size), a(c.name), a(c.halves);
}

template <class A>
void fields(A& a, Optimization& o) {
    a(o.pass), a(o.rewrites), a(o.layersBefore), a(o.layersAfter), a(o.operationsSaved);
    a(o.bytesSaved), a(o.notes);
}

template <class A>
void fields(A& a, SourceLayer& l) {
    a(l.name), a(l.op), a(l.inputs);
}

template <class A>
void fields(A& a, PluginLibrary& l) {
    a(l.name), a(l.bytes);
}

template <class A>
void fields(A& a, KeptWeight& w) {
    a(w.constant), a(w.desc);
}

// Everything but the weights.
template <class A>
void fields(A& a, Plan& p) {
    a(p.name), a(p.metadata), a(p.fingerprint), a(p.backend), a(p.threads), a(p.profileCount);
    a(p.profilingVerbosity), a(p.io), a(p.variants), a(p.constants), a(p.optimizations);
    a(p.network), a(p.libraries), a(p.keptNetwork), a(p.keptWeights);
}

}  // namespace bireme::plan
