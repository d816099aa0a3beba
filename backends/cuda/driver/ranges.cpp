// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/driver/ranges.h"

#ifdef BIREME_HAVE_NVTX
#include <nvtx3/nvToolsExt.h>
#endif

namespace bireme::cuda {

#ifdef BIREME_HAVE_NVTX

// A domain of our own keeps them apart from the program's.
static nvtxDomainHandle_t domain() noexcept {
    static const nvtxDomainHandle_t ours = nvtxDomainCreateA("bireme");
    return ours;
}

void beginRange(const char* name) noexcept {
    nvtxEventAttributes_t event = {};
    event.version = NVTX_VERSION;
    event.size = NVTX_EVENT_ATTRIB_STRUCT_SIZE;
    event.messageType = NVTX_MESSAGE_TYPE_ASCII;
    event.message.ascii = name;
    nvtxDomainRangePushEx(domain(), &event);
}
void endRange() noexcept { nvtxDomainRangePop(domain()); }
bool hasRanges() noexcept { return true; }

#else

void beginRange(const char*) noexcept {}
void endRange() noexcept {}
bool hasRanges() noexcept { return false; }

#endif

}  // namespace bireme::cuda
