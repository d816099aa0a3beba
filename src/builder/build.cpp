// SPDX-License-Identifier: Apache-2.0
#include "builder/build.h"

#include "base/status.h"
#include "base/text.h"
#include "bireme/version.h"
#include "builder/fixed_extents.h"
#include "builder/job.h"
#include "builder/kept_network.h"
#include "builder/precision.h"
#include "builder/slices.h"
#include "builder/subnormals.h"
#include "builder/tuning_points.h"
#include "ir/verify.h"
#include "passes/manager.h"

#include <algorithm>
#include <chrono>

namespace bireme::builder {

static double secondsSince(std::chrono::steady_clock::time_point begin) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

// What the passes may ask of this build: a fusion is legal only when some kernel of the device
// takes the group.
class BuildPassContext final : public passes::PassContext {
public:
    explicit BuildPassContext(const BuildJob& job) : job_(job) {
        log = job.log;
        options.strictNans = job.options.strictNans;
        options.disabled = job.options.disabledPasses;
        for (const auto& [name, info] : job.graph.symbols) {
            ranges_[name] = info.range;
            min_[name] = info.range.min;
            max_[name] = info.range.max;
        }
        shapes = optimum(job);
    }

    passes::Support canRun(const ir::Graph& body) const override { return ask(body, false); }
    passes::Support readsParts(const ir::Graph& body) const override { return ask(body, true); }

    void progress(std::string_view, size_t done, size_t) const override {
        job_.checkCancelled("optimize", static_cast<int>(done));
    }

private:
    passes::Support ask(const ir::Graph& body, bool parts) const {
        std::string reasons;
        if (takes(body, parts, reasons)) return {true, {}};
        // Some kernels exist in the smaller types alone.
        for (DataType type : job_.options.precisions)
            if (auto small = lowerBody(body, type); small && takes(*small, parts, reasons))
                return {true, {}};
        return {false, reasons};
    }

    // Some kernel's yes; with `parts`, of one that reads strided parts of larger tensors.
    bool takes(const ir::Graph& body, bool parts, std::string& reasons) const {
        tactic::Query q(body, *job_.device);
        q.ranges = ranges_;
        q.min = min_;
        q.opt = q.max = max_;
        q.flags.tf32 = job_.options.tf32;
        q.flags.threads = job_.threads;
        for (const auto* f : job_.factories) {
            if (f->lastResort()) continue;
            tactic::Support s = f->supports(q);
            if (s.ok && parts) {
                tactic::FormatList formats;
                f->formats(q, formats);
                s.ok = std::any_of(formats.begin(), formats.end(),
                                   [](const auto& c) { return c.acceptsViews; });
                if (!s.ok) s.why = "takes whole tensors alone";
            }
            if (s.ok) return true;
            reasons += cat(reasons.empty() ? "" : "; ", f->name(), ": ", s.why);
        }
        return false;
    }

