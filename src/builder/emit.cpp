// SPDX-License-Identifier: Apache-2.0
// Turns chosen candidates into steps: constants packed, reformats inserted, views aliased, memory
// planned.
#include "base/parallel_for.h"
#include "base/status.h"
#include "base/text.h"
#include "builder/bodies.h"
#include "builder/constant_pool.h"
#include "builder/job.h"
#include "builder/joins.h"
#include "builder/kept_network.h"
#include "builder/make_kernel.h"
#include "builder/reformat.h"
#include "builder/storage.h"
#include "builder/tuning_points.h"
#include "builder/views.h"
#include "ir/print.h"

#include <algorithm>
#include <optional>

namespace bireme::builder {

namespace {

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

    void run() {
        isRoot_ = true;
        addInputs();
        addSteps();
        addOutputs();
    }

    // As a region of `step`, which is `flow` of the graph around.
    void runBody(const ControlFlow& flow, const plan::Step& step, const plan::Region& outer) {
        const auto& inputs = v_.graph.inputs();
        for (size_t i = 0; i < inputs.size(); ++i) {
            const size_t k = flow.first + i;
            const bool changes = flow.loop && k < flow.loop->passed();
            if ((!changes && step.inputs[k] < 0) || !readsPassed(v_.graph, i)) continue;
            TensorDesc d = v_.graph.value(inputs[i]).desc;
            d.format = Format::linear();
            tensors_[inputs[i]] = addTensor(v_.graph.value(inputs[i]).name, d,
                                            plan::Storage::parent, static_cast<int>(k));
        }
        for (ir::ValueId v : inputs) readbacks(v);
        addSteps();
        if (flow.loop && flow.first == 2) region_.outputs.push_back(-1);
        for (ir::ValueId v : v_.graph.outputs()) {
            const size_t k = region_.outputs.size();
            region_.outputs.push_back(flow.loop ? stored(v) : bodyOutput(v, step, outer, k));
        }
    }

private:
    plan::Region& region() { return region_; }

    void addSteps() {
        int step = 0;
        for (ir::NodeId id : v_.order) {
            job_.checkCancelled("emit", step++);
            emitGroup(v_.graph.node(id));
        }
    }

    // The tensor of a body's result: never a shape, whose bytes are nowhere.
    int stored(ir::ValueId v) {
        int tensor = operand(v, plain(v));
        const int root = region().tensors[static_cast<size_t>(tensor)].aliasOf;
        if (region().tensors[static_cast<size_t>(root >= 0 ? root : tensor)].storage !=
            plan::Storage::extents)
            return tensor;
        const TensorDesc d = region().tensors[static_cast<size_t>(tensor)].desc;
        return convert(tensor, addTensor(v_.graph.value(v).name, d, plan::Storage::arena));
    }

    // As stored; where it can be, it is the memory of the step's result k.
    int bodyOutput(ir::ValueId v, const plan::Step& step, const plan::Region& outer, size_t k) {
        const int tensor = stored(v);
        auto& t = region().tensors[static_cast<size_t>(tensor)];
        if (step.outputs[k] < 0) return tensor;
        const auto& result = outer.tensors[static_cast<size_t>(step.outputs[k])].desc;
        if (t.aliasOf < 0 && t.storage == plan::Storage::arena && t.desc.dims == result.dims &&
            t.desc.format == result.format) {
            t.storage = plan::Storage::parent;
            t.index = static_cast<int32_t>(step.inputs.size() + k);
        }
        return tensor;
    }

