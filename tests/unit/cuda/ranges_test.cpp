// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/driver/ranges.h"

#include <gtest/gtest.h>

#ifdef BIREME_HAVE_NVTX

#include <nvtx3/nvToolsExt.h>

#include <string>
#include <vector>

namespace {

std::vector<std::string> seen;

int NVTX_API push(nvtxDomainHandle_t, const nvtxEventAttributes_t* event) {
    seen.push_back(event->message.ascii);
    return 0;
}
int NVTX_API pop(nvtxDomainHandle_t) {
    seen.push_back("end");
    return 0;
}

// As a profiler does when the program first uses NVTX.
int NVTX_API inject(NvtxGetExportTableFunc_t exported) {
    const auto* callbacks =
        static_cast<const NvtxExportTableCallbacks*>(exported(NVTX_ETID_CALLBACKS));
    NvtxFunctionTable table = nullptr;
    unsigned size = 0;
    if (!callbacks->GetModuleFunctionTable(NVTX_CB_MODULE_CORE2, &table, &size)) return 0;
    *table[NVTX_CBID_CORE2_DomainRangePushEx] = reinterpret_cast<NvtxFunctionPointer>(&push);
    *table[NVTX_CBID_CORE2_DomainRangePop] = reinterpret_cast<NvtxFunctionPointer>(&pop);
    return 1;
}

}  // namespace

TEST(Ranges, ReachTheProfiler) {
    ASSERT_TRUE(bireme::cuda::hasRanges());
    InitializeInjectionNvtx2_fnptr = &inject;
    bireme::cuda::beginRange("Conv_1");
    bireme::cuda::endRange();
    EXPECT_EQ(seen, (std::vector<std::string>{"Conv_1", "end"}));
}

#else

TEST(Ranges, AreNothingWithoutHeaders) { EXPECT_FALSE(bireme::cuda::hasRanges()); }

#endif
