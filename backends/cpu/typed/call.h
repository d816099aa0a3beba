// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/status.h"
#include "device/kernel.h"
#include "tensor/dtype.h"

#include <array>
#include <vector>

namespace bireme::cpu {

// What loops see of one call: operands of a node, dense and row-major, in the types that they
// compute in. Shapes are known from the start, memory while the call runs.
class TypedCall {
public:
    struct Operand {
        int tensor = -1;                                              // of the launch; -1: absent
        DataType stored = DataType::kFLOAT, type = DataType::kFLOAT;  // in memory, in the loops
        std::vector<int64_t> dims;
        int64_t count = 0;
        size_t buffer = 0;     // where in the workspace, when the types differ
        bool open = false;     // an output whose extents the loops find out
        void* data = nullptr;  // in the loops' type; null for an output that nobody reads
        bool converted() const { return tensor >= 0 && stored != type; }
    };
    std::vector<Operand> inputs, outputs;
    char* scratch = nullptr;
    device::OutputSink* sink = nullptr;
    static constexpr int kMaxRank = 16;

    bool has(int i) const {
        return static_cast<size_t>(i) < inputs.size() && inputs[at(i)].tensor >= 0;
    }
    bool wants(int i) const {
        return static_cast<size_t>(i) < outputs.size() && outputs[at(i)].tensor >= 0;
    }
    const std::vector<int64_t>& dims(int i) const { return inputs[at(i)].dims; }
    const std::vector<int64_t>& outDims(int i) const { return outputs[at(i)].dims; }
    int64_t count(int i) const { return inputs[at(i)].count; }
    int64_t outCount(int i) const { return outputs[at(i)].count; }
    DataType stored(int i) const { return inputs[at(i)].stored; }
    DataType outStored(int i) const { return outputs[at(i)].stored; }

    // Null where the operand is absent.
    template <typename T>
    const T* in(int i) const {
        return has(i) ? static_cast<const T*>(inputs[at(i)].data) : nullptr;
    }
    template <typename T>
    T* out(int i) const {
        return wants(i) ? static_cast<T*>(outputs[at(i)].data) : nullptr;
    }
    // Where an output with these extents goes, as it is stored; null when out of memory.
    void* memory(int output, const std::array<int64_t, kMaxRank>& dims, int rank) const noexcept;
    // An element of any type as an integer or a double.
    int64_t integer(int i, int64_t element = 0) const noexcept;
    double real(int i, int64_t element = 0) const noexcept;

private:
    static size_t at(int i) { return static_cast<size_t>(i); }
};

}  // namespace bireme::cpu