    // Control flow: one region for each body, and all that any of them reads as operands.
    void emitBodies(const ir::Node& n, const GroupChoice& choice) {
        const ControlFlow flow = controlFlow(v_.graph, n);
        plan::Step step;
        step.kind = flow.loop ? plan::StepKind::loop : plan::StepKind::conditional;
        if (flow.loop) step.kernelBytes = Blob::own(flow.loop->bytes());
        step.name = n.name;
        step.origins = n.origins;
        step.metadata = n.metadata;
        for (size_t k = 0; k < flow.operands.size(); ++k) {
            const ir::ValueId v = flow.operands[k];
            bool read = k < (flow.loop ? flow.loop->passed() : flow.first);
            for (const auto& body : choice.bodies)
                read = read || readsPassed(body->graph, k - flow.first);
            step.inputs.push_back(v != ir::kNoValue && read ? operand(v, plain(v)) : -1);
        }
        for (ir::ValueId v : flow.results) {
            if (v == ir::kNoValue) {
                step.outputs.push_back(-1);
                continue;
            }
            TensorDesc d = v_.graph.value(v).desc;
            d.format = Format::linear();
            step.outputs.push_back(tensors_[v] =
                                       addTensor(v_.graph.value(v).name, d, plan::Storage::arena));
        }
        addDefines(step, flow.results);
        for (const auto& body : choice.bodies) {
            plan::Region child;
            Emitter(job_, *body, target_, child).runBody(flow, step, region());
            step.children.push_back(std::move(child));
        }
        region().steps.push_back(std::move(step));
        for (ir::ValueId v : n.outputs) readbacks(v);
    }

    // Does a body read what it is passed? Of what is constant or known it has its own.
    static bool readsPassed(const ir::Graph& body, size_t i) {
        const ir::ValueId v = body.inputs()[i];
        return !body.isConstant(v) && body.useCount(v) > 0;
    }

    void addDefines(plan::Step& step, const std::vector<ir::ValueId>& outputs) {
        for (const auto& [name, info] : v_.graph.symbols) {
            if (info.source != ir::SymbolSource::stepExtent) continue;
            for (size_t o = 0; o < outputs.size(); ++o)
                if (info.value == outputs[o])
                    step.defines.push_back({name, step.outputs[o], info.index});
        }
    }

    int addTensor(const std::string& name, TensorDesc desc, plan::Storage storage, int index = -1) {
        plan::PlanTensor t;
        t.name = name;
        t.desc = std::move(desc);
        t.storage = storage;
        t.index = index;
        region().tensors.push_back(std::move(t));
        return static_cast<int>(region().tensors.size()) - 1;
    }

    int addAlias(const std::string& name, TensorDesc desc, int of) {
        int id = addTensor(name, std::move(desc), plan::Storage::arena);
        int root = region().tensors[static_cast<size_t>(of)].aliasOf;
        region().tensors[static_cast<size_t>(id)].aliasOf = root >= 0 ? root : of;
        return id;
    }

    void addInputs() {
        const auto& inputs = v_.graph.inputs();
        for (size_t i = 0; i < inputs.size(); ++i) {
            const ir::Value& value = v_.graph.value(inputs[i]);
            TensorDesc d = value.desc;
            d.format = Format::linear();
            tensors_[inputs[i]] =
                addTensor(value.name, d, plan::Storage::input, static_cast<int>(i));
            for (size_t k = 0; k < d.dims.size(); ++k)
                if (d.dims[k].isSymbol())
                    target_.variant.inputSymbols.push_back(
                        {d.dims[k].text(), static_cast<int>(i), static_cast<int>(k), false});
        }
        for (const auto& [name, info] : v_.graph.symbols) {
            if (info.source != ir::SymbolSource::hostElement || !v_.graph.isInput(info.value))
                continue;
            auto it = std::find(inputs.begin(), inputs.end(), info.value);
            target_.variant.inputSymbols.push_back(
                {name, static_cast<int>(it - inputs.begin()), info.index, true});
        }
    }

    int constantTensor(ir::ValueId v, const Operand& wanted) {
        const ir::Value& value = v_.graph.value(v);
        auto key = keyOf(v, wanted);
        if (auto it = constantTensors_.find(key); it != constantTensors_.end()) return it->second;
        Blob bytes = relayout(constantBytes(v_, v, wanted.type), wanted.type,
                              staticValues(value.desc.dims), wanted.format);
        TensorDesc d = value.desc;
        d.type = wanted.type;
        d.format = wanted.format;
        const int held =
            pool_.add(bytes, value.weightsName.empty() ? value.name : value.weightsName);
        if (isRoot_) noteStored(v, held, d);
        int id = addTensor(value.name, d, plan::Storage::constant, held);
        return constantTensors_[key] = id;
    }

