// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace bireme::cpu {

// target[sum(i * targetStrides)] = source[sum(i * sourceStrides)] over `dims`, planned once: runs
// of memory are copied whole, transposes go through small blocks, source strides of 0 repeat.
// Elements of 1, 2, 4 or 8 bytes.
class StridedCopy {
public:
    StridedCopy() = default;
    StridedCopy(size_t elementSize, const std::vector<int64_t>& dims,
                const std::vector<int64_t>& sourceStrides,
                const std::vector<int64_t>& targetStrides, int64_t sourceOffset = 0,
                int64_t targetOffset = 0);
    // On all threads when it is worth it. Source and target do not overlap, but may be the same for
    // an identity.
    void run(const void* source, void* target) const noexcept;
    bool isIdentity() const {
        return kind_ == Kind::run && loops_.size() == 1 && sourceOffset_ == targetOffset_;
    }
    bool empty() const { return kind_ == Kind::nothing; }

private:
    enum class Kind : uint8_t { nothing, run, fill, transpose, strided };
    // The last loop (the last two, for a transpose) is done by one call of the inner function.
    void block(const char* source, char* target, int64_t begin, int64_t end) const noexcept;
    size_t innerLoops() const { return kind_ == Kind::transpose ? 2 : 1; }

    Kind kind_ = Kind::nothing;
    size_t size_ = 1;
    std::vector<int64_t> loops_, from_, to_;
    int64_t sourceOffset_ = 0, targetOffset_ = 0;
    int64_t outer_ = 1;
};

// Several copies into one target, from several sources.
struct Move {
    int input = 0;  // -1: the fill element
    StridedCopy copy;
};

}  // namespace bireme::cpu
