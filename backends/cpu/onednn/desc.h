// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backends/cpu/onednn/context.h"
#include "device/kernel.h"
#include "tensor/dtype.h"

#include <string>
#include <vector>

namespace bireme::cpu {

dnnl::memory::data_type dnnlType(DataType type);  // undef when the library has no such type

// Logical dims in the memory order of an unblocked format.
dnnl::memory::desc descOf(DataType type, const std::vector<int64_t>& dims, const Format& format);
dnnl::memory::desc descOf(const device::TensorShape& t);

// Packed layouts as text, "f32 64x3x7x7 Acdb16a": type, logical dims and the name of a format tag.
// A layout that no tag describes has the text "".
std::string layoutText(const dnnl::memory::desc& desc);
dnnl::memory::desc parseLayout(const std::string& text);  // throws Error

// Copies (and converts) elements between layouts, on the calling thread's stream.
void reorder(const dnnl::memory::desc& from, const void* source, const dnnl::memory::desc& to,
             void* target);

}  // namespace bireme::cpu
