// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/jit/sources.h"

#include <gtest/gtest.h>

namespace bireme::cuda {

// Kernels are launched before the one in front of them ends: who reads first reads too early.
TEST(DeviceSources, EveryKernelFirstAwaitsThePreviousOne) {
    int kernels = 0;
    for (const auto& s : deviceSources()) {
        for (size_t at = s.text.find("__global__"); at != std::string_view::npos;
             at = s.text.find("__global__", at + 1)) {
            size_t body = s.text.find('{', at);
            ASSERT_NE(body, std::string_view::npos) << s.name;
            size_t first = s.text.find_first_not_of(" \n", body + 1);
            EXPECT_EQ(s.text.substr(first, 15), "awaitPrevious()") << s.name;
            ++kernels;
        }
    }
    EXPECT_GT(kernels, 20);
}

}  // namespace bireme::cuda
