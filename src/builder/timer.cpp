// SPDX-License-Identifier: Apache-2.0
#include "base/parallel_for.h"
#include "base/status.h"
#include "base/text.h"
#include "builder/contest.h"
#include "builder/job.h"
#include "builder/prepare.h"
#include "builder/timing_memory.h"
#include "builder/trial.h"
#include "ir/group.h"
#include "ops/plugin.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

namespace bireme::builder {

namespace {

constexpr float kNever = std::numeric_limits<float>::infinity();

double nowMs() {
    return std::chrono::duration<double, std::milli>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

// A tactic that stays ready.
struct Held {
    const Candidate* candidate;
    tactic::Tactic tactic;
    float ms;
    std::unique_ptr<Trial> trial;
};

class HeldTrack final : public Track {
public:
    HeldTrack(const std::vector<Held>& held, const Allowance& allowance)
        : held_(held), allowance_(allowance) {}
    float run(size_t i) override { return held_[i].trial->timed(); }
    bool allows(double ms) override { return allowance_.covers(nowMs() - begin_ + ms); }

private:
    const std::vector<Held>& held_;
    const Allowance& allowance_;
    const double begin_ = nowMs();
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
        lasting_ = true;
        TimingCache::Entry best{{}, kNever};
        for (const auto& t : tacticsOf(job_, query_, c)) {
            float ms = timeTactic(c, t);
            job_.log.verbose("tactic ", t.text(), " ", ms, " ms");
            if (ms < best.milliseconds) best = {t, ms};
        }
        return best;
    }

    struct Timed {
        const Candidate* candidate;
        TimingCache::Entry entry;
    };
    // The closest of all that were timed, in turn: what each candidate takes after that. Ends them.
    std::vector<Timed> settle(Allowance& allowance) {
        const std::vector<Held> held = std::exchange(held_, {});
        if (held.size() < 2) return {};
        std::vector<float> first;
        for (const Held& h : held) first.push_back(h.ms);
        std::vector<Timed> settled;
        const double begin = nowMs();
        try {
            HeldTrack track(held, allowance);
            const auto ms = timeInTurn(first, track);
            for (size_t i = 0; i < held.size(); ++i) enter(settled, held[i], ms[i]);
        } catch (const Error& e) {
            job_.log.verbose("timing in turn failed: ", e.what());
        }
        allowance.spend(nowMs() - begin);
        return settled;
    }

    Hash128 key(const Candidate& c) {
        take(c);
        return timingKey(job_, query_, c);
    }

private:
    // The faster of a candidate's tactics.
    void enter(std::vector<Timed>& settled, const Held& h, float ms) const {
        job_.log.verbose("in turn: tactic ", h.tactic.text(), " ", h.ms, " ms, then ", ms, " ms");
        auto it = std::find_if(settled.begin(), settled.end(),
                               [&](const Timed& t) { return t.candidate == h.candidate; });
        if (it == settled.end())
            settled.push_back({h.candidate, {h.tactic, ms}});
        else if (ms < it->entry.milliseconds)
            it->entry = {h.tactic, ms};
    }

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
            if (e.code() == ErrorCode::kFAILED_ALLOCATION) held_.clear(), memory_.release();
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
        constexpr float kNothing = 1e-6F;  // what has no elements is not run either
        if (memory_.full()) held_.clear(), memory_.release();
        auto trial = std::make_unique<Trial>(job_, variant_, group_, query_,
                                             c.factory->create(query_, t), memory_, stream_);
        if (trial->empty()) return kNothing;
        if (!trial->fits(job_.options.workspaceLimit)) return kNever;
        if (stream_.canCapture()) return measureRecorded(*trial);
        const float ms = untilTheyAgree(*trial);
        hold({&c, t, ms, std::move(trial)});
        return ms;
    }

