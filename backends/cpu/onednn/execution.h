// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backends/cpu/onednn/context.h"
#include "device/kernel.h"

#include <vector>

namespace bireme::cpu {

// Where the memory of one argument of a primitive comes from at each launch.
struct ArgSource {
    enum class Kind : uint8_t { input, output, constant, workspace, fixed };
    Kind kind = Kind::input;
    int index = 0;
    size_t offset = 0;  // bytes
    void* fixed = nullptr;
    static ArgSource input(int i, size_t offset = 0) { return {Kind::input, i, offset, nullptr}; }
    static ArgSource output(int i, size_t offset = 0) { return {Kind::output, i, offset, nullptr}; }
    static ArgSource constant(int i) { return {Kind::constant, i, 0, nullptr}; }
    static ArgSource workspace(size_t offset = 0) { return {Kind::workspace, 0, offset, nullptr}; }
    static ArgSource memory(void* p) { return {Kind::fixed, 0, 0, p}; }
};

// A primitive with its arguments laid out once; running it only sets pointers.
class Execution {
public:
    Execution() = default;
    explicit Execution(dnnl::primitive primitive) : primitive_(std::move(primitive)) {}
    void add(int argument, const dnnl::memory::desc& desc, ArgSource source);
    Status run(const device::Launch& launch) const noexcept;

private:
    struct Argument {
        dnnl::memory memory;
        ArgSource source;
    };
    dnnl::primitive primitive_;
    std::vector<Argument> arguments_;
    std::vector<dnnl_exec_arg_t> list_;
};

}  // namespace bireme::cpu
