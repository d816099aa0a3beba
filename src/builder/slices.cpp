// SPDX-License-Identifier: Apache-2.0
#include "builder/slices.h"

#include "base/env.h"
#include "base/text.h"
#include "builder/fixed_extents.h"
#include "builder/precision.h"
#include "ir/verify.h"
#include "ir/work.h"
#include "ops/reshape.h"
#include "ops/shuffle.h"
#include "ops/support/samples.h"

#include <algorithm>
#include <cmath>

namespace bireme::builder {

namespace {

const plan::ProfileShape* profileOf(const BuildOptions& o, const std::string& input) {
    if (o.profiles.size() != 1) return nullptr;
    const auto at = o.profiles[0].inputs.find(input);
    return at == o.profiles[0].inputs.end() || at->second.opt.empty() ? nullptr : &at->second;
}

// The first extent of one input.
std::optional<Batch> batchOf(const BuildOptions& o, const ir::Value& input) {
    if (input.desc.dims.empty() || bits(input.desc.type) % 8 != 0) return std::nullopt;
    const Dim& d = input.desc.dims[0];
    Batch b;
    b.numbered = d.isStatic();
    b.symbol = d.isStatic() ? "samples" : d.text();
    if (d.isStatic()) {
        b.least = b.size = b.most = d.value();
        return b;
    }
    const plan::ProfileShape* p = profileOf(o, input.name);
    if (!d.isSymbol() || !p || p->min.empty() || p->max.empty()) return std::nullopt;
    b.least = p->min[0], b.size = p->opt[0], b.most = p->max[0];
    return b;
}

bool same(const Batch& a, const Batch& b) {
    return a.symbol == b.symbol && a.numbered == b.numbered && a.least == b.least &&
           a.size == b.size && a.most == b.most;
}

// A reshape that keeps the first extent of its input says so, and not the number that it is.
template <typename Op>
void keepFirst(ir::Graph& g, ir::Node& n, std::vector<int64_t> Op::*shape, int64_t samples) {
    Op* op = n.op.edit<Op>();
    if (!op || (n.inputs.size() > 1 && n.inputs[1] != ir::kNoValue)) return;
    std::vector<int64_t>& to = op->*shape;
    const DimVector& from = g.value(n.inputs[0]).desc.dims;
    if (to.empty() || to[0] != samples || from.empty() || !from[0].is(samples)) return;
    if (!op->zeroIsPlaceholder && std::find(to.begin(), to.end(), 0) != to.end()) return;
    op->zeroIsPlaceholder = true;
    to[0] = 0;
}

// Milliseconds of a sample, beyond its arithmetic, in slices of `samples`: constants are read once
// a slice; what a core's cache does not hold comes from the cache of all, and what that does not
// hold for all lanes from memory. With one slice for each lane, a lane that is held up holds up the
// run. Rates and sizes are rounded from common processors: what is compared differs by factors.
class Traffic {
public:
    Traffic(const BuildJob& job, const Batch& batch, int lanes)
        : lanes_(lanes), own_(static_cast<double>(job.device->properties().coreCache) / 2) {
        const ir::Graph& g = job.graph;
        Dim::Values values = optimum(job);
        values[batch.symbol] = 1;
        const double share = job.options.precisions.empty() || storesHalves(job) ? 1 : 0.5;
        auto bytes = [&](ir::ValueId v) {
            if (v == ir::kNoValue) return 0.0;
            double n = static_cast<double>(bits(g.value(v).desc.type)) / 8 * share;
            for (const Dim& d : g.value(v).desc.dims)
                n *= static_cast<double>(d.eval(values).value_or(1));
            return n;
        };
        for (ir::NodeId id : g.nodeIds()) {
            const ir::Node& n = g.node(id);
            ++steps_;
            for (ir::ValueId v : n.inputs)
                if (v == ir::kNoValue || !g.isConstant(v))
                    moved_.push_back(bytes(v));
                else if (!n.op.def().has(ir::kMoves))  // those read few rows of a table
                    constants_ += bytes(v);
            for (ir::ValueId v : n.outputs) moved_.push_back(bytes(v));
        }
        const auto work = ir::operationsOf(g, &values);
        if (work && work->isStatic()) work_ = static_cast<double>(work->value()) / kProducts;
    }
    double of(int64_t samples, int64_t turns) const {
        const auto n = static_cast<double>(samples);
        const double first = constants_ / (constants_ > kAll ? kFirstFar : kFirst);
        double ms = (steps_ * kStep + first) / n + (turns == 1 ? kHeldUp * work_ : 0);
        for (double m : moved_) {
            const double at = m * n;
            if (at * lanes_ > kShared)
                ms += m / kMemory;
            else if (at > own_)
                ms += m / kNear * (1 - own_ / at);
        }
        return ms;
    }

private:
    static constexpr double kShared = 16 << 20, kAll = 24 << 20;  // bytes
    static constexpr double kNear = 30e6, kMemory = 15e6;         // bytes a millisecond
    static constexpr double kFirst = 15e6, kFirstFar = 10e6;      // the same of constants
    static constexpr double kProducts = 1e8;                      // operations a millisecond
    static constexpr double kStep = 1e-3;                         // milliseconds
    static constexpr double kHeldUp = 0.04;                       // share of a run
    int lanes_;
    double own_;  // bytes of a core's cache that two tensors of a step share
    double steps_ = 0, constants_ = 0, work_ = 0;
    std::vector<double> moved_;
};

// Samples at a time; 0 where some lanes would be idle for long.
int64_t bestSlice(const BuildJob& job, const Batch& b, int lanes) {
    constexpr double kBusy = 0.85;
    const Traffic traffic(job, b, lanes);
    const int64_t asked = envInt("BIREME_SLICES");
    int64_t best = 0;
    double least = 0;
    for (int64_t s = 1; s * lanes <= b.size; ++s) {
        if (asked > 0 && s != asked) continue;
        const bool power = (s & (s - 1)) == 0;
        if (!power && s * lanes != b.size) continue;
        if (b.fixed() && b.size % s != 0) continue;
        const int64_t turns = (b.size + s * lanes - 1) / (s * lanes);
        if (static_cast<double>(b.size) < kBusy * static_cast<double>(turns * s * lanes)) continue;
        const double ms = traffic.of(s, turns);
        if (best == 0 || ms < least) best = s, least = ms;
    }
    return best;
}

}  // namespace

std::optional<Batch> findBatch(const BuildJob& job, const ir::Graph& network) {
    if (!job.device->properties().hostMemory || job.backend->name() == "reference" ||
        envInt("BIREME_SLICES") == 0 || network.inputs().empty() ||
        job.options.profiles.size() > 1 || job.options.tuningPoints > 0)
        return std::nullopt;
    std::optional<Batch> batch;
    for (ir::ValueId v : network.inputs()) {
        const auto own = batchOf(job.options, network.value(v));
        if (!own || (batch && !same(*batch, *own))) return std::nullopt;
        batch = own;
    }
    if (batch->numbered)
        while (network.symbols.count(batch->symbol)) batch->symbol += "_";
    if (batch->size < 2 || batch->size < job.threads) return std::nullopt;
    return batch;
}

ir::Graph openBatch(const ir::Graph& network, const Batch& batch) {
    ir::Graph g = network;
    if (!batch.numbered) return g;
    ir::inferGraph(g);
    for (ir::NodeId id : g.nodeIds()) {
        ir::Node& n = g.node(id);
        keepFirst(g, n, &ops::Reshape::shape, batch.size);
        if (const auto* s = n.op.as<ops::Shuffle>(); s && s->firstTranspose.empty())
            keepFirst(g, n, &ops::Shuffle::reshape, batch.size);
    }
    for (ir::ValueId v : g.inputs()) g.value(v).desc.dims[0] = Dim::symbol(batch.symbol);
    g.symbols[batch.symbol] = {ir::SymbolSource::inputExtent, g.inputs()[0], 0, {1, batch.most}};
    return g;
}

BuildOptions openBatch(const BuildOptions& options, const ir::Graph& network) {
    BuildOptions o = options;
    o.profiles.resize(1);
    for (ir::ValueId v : network.inputs()) {
        const ir::Value& input = network.value(v);
        plan::ProfileShape& p = o.profiles[0].inputs[input.name];
        if (p.opt.empty() && allStatic(input.desc.dims))
            p.min = p.opt = p.max = staticValues(input.desc.dims);
        if (!p.min.empty()) p.min[0] = std::min<int64_t>(p.min[0], 1);
    }
    return o;
}

bool takeBatch(BuildJob& job, const Batch& batch) {
    if (batch.fixed())
        for (auto& [name, p] : job.profiles.at(0).inputs) p.min[0] = batch.least;
    auto whole = [&](const std::string& why) {
        job.log.verbose("batches run whole: ", why);
        return false;
    };
    for (const auto& [name, info] : job.graph.symbols)
        if (info.source != ir::SymbolSource::inputExtent) return whole("extents hang on data");
    for (ir::ValueId v : job.graph.outputs())
        if (bits(job.graph.value(v).desc.type) % 8 != 0)
            return whole("elements of less than a byte");
    const std::string why = ops::whySamplesMix(job.graph, Dim::symbol(batch.symbol));
    if (!why.empty()) return whole(why);
    const int64_t extent = bestSlice(job, batch, job.threads);
    if (extent == 0 || (extent == batch.size && job.threads == 1))
        return whole("slices would not pay");
    job.batch = batch;
    job.batch->slice = extent;
    job.log.verbose("batches of ", batch.size, " run by ", extent, " in ", job.threads, " lanes");
    return true;
}

void fixSamples(ir::Graph& graph, const Batch& batch, int64_t samples) {
    substitute(graph, {{batch.symbol, Dim(samples)}});
}

void enterSlices(const BuildJob& job, VariantJob& variant) {
    const Batch& b = *job.batch;
    variant.threads = 1;
    if (b.fixed()) fixSamples(variant.graph, b, b.slice);
    for (auto& [name, p] : variant.shapes.inputs) {
        p.opt[0] = p.max[0] = b.slice;
        p.min[0] = b.fixed() ? b.slice : 1;
    }
}

void emitSlices(const BuildJob& job, plan::Variant& v) {
    const Batch& b = *job.batch;
    v.slices.extent = b.slice;
    v.slices.lanes = job.threads;
    if (!b.fixed()) v.slices.symbol = b.symbol;
    // What steps are said to do and to take is that of the optimum's whole batch.
    const int64_t turns = b.size / b.slice;
    for (plan::Step& step : v.root.steps) {
        step.milliseconds *= static_cast<float>(turns) / static_cast<float>(job.threads);
        for (Dim* d : {&step.operations, &step.bytes})
            if (b.fixed() && !d->is(-1)) *d *= turns;
    }
    std::erase_if(v.ranges, [&](const auto& r) { return r.first == b.symbol; });
    if (!b.numbered) {
        v.ranges.emplace_back(b.symbol, DimRange{b.least, b.most});
        const auto named = [&](const plan::InputSymbol& s) { return s.symbol == b.symbol; };
        if (std::none_of(v.inputSymbols.begin(), v.inputSymbols.end(), named))
            for (size_t i = 0; i < job.graph.inputs().size(); ++i)
                v.inputSymbols.push_back({b.symbol, static_cast<int32_t>(i), 0, false});
    }
}

}  // namespace bireme::builder
