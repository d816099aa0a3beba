// SPDX-License-Identifier: Apache-2.0
#include "builder/prepare.h"

#include "base/parallel_for.h"
#include "base/text.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <set>
#include <thread>

namespace bireme::builder {

tactic::TacticList tacticsOf(const BuildJob& job, const tactic::Query& q, const Candidate& c) {
    tactic::TacticList tactics;
    c.factory->tactics(q, tactics);
    if (job.options.level <= 1 && tactics.size() > 2) tactics.resize(2);
    if (job.options.maxTactics > 0 && static_cast<int>(tactics.size()) > job.options.maxTactics)
        tactics.resize(static_cast<size_t>(job.options.maxTactics));
    if (job.denylist.empty()) return tactics;
    const Hash128 key = timingKey(job, q, c);
    std::erase_if(tactics, [&](const tactic::Tactic& t) {
        const bool denied = job.denylist.has(key, t);
        if (denied) job.log.verbose("tactic ", t.text(), " is skipped: ", job.denylist.path());
        return denied;
    });
    return tactics;
}

Hash128 timingKey(const BuildJob& job, const tactic::Query& q, const Candidate& c) {
    const BuildOptions& o = job.options;
    const char* effort = o.level <= 1 ? "few" : o.level >= 5 ? "all" : "usual";
    return hash128(cat(q.keyText(), c.factory->name(), " ", c.factory->revision(), "\ntactics ",
                       effort, " ", o.maxTactics, " workspace ", o.workspaceLimit, "\n"));
}

struct Preparer::Work {
    struct Task {
        ir::NodeId group = ir::kNoNode;
        std::function<void()> run;
    };
    explicit Work(const BuildJob& j) : job(j) {}
    void collect(VariantJob& variant);
    void list(const tactic::Query& q, const Candidate& c, ir::NodeId group);
    void work();

    const BuildJob& job;
    std::mutex mutex;
    std::condition_variable changed;
    std::deque<Task> tasks;
    std::map<ir::NodeId, int> open;  // tasks that are not done
    bool stopped = false;
    std::vector<std::thread> threads;
};

Preparer::Preparer(BuildJob& job, VariantJob& variant) : work_(std::make_unique<Work>(job)) {
    // On a CPU, making kernels in parallel would take the cores that they are timed on.
    if (job.device->properties().hostMemory || job.options.level == 0 ||
        job.options.errorOnTimingMiss || job.options.deterministic)
        return;
    work_->collect(variant);
    constexpr int kMost = 32;
    int count = std::min({hardwareThreads(), kMost, static_cast<int>(work_->tasks.size()) * 4});
    for (int i = 0; i < count; ++i) work_->threads.emplace_back([w = work_.get()] { w->work(); });
}

Preparer::~Preparer() {
    {
        std::lock_guard lock(work_->mutex);
        work_->stopped = true;
    }
    work_->changed.notify_all();
    for (std::thread& t : work_->threads) t.join();
}

void Preparer::await(ir::NodeId group) {
    std::unique_lock lock(work_->mutex);
    work_->changed.wait(lock, [&] {
        auto it = work_->open.find(group);
        return it == work_->open.end() || it->second == 0;
    });
}

void Preparer::Work::collect(VariantJob& variant) {
    std::set<Hash128> seen;
    for (ir::NodeId id : variant.order) {
        const GroupChoice& choice = variant.choices.at(id);
        if (choice.onHost) continue;
        for (const Candidate& c : choice.candidates) {
            if (!c.factory) continue;
            tactic::Query q = makeQuery(job, variant, variant.graph.node(id), c);
            q.choose(c.combination);
            Hash128 key = timingKey(job, q, c);
            if (job.cache->find(key) || !seen.insert(key).second) continue;
            ++open[id];
            tasks.push_back({id, [this, q = std::move(q), &c, id] { list(q, c, id); }});
        }
    }
}

// Every tactic of a candidate becomes a task of its own, in front of the next groups'.
void Preparer::Work::list(const tactic::Query& q, const Candidate& c, ir::NodeId group) {
    tactic::TacticList tactics = tacticsOf(job, q, c);
    std::lock_guard lock(mutex);
    open[group] += static_cast<int>(tactics.size());
    for (auto t = tactics.rbegin(); t != tactics.rend(); ++t)
        tasks.push_front(
            {group, [q, factory = c.factory, tactic = *t] { (void)factory->create(q, tactic); }});
    changed.notify_all();
}

void Preparer::Work::work() {
    ThreadCount one(1);
    std::unique_lock lock(mutex);
    while (true) {
        // A task that runs may add others, so an empty queue is no end.
        changed.wait(lock, [&] {
            return stopped || !tasks.empty() ||
                   std::all_of(open.begin(), open.end(), [](auto& o) { return o.second == 0; });
        });
        if (stopped || tasks.empty()) return;
        Task task = std::move(tasks.front());
        tasks.pop_front();
        lock.unlock();
        try {
            task.run();
        } catch (const std::exception&) {
            // The same happens while it is timed, which says so.
        }
        task.run = nullptr;
        lock.lock();
        --open[task.group];
        changed.notify_all();
    }
}

}  // namespace bireme::builder