    // As noteWeight, of a constant that a step reads as an operand.
    void noteStored(ir::ValueId v, int held, const TensorDesc& d) {
        if (!job_.graph.isConstant(v)) return;
        auto [it, fresh] = job_.kept.try_emplace(v, plan::KeptWeight{held, d});
        if (!fresh && it->second.desc.type != job_.graph.value(v).desc.type) it->second = {held, d};
    }

    // A shape as an integer tensor: its elements are evaluated when kernels are bound.
    void addShape(const ir::Value& value) {
        BIREME_ASSERT(value.known);
        int id = tensors_[value.id] = addTensor(value.name, value.desc, plan::Storage::extents);
        region().tensors[static_cast<size_t>(id)].elements = *value.known;
    }

    static std::string keyOf(ir::ValueId v, const Operand& o) {
        return cat(v, " ", bireme::name(o.type), " ", o.format.text());
    }

    // The tensor that holds `v` in the wanted type and format; adds a convert step (once for each)
    // or an alias.
    int operand(ir::ValueId v, const Operand& wanted, const tactic::Combination& reader = {}) {
        if (v == ir::kNoValue) return -1;
        if (v_.graph.isConstant(v)) return constantTensor(v, wanted);
        if (!tensors_.count(v)) addShape(v_.graph.value(v));
        int have = tensors_.at(v);
        TensorDesc desc = region().tensors[static_cast<size_t>(have)].desc;
        if (desc.type == wanted.type && desc.format == wanted.format) return have;
        if (reader.acceptsViews && !desc.format.isDense() &&
            reads(desc.dims, {desc.type, desc.format}, wanted, reader, partAlignment(job_)))
            return have;
        auto key = keyOf(v, wanted);
        if (auto it = converted_.find(key); it != converted_.end()) return it->second;
        bool alias = desc.type == wanted.type && sameLayout(desc.dims, desc.format, wanted.format);
        desc.type = wanted.type;
        desc.format = wanted.format;
        const std::string name = region().tensors[static_cast<size_t>(have)].name;
        int id = alias ? addAlias(name, desc, have)
                       : convert(have, addTensor(name, desc, plan::Storage::arena));
        return converted_[key] = id;
    }

    Operand plain(ir::ValueId v) const { return {v_.graph.value(v).desc.type, Format::linear()}; }

    // A step that copies tensor `from` into `to`, changing format or type.
    int convert(int from, int to) {
        const plan::PlanTensor source = region().tensors[static_cast<size_t>(from)],
                               target = region().tensors[static_cast<size_t>(to)];
        const Reformat copy(job_, v_, source.name, source.desc, target.desc);
        const tactic::KernelFactory* chosen = copy.factory();
        const tactic::Query& q = copy.query();
        if (!chosen)
            throw Error(ErrorCode::kUNSUPPORTED_STATE,
                        cat("no kernel changes ", source.desc.text(), " into ", target.desc.text(),
                            " (", copy.reasons(), ")"),
                        source.name);
        tactic::TacticList tactics;
        chosen->tactics(q, tactics);
        plan::Step step;
        step.kind = plan::StepKind::convert;
        step.name = cat("reformat ", source.name, " to ", target.desc.format.text());
        if (source.desc.type != target.desc.type)
            step.name += cat(" ", bireme::name(target.desc.type));
        fillStep(step, q, *chosen, tactics.at(0), chosen->create(q, tactics.at(0)), {from}, {to});
        region().steps.push_back(std::move(step));
        return to;
    }

