// SPDX-License-Identifier: Apache-2.0
// Turns chosen candidates into steps: constants packed, reformats inserted, views aliased, memory
// planned.
#include "base/env.h"
#include "base/parallel_for.h"
#include "base/status.h"
#include "base/text.h"
#include "builder/emitter.h"
#include "builder/fixed_extents.h"
#include "builder/in_place.h"
#include "builder/kept_network.h"
#include "builder/make_kernel.h"
#include "builder/reformat.h"
#include "builder/slices.h"
#include "builder/storage.h"
#include "builder/tuning_points.h"
#include "ir/print.h"

#include <algorithm>

namespace bireme::builder {

void Emitter::run() {
    isRoot_ = true;
    addInputs();
    addSteps();
    addOutputs();
    shareMemory();
}

void Emitter::addSteps() {
    int step = 0;
    for (ir::NodeId id : v_.order) {
        job_.checkCancelled("emit", step++);
        emitGroup(v_.graph.node(id));
    }
}

void Emitter::addDefines(plan::Step& step, const std::vector<ir::ValueId>& outputs) {
    for (const auto& [name, info] : v_.graph.symbols) {
        if (info.source != ir::SymbolSource::stepExtent) continue;
        for (size_t o = 0; o < outputs.size(); ++o)
            if (info.value == outputs[o])
                step.defines.push_back({name, step.outputs[o], info.index});
    }
}

int Emitter::addTensor(const std::string& name, TensorDesc desc, plan::Storage storage, int index) {
    plan::PlanTensor t;
    t.name = name;
    t.desc = std::move(desc);
    t.storage = storage;
    t.index = index;
    region().tensors.push_back(std::move(t));
    return static_cast<int>(region().tensors.size()) - 1;
}

int Emitter::addAlias(const std::string& name, TensorDesc desc, int of) {
    int id = addTensor(name, std::move(desc), plan::Storage::arena);
    int root = region().tensors[static_cast<size_t>(of)].aliasOf;
    region().tensors[static_cast<size_t>(id)].aliasOf = root >= 0 ? root : of;
    return id;
}

void Emitter::addInputs() {
    const auto& inputs = v_.graph.inputs();
    for (size_t i = 0; i < inputs.size(); ++i) {
        const ir::Value& value = v_.graph.value(inputs[i]);
        TensorDesc d = value.desc;
        d.format = Format::linear();
        tensors_[inputs[i]] = addTensor(value.name, d, plan::Storage::input, static_cast<int>(i));
        for (size_t k = 0; k < d.dims.size(); ++k)
            if (d.dims[k].isSymbol())
                target_.variant.inputSymbols.push_back(
                    {d.dims[k].text(), static_cast<int>(i), static_cast<int>(k), false});
    }
    for (const plan::InputSymbol& s : fixedInputs(job_)) target_.variant.inputSymbols.push_back(s);
    for (const auto& [name, info] : v_.graph.symbols) {
        if (info.source != ir::SymbolSource::hostElement || !v_.graph.isInput(info.value)) continue;
        auto it = std::find(inputs.begin(), inputs.end(), info.value);
        target_.variant.inputSymbols.push_back(
            {name, static_cast<int>(it - inputs.begin()), info.index, true});
    }
}

int Emitter::constantTensor(ir::ValueId v, const Operand& wanted) {
    const ir::Value& value = v_.graph.value(v);
    auto key = keyOf(v, wanted);
    if (auto it = constantTensors_.find(key); it != constantTensors_.end()) return it->second;
    Blob bytes = relayout(constantBytes(v_, v, wanted.type), wanted.type,
                          staticValues(value.desc.dims), wanted.format);
    TensorDesc d = value.desc;
    d.type = wanted.type;
    d.format = wanted.format;
    const int held = pool_.add(bytes, value.weightsName.empty() ? value.name : value.weightsName);
    if (isRoot_) noteStored(v, held, d);
    int id = addTensor(value.name, d, plan::Storage::constant, held);
    return constantTensors_[key] = id;
}

void Emitter::noteStored(ir::ValueId v, int held, const TensorDesc& d) {
    if (!job_.graph.isConstant(v)) return;
    auto [it, fresh] = job_.kept.try_emplace(v, plan::KeptWeight{held, d});
    if (!fresh && it->second.desc.type != job_.graph.value(v).desc.type) it->second = {held, d};
}

void Emitter::addShape(const ir::Value& value) {
    BIREME_ASSERT(value.known);
    int id = tensors_[value.id] = addTensor(value.name, value.desc, plan::Storage::extents);
    region().tensors[static_cast<size_t>(id)].elements = *value.known;
}

std::string Emitter::keyOf(ir::ValueId v, const Operand& o) {
    return cat(v, " ", bireme::name(o.type), " ", o.format.text());
}

int Emitter::operand(ir::ValueId v, const Operand& wanted, const tactic::Combination& reader) {
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

int Emitter::convert(int from, int to) {
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
    if (source.desc.type != target.desc.type) step.name += cat(" ", bireme::name(target.desc.type));
    fillStep(step, q, *chosen, tactics.at(0), chosen->create(q, tactics.at(0)), {from}, {to});
    region().steps.push_back(std::move(step));
    return to;
}

void Emitter::emitGroup(const ir::Node& n) {
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
    const bool part = std::any_of(n.outputs.begin(), n.outputs.end(),
                                  [&](ir::ValueId v) { return joins_.partOfJoin(v) != nullptr; });
    // Operands that the kernel consumes need no tensor: learn which first.
    MadeKernel kernel = makeKernel(job_, v_, n, part);
    const Candidate& c = choice.choice();
    const tactic::Query& q = kernel.query;
    tactic::Created& made = kernel.created;
    plan::Step step;
    step.name = n.name;
    step.origins = n.origins.list();
    step.metadata = n.metadata;
    step.device = choice.onHost ? 1 : 0;
    step.milliseconds = c.timed ? c.milliseconds : 0;
    if (job_.options.verbosity == ProfilingVerbosity::kDETAILED)
        step.considered = considered(choice);
    std::vector<int> in, out;
    for (size_t i = 0; i < n.inputs.size(); ++i) {
        bool consumed = std::find(made.consumed.begin(), made.consumed.end(),
                                  static_cast<int>(i)) != made.consumed.end();
        in.push_back(consumed ? -1 : operand(n.inputs[i], c.combination.inputs[i], c.combination));
    }
    for (size_t o = 0; o < n.outputs.size(); ++o) {
        const ir::Value& value = v_.graph.value(n.outputs[o]);
        TensorDesc d = value.desc;
        d.type = c.combination.outputs[o].type;
        d.format = c.combination.outputs[o].format;
        const Place* place = joins_.partOfJoin(value.id);
        if (place) d.format = joins_.stored(value.id).format;
        out.push_back(tensors_[value.id] = place ? addAlias(value.name, d, joinTensor(place->join))
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
    if (c.combination.overwrites >= 0 && !part)
        overwrites_[region().steps.size()] = c.combination.overwrites;
    region().steps.push_back(std::move(step));
    for (ir::ValueId v : n.outputs) readbacks(v);
}

// GPU kernels that say they may have not been tried where they do.
void Emitter::shareMemory() {
    if (!job_.device->properties().hostMemory || !envInt("BIREME_IN_PLACE")) return;
    const int shared = builder::shareMemory(region(), overwrites_);
    if (shared > 0) job_.log.verbose(shared, " results take the memory of operands");
}

int Emitter::joinTensor(ir::NodeId id) {
    const ir::Value& value = v_.graph.value(v_.graph.node(id).outputs[0]);
    if (auto it = tensors_.find(value.id); it != tensors_.end()) return it->second;
    const Operand& out = v_.choices.at(id).choice().combination.outputs[0];
    TensorDesc d = value.desc;
    d.type = out.type, d.format = out.format;
    return tensors_[value.id] = addTensor(value.name, d, plan::Storage::arena);
}

void Emitter::emitJoin(const ir::Node& n, const Candidate& c) {
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

void Emitter::fillStep(plan::Step& step, const tactic::Query& q,
                       const tactic::KernelFactory& factory, const tactic::Tactic& tactic,
                       tactic::Created made, const std::vector<int>& in,
                       const std::vector<int>& out) {
    ByteWriter bytes;
    made.kernel->save(bytes);
    step.kernel = std::string(factory.name());
    step.tactic = tactic.text();
    step.kernelBytes = Blob::own(bytes.take());
    step.recipe = ir::print(q.body());
    if (job_.options.verbosity == ProfilingVerbosity::kDETAILED) describeWork(q, step);
    for (auto& k : made.constants) {
        step.constants.push_back(pool_.add(k.bytes, step.name));
        step.constantLayouts.push_back(k.layout);
    }
    step.inputs.assign(in.begin(), in.end());
    step.outputs.assign(out.begin(), out.end());
    step.workspaceBound = static_cast<int64_t>(
        made.kernel->workspaceBound(q.shapes(ir::GroupShape::min), q.shapes(ir::GroupShape::opt),
                                    q.shapes(ir::GroupShape::max)));
}

void Emitter::readbacks(ir::ValueId v) {
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

void Emitter::addOutputs() {
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
        convert(tensor, addTensor(v_.graph.value(outputs[i]).name, d, plan::Storage::output, io));
    }
}

void emitVariant(BuildJob& job, VariantJob& variant) {
    ThreadCount threads(variant.threads);
    Target target;
    target.variant.profile = variant.profile;
    Emitter(job, variant, target, target.variant.root).run();
    for (const auto& [name, range] : target.ranges) target.variant.ranges.emplace_back(name, range);
    placeStorage(target.variant, target.max, target.ranges);
    if (variant.sliced) emitSlices(job, target.variant);
    auto& point = target.variant.points.emplace_back();
    for (const auto& s : target.variant.inputSymbols)
        point.push_back(variant.sliced && s.symbol == job.batch->symbol ? job.batch->size
                                                                        : variant.opt.at(s.symbol));
    addVariant(job.plan, std::move(target.variant));
}

}  // namespace bireme::builder