    const BuildJob& job_;
    std::map<std::string, DimRange, std::less<>> ranges_;
    Dim::Values min_, max_;
};

static void runPasses(BuildJob& job) {
    BuildPassContext context(job);
    job.report.layersBefore = job.graph.nodeCount();
    for (auto& r : passes::runPipeline(job.graph, context)) {
        PassLine line{r.name,        r.milliseconds,    static_cast<int>(r.rewrites),
                      r.nodesBefore, r.nodesAfter,      r.operationsSaved,
                      r.bytesSaved,  std::move(r.notes)};
        if (line.rewrites)
            job.log.verbose("pass ", line.name, ": ", line.rewrites, " rewrites, ",
                            line.nodesBefore, " -> ", line.nodesAfter, " layers");
        for (const auto& note : line.notes) job.log.verbose("  ", line.name, ": ", note);
        job.report.passes.push_back(std::move(line));
    }
}

void prepare(BuildJob& job, const ir::Graph& network) {
    job.graph = network;
    if (job.graph.outputs().empty())
        failInvalid("the network has no outputs: mark at least one tensor with markOutput");
    for (ir::ValueId v : job.graph.outputs())
        if (job.graph.isInput(v))  // they would have one name, and one memory
            failInvalid(cat("tensor \"", job.graph.value(v).name,
                            "\" is an input and cannot be an output; add an identity layer"));
    ir::inferGraph(job.graph);
    ir::verifyGraph(job.graph);
    completeProfiles(job);
    fixExtents(job);
    ir::inferGraph(job.graph);  // the profiles' ranges decide some extents
    runPasses(job);
    evaluateConstants(job.graph, job.log);
    job.report.layersAfter = job.graph.nodeCount();
}

namespace {
// One phase of the progress monitor; finished however it ends.
class Phase {
public:
    Phase(Progress* progress, const char* name, const char* parent, size_t steps)
        : progress_(progress), name_(name) {
        if (progress_) progress_->phaseStart(name, parent, static_cast<int>(steps));
    }
    ~Phase() {
        if (progress_) progress_->phaseFinish(name_);
    }
    Phase(const Phase&) = delete;
    Phase& operator=(const Phase&) = delete;

private:
    Progress* progress_;
    const char* name_;
};
}  // namespace

// Timing at more shapes takes as much longer. Kernels of a CPU are made for the shape as they are
// bound, those of a GPU are chosen for one.
static int pointsOf(const BuildJob& job) {
    constexpr int kUsual = 4;
    if (job.options.tuningPoints > 0) return job.options.tuningPoints;
    return job.device->properties().hostMemory || job.options.level < 3 ? 1 : kUsual;
}

static void buildVariant(BuildJob& job, int profile, Profile point, bool sliced = false) {
    VariantJob variant;
    variant.profile = profile;
    variant.threads = job.threads;
    variant.sliced = sliced;
    variant.shapes = std::move(point);
    variant.graph = job.graph;
    if (sliced) enterSlices(job, variant);
    enterProfile(variant);
    enterFixed(job, variant);
    wrapGroups(variant.graph);
    listCandidates(job, variant);
    {
        Phase timing(job.options.progress, "timing", "build", variant.order.size());
        timeCandidates(job, variant);
    }
    assignFormats(job, variant);
    Phase emit(job.options.progress, "emit", "build", variant.order.size());
    emitVariant(job, variant);
}

// Fewer samples than threads run whole, on all threads.
static void buildSlices(BuildJob& job) {
    const Batch& b = *job.batch;
    if (b.least < job.threads && !b.fixed()) {
        Profile few = job.profiles[0];
        for (auto& [name, p] : few.inputs) p.opt[0] = std::max<int64_t>(b.least, 1);
        buildVariant(job, 0, std::move(few));
    }
    buildVariant(job, 0, job.profiles[0], true);
}

static void buildVariants(BuildJob& job) {
    if (job.batch) return buildSlices(job);
    for (int p = 0; p < static_cast<int>(job.profiles.size()); ++p)
        for (Profile& point : tuningPoints(job.profiles[static_cast<size_t>(p)], pointsOf(job)))
            buildVariant(job, p, std::move(point));
}

static std::unique_ptr<BuildJob> startJob(const BuildOptions& options) {
    auto job = std::make_unique<BuildJob>(options);
    job->cache = options.timingCache ? options.timingCache : &job->ownCache;
    chooseDevice(*job);
    return job;
}

// With the passes run; where the batch is one size alone, on a network of any number of samples, if
// that one can be run in slices. `opened` has to live as long as the job.
static std::unique_ptr<BuildJob> preparedJob(const ir::Graph& network, const BuildOptions& options,
                                             BuildOptions& opened) {
    auto job = startJob(options);
    const std::optional<Batch> batch = findBatch(*job, network);
    if (batch && batch->fixed()) {
        opened = openBatch(options, network);
        auto open = startJob(opened);
        try {
            prepare(*open, openBatch(network, *batch));
            if (takeBatch(*open, *batch)) return open;
        } catch (const Error& e) {
            if (e.code() != ErrorCode::kUNSUPPORTED_STATE &&
                e.code() != ErrorCode::kINVALID_ARGUMENT)
                throw;
            job->log.verbose("batches run whole: ", e.what());
        }
    }
    prepare(*job, network);
    if (batch && !batch->fixed()) takeBatch(*job, *batch);
    return job;
}

plan::Plan build(const ir::Graph& network, const BuildOptions& options, BuildReport* report) {
    auto begin = std::chrono::steady_clock::now();
    Phase whole(options.progress, "build", nullptr, 3);
    BuildOptions opened;
    const auto made = preparedJob(network, options, opened);
    BuildJob& job = *made;
    zeroSubnormals(job);
    roundWeights(job);
    describePlan(job, network);
    buildVariants(job);
    keepNetwork(job);
    job.constants.seal(job.plan, storesHalves(job));
    job.report.seconds = secondsSince(begin);
    job.log.info("built \"", options.engineName, "\" for ", job.device->properties().name, " in ",
                 static_cast<float>(job.report.seconds), " s: ", job.report.layersBefore,
                 " layers became ", job.plan.variants.at(0).root.steps.size(), " steps, weights ",
                 humanBytes(job.plan.weights.size()), ", scratch ",
                 humanBytes(static_cast<uint64_t>(job.plan.variants.at(0).scratchBytes())), ", ",
                 job.report.timed, " kernels timed, ", job.report.timingHits, " known");
    if (report) *report = std::move(job.report);
    return std::move(job.plan);
}

ir::Graph optimize(const ir::Graph& network, const BuildOptions& options, BuildReport* report) {
    BuildJob job(options);
    chooseDevice(job);
    prepare(job, network);
    if (report) *report = std::move(job.report);
    return std::move(job.graph);
}

}  // namespace bireme::builder
