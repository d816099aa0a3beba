// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/onednn/execution.h"

namespace bireme::cpu {

void Execution::add(int argument, const dnnl::memory::desc& desc, ArgSource source) {
    dnnl::memory memory(desc, dnnlEngine(),
                        source.fixed);  // null unless fixed: set at every launch
    list_.push_back({argument, memory.get()});
    arguments_.push_back({std::move(memory), source});
}

static void* pointer(const ArgSource& s, const device::Launch& launch) {
    const void* base = nullptr;
    switch (s.kind) {
        case ArgSource::Kind::input: base = launch.inputs[s.index]; break;
        case ArgSource::Kind::output: base = launch.outputs[s.index]; break;
        case ArgSource::Kind::constant: base = launch.constants[s.index]; break;
        case ArgSource::Kind::workspace: base = launch.workspace; break;
        case ArgSource::Kind::fixed: return s.fixed;
    }
    return const_cast<char*>(static_cast<const char*>(base)) + s.offset;
}

Status Execution::run(const device::Launch& launch) const noexcept {
    for (const Argument& a : arguments_) {
        if (a.source.kind == ArgSource::Kind::fixed) continue;
        dnnl_memory_set_data_handle(a.memory.get(), pointer(a.source, launch));
    }
    dnnl_status_t status = dnnl_success;
    try {
        status = dnnl_primitive_execute(primitive_.get(), dnnlStream().get(),
                                        static_cast<int>(list_.size()), list_.data());
    } catch (...) {  // the thread's stream could not be made
        status = dnnl_out_of_memory;
    }
    if (status == dnnl_success) return Status::success();
    return Status::failure(ErrorCode::kFAILED_EXECUTION, "oneDNN failed to run a primitive");
}

}  // namespace bireme::cpu
