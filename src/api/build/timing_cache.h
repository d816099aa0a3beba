// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/guard.h"
#include "bireme/timing_cache.h"
#include "builder/timing_cache.h"

namespace bireme::api {

// Behind ITimingCache.
struct TimingCache {
    explicit TimingCache(const Reporter& r) : reporter(r) {}
    Reporter reporter;
    builder::TimingCache cache;
};

}  // namespace bireme::api
