// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "device/kernel.h"
#include "ir/eval.h"

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace bireme::conformance {

struct Ranges {
    double low, high;
    int64_t intLow, intHigh;
};

ir::Tensor randomTensor(DataType type, const std::vector<int64_t>& dims, const Ranges& ranges,
                        std::mt19937_64& random);

// Bytes that hold a tensor of this shape, `spare` more before and after; fresh ones are filled with
// a pattern.
class Buffer {
public:
    explicit Buffer(const device::TensorShape& shape);
    void* data() { return bytes_.data() + kGuard; }
    void put(const ir::Tensor& t);       // row-major elements to the shape's format
    void putBytes(const Buffer& other);  // the bytes of another tensor, as they lie
    ir::Tensor get() const;              // and back
    bool guardsIntact() const;           // nothing was written outside of the tensor's span
    std::vector<uint8_t>& whole() { return bytes_; }  // guards included, data() at kGuard
    static constexpr size_t kGuard = 256;

private:
    device::TensorShape shape_;
    std::vector<uint8_t> bytes_;
    size_t span_ = 0;
};

// The same format as a part of a larger buffer: every stride grows, the first element moves, both
// to multiples of `alignment` elements.
Format strided(const Format& f, const std::vector<int64_t>& dims, int64_t alignment);

// Largest |a - b| relative to the largest |b| (at least 1); infinite when NaNs, infinities or
// shapes differ.
double difference(const ir::Tensor& a, const ir::Tensor& b, std::string& where);

}  // namespace bireme::conformance
