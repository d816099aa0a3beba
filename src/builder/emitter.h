// SPDX-License-Identifier: Apache-2.0
// Chosen candidates become steps: emit.cpp those of one region, emit_bodies.cpp control flow.
#pragma once

#include "builder/bodies.h"
#include "builder/job.h"
#include "builder/joins.h"
#include "builder/views.h"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

namespace bireme::builder {

// What all regions of a variant add to.
struct Target {
    plan::Variant variant;
    Dim::Values max;
    std::map<std::string, DimRange, std::less<>> ranges;

    void know(const VariantJob& v) {
        for (const auto& [name, range] : v.ranges) {
            auto [it, fresh] = ranges.try_emplace(name, range);
            it->second.min = std::min(it->second.min, range.min);
            it->second.max = std::max(it->second.max, range.max);
            auto bound = max.try_emplace(name, it->second.max).first;
            bound->second = std::max(bound->second, v.max.at(name));
        }
    }
};

class Emitter {
public:
    Emitter(BuildJob& job, VariantJob& variant, Target& target, plan::Region& region)
        : job_(job),
          v_(variant),
          pool_(job.constants),
          target_(target),
          region_(region),
          joins_(job, variant) {
        target_.know(v_);
    }

    void run();

    // As a region of `step`, which is `flow` of the graph around.
    void runBody(const ControlFlow& flow, const plan::Step& step, const plan::Region& outer);

private:
    plan::Region& region() { return region_; }
    void addSteps();
    // The tensor of a body's result: never a shape, whose bytes are nowhere.
    int stored(ir::ValueId v);
    // As stored; where it can be, it is the memory of the step's result k.
    int bodyOutput(ir::ValueId v, const plan::Step& step, const plan::Region& outer, size_t k);
    // Control flow: one region for each body, and all that any of them reads as operands.
    void emitBodies(const ir::Node& n, const GroupChoice& choice);
    // Does a body read what it is passed? Of what is constant or known it has its own.
    static bool readsPassed(const ir::Graph& body, size_t i);
    void addDefines(plan::Step& step, const std::vector<ir::ValueId>& outputs);
    int addTensor(const std::string& name, TensorDesc desc, plan::Storage storage, int index = -1);
    int addAlias(const std::string& name, TensorDesc desc, int of);
    void addInputs();
    int constantTensor(ir::ValueId v, const Operand& wanted);
    // As noteWeight, of a constant that a step reads as an operand.
    void noteStored(ir::ValueId v, int held, const TensorDesc& d);
    // A shape as an integer tensor: its elements are evaluated when kernels are bound.
    void addShape(const ir::Value& value);
    static std::string keyOf(ir::ValueId v, const Operand& o);
    // The tensor that holds `v` in the wanted type and format; adds a convert step (once for each)
    // or an alias.
    int operand(ir::ValueId v, const Operand& wanted, const tactic::Combination& reader = {});
    Operand plain(ir::ValueId v) const { return {v_.graph.value(v).desc.type, Format::linear()}; }
    // A step that copies tensor `from` into `to`, changing format or type.
    int convert(int from, int to);
    void emitGroup(const ir::Node& n);
    // The buffer of a join, from the first thing that is written into it.
    int joinTensor(ir::NodeId id);
    // What its operands' producers did not write where it belongs is copied there.
    void emitJoin(const ir::Node& n, const Candidate& c);
    void fillStep(plan::Step& step, const tactic::Query& q, const tactic::KernelFactory& factory,
                  const tactic::Tactic& tactic, tactic::Created made, const std::vector<int>& in,
                  const std::vector<int>& out);
    // Integer values that decide later shapes are read back as soon as they exist.
    void readbacks(ir::ValueId v);
    void addOutputs();
    // Of steps whose kernels may write over what they read.
    void shareMemory();

    BuildJob& job_;
    VariantJob& v_;
    ConstantPool& pool_;
    Target& target_;
    plan::Region& region_;
    const Joins joins_;
    std::map<size_t, int> overwrites_;    // step -> input whose memory its first result may take
    bool isRoot_ = false;                 // bodies number their values by themselves
    std::map<ir::ValueId, int> tensors_;  // where each value lies as its producer left it
    std::map<std::string, int> converted_, constantTensors_;
};

}  // namespace bireme::builder