    // The fastest stay ready, to be timed in turn.
    void hold(Held h) {
        constexpr size_t kMostBytes = size_t{1} << 26;  // of constants, each: a build's peak
        if (h.trial->constantBytes() > kMostBytes) return;
        const auto faster = [](const Held& a, const Held& b) { return a.ms < b.ms; };
        held_.insert(std::upper_bound(held_.begin(), held_.end(), h, faster), std::move(h));
        if (held_.size() > kMostContenders) held_.pop_back();
    }

    // Runs until the two least times agree: on a busy machine a single one says little. Short
    // kernels run for half a millisecond at least.
    float untilTheyAgree(Trial& trial) {
        constexpr float kAgree = 1.03F, kMostMs = 10;
        constexpr int kMostRuns = 40, kFewRuns = 4;
        const float a = trial.timed(), b = trial.timed();
        float least = std::min(a, b), next = std::max(a, b), spent = 0;
        const float enough = 0.5F * static_cast<float>(std::max(1, job_.options.timingIterations));
        for (int i = 0;; ++i) {
            const bool agree = next <= kAgree * least;
            if (agree && (spent >= enough || i >= kMostRuns)) break;
            if (spent > kMostMs && (i >= kFewRuns || spent > 5 * kMostMs)) break;
            const float ms = trial.timed();
            spent += ms;
            next = std::min(next, std::max(ms, least));
            least = std::min(least, ms);
        }
        return least;
    }

    // As an engine runs it: many launches recorded as one, by the device's clock.
    float measureRecorded(Trial& trial) {
        trial.once();
        const double begin = nowMs();
        trial.once();
        const double about = nowMs() - begin;
        int launches = std::clamp(static_cast<int>(0.3 / std::max(about, 1e-2)), 1, 20);
        std::unique_ptr<device::ExecGraph> graph;
        Status s = stream_.beginCapture();
        for (int i = 0; s.ok() && i < launches; ++i) s = trial.enqueue();
        Status ended = stream_.endCapture(graph);
        if (!s.ok() || !ended.ok()) graph.reset(), launches = 1;
        float best = kNever;
        int repeats = (about > 5 ? 1 : 4) * std::max(1, job_.options.timingIterations);
        for (int i = 0; i <= repeats; ++i) {
            float ms = 0;
            s = stream_.beginTimer();
            if (s.ok()) s = graph ? graph->launch(stream_) : trial.enqueue();
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
    int lowered_ = -1;        // whose query it is
    std::vector<Held> held_;  // the fastest first
    tactic::Query query_;
    device::Stream& stream_;
    TimingMemory& memory_;
};

// Without timing: the first candidates, those in the smallest type before others; what runs nothing
// is less than any.
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
            c.milliseconds = 1e-3f * position + (c.lowered < 0 ? 1e-2f : 1e-3f);
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

// The closest once more, in turn: what slowed one of them down may have passed the others by.
static void settle(BuildJob& job, Timer& timer, GroupChoice& choice, Allowance& allowance,
                   bool kept) {
    for (const auto& [timed, entry] : timer.settle(allowance)) {
        Candidate& c = choice.candidates[static_cast<size_t>(timed - choice.candidates.data())];
        // A faster tactic of its that was not held stays.
        if (entry.tactic != c.tactic && entry.milliseconds >= c.milliseconds) continue;
        c.tactic = entry.tactic;
        c.milliseconds = entry.milliseconds;
        if (kept) job.cache->insert(timer.key(c), entry);
    }
}

static void timeGroup(BuildJob& job, VariantJob& variant, GroupChoice& choice,
                      device::Stream& stream, TimingMemory& memory, Allowance& allowance) {
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
    const double begin = nowMs();
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
    allowance.earn(nowMs() - begin);
    settle(job, timer, choice, allowance, kept);
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
    Allowance allowance;
    Preparer preparer(job, variant);
    int step = 0;
    for (ir::NodeId id : variant.order) {
        GroupChoice& choice = variant.choices[id];
        job.checkCancelled("timing", step++);
        preparer.await(id);
        if (choice.candidates[0].factory)
            timeGroup(job, variant, choice, *stream, memory, allowance);
        memory.forgetBytes();
    }
}

}  // namespace bireme::builder
