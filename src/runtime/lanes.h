// SPDX-License-Identifier: Apache-2.0
// Steps of a variant with slices: run on few samples at a time, in lanes of one thread each.
#pragma once

#include "runtime/executor.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <exception>
#include <memory>
#include <utility>
#include <vector>

namespace bireme::runtime {

class Lanes {
public:
    explicit Lanes(const Engine& engine) : engine_(engine) {}

    // Of the whole run's executor.
    struct Settings {
        size_t cacheEntries = 16;
        StepListener* listener = nullptr;
        bool debugSync = false, profile = false;
    };

    // All samples of the shapes that `whole` is for. The first run for shapes binds one lane after
    // another; later ones allocate nothing. Throws Error when binding fails.
    Status run(const Sequence& whole, const RunArguments& arguments, const Settings& settings);

    const plan::Step* failedStep() const noexcept { return failed_; }
    // Adds what a step took in all lanes, divided by their number: they run beside each other.
    void addTimes(std::vector<std::pair<const plan::Step*, float>>& to) const;
    const Executor* first() const { return lanes_.empty() ? nullptr : lanes_[0].executor.get(); }

private:
    struct Lane {
        std::unique_ptr<Executor> executor;
        std::unique_ptr<device::Stream> stream;
        std::vector<void*> addresses;  // of the slice, per io tensor
        std::vector<int64_t> limits;   // its bytes
        int64_t samples = 0;           // of each of its slices
        int64_t place = 0;             // of its scratch
        Status status;
        std::exception_ptr error;
        std::vector<std::pair<const plan::Step*, float>> times;
    };

    void prepare(const Sequence& whole);
    Status placeOutputs(const RunArguments& arguments);
    void runLane(size_t index, const RunArguments& arguments, bool alone) noexcept;
    Status runSlice(Lane& lane, const RunArguments& arguments, int64_t first);
    int64_t slices() const { return total_ / extent_; }
    int64_t usedLanes() const {
        return std::min(static_cast<int64_t>(count_), std::max<int64_t>(1, slices()));
    }

    const Engine& engine_;
    std::vector<Lane> lanes_;  // and behind them one for what is left at the end
    size_t count_ = 0;         // without that one
    std::vector<OutputAllocator*> noAllocators_;
    // What was prepared for.
    const plan::Variant* variant_ = nullptr;
    size_t index_ = 0;
    std::vector<int64_t> key_;
    Dim::Values values_;
    int64_t total_ = 0, extent_ = 1;          // samples
    std::vector<std::vector<int64_t>> dims_;  // of io tensors, whole
    std::vector<int64_t> sampleBytes_;
    bool bound_ = false;

    std::vector<void*> addresses_;  // of this run, whole
    std::atomic<int64_t> next_{0};
    const plan::Step* failed_ = nullptr;
};

}  // namespace bireme::runtime
