// SPDX-License-Identifier: Apache-2.0
#include "runtime/executor.h"

#include "base/status.h"
#include "base/text.h"
#include "runtime/lanes.h"
#include "runtime/shapes.h"

#include <algorithm>

namespace bireme::runtime {

using plan::StepKind;
using plan::Storage;

Executor::Executor(const Engine& engine)
    : engine_(engine),
      states_(engine.plan().variants.size()),
      ioAcquired_(engine.plan().io.size(), 0),
      ioMemory_(engine.plan().io.size(), nullptr),
      ioBytes_(engine.plan().io.size(), 0) {
    context_.log = engine.log();
}

Executor::~Executor() = default;

template <typename T>
static T* leastRecent(std::vector<std::unique_ptr<T>>& list) {
    auto older = [](const auto& a, const auto& b) { return a->lastUse < b->lastUse; };
    return std::min_element(list.begin(), list.end(), older)->get();
}

void Executor::select(size_t variant, std::vector<int64_t> key, Dim::Values values) {
    results_ = nullptr;
    sequence_ = nullptr;
    variant_ = &engine_.variant(variant);
    state_ = &stateOf(variant);
    for (auto& s : sequences_)
        if (s->variant == variant && s->key == key) sequence_ = s.get();
    if (sequence_) return;
    while (sequences_.size() >= std::max<size_t>(1, cacheEntries)) {
        Sequence* old = leastRecent(sequences_);
        std::erase_if(sequences_, [&](const auto& s) { return s.get() == old; });
    }
    auto s = std::make_unique<Sequence>();
    s->key = std::move(key);
    s->variant = variant;
    s->values = std::move(values);
    for (const LoadedRegion& r : variant_->regions) s->caches.emplace_back(r.segments.size());
    sequence_ = s.get();
    sequences_.push_back(std::move(s));
}

bool Executor::isBound() const noexcept {
    const auto& root = sequence_->caches.at(0);
    return std::none_of(root.begin(), root.end(), [](const auto& c) { return c.empty(); });
}

Executor::VariantState& Executor::stateOf(size_t variant) {
    if (states_[variant]) return *states_[variant];
    const LoadedVariant& v = engine_.variant(variant);
    auto s = std::make_unique<VariantState>();
    size_t keys = 0;
    for (const LoadedRegion& r : v.regions) {
        size_t n = r.plan->tensors.size();
        s->addresses.emplace_back(n, nullptr);
        RegionState region;
        bool deferred = std::any_of(r.plan->tensors.begin(), r.plan->tensors.end(),
                                    [](const auto& t) { return t.storage == Storage::deferred; });
        if (deferred) {
            region.acquired.assign(n, 0);
            region.deferred.reserve(n);
            for (size_t i = 0; i < n; ++i) region.deferred.emplace_back(engine_);
        }
        s->regions.push_back(std::move(region));
        for (const Segment& g : r.segments) keys = std::max(keys, g.keys.size());
    }
    s->values.assign(v.symbols.size(), 0);
    s->known.assign(v.symbols.size(), 0);
    for (const auto& io : engine_.plan().io)
        s->ioLimit.push_back(plan::upperBytes(io.desc, v.ranges).value_or(INT64_MAX));
    keyScratch_.reserve(std::max(keyScratch_.capacity(), keys));
    states_[variant] = std::move(s);
    return *states_[variant];
}

// A name in profilers for what is enqueued while it lives.
struct Range {
    Range(device::Stream& s, const std::string& name) noexcept : stream(s) {
        stream.beginRange(name.c_str());
    }
    ~Range() { stream.endRange(); }
    Range(const Range&) = delete;
    Range& operator=(const Range&) = delete;
    device::Stream& stream;
};

Status Executor::run(const RunArguments& arguments) {
    return variant_->plan->slices.extent > 0 ? runSlices(arguments) : runSteps(arguments);
}

Status Executor::runSlices(const RunArguments& arguments) {
    if (!lanes_) lanes_ = std::make_unique<Lanes>(engine_);
    failed_ = nullptr;
    sequence_->lastUse = ++clock_;
    times.clear();
    Status s = lanes_->run(*sequence_, arguments, {cacheEntries, listener, debugSync, profile});
    failed_ = lanes_->failedStep();
    if (s.ok() && profile) lanes_->addTimes(times);
    return s;
}

Status Executor::runSteps(const RunArguments& arguments) {
    ++runNumber_;
    run_ = arguments;
    Range named(*run_.stream, engine_.plan().name);
    failed_ = nullptr;
    results_ = nullptr;
    sequence_->lastUse = ++clock_;
    times.clear();
    if (profile) times.reserve(variant_->steps);
    std::fill(state_->known.begin(), state_->known.end(), uint8_t{0});
    // Inside a caller's own capture every launch is recorded by the caller.
    recording_ = run_.stream->canCapture() && !listener && !debugSync && !profile &&
                 !run_.stream->isCapturing();
    const Extents* results = nullptr;
    if (Status s = runRegion(0, &results); !s.ok()) return s;
    results_ = results;
    const auto& io = engine_.plan().io;
    for (size_t i = 0; i < io.size(); ++i) {
        OutputAllocator* a = run_.allocators[i];
        if (io[i].input || !a) continue;
        const auto& dims = (*results)[i];
        a->notifyShape(static_cast<int32_t>(i), dims.data(), static_cast<int32_t>(dims.size()));
    }
    return Status::success();
}

Status Executor::runRegion(int32_t region, const Extents** results) {
    const LoadedRegion& r = variant_->regions[region];
    enter(region);
    for (size_t k = 0; k < r.segments.size(); ++k) {
        BoundSegment& bound = segment(region, k);
        size_t done = recording_ ? bound.recordable : 0;
        if (done)
            if (Status s = runRecorded(region, k, bound); !s.ok()) return s;
        if (Status s = walk(region, k, bound, done, bound.steps.size()); !s.ok()) return s;
        *results = &bound.results;
    }
    return Status::success();
}

Status Executor::walk(int32_t region, size_t index, BoundSegment& bound, size_t from, size_t to) {
    const LoadedRegion& r = variant_->regions[region];
    auto begin = static_cast<size_t>(r.segments[index].begin);
    for (size_t i = from; i < to; ++i)
        if (Status s = runStep(region, r.steps[begin + i], bound.steps[i]); !s.ok()) return s;
    return Status::success();
}

Status Executor::runStep(int32_t region, const LoadedStep& step, BoundStep& bound) {
    Range named(*run_.stream, step.plan->name);
    if (profile)
        if (Status s = run_.stream->beginTimer(); !s.ok()) return s;
    if (bound.hasExtents) placeExtents(region, step, bound);
    Status s;
    switch (step.plan->kind) {
        case StepKind::readback: s = runReadback(region, step, bound); break;
        case StepKind::conditional: s = runConditional(region, step, bound); break;
        case StepKind::loop: s = runLoop(region, step, bound); break;
        default: s = runKernel(region, step, bound);
    }
    if (s.ok() && step.plan->kind != StepKind::readback) s = define(step, bound);
    if (s.ok() && (listener || debugSync)) s = run_.stream->synchronize();
    float milliseconds = 0;
    if (s.ok() && profile) s = run_.stream->endTimer(milliseconds);
    if (s.ok() && listener) s = watch(region, step, bound);
    if (s.ok() && profile && step.children.empty()) times.emplace_back(step.plan, milliseconds);
    if (!s.ok() && !failed_) failed_ = step.plan;
    return s;
}

Status Executor::runKernel(int32_t region, const LoadedStep& step, BoundStep& b) {
    for (const auto& [tensor, bytes] : b.acquire)
        if (!acquire(region, tensor, bytes))
            return Status::failure(ErrorCode::kFAILED_ALLOCATION, "no memory for an output");
    const auto& addresses = state_->addresses[region];
    for (size_t i = 0; i < b.inputs.size(); ++i) {
        int32_t t = step.plan->inputs[i];
        b.inputs[i] = t < 0 ? nullptr : addresses[t];
        if (!b.inputs[i] && b.needed[i])
            return Status::failure(ErrorCode::kINVALID_STATE, "an input of the step has no memory");
    }
    for (size_t o = 0; o < b.outputs.size(); ++o) {
        int32_t t = step.plan->outputs[o];
        b.outputs[o] = t < 0 || b.open[o] ? nullptr : addresses[t];
        if (b.open[o]) b.outputDims[o][0] = -1;
    }
    device::Launch launch;
    launch.inputs = b.inputs.data();
    launch.outputs = b.outputs.data();
    launch.constants = step.constants.data();
    launch.workspace = b.extraWorkspace ? b.extraWorkspace->data()
                       : run_.scratch   ? run_.scratch + step.plan->workspaceOffset
                                        : nullptr;
    launch.sink = this;
    sink_ = {region, &step, &b, nullptr};
    Status s = b.hostSide ? runOnHost(step, b, launch) : b.bound->enqueue(*run_.stream, launch);
    if (!s.ok()) return sink_.refusal ? Status::failure(s.code, sink_.refusal) : s;
    for (size_t o = 0; o < b.outputs.size(); ++o)
        if (b.open[o] && b.outputDims[o][0] < 0)
            return Status::failure(
                ErrorCode::kFAILED_EXECUTION,
                sink_.refusal ? sink_.refusal : "the kernel told no extents for an output");
    return Status::success();
}

Status Executor::readHost(int32_t region, const LoadedStep& step, BoundStep& b, const void*& data) {
    data = state_->addresses[region][step.plan->inputs[0]];
    if (!data)
        return Status::failure(ErrorCode::kINVALID_STATE, "what the step reads has no memory");
    if (b.host.empty()) return Status::success();
    Status s = engine_.device().copy(b.host.data(), data, b.host.size(), *run_.stream);
    data = b.host.data();
    return s.ok() ? run_.stream->synchronize() : s;
}

Status Executor::runReadback(int32_t region, const LoadedStep& step, BoundStep& b) {
    const void* data = nullptr;
    if (Status s = readHost(region, step, b, data); !s.ok()) return s;
    DataType type = variant_->regions[region].plan->tensors[step.plan->inputs[0]].desc.type;
    for (const LoadedDefine& d : step.defines) {
        if (d.index >= b.elements)
            return Status::failure(ErrorCode::kFAILED_EXECUTION,
                                   "a value that decides a shape is missing");
        setSymbol(step, d, readInteger(type, data, d.index));
    }
    return Status::success();
}

Status Executor::define(const LoadedStep& step, const BoundStep& b) {
    for (const LoadedDefine& d : step.defines) setSymbol(step, d, b.outputDims[d.output][d.index]);
    return Status::success();
}

void Executor::setSymbol(const LoadedStep& step, const LoadedDefine& d, int64_t value) {
    const std::string& name = variant_->symbols[d.symbol];
    const DimRange& range = variant_->ranges.find(name)->second;
    if (value < range.min || value > range.max)
        throw Error(ErrorCode::kFAILED_COMPUTATION,
                    cat("it makes an extent or value ", value, ", the engine was built for ",
                        range.min, " to ", range.max),
                    step.plan->name);
    state_->values[d.symbol] = value;
    state_->known[d.symbol] = 1;
}

Status Executor::runConditional(int32_t region, const LoadedStep& step, BoundStep& b) {
    const void* data = nullptr;
    if (Status s = readHost(region, step, b, data); !s.ok()) return s;
    int32_t child = step.children[*static_cast<const uint8_t*>(data) ? 0 : 1];
    const Extents* results = nullptr;
    if (Status s = runRegion(child, &results); !s.ok()) return s;
    return takeResults(region, step, b, child, *results);
}

// Results that the branch did not write into the step's outputs are copied there.
Status Executor::takeResults(int32_t region, const LoadedStep& step, BoundStep& b, int32_t child,
                             const Extents& results) {
    const LoadedRegion& r = variant_->regions[child];
    for (size_t k = 0; k < step.plan->outputs.size(); ++k) {
        int32_t to = step.plan->outputs[k], from = r.plan->outputs[k];
        if (to < 0) continue;
        for (size_t i = 0; i < results[k].size(); ++i) {
            int64_t have = results[k][i], want = b.expected[k][i];
            if (have < 0 || (want >= 0 && want != have))
                return Status::failure(ErrorCode::kFAILED_EXECUTION,
                                       "a branch gives other extents than the step has");
            b.outputDims[k][i] = have;
        }
        const auto& source = r.plan->tensors[from];
        auto bytes = plan::extentBytes(source.desc.type, source.desc.format, b.outputDims[k]);
        if (!bytes)
            return Status::failure(ErrorCode::kFAILED_EXECUTION,
                                   "a branch gives an impossible extent");
        if (*bytes == 0) continue;
        const void* data = state_->addresses[child][from];
        if (!data)
            return Status::failure(ErrorCode::kINVALID_STATE, "a branch leaves a result unwritten");
        bool inPlace = r.roots[from] == from && source.storage == Storage::parent &&
                       source.index == static_cast<int32_t>(step.plan->inputs.size() + k);
        if (inPlace) continue;
        void* target = acquire(region, to, *bytes);
        if (!target)
            return Status::failure(ErrorCode::kFAILED_ALLOCATION,
                                   "no memory for a result of a branch");
        Status s = engine_.device().copy(target, data, static_cast<size_t>(*bytes), *run_.stream);
        if (!s.ok()) return s;
    }
    return Status::success();
}

Status Executor::watch(int32_t region, const LoadedStep& step, const BoundStep& b) {
    const auto& tensors = variant_->regions[region].plan->tensors;
    const auto& addresses = state_->addresses[region];
    auto view = [&](const std::vector<int32_t>& list, const Extents& dims) {
        std::vector<OperandView> out;
        for (size_t i = 0; i < list.size(); ++i) {
            if (list[i] < 0)
                out.emplace_back();
            else
                out.push_back({&tensors[list[i]], dims[i].data(), addresses[list[i]]});
        }
        return out;
    };
    return listener->afterStep(*step.plan, view(step.plan->inputs, b.inputDims),
                               view(step.plan->outputs, b.outputDims));
}

std::vector<std::pair<std::string, std::string>> Executor::implementations() const {
    std::vector<std::pair<std::string, std::string>> out;
    if (!sequence_) return out;
    if (lanes_ && variant_->plan->slices.extent > 0)
        return lanes_->first() ? lanes_->first()->implementations() : out;
    for (size_t r = 0; r < sequence_->caches.size(); ++r) {
        const LoadedRegion& region = variant_->regions[r];
        for (size_t k = 0; k < region.segments.size(); ++k)
            for (const auto& bound : sequence_->caches[r][k])
                for (size_t i = 0; i < bound->steps.size(); ++i)
                    if (bound->steps[i].bound)
                        out.emplace_back(
                            region.steps[static_cast<size_t>(region.segments[k].begin) + i]
                                .plan->name,
                            bound->steps[i].bound->implementation());
    }
    return out;
}

}  // namespace bireme::runtime
