// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/onednn/bytes.h"

#include "base/parallel_for.h"

namespace bireme::cpu {

void flipBytes(const void* from, void* to, int64_t n) {
    const auto* x = static_cast<const uint8_t*>(from);
    auto* y = static_cast<uint8_t*>(to);
    parallelFor(n, 1 << 17, [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i) y[i] = x[i] ^ 0x80U;
    });
}

void BytePrimitive::run(std::unordered_map<int, dnnl::memory> arguments) {
    if (!scratch_.empty())
        arguments.emplace(DNNL_ARG_SCRATCHPAD, memoryAt(scratchDesc_, scratch_.data()));
    primitive_.execute(dnnlStream(), arguments);
}

dnnl::memory memoryAt(const dnnl::memory::desc& desc, const void* data) {
    return {desc, dnnlEngine(), const_cast<void*>(data)};
}

dnnl::primitive_attr scratchByUser() {
    dnnl::primitive_attr attributes;
    attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
    return attributes;
}

}  // namespace bireme::cpu
