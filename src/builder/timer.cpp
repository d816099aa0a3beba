// SPDX-License-Identifier: Apache-2.0
#include "base/parallel_for.h"
#include "base/status.h"
#include "base/text.h"
#include "builder/job.h"
#include "builder/prepare.h"
#include "builder/timing_memory.h"
#include "ir/group.h"
#include "ops/plugin.h"
#include "tensor/convert.h"
#include "tensor/dim_likely.h"

#include <algorithm>
#include <chrono>
#include <deque>
#include <limits>
#include <map>
#include <memory>

namespace bireme::builder {

namespace {

constexpr float kNever = std::numeric_limits<float>::infinity();

double nowMs() {
    return std::chrono::duration<double, std::milli>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

class Sink final : public device::OutputSink {
public:
    explicit Sink(device::Device& d) : device_(d) {}
    void* resize(int output, const int64_t* dims, int rank) noexcept override {
        size_t n = 16;  // bytes of the widest element
        for (int i = 0; i < rank; ++i) n *= static_cast<size_t>(dims[i]);
        try {
            auto& held = held_[output];
            if (!held || held->size() < n) held = std::make_unique<DeviceBuffer>(device_, n);
            return held->get();
        } catch (const std::exception&) {
            return nullptr;
        }
    }

private:
    device::Device& device_;
    std::map<int, std::unique_ptr<DeviceBuffer>> held_;
};

class Timer {
public:
    Timer(BuildJob& job, VariantJob& variant, const ir::Node& group, device::Stream& stream,
          TimingMemory& memory)
        : job_(job),
          variant_(variant),
          group_(group),
          query_(makeQuery(job, variant, group)),
          stream_(stream),
          memory_(memory) {}

    // Did all that failed fail for good? Memory may be there another time.
    bool lasting() const { return lasting_; }

    // Fastest tactic of one candidate; kNever when none runs.
    TimingCache::Entry time(const Candidate& c) {
        take(c);
        shaky_ = false;
        lasting_ = true;
        TimingCache::Entry best{{}, kNever};
        for (const auto& t : tacticsOf(job_, query_, c)) {
            float ms = timeTactic(c, t);
            job_.log.verbose("tactic ", t.text(), " ", ms, " ms");
            if (ms < best.milliseconds) best = {t, ms};
        }
        return best;
    }

    // Did the times of a tactic not agree, the last time that candidates were timed?
    bool shaky() const { return shaky_; }

    Hash128 key(const Candidate& c) {
        take(c);
        return timingKey(job_, query_, c);
    }

private:
    void take(const Candidate& c) {
        if (c.lowered != lowered_) query_ = makeQuery(job_, variant_, group_, c);
        lowered_ = c.lowered;
        query_.choose(c.combination);
    }

    float timeTactic(const Candidate& c, const tactic::Tactic& t) {
        std::string reason;
        try {
            return run(c, t);
        } catch (const Error& e) {
            reason = e.what();
            lasting_ = lasting_ && e.code() != ErrorCode::kFAILED_ALLOCATION;
            if (e.code() == ErrorCode::kFAILED_ALLOCATION) memory_.release();
        } catch (const std::exception& e) {
            reason = e.what();
        }
        job_.log.verbose("tactic ", t.text(), " failed while timing: ", reason);
        if (!deviceLives()) giveUp(c, t, reason);
        return kNever;
    }

    // Some errors of a kernel make every later call on the device fail.
    bool deviceLives() {
        try {
            Status s = job_.device->createStream()->synchronize();
            return s.ok() || s.code == ErrorCode::kFAILED_ALLOCATION;
        } catch (const Error& e) {
            return e.code() == ErrorCode::kFAILED_ALLOCATION;
        }
    }

    [[noreturn]] void giveUp(const Candidate& c, const tactic::Tactic& t,
                             const std::string& reason) {
        const bool noted = job_.denylist.add(timingKey(job_, query_, c), t, reason);
        throw Error(
            ErrorCode::kFAILED_EXECUTION,
            cat("tactic ", t.text(), " made ", job_.device->properties().name,
                " unusable for this process while it was timed: ", reason,
                noted ? cat("; it is noted in ", job_.denylist.path(),
                            " and skipped from now on: start the program again")
                      : "; it could not be noted in a denylist (BIREME_DENYLIST names one)"),
            group_.name);
    }

    float run(const Candidate& c, const tactic::Tactic& t) {
        tactic::Created made = c.factory->create(query_, t);
        device::Shapes shapes = query_.shapes(ir::GroupShape::opt);
        openExtents(shapes);
        std::vector<const void*> in;
        std::vector<void*> out;
        std::deque<std::vector<uint8_t>> known;
        memory_.restart();
        for (const auto& p : made.constants) {
            shapes.constants.push_back(memory_.result(p.bytes.size()));
            (void)job_.device->copy(const_cast<void*>(shapes.constants.back()), p.bytes.data(),
                                    p.bytes.size(), stream_);
        }
        shapes.hostInputs.resize(shapes.inputs.size(), nullptr);
        for (size_t i = 0; i < shapes.inputs.size(); ++i) {
            bool consumed = std::find(made.consumed.begin(), made.consumed.end(),
                                      static_cast<int>(i)) != made.consumed.end();
            if (consumed) {
                in.push_back(nullptr);
                continue;
            }
            const Blob* constant = query_.constant(static_cast<int>(i));
            known.push_back(constant ? std::vector<uint8_t>()
                                     : knownBytes(i, shapes.inputs[i].type));
            if (constant)
                in.push_back(memory_.bytes(constant->data(), constant->size()));
            else
                in.push_back(memory_.operand(shapes.inputs[i]));
            if (constant)
                shapes.hostInputs[i] = constant->data();
            else if (!known.back().empty()) {
                in.back() = memory_.result(known.back().size());
                (void)job_.device->copy(const_cast<void*>(in.back()), known.back().data(),
                                        known.back().size(), stream_);
                shapes.hostInputs[i] = known.back().data();
            }
        }
        for (const auto& s : shapes.outputs)
            out.push_back(isOpen(s)
                              ? nullptr
                              : memory_.result(bytesFor(s.type, s.format.bufferElements(s.dims))));
        constexpr float kNothing = 1e-6F;  // what has no elements is not run either
        const bool empty =
            !shapes.outputs.empty() &&
            std::all_of(shapes.outputs.begin(), shapes.outputs.end(), [](const auto& s) {
                return std::find(s.dims.begin(), s.dims.end(), 0) != s.dims.end();
            });
        if (empty) return kNothing;
        device::ContextState state;
        auto bound = made.kernel->bind(shapes, state);
        if (bound->workspace() > job_.options.workspaceLimit) return kNever;
        Sink sink(*job_.device);
        device::Launch launch{in.data(), out.data(), shapes.constants.data(),
                              memory_.result(bound->workspace()), &sink};
        return measure(*bound, launch);
    }

    // Extents that only running this group tells are open, as in an engine: its results on made-up
    // inputs have whatever extents they have.
    void openExtents(device::Shapes& shapes) const {
        for (size_t i = 0; i < shapes.outputs.size(); ++i)
            for (size_t k = 0; k < shapes.outputs[i].dims.size(); ++k) {
                std::vector<std::string> symbols;
                query_.out(static_cast<int>(i)).dims[k].collectSymbols(symbols);
                for (const std::string& s : symbols)
                    if (definerOf(variant_.graph, s) == group_.id) shapes.outputs[i].dims[k] = -1;
            }
    }
    static bool isOpen(const device::TensorShape& s) {
        return std::find(s.dims.begin(), s.dims.end(), -1) != s.dims.end();
    }

    // Elements of a shape operand at the shapes that are tuned for: bounds of a slice must fit its
    // input.
    std::vector<uint8_t> knownBytes(size_t input, DataType type) {
        const auto& known = query_.body().value(query_.body().inputs()[input]).known;
        if (!known) return {};
        std::vector<int64_t> elements;
        for (const Dim& d : *known) {
            auto v = evalLikely(d, query_.opt);
            if (!v) return {};
            elements.push_back(*v);
        }
        std::vector<uint8_t> bytes(bytesFor(type, static_cast<int64_t>(elements.size())));
        convertElements(DataType::kINT64, elements.data(), type, bytes.data(),
                        static_cast<int64_t>(elements.size()));
        return bytes;
    }

    void once(device::Bound& bound, const device::Launch& launch) {
        Status s = bound.enqueue(stream_, launch);
        if (s.ok()) s = stream_.synchronize();
        if (!s.ok()) fail(s.code, s.message);
    }

    float measure(device::Bound& bound, const device::Launch& launch) {
        double begin = nowMs();
        once(bound, launch);
        double first = nowMs() - begin;
        begin = nowMs();
        once(bound, launch);
        double best = nowMs() - begin;
        if (stream_.canCapture()) return measureRecorded(bound, launch, best);
        return untilTheyAgree(bound, launch, first, best);
    }

    // Runs until the two least times agree: on a busy machine a single one says little. Short
    // kernels run for half a millisecond at least.
    float untilTheyAgree(device::Bound& bound, const device::Launch& launch, double a, double b) {
        constexpr double kAgree = 1.03, kMostMs = 10;
        constexpr int kMostRuns = 40, kFewRuns = 4;
        double least = std::min(a, b), next = std::max(a, b), spent = 0;
        const double enough = 0.5 * std::max(1, job_.options.timingIterations);
        for (int i = 0;; ++i) {
            const bool agree = next <= kAgree * least;
            if (agree && (spent >= enough || i >= kMostRuns)) break;
            if (spent > kMostMs && (i >= kFewRuns || spent > 5 * kMostMs)) {
                shaky_ = true;
                break;
            }
            const double begin = nowMs();
            once(bound, launch);
            const double ms = nowMs() - begin;
            spent += ms;
            next = std::min(next, std::max(ms, least));
            least = std::min(least, ms);
        }
        return static_cast<float>(least);
    }

    // As an engine runs it: many launches recorded as one, by the device's clock.
    float measureRecorded(device::Bound& bound, const device::Launch& launch, double about) {
        int launches = std::clamp(static_cast<int>(0.3 / std::max(about, 1e-2)), 1, 20);
        std::unique_ptr<device::ExecGraph> graph;
        Status s = stream_.beginCapture();
        for (int i = 0; s.ok() && i < launches; ++i) s = bound.enqueue(stream_, launch);
        Status ended = stream_.endCapture(graph);
        if (!s.ok() || !ended.ok()) graph.reset(), launches = 1;
        float best = kNever;
        int repeats = (about > 5 ? 1 : 4) * std::max(1, job_.options.timingIterations);
        for (int i = 0; i <= repeats; ++i) {
            float ms = 0;
            s = stream_.beginTimer();
            if (s.ok()) s = graph ? graph->launch(stream_) : bound.enqueue(stream_, launch);
            if (s.ok()) s = stream_.endTimer(ms);
            if (!s.ok()) fail(s.code, s.message);
            if (i > 0) best = std::min(best, ms / static_cast<float>(launches));
        }
        return best;
    }

    BuildJob& job_;
    VariantJob& variant_;
    const ir::Node& group_;
    bool lasting_ = true;
    int lowered_ = -1;  // whose query it is
    bool shaky_ = false;
    tactic::Query query_;
    device::Stream& stream_;
    TimingMemory& memory_;
};

// Without timing: the first candidates, those in the smallest type before others.
void guess(const BuildJob& job, VariantJob& variant, const ir::Node& group, GroupChoice& choice) {
    float position = 0;
    for (Candidate& c : choice.candidates) {
        if (!c.factory) continue;
        tactic::Query chosen = makeQuery(job, variant, group, c);
        chosen.choose(c.combination);
        const tactic::TacticList tactics = tacticsOf(job, chosen, c);
        if (tactics.empty())
            c.milliseconds = kNever;
        else {
            c.tactic = tactics[0];
            c.milliseconds = 1e-3f * position + (c.lowered < 0 ? 1e-2f : 0);
        }
        position += c.factory == choice.candidates.front().factory ? 0 : 1;
    }
}

}  // namespace

static const ops::Plugin* pluginOf(const ir::Node& group) {
    const ir::Graph& body = group.bodies.at(0);
    return body.nodeCount() == 1 ? body.node(body.order()[0]).op.as<ops::Plugin>() : nullptr;
}

// Is there nothing to choose?
static bool oneWay(const BuildJob& job, VariantJob& variant, const ir::Node& group,
                   const GroupChoice& choice) {
    if (choice.candidates.size() > 1) return false;
    const Candidate& only = choice.candidates[0];
    tactic::Query chosen = makeQuery(job, variant, group, only);
    chosen.choose(only.combination);
    tactic::TacticList tactics;
    only.factory->tactics(chosen, tactics);
    return tactics.size() == 1;
}

// Do extents hang on what only running tells? Then those that are tuned for are a guess.
static bool hasOpenExtents(const VariantJob& variant, const ir::Node& group) {
    for (const std::string& s : symbolsNamed(variant.graph, group))
        if (definerOf(variant.graph, s) != ir::kNoNode) return true;
    return false;
}

static bool allKnown(const BuildJob& job, Timer& timer, const GroupChoice& choice) {
    return std::all_of(choice.candidates.begin(), choice.candidates.end(), [&](const auto& c) {
        return !c.factory || job.cache->find(timer.key(c)).has_value();
    });
}

// Once more, after the others: what disturbed the first time may be over.
static void timeAgain(BuildJob& job, Timer& timer, const std::vector<Candidate*>& candidates,
                      bool kept) {
    for (Candidate* c : candidates) {
        const auto entry = timer.time(*c);
        job.log.verbose("timed again: ", c->tactic.text(), " ", c->milliseconds, " ms, then ",
                        entry.milliseconds, " ms");
        if (entry.milliseconds >= c->milliseconds) continue;
        c->tactic = entry.tactic;
        c->milliseconds = entry.milliseconds;
        if (kept) job.cache->insert(timer.key(*c), entry);
    }
}

static void timeGroup(BuildJob& job, VariantJob& variant, GroupChoice& choice,
                      device::Stream& stream, TimingMemory& memory) {
    const ir::Node& group = variant.graph.node(choice.node);
    bool skip = job.options.level == 0 || choice.onHost ||
                (choice.candidates.size() == 1 && choice.candidates[0].factory->lastResort());
    // A plugin is not run on made-up inputs without need.
    const ops::Plugin* plugin = pluginOf(group);
    skip = skip || (plugin && oneWay(job, variant, group, choice));
    const bool kept = !plugin || !plugin->timingId.empty();
    if (skip) return guess(job, variant, group, choice);
    Timer timer(job, variant, group, stream, memory);
    if (job.options.deterministic && !allKnown(job, timer, choice))
        return guess(job, variant, group, choice);
    std::vector<Candidate*> shaky;
    for (Candidate& c : choice.candidates) {
        if (!c.factory) continue;
        const Hash128 key = timer.key(c);
        auto entry = kept ? job.cache->find(key) : std::nullopt;
        if (entry) {
            ++job.report.timingHits;
        } else {
            if (job.options.errorOnTimingMiss)
                throw Error(ErrorCode::kINVALID_STATE,
                            cat("the timing cache has no entry for ", c.factory->name()),
                            group.name);
            entry = timer.time(c);
            if (timer.shaky()) shaky.push_back(&c);
            if (kept && (entry->milliseconds < kNever || timer.lasting()))
                job.cache->insert(key, *entry);
            ++job.report.timed;
        }
        c.tactic = entry->tactic;
        c.milliseconds = entry->milliseconds;
        c.timed = true;
        std::string formats;
        for (const auto& o : c.combination.inputs)
            formats += cat(bireme::name(o.type), " ", o.format.text(), " ");
        job.log.verbose("\"", group.name, "\" ", c.tactic.text(), " ", formats, c.milliseconds,
                        " ms");
    }
    if (choice.candidates.size() > 1) timeAgain(job, timer, shaky, kept);
    auto failed = [](const Candidate& c) { return c.milliseconds == kNever; };
    bool none = std::all_of(choice.candidates.begin(), choice.candidates.end(), failed);
    // Made-up inputs may be no input at all to an op; with one way there is nothing to choose.
    if (none && (hasOpenExtents(variant, group) || oneWay(job, variant, group, choice)))
        return guess(job, variant, group, choice);
    for (const Candidate& c : choice.candidates)
        if (failed(c))
            choice.rejected.push_back(
                {std::string(c.factory->name()), 0, "failed while it was timed"});
    if (none)  // another try may be luckier
        for (const Candidate& c : choice.candidates)
            if (c.factory) job.cache->erase(timer.key(c));
    std::erase_if(choice.candidates, failed);
    if (choice.candidates.empty())
        throw Error(ErrorCode::kUNSUPPORTED_STATE,
                    "every kernel failed while it was timed; the verbose log has the reasons",
                    group.name);
}

void timeCandidates(BuildJob& job, VariantJob& variant) {
    ThreadCount threads(variant.threads);
    auto stream = job.device->createStream();
    TimingMemory memory(*job.device, *stream);
    Preparer preparer(job, variant);
    int step = 0;
    for (ir::NodeId id : variant.order) {
        GroupChoice& choice = variant.choices[id];
        job.checkCancelled("timing", step++);
        preparer.await(id);
        if (choice.candidates[0].factory) timeGroup(job, variant, choice, *stream, memory);
        memory.forgetBytes();
    }
}

}  // namespace bireme::builder
