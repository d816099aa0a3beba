// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/onednn/bound.h"

namespace bireme::cpu {

void PrimitiveBound::addScratch(const dnnl::memory::desc& scratch, size_t foreseen) {
    size_t size = scratch.get_size();
    if (size == 0) return;
    if (size <= foreseen) {
        workspace_ = size;
        execution.add(DNNL_ARG_SCRATCHPAD, scratch, ArgSource::workspace());
    } else {
        execution.add(DNNL_ARG_SCRATCHPAD, scratch, ArgSource::memory(keep(size)));
    }
}

void* PrimitiveBound::keep(size_t bytes) {
    constexpr size_t line = 64;
    kept_.push_back(std::make_unique<uint64_t[]>((bytes + line) / sizeof(uint64_t) + 1));
    auto address = reinterpret_cast<uintptr_t>(kept_.back().get());
    return reinterpret_cast<void*>((address + line - 1) / line * line);
}

}  // namespace bireme::cpu
