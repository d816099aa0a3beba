// SPDX-License-Identifier: Apache-2.0
// Trained values: decoded from a binary file, or made where there is none.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "bireme/weights.h"
#include "parsers/common/arena.h"
#include "parsers/common/file.h"

namespace bireme::caffe_import {

using Shape = std::vector<int64_t>;

/// Elements of a shape; throws Refusal for negative extents and for more than 2^40.
int64_t checkedVolume(const Shape& dims);

/// An array of trained values. They live as long as the pool they came from.
struct Blob {
    Shape dims;
    const float* values = nullptr;
    int64_t count = 0;
    bool wasHalf = false;  ///< the file holds half precision

    Weights weights() const { return {DataType::kFLOAT, values, count}; }
};

/// Memory of all values that a network borrows.
class BlobPool {
public:
    /// \param half values keep no more precision than half
    explicit BlobPool(bool half) : half_(half) {}

    /// Decodes a BlobProto; throws Refusal and protobuf::Malformed. `asTrained` false: precision
    /// stays, the values are no weights.
    Blob decode(std::string_view proto, bool asTrained = true);
    /// Room for values that the caller writes.
    float* make(int64_t count);
    Blob copy(const std::vector<float>& values);

private:
    const float* borrow(std::string_view bytes);
    void roundToHalf(Blob& blob);

    parsers::Arena memory_;
    bool half_;
};

/// The layers of a .caffemodel file: blobs by the name of the layer.
class Trained {
public:
    static std::shared_ptr<const Trained> fromFile(const std::string& path);
    /// The bytes are copied.
    static std::shared_ptr<const Trained> fromBytes(const void* bytes, size_t size);

    /// Encoded BlobProtos, in order; null when no layer has that name.
    const std::vector<std::string_view>* find(std::string_view layer) const;

private:
    void read(std::string_view bytes);

    std::shared_ptr<const parsers::MappedFile> file_;
    std::string copy_;
    std::unordered_map<std::string_view, std::vector<std::string_view>> layers_;
};

}  // namespace bireme::caffe_import
