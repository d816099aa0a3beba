// SPDX-License-Identifier: Apache-2.0
// What an engine tells of itself.
#include "base/status.h"
#include "base/text.h"
#include "bireme/version.h"
#include "builder/fixed_extents.h"
#include "builder/job.h"
#include "ir/work.h"

#include <algorithm>

namespace bireme::builder {

static void describeIo(BuildJob& job) {
    auto add = [&](ir::ValueId v, bool input, size_t index) {
        const ir::Value& value = job.graph.value(v);
        plan::IoTensor t;
        t.name = value.name;
        t.desc = value.desc;
        t.desc.dims = openDims(job, input, index, value.desc.dims);
        t.desc.format = Format::linear();
        if (job.batch && job.batch->numbered)
            for (Dim& d : t.desc.dims)
                d = d.substitute({{job.batch->symbol, Dim(job.batch->size)}});
        t.dimNames = value.dimNames;
        t.input = input;
        if (input)
            for (const auto& p : job.profiles) t.profiles.push_back(p.inputs.at(value.name));
        for (const auto& [name, info] : job.graph.symbols)
            t.shapeTensor =
                t.shapeTensor || (info.source == ir::SymbolSource::hostElement && info.value == v);
        job.plan.io.push_back(std::move(t));
    };
    const auto &inputs = job.graph.inputs(), &outputs = job.graph.outputs();
    for (size_t i = 0; i < inputs.size(); ++i) add(inputs[i], true, i);
    for (size_t i = 0; i < outputs.size(); ++i) add(outputs[i], false, i);
}

static void describeBuild(BuildJob& job) {
    plan::Plan& p = job.plan;
    p.name = job.options.engineName;
    p.backend = std::string(job.backend->name());
    p.fingerprint = job.device->fingerprint();
    p.threads = job.threads;
    p.profileCount = static_cast<int32_t>(job.profiles.size());
    p.profilingVerbosity = static_cast<uint8_t>(job.options.verbosity);
    p.metadata.emplace_back("bireme", BIREME_VERSION);
    p.metadata.emplace_back("backend", cat(p.backend, " ", job.backend->version()));
    p.metadata.emplace_back("device", job.device->properties().name);
    p.metadata.emplace_back("threads", cat(job.threads));
    std::string precision = job.options.tf32 ? "tf32" : "fp32";
    for (DataType t : job.options.precisions) precision += cat(" ", bireme::name(t));
    p.metadata.emplace_back("precision", precision);
    p.metadata.emplace_back("level", cat(job.options.level));
    if (job.options.tuningPoints > 0)
        p.metadata.emplace_back("tuning_points", cat(job.options.tuningPoints));
    if (job.options.strictNans) p.metadata.emplace_back("strict_nans", "1");
    constexpr size_t kMaxNotes = 100;  // per pass: a user reads no more, and engines stay small
    for (const PassLine& line : job.report.passes) {
        if (line.rewrites == 0 && line.notes.empty()) continue;
        plan::Optimization o{line.name,
                             line.rewrites,
                             static_cast<int64_t>(line.nodesBefore),
                             static_cast<int64_t>(line.nodesAfter),
                             static_cast<int64_t>(line.operationsSaved),
                             static_cast<int64_t>(line.bytesSaved),
                             {}};
        if (job.options.verbosity != ProfilingVerbosity::kNONE)
            o.notes.assign(line.notes.begin(),
                           line.notes.begin() +
                               static_cast<std::ptrdiff_t>(std::min(line.notes.size(), kMaxNotes)));
        p.optimizations.push_back(std::move(o));
    }
}

static void describeNetwork(BuildJob& job, const ir::Graph& network) {
    std::map<ir::NodeId, int32_t> index;
    for (ir::NodeId id : network.order()) {
        const ir::Node& n = network.node(id);
        if (n.op.name() == "constant") continue;  // weights: no work of their own
        plan::SourceLayer layer{n.name, std::string(n.op.name()), {}};
        for (ir::ValueId v : n.inputs) {
            if (v == ir::kNoValue || network.isConstant(v)) continue;
            const ir::Node* producer = network.producer(v);
            auto made = producer ? index.find(producer->id) : index.end();
            if (!producer || made != index.end())
                layer.inputs.push_back(producer ? made->second : -1);
        }
        index[id] = static_cast<int32_t>(job.plan.network.size());
        job.plan.network.push_back(std::move(layer));
    }
}

void describePlan(BuildJob& job, const ir::Graph& network) {
    describeIo(job);
    describeBuild(job);
    if (job.options.verbosity == ProfilingVerbosity::kDETAILED) describeNetwork(job, network);
}

// Elements that have to be read of input i. Where nodes alone that move elements read it (a gather
// from a table), no more than they move.
static Dim elementsRead(const ir::Graph& body, ir::ValueId v) {
    const Dim all = volume(body.value(v).desc.dims);
    Dim moved = 0;
    for (const ir::Use& use : body.value(v).users) {
        if (use.node == ir::kNoNode || !body.node(use.node).op.def().has(ir::kMoves)) return all;
        for (ir::ValueId o : body.node(use.node).outputs) moved += volume(body.value(o).desc.dims);
    }
    return min(all, moved);
}

void describeWork(const tactic::Query& q, plan::Step& step) {
    auto bytes = [](const Dim& elements, DataType type) {
        const auto b = static_cast<int64_t>(bits(type));
        return b % 8 == 0 ? elements * Dim(b / 8) : ceilDiv(elements * Dim(b), 8);
    };
    step.operations = ir::operationsOf(q.body()).value_or(-1);
    try {
        Dim sum = 0;
        for (int i = 0; i < q.inputs(); ++i)
            sum += bytes(elementsRead(q.body(), q.body().inputs()[static_cast<size_t>(i)]),
                         q.in(i).type);
        for (int o = 0; o < q.outputs(); ++o) sum += bytes(volume(q.out(o).dims), q.out(o).type);
        step.bytes = sum;
        constexpr size_t kLongest = 4096;  // of a text; chains of windows on open extents grow
        for (Dim* d : {&step.operations, &step.bytes})
            if (d->text().size() > kLongest) *d = -1;
    } catch (const Error&) {
        step.bytes = -1;  // beyond any number
    }
}

std::vector<plan::Considered> considered(const GroupChoice& choice) {
    std::vector<plan::Considered> all;
    for (size_t i = 0; i < choice.candidates.size(); ++i) {
        const Candidate& c = choice.candidates[i];
        if (!c.factory || static_cast<int>(i) == choice.chosen) continue;
        std::string text = c.tactic.text();
        for (const auto& o : c.combination.outputs)
            text += cat(" ", bireme::name(o.type), " ", o.format.text());
        all.push_back({text, c.timed ? c.milliseconds : 0, c.timed ? "" : "not timed"});
    }
    all.insert(all.end(), choice.rejected.begin(), choice.rejected.end());
    return all;
}

}  // namespace bireme::builder