    void emitGroup(const ir::Node& n) {
        const GroupChoice& choice = v_.choices.at(n.id);
        if (!choice.bodies.empty()) return emitBodies(n, choice);
        if (choice.choice().joins) return emitJoin(n, choice.choice());
        if (!choice.choice().factory) {
            const Candidate& c = choice.choice();
            int in = operand(n.inputs[0], c.combination.inputs[0]);
            const ir::Value& value = v_.graph.value(n.outputs[0]);
            TensorDesc d = value.desc;
            d.type = c.combination.outputs[0].type;
            d.format = c.combination.outputs[0].format;
            tensors_[value.id] = addAlias(value.name, d, in);
            readbacks(value.id);
            return;
        }
        // What others write into or read as it lies has to lie as was chosen.
        const bool part = std::any_of(n.outputs.begin(), n.outputs.end(), [&](ir::ValueId v) {
            return joins_.partOfJoin(v) != nullptr;
        });
        // Operands that the kernel consumes need no tensor: learn which first.
        MadeKernel kernel = makeKernel(job_, v_, n, part);
        const Candidate& c = choice.choice();
        const tactic::Query& q = kernel.query;
        tactic::Created& made = kernel.created;
        plan::Step step;
        step.name = n.name;
        step.origins = n.origins;
        step.metadata = n.metadata;
        step.device = choice.onHost ? 1 : 0;
        step.milliseconds = c.timed ? c.milliseconds : 0;
        if (job_.options.verbosity == ProfilingVerbosity::kDETAILED)
            step.considered = considered(choice);
        std::vector<int> in, out;
        for (size_t i = 0; i < n.inputs.size(); ++i) {
            bool consumed = std::find(made.consumed.begin(), made.consumed.end(),
                                      static_cast<int>(i)) != made.consumed.end();
            in.push_back(consumed ? -1
                                  : operand(n.inputs[i], c.combination.inputs[i], c.combination));
        }
        for (size_t o = 0; o < n.outputs.size(); ++o) {
            const ir::Value& value = v_.graph.value(n.outputs[o]);
            TensorDesc d = value.desc;
            d.type = c.combination.outputs[o].type;
            d.format = c.combination.outputs[o].format;
            const Place* place = joins_.partOfJoin(value.id);
            if (place) d.format = joins_.stored(value.id).format;
            out.push_back(tensors_[value.id] =
                              place ? addAlias(value.name, d, joinTensor(place->join))
                                    : addTensor(value.name, d, plan::Storage::arena));
        }
        const auto constants = made.constants;
        const auto consumed = made.consumed;
        fillStep(step, q, *c.factory, c.tactic, std::move(made), in, out);
        for (size_t k = 0; isRoot_ && k < constants.size(); ++k)
            for (int i : consumed)
                noteWeight(job_, v_, n.inputs[static_cast<size_t>(i)], step.constants[k],
                           constants[k].bytes, constants[k].layout);
        addDefines(step, n.outputs);
        region().steps.push_back(std::move(step));
        for (ir::ValueId v : n.outputs) readbacks(v);
    }

    // The buffer of a join, from the first thing that is written into it.
    int joinTensor(ir::NodeId id) {
        const ir::Value& value = v_.graph.value(v_.graph.node(id).outputs[0]);
        if (auto it = tensors_.find(value.id); it != tensors_.end()) return it->second;
        const Operand& out = v_.choices.at(id).choice().combination.outputs[0];
        TensorDesc d = value.desc;
        d.type = out.type, d.format = out.format;
        return tensors_[value.id] = addTensor(value.name, d, plan::Storage::arena);
    }

    // What its operands' producers did not write where it belongs is copied there.
    void emitJoin(const ir::Node& n, const Candidate& c) {
        const ir::Value& value = v_.graph.value(n.outputs[0]);
        const Place* within = joins_.partOfJoin(value.id);
        if (within) {
            TensorDesc d = value.desc;
            d.type = c.combination.outputs[0].type;
            d.format = joins_.stored(value.id).format;
            tensors_[value.id] = addAlias(value.name, d, joinTensor(within->join));
        }
        const int whole = within ? tensors_[value.id] : joinTensor(n.id);
        for (size_t i = 0; i < n.inputs.size(); ++i) {
            if (joins_.inPlace(n.id, i)) continue;
            const ir::Value& x = v_.graph.value(n.inputs[i]);
            TensorDesc d = x.desc;
            d.type = c.combination.inputs[i].type;
            d.format = joins_.operandFormat(n.id, i, c.combination.outputs[0].format);
            int from =
                x.constant ? constantTensor(x.id, {d.type, Format::linear()}) : tensors_.at(x.id);
            convert(from, addAlias(x.name, d, whole));
        }
        readbacks(value.id);
    }

