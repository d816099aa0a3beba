// SPDX-License-Identifier: Apache-2.0
#include "api/build/timing_cache.h"

#include "api/access.h"
#include "api/host_memory.h"

namespace nvinfer1 {

using bireme::api::guard;
namespace api = bireme::api;

ITimingCache::~ITimingCache() noexcept { delete impl_; }

IHostMemory* ITimingCache::serialize() const noexcept {
    return guard(impl_->reporter, static_cast<IHostMemory*>(nullptr), [&] {
        std::string text = impl_->cache.serialize();
        return api::makeHostMemory({text.begin(), text.end()});
    });
}

bool ITimingCache::combine(ITimingCache const& inputCache, bool /*ignoreMismatch*/) noexcept {
    return guard(impl_->reporter, false, [&] {
        impl_->cache.combine(api::Access::impl(inputCache).cache);
        return true;
    });
}

bool ITimingCache::reset() noexcept {
    return guard(impl_->reporter, false, [&] {
        impl_->cache.clear();
        return true;
    });
}

}  // namespace nvinfer1
