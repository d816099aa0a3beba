// SPDX-License-Identifier: Apache-2.0
#include "tools/bireme/run_times.h"

#include "tools/bireme/gpu_clock.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <stdexcept>
#include <thread>

namespace bireme::cli {

double nowMs() {
    return std::chrono::duration<double, std::milli>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

std::vector<double> runTimes(Session& session, int runs) {
    std::vector<double> times;
    auto clock = session.onGpu() ? GpuClock::open() : nullptr;
    for (int i = -10; i < runs; ++i) {  // the first runs record the sequence
        double ms = nowMs();
        if (clock) {
            bool ok = clock->begin() && session.context().enqueueV3(clock->stream());
            ms = ok ? clock->end() : -1;
            if (ms < 0) throw std::runtime_error("a run failed while it was timed on the GPU");
        } else {
            session.run();
            ms = nowMs() - ms;
        }
        if (i >= 0) times.push_back(ms);
    }
    std::sort(times.begin(), times.end());
    return times;
}

namespace {

// A context with outputs of its own; inputs are the session's, which all may read.
class Runner {
public:
    explicit Runner(Session& session)
        : context_(session.engine().createExecutionContext()), clock_(nullptr) {
        if (session.onGpu()) clock_ = GpuClock::open();
        if (!context_ || (session.onGpu() && !clock_) || !session.bindTo(*context_, outputs_))
            throw std::runtime_error("a context for another stream cannot be made");
    }
    // Some runs, waited for.
    bool burst(int runs) {
        if (clock_ && !clock_->begin()) return false;
        for (int i = 0; i < runs; ++i)
            if (!context_->enqueueV3(clock_ ? clock_->stream() : nullptr)) return false;
        return clock_ ? clock_->end() >= 0 : context_->wait();
    }

private:
    std::unique_ptr<IExecutionContext> context_;
    std::unique_ptr<GpuClock> clock_;
    std::map<std::string, std::unique_ptr<IDeviceMemory>> outputs_;
};

}  // namespace

double streamThroughput(Session& session, int streams, double seconds) {
    std::vector<std::unique_ptr<Runner>> runners;
    for (int i = 0; i < streams; ++i) runners.push_back(std::make_unique<Runner>(session));
    const int most = session.onGpu() ? 8 : 1;  // runs that are queued before waiting
    for (auto& r : runners)
        for (int i = 0; i < 3; ++i)
            if (!r->burst(1)) throw std::runtime_error("a run on a stream of its own failed");
    std::atomic<int64_t> done{0};
    std::atomic<bool> failed{false};
    std::vector<std::thread> threads;
    const double begin = nowMs(), end = begin + 1000 * seconds;
    for (auto& r : runners)
        threads.emplace_back([&] {
            while (!failed && nowMs() < end) {
                if (r->burst(most))
                    done += most;
                else
                    failed = true;
            }
        });
    for (auto& t : threads) t.join();
    if (failed) throw std::runtime_error("a run failed while others ran beside it");
    return 1000 * static_cast<double>(done) / (nowMs() - begin);
}

}  // namespace bireme::cli
