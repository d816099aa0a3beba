// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backends/cuda/jit/compiler.h"
#include "backends/cuda/jit/module.h"
#include "backends/cuda/support/walk.h"

#include <string>
#include <vector>

namespace bireme::cuda {

// Device code that copies elements of one type to another; plain moves by their size alone.
DeviceProgram copyProgram(DataType from, DataType to);

// target[sum(i * to)] = source[sum(i * from)] over `dims`, planned once: vectors where memory
// allows, tiles through shared memory for transposes, steps of 0 repeat. Offsets in elements.
class StridedCopy {
public:
    StridedCopy(const Code& code, DataType fromType, DataType toType,
                const std::vector<int64_t>& dims, const std::vector<int64_t>& from,
                const std::vector<int64_t>& to, int64_t fromOffset, int64_t toOffset);
    Status run(device::Stream& stream, const void* source, void* target) noexcept;
    std::string text() const { return text_; }

private:
    struct Parameters {
        const void* from = nullptr;
        void* to = nullptr;
        Loops<2> loops;
        uint32_t rows = 1, columns = 1;
        int32_t rowStep = 0, columnStep = 0;
        FastDiv rowTiles, columnTiles;
    };
    void planTile(const Walk& w, size_t row, size_t column);

    CUfunction wide_ = nullptr, single_ = nullptr;
    Parameters wideParameters_, singleParameters_;
    Grid wideGrid_, singleGrid_;
    size_t fromAlign_ = 1, toAlign_ = 1;
    int64_t fromOffset_ = 0, toOffset_ = 0;  // bytes
    bool empty_ = false;
    std::string text_;
};

}  // namespace bireme::cuda