    void fillStep(plan::Step& step, const tactic::Query& q, const tactic::KernelFactory& factory,
                  const tactic::Tactic& tactic, tactic::Created made, const std::vector<int>& in,
                  const std::vector<int>& out) {
        ByteWriter bytes;
        made.kernel->save(bytes);
        step.kernel = std::string(factory.name());
        step.tactic = tactic.text();
        step.kernelBytes = Blob::own(bytes.take());
        step.recipe = ir::print(q.body());
        for (auto& k : made.constants) {
            step.constants.push_back(pool_.add(k.bytes, step.name));
            step.constantLayouts.push_back(k.layout);
        }
        step.inputs.assign(in.begin(), in.end());
        step.outputs.assign(out.begin(), out.end());
        step.workspaceBound = static_cast<int64_t>(made.kernel->workspaceBound(
            q.shapes(ir::GroupShape::min), q.shapes(ir::GroupShape::opt),
            q.shapes(ir::GroupShape::max)));
    }

    // Integer values that decide later shapes are read back as soon as they exist.
    void readbacks(ir::ValueId v) {
        plan::Step step;
        step.kind = plan::StepKind::readback;
        for (const auto& [name, info] : v_.graph.symbols)
            if (info.source == ir::SymbolSource::hostElement && info.value == v)
                step.defines.push_back({name, -1, info.index});
        if (step.defines.empty()) return;
        int tensor = operand(v, plain(v));
        for (auto& d : step.defines) d.tensor = tensor;
        step.name = "readback " + v_.graph.value(v).name;
        step.inputs = {tensor};
        region().steps.push_back(std::move(step));
    }

    void addOutputs() {
        const auto& outputs = v_.graph.outputs();
        int first = static_cast<int>(v_.graph.inputs().size());
        for (size_t i = 0; i < outputs.size(); ++i) {
            int io = first + static_cast<int>(i);
            int tensor = operand(outputs[i], plain(outputs[i]));
            int root = region().tensors[static_cast<size_t>(tensor)].aliasOf;
            auto& t = region().tensors[static_cast<size_t>(root >= 0 ? root : tensor)];
            if (t.storage == plan::Storage::arena) {
                t.storage = plan::Storage::output;
                t.index = io;
                continue;
            }
            // An input, a constant, or another output: copy it into the user's buffer.
            TensorDesc d = region().tensors[static_cast<size_t>(tensor)].desc;
            convert(tensor,
                    addTensor(v_.graph.value(outputs[i]).name, d, plan::Storage::output, io));
        }
    }

    BuildJob& job_;
    VariantJob& v_;
    ConstantPool& pool_;
    Target& target_;
    plan::Region& region_;
    const Joins joins_;
    bool isRoot_ = false;                 // bodies number their values by themselves
    std::map<ir::ValueId, int> tensors_;  // where each value lies as its producer left it
    std::map<std::string, int> converted_, constantTensors_;
};

}  // namespace

void emitVariant(BuildJob& job, VariantJob& variant) {
    ThreadCount threads(job.threads);
    Target target;
    target.variant.profile = variant.profile;
    Emitter(job, variant, target, target.variant.root).run();
    for (const auto& [name, range] : target.ranges) target.variant.ranges.emplace_back(name, range);
    placeStorage(target.variant, target.max, target.ranges);
    auto& point = target.variant.points.emplace_back();
    for (const auto& s : target.variant.inputSymbols) point.push_back(variant.opt.at(s.symbol));
    addVariant(job.plan, std::move(target.variant));
}

}  // namespace bireme::builder
