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

void PrimitiveBound::addReordered(int argument, const dnnl::memory::desc& have,
                                  const dnnl::memory::desc& want, ArgSource source) {
    if (have == want) return execution.add(argument, have, source);
    ArgSource copy = ArgSource::memory(keep(want.get_size()));
    const bool out = argument == DNNL_ARG_DST;
    guarded("reordering", [&] {
        const auto &from = out ? want : have, &to = out ? have : want;
        Execution e(
            dnnl::reorder(dnnl::reorder::primitive_desc(dnnlEngine(), from, dnnlEngine(), to)));
        e.add(DNNL_ARG_FROM, from, out ? copy : source);
        e.add(DNNL_ARG_TO, to, out ? source : copy);
        (out ? after_ : before_).push_back(std::move(e));
    });
    execution.add(argument, want, copy);
}

Status PrimitiveBound::enqueue(device::Stream&, const device::Launch& launch) noexcept {
    for (const Execution& e : before_)
        if (Status s = e.run(launch); !s.ok()) return s;
    if (Status s = execution.run(launch); !s.ok()) return s;
    for (const Execution& e : after_)
        if (Status s = e.run(launch); !s.ok()) return s;
    return Status::success();
}

void* PrimitiveBound::keep(size_t bytes) {
    constexpr size_t line = 64;
    kept_.push_back(std::make_unique<uint64_t[]>((bytes + line) / sizeof(uint64_t) + 1));
    void* address = kept_.back().get();
    size_t space = bytes + line;
    return std::align(line, bytes, address, space);
}

}  // namespace bireme::cpu
