// SPDX-License-Identifier: Apache-2.0
#include "runtime/lanes.h"

#include "base/parallel_for.h"
#include "base/status.h"
#include "base/text.h"
#include "runtime/shapes.h"

#include <algorithm>

namespace bireme::runtime {

Status Lanes::run(const Sequence& whole, const RunArguments& a, const Settings& settings) {
    failed_ = nullptr;
    if (index_ != whole.variant || key_ != whole.key || lanes_.empty()) prepare(whole);
    for (Lane& l : lanes_) {
        l.executor->cacheEntries = settings.cacheEntries;
        l.executor->listener = settings.listener;
        l.executor->debugSync = settings.debugSync;
        l.executor->profile = settings.profile;
        l.status = Status::success();
        l.error = nullptr;
        l.times.clear();
    }
    if (Status s = placeOutputs(a); !s.ok()) return s;
    next_ = 0;
    const int64_t used = usedLanes();
    if (!bound_ || settings.listener) {
        for (int64_t i = 0; i < used; ++i) runLane(static_cast<size_t>(i), a, true);
    } else {
        parallelFor(used, 1, [&](int64_t begin, int64_t end) {
            for (int64_t i = begin; i < end; ++i) runLane(static_cast<size_t>(i), a, false);
        });
    }
    for (Lane& l : lanes_) {
        if (l.error) std::rethrow_exception(l.error);
        if (l.status.ok()) continue;
        failed_ = l.executor->failedStep();
        return l.status;
    }
    bound_ = true;
    for (size_t i = 0; i < dims_.size(); ++i)
        if (OutputAllocator* o = a.allocators[i]; o && !engine_.plan().io[i].input)
            o->notifyShape(static_cast<int32_t>(i), dims_[i].data(),
                           static_cast<int32_t>(dims_[i].size()));
    return Status::success();
}

void Lanes::prepare(const Sequence& whole) {
    const plan::Plan& plan = engine_.plan();
    bound_ = false;
    key_.clear();
    index_ = whole.variant;
    variant_ = &plan.variants[index_];
    values_ = whole.values;
    extent_ = variant_->slices.extent;
    total_ = whole.key.at(0);
    dims_.clear(), sampleBytes_.clear();
    size_t at = 0;
    std::vector<size_t> firsts;  // extents in the key that are the number of samples
    for (const plan::IoTensor& t : plan.io) {
        auto dims = evaluate(t.desc.dims, values_);
        if (t.input) firsts.push_back(at);
        for (size_t k = 0; t.input && k < dims.size(); ++k) dims[k] = whole.key.at(at++);
        if (dims.empty() || dims[0] != total_ ||
            std::find(dims.begin(), dims.end(), -1) != dims.end())
            fail(ErrorCode::kINVALID_STATE,
                 cat("\"", t.name, "\" of ", text(toDims(dims)), " does not have the ", total_,
                     " samples of \"", plan.io[0].name, "\""));
        dims_.push_back(dims);
        dims[0] = 1;
        sampleBytes_.push_back(plan::extentBytes(t.desc.type, t.desc.format, dims).value_or(0));
    }
    count_ = static_cast<size_t>(variant_->slices.lanes);
    const size_t all = count_ + (extent_ > 1 ? 1 : 0);
    if (lanes_.size() > all) lanes_.resize(all);
    while (lanes_.size() < all) {
        Lane& l = lanes_.emplace_back();
        l.executor = std::make_unique<Executor>(engine_);
        l.stream = engine_.device().createStream();
    }
    bound_ = true;
    const auto used = static_cast<size_t>(usedLanes());
    for (size_t i = 0; i < all; ++i) {
        Lane& l = lanes_[i];
        l.place = i < count_ ? static_cast<int64_t>(i) : 0;
        l.samples = i < count_ ? extent_ : total_ % extent_;
        l.addresses.assign(plan.io.size(), nullptr);
        l.limits.clear();
        if (l.samples == 0) continue;
        for (int64_t bytes : sampleBytes_) l.limits.push_back(bytes * l.samples);
        Dim::Values values = values_;
        if (!variant_->slices.symbol.empty()) values[variant_->slices.symbol] = l.samples;
        std::vector<int64_t> key = whole.key;
        for (size_t first : firsts) key[first] = l.samples;
        l.executor->select(index_, std::move(key), std::move(values));
        if (i < used || i >= count_) bound_ = bound_ && l.executor->isBound();
    }
    noAllocators_.assign(plan.io.size(), nullptr);
    addresses_.assign(plan.io.size(), nullptr);
    key_ = whole.key;
}

Status Lanes::placeOutputs(const RunArguments& a) {
    for (size_t i = 0; i < addresses_.size(); ++i) {
        addresses_[i] = a.addresses[i];
        OutputAllocator* o = engine_.plan().io[i].input ? nullptr : a.allocators[i];
        if (!o) continue;
        const int64_t bytes = sampleBytes_[i] * total_;
        addresses_[i] =
            o->reallocate(static_cast<int32_t>(i), a.addresses[i], static_cast<uint64_t>(bytes),
                          plan::kAlignment, a.nativeStream);
        if (bytes > 0 && !addresses_[i])
            return Status::failure(ErrorCode::kFAILED_ALLOCATION, "no memory for an output");
    }
    return Status::success();
}

// What is left at the end, and so is of another extent, goes with the first lane.
void Lanes::runLane(size_t index, const RunArguments& a, bool alone) noexcept {
    Lane& lane = lanes_[index];
    ThreadCount one(1);
    try {
        const int64_t all = slices(), rest = total_ % extent_;
        if (index == 0 && rest > 0) {
            Lane& last = lanes_.back();
            last.status = runSlice(last, a, all * extent_);
        }
        // Alone, every lane has its turn.
        const auto count = static_cast<int64_t>(count_);
        for (int64_t i = alone ? static_cast<int64_t>(index) : next_++; i < all && lane.status.ok();
             i = alone ? i + count : next_++)
            lane.status = runSlice(lane, a, i * extent_);
    } catch (...) {
        lane.error = std::current_exception();
    }
}

Status Lanes::runSlice(Lane& lane, const RunArguments& a, int64_t first) {
    RunArguments own = a;
    for (size_t i = 0; i < addresses_.size(); ++i) {
        auto* from = static_cast<uint8_t*>(addresses_[i]);
        lane.addresses[i] = from ? from + first * sampleBytes_[i] : nullptr;
    }
    own.stream = lane.stream.get();
    own.addresses = lane.addresses.data();
    own.limits = lane.limits.data();
    own.allocators = noAllocators_.data();
    if (a.scratch) own.scratch = a.scratch + lane.place * variant_->laneBytes();
    Status s = lane.executor->runSteps(own);
    const auto& times = lane.executor->times;
    if (lane.times.size() < times.size()) lane.times.resize(times.size());
    for (size_t i = 0; i < times.size(); ++i)
        lane.times[i] = {times[i].first, lane.times[i].second + times[i].second};
    return s;
}

void Lanes::addTimes(std::vector<std::pair<const plan::Step*, float>>& to) const {
    for (const Lane& l : lanes_) {
        if (to.size() < l.times.size()) to.resize(l.times.size());
        for (size_t i = 0; i < l.times.size(); ++i)
            to[i] = {l.times[i].first,
                     to[i].second + l.times[i].second / static_cast<float>(count_)};
    }
}

}  // namespace bireme::runtime
