// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace bireme::runtime::test {

// Calls of operator new on this thread, while counting.
class AllocationCount {
public:
    AllocationCount();
    ~AllocationCount();
    int64_t count() const;
};

}  // namespace bireme::runtime::test
