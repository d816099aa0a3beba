// SPDX-License-Identifier: Apache-2.0
// Operands of products of bytes as the library multiplies them: UINT8 by INT8.
#pragma once

#include "backends/cpu/onednn/context.h"

#include <cstdint>
#include <unordered_map>
#include <vector>

namespace bireme::cpu {

// Between INT8 and UINT8: the bytes of x + 128 or x - 128.
void flipBytes(const void* from, void* to, int64_t n);

// A primitive of one source, weights and a destination, that brings its scratchpad.
class BytePrimitive {
public:
    BytePrimitive() = default;
    template <typename Primitive>
    BytePrimitive(const Primitive& primitive, const typename Primitive::primitive_desc& pd)
        : primitive_(primitive),
          scratchDesc_(pd.scratchpad_desc()),
          scratch_(scratchDesc_.get_size()) {}
    // Throws dnnl::error.
    void run(std::unordered_map<int, dnnl::memory> arguments);

private:
    dnnl::primitive primitive_;
    dnnl::memory::desc scratchDesc_;
    std::vector<uint8_t> scratch_;
};

dnnl::memory memoryAt(const dnnl::memory::desc& desc, const void* data);
dnnl::primitive_attr scratchByUser();

}  // namespace bireme::cpu
