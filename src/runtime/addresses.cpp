// SPDX-License-Identifier: Apache-2.0
// The executor's memory: where every tensor lies in a run, and the caches of bound segments.
#include "base/status.h"
#include "base/text.h"
#include "runtime/executor.h"

#include <algorithm>

namespace bireme::runtime {

using plan::PlanTensor;
using plan::Storage;

constexpr int64_t kUnknown = INT64_MIN;

BoundSegment& Executor::segment(int32_t region, size_t index) {
    const Segment& g = variant_->regions[region].segments[index];
    keyScratch_.clear();
    for (int32_t symbol : g.keys)
        keyScratch_.push_back(state_->known[symbol] ? state_->values[symbol] : kUnknown);
    for (auto& entry : sequence_->caches[region][index]) {
        if (entry->key != keyScratch_) continue;
        entry->lastUse = ++clock_;
        return *entry;
    }
    return bindMissing(region, index);
}

BoundSegment& Executor::bindMissing(int32_t region, size_t index) {
    const LoadedRegion& r = variant_->regions[region];
    SegmentCache& cache = sequence_->caches[region][index];
    while (cache.size() >= std::max<size_t>(1, cacheEntries)) {
        auto older = [](const auto& a, const auto& b) { return a->lastUse < b->lastUse; };
        cache.erase(std::min_element(cache.begin(), cache.end(), older));
    }
    Dim::Values values = sequence_->values;
    for (size_t i = 0; i < state_->known.size(); ++i)
        if (state_->known[i]) values[variant_->symbols[i]] = state_->values[i];
    BindScope scope{engine_,
                    *variant_,
                    values,
                    state_->addresses,
                    context_,
                    run_.limits,
                    run_.stream->canCapture()};
    auto bound = bindSegment(scope, region, r.segments[index], index + 1 == r.segments.size());
    bound->key = keyScratch_;
    bound->lastUse = ++clock_;
    cache.push_back(std::move(bound));
    return *cache.back();
}

void Executor::setAddress(int32_t region, int32_t root, void* p) noexcept {
    const LoadedRegion& r = variant_->regions[region];
    auto& addresses = state_->addresses[region];
    addresses[root] = p;
    for (int32_t v : r.views[root]) {
        const TensorDesc& d = r.plan->tensors[v].desc;
        addresses[v] = p ? static_cast<uint8_t*>(p) + d.format.offset * bits(d.type) / 8 : nullptr;
    }
}

void Executor::placeExtents(int32_t region, const LoadedStep& step, BoundStep& b) noexcept {
    for (size_t i = 0; i < b.extents.size(); ++i) {
        if (b.extents[i].empty()) continue;
        void* p = b.extentsOnDevice.empty() ? b.extents[i].data() : b.extentsOnDevice[i]->data();
        setAddress(region, variant_->regions[region].roots[step.plan->inputs[i]], p);
    }
}

void Executor::enter(int32_t region) {
    const LoadedRegion& r = variant_->regions[region];
    ++state_->regions[region].entries;
    for (int32_t symbol : r.defined) state_->known[symbol] = 0;
    for (int32_t i = 0; i < static_cast<int32_t>(r.roots.size()); ++i) {
        if (r.roots[i] != i) continue;
        const PlanTensor& t = r.plan->tensors[i];
        void* p = nullptr;
        switch (t.storage) {
            case Storage::arena: p = run_.scratch ? run_.scratch + t.offset : nullptr; break;
            case Storage::constant: p = const_cast<void*>(engine_.constant(t.index)); break;
            case Storage::input: p = run_.addresses[t.index]; break;
            case Storage::output: {
                bool got = ioAcquired_[t.index] == runNumber_;
                p = run_.allocators[t.index] ? (got ? ioMemory_[t.index] : nullptr)
                                             : run_.addresses[t.index];
                break;
            }
            case Storage::deferred:
            case Storage::extents: break;
            case Storage::parent: {
                size_t inputs = r.owner->inputs.size(), k = static_cast<size_t>(t.index);
                if (k < r.passed)
                    p = state_->regions[region].loop->passed[k];
                else
                    p = state_->addresses[r.parent][k < inputs ? r.owner->inputs[k]
                                                               : r.owner->outputs[k - inputs]];
            }
        }
        setAddress(region, i, p);
    }
}

void* Executor::acquireOutput(int32_t io, int64_t bytes) noexcept {
    OutputAllocator* allocator = run_.allocators[io];
    const int64_t limit = run_.limits ? run_.limits[io] : state_->ioLimit[io];
    if (!allocator) return bytes > limit ? nullptr : run_.addresses[io];
    if (ioAcquired_[io] == runNumber_) return bytes > ioBytes_[io] ? nullptr : ioMemory_[io];
    ioAcquired_[io] = runNumber_;
    ioBytes_[io] = bytes;
    return ioMemory_[io] =
               allocator->reallocate(io, run_.addresses[io], static_cast<uint64_t>(bytes),
                                     plan::kAlignment, run_.nativeStream);
}

void* Executor::acquire(int32_t region, int32_t tensor, int64_t bytes) noexcept {
    const LoadedRegion& r = variant_->regions[region];
    int32_t root = r.roots[tensor];
    const PlanTensor& t = r.plan->tensors[root];
    void* p = nullptr;
    switch (t.storage) {
        case Storage::arena:
            if (bytes > variant_->plan->arenaBytes - t.offset) return nullptr;
            p = state_->addresses[region][root];
            break;
        case Storage::output: p = acquireOutput(t.index, bytes); break;
        case Storage::deferred: {
            RegionState& s = state_->regions[region];
            Buffer& buffer = s.deferred[root];
            bool had = s.acquired[root] == s.entries;
            if (had && static_cast<size_t>(bytes) > buffer.size())
                return nullptr;  // others may point into it already
            if (!had && !buffer.reserve(static_cast<size_t>(bytes), run_.stream)) return nullptr;
            s.acquired[root] = s.entries;
            p = buffer.data();
            break;
        }
        case Storage::parent: {
            size_t inputs = r.owner->inputs.size(), k = static_cast<size_t>(t.index);
            if (k >= inputs) p = acquire(r.parent, r.owner->outputs[k - inputs], bytes);
            break;
        }
        default: break;  // inputs and constants are not written
    }
    setAddress(region, root, p);
    return state_->addresses[region][tensor];
}

void* Executor::resize(int output, const int64_t* dims, int rank) noexcept {
    auto refuse = [&](const char* why) -> void* {
        sink_.refusal = why;
        return nullptr;
    };
    const auto& outputs = sink_.step->plan->outputs;
    if (output < 0 || output >= static_cast<int>(outputs.size()) || outputs[output] < 0)
        return refuse("the kernel resizes an output that is absent");
    const PlanTensor& t = variant_->regions[sink_.region].plan->tensors[outputs[output]];
    BoundStep& b = *sink_.bound;
    auto& target = b.outputDims[output];
    if (rank != t.desc.rank())
        return refuse("the kernel gives an output of another rank than its shape rule");
    for (int i = 0; i < rank; ++i) {
        int64_t want = b.expected[output][i];
        if (dims[i] < 0 || (want >= 0 && want != dims[i]))
            return refuse("the kernel gives other extents than its shape rule");
    }
    if (!b.open[output]) return b.outputs[output];
    std::copy(dims, dims + rank, target.begin());
    auto bytes = plan::extentBytes(t.desc.type, t.desc.format, target);
    void* p = bytes ? acquire(sink_.region, outputs[output], *bytes) : nullptr;
    if (p) return p;
    target[0] = -1;
    return refuse("no memory for an output whose size only running tells");
}

}  // namespace bireme::runtime
