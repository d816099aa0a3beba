// SPDX-License-Identifier: Apache-2.0
#include "parsers/onnx/constant.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>

#include "parsers/onnx/element.h"
#include "parsers/onnx/refusal.h"

namespace bireme::onnx_import {

namespace {

std::string label(const TensorProto& t) {
    return t.name.empty() ? std::string("a tensor") : "tensor \"" + std::string(t.name) + "\"";
}

[[noreturn]] void invalid(const TensorProto& t, const std::string& why) {
    throw Refusal(ErrorCode::kINVALID_VALUE, label(t) + " " + why);
}

Dims checkedDims(const TensorProto& t, int64_t& count) {
    constexpr int64_t kMost = int64_t{1} << 40;
    if (t.dims.size() > static_cast<size_t>(Dims::MAX_DIMS))
        invalid(t, "has " + std::to_string(t.dims.size()) + " dimensions; the most is 8");
    Dims dims{};
    dims.nbDims = static_cast<int32_t>(t.dims.size());
    count = 1;
    bool empty = false;
    for (size_t i = 0; i < t.dims.size(); ++i) {
        const int64_t d = t.dims[i];
        if (d < 0) invalid(t, "has the negative extent " + std::to_string(d));
        dims.d[i] = d;
        empty = empty || d == 0;
        if (d != 0 && count > kMost / d) invalid(t, "has too many elements");
        if (d != 0) count *= d;
    }
    if (empty) count = 0;
    return dims;
}

int64_t parseNumber(const TensorProto& t, const ExternalEntry& entry) {
    int64_t value = -1;
    const char* end = entry.value.data() + entry.value.size();
    const auto [at, error] = std::from_chars(entry.value.data(), end, value);
    if (error != std::errc{} || at != end || value < 0)
        invalid(t, "has the external data " + std::string(entry.key) + " \"" +
                       std::string(entry.value) + "\", which is no count of bytes");
    return value;
}

}  // namespace

std::string_view ConstantPool::dataOf(const TensorProto& t) {
    if (const auto it = supplied_.find(std::string(t.name)); it != supplied_.end())
        return it->second;
    if (!t.isExternal) return t.raw;
    std::string_view location;
    int64_t offset = 0;
    int64_t length = -1;
    for (const ExternalEntry& e : t.external) {
        if (e.key == "location") location = e.value;
        if (e.key == "offset") offset = parseNumber(t, e);
        if (e.key == "length") length = parseNumber(t, e);
    }
    std::string_view bytes;
    try {
        bytes = files_.bytes(location);
    } catch (const parsers::FileError& e) {
        invalid(t, std::string("has external data: ") + e.what());
    }
    const auto size = static_cast<int64_t>(bytes.size());
    if (length < 0) length = size - offset;
    if (offset > size || length > size - offset)
        invalid(t, "has " + std::to_string(length) + " bytes from byte " + std::to_string(offset) +
                       " of \"" + std::string(location) + "\", which has " + std::to_string(size));
    return bytes.substr(static_cast<size_t>(offset), static_cast<size_t>(length));
}

namespace {

template <class T>
void narrowInto(const TensorProto& t, T* out) {
    for (size_t i = 0; i < t.integers.size(); ++i) {
        const int64_t v = t.integers[i];
        if constexpr (sizeof(T) < 8) {
            // Bit patterns of small floats and unsigned types arrive as non-negative numbers.
            constexpr int64_t low = std::numeric_limits<std::make_signed_t<T>>::min();
            constexpr int64_t high = std::numeric_limits<std::make_unsigned_t<T>>::max();
            if (v < low || v > high) invalid(t, "holds " + std::to_string(v) + ", out of its type");
        }
        out[i] = static_cast<T>(v);
    }
}

}  // namespace

const void* ConstantPool::convert(const TensorProto& t, const Constant& c) {
    const std::string_view raw = dataOf(t);
    const int bits = elementBits(t.type);
    const int64_t bytes = (c.count * bits + 7) / 8;
    if (raw.empty() && !t.floats.empty() && t.type == ElementType::kFloat) {
        if (static_cast<int64_t>(t.floats.size()) != c.count)
            invalid(t, "has " + std::to_string(t.floats.size()) + " values for " +
                           std::to_string(c.count) + " elements");
        return t.floats.data();
    }
    if (raw.empty() && t.type == ElementType::kDouble && !t.doubles.empty()) {
        if (static_cast<int64_t>(t.doubles.size()) != c.count) invalid(t, "has too few values");
        return t.doubles.data();
    }
    if (raw.empty() && !t.integers.empty()) {
        // Elements below a byte are packed as in raw data, a byte an integer.
        if (static_cast<int64_t>(t.integers.size()) != (bits < 8 ? bytes : c.count))
            invalid(t, "has " + std::to_string(t.integers.size()) + " values for " +
                           std::to_string(c.count) + " elements");
        if (t.type == ElementType::kFloat || t.type == ElementType::kDouble)
            invalid(t, "has integers where its type is floating");
        void* out = memory_.allocate(static_cast<size_t>(bytes));
        switch (std::max(bits, 8)) {
            case 8: narrowInto(t, static_cast<uint8_t*>(out)); break;
            case 16: narrowInto(t, static_cast<uint16_t*>(out)); break;
            case 32: narrowInto(t, static_cast<uint32_t*>(out)); break;
            default: narrowInto(t, static_cast<int64_t*>(out)); break;
        }
        return out;
    }
    if (static_cast<int64_t>(raw.size()) != bytes ||
        (t.rawIsFloats && t.type != ElementType::kFloat))
        invalid(t, "has " + std::to_string(raw.size()) + " bytes of data; its type " +
                       elementTypeName(t.type) + " and dimensions need " + std::to_string(bytes));
    const auto alignment = static_cast<uintptr_t>(bits < 8 ? 1 : bits / 8);
    if (reinterpret_cast<uintptr_t>(raw.data()) % alignment == 0) return raw.data();
    void* out =
        memory_.allocate(raw.size());  // a file need not align its data; kernels want it aligned
    std::memcpy(out, raw.data(), raw.size());
    release(t, raw);
    return out;
}

void ConstantPool::release(const TensorProto& t, std::string_view raw) const {
    constexpr size_t kWorthIt = size_t{1} << 16;
    if (raw.size() < kWorthIt || supplied_.count(std::string(t.name)) != 0) return;
    const bool inModel =
        raw.data() >= mapped_.data() && raw.data() + raw.size() <= mapped_.data() + mapped_.size();
    if (t.isExternal || inModel) parsers::MappedFile::forget(raw, inModel ? mapped_ : raw);
}

const Constant* ConstantPool::import(const TensorProto& t) {
    static const uint64_t kNothing = 0;
    Constant c;
    c.name = std::string(t.name);
    if (t.hasStrings) invalid(t, "holds texts, which are not supported");
    c.type = dataTypeOf(t.type, label(t));
    c.dims = checkedDims(t, c.count);
    c.values = c.count == 0 ? &kNothing : convert(t, c);
    constants_.push_back(std::move(c));
    return &constants_.back();
}

const Constant* ConstantPool::import(const SparseTensorProto& t) {
    constexpr int64_t kMostBytes = int64_t{1} << 32;  // a few indices can ask for any amount
    TensorProto whole = t.values;
    whole.dims = t.dims;
    int64_t count = 0;
    const Dims dims = checkedDims(whole, count);
    const Constant* values = import(t.values);
    const Constant* indices = import(t.indices);
    const int bits = elementBits(values->type);
    if (bits < 8) invalid(t.values, "is sparse and of a type below a byte");
    const int64_t rank = dims.nbDims;
    const bool flat = indices->dims.nbDims == 1;
    if (indices->type != DataType::kINT64 || values->dims.nbDims != 1 || indices->dims.nbDims < 1 ||
        indices->dims.nbDims > 2 || indices->dims.d[0] != values->count ||
        (!flat && indices->dims.d[1] != rank))
        invalid(t.values, "is sparse and its indices do not fit its values");
    if (count > kMostBytes / (bits / 8)) invalid(t.values, "is sparse and too large");
    const Writable out = make(std::string(t.values.name), values->type, dims);
    const auto bytes = static_cast<size_t>(bits / 8);
    std::memset(out.values, 0, static_cast<size_t>(count) * bytes);
    const auto* index = static_cast<const int64_t*>(indices->values);
    for (int64_t i = 0; i < values->count; ++i) {
        int64_t at = flat ? index[i] : 0;
        bool inside = at >= 0 && at < count;
        for (int64_t d = 0; !flat && d < rank; ++d) {
            const int64_t k = index[i * rank + d];
            inside = inside && k >= 0 && k < dims.d[d];
            at = at * dims.d[d] + k;
        }
        if (!inside) invalid(t.values, "is sparse and has an index outside of its dimensions");
        std::memcpy(static_cast<char*>(out.values) + static_cast<size_t>(at) * bytes,
                    static_cast<const char*>(values->values) + static_cast<size_t>(i) * bytes,
                    bytes);
    }
    return out.constant;
}

ConstantPool::Writable ConstantPool::make(std::string name, DataType type, const Dims& dims) {
    Constant c;
    c.name = std::move(name);
    c.type = type;
    c.dims = dims;
    c.count = 1;
    for (int32_t i = 0; i < dims.nbDims; ++i) c.count *= dims.d[i];
    void* values = memory_.allocate(static_cast<size_t>((c.count * elementBits(type) + 7) / 8));
    c.values = values;
    constants_.push_back(std::move(c));
    return {&constants_.back(), values};
}

const Constant* ConstantPool::makeIntegers(std::string name, const std::vector<int64_t>& values) {
    Dims dims{1, {static_cast<int64_t>(values.size())}};
    const Writable out = make(std::move(name), DataType::kINT64, dims);
    if (!values.empty()) std::memcpy(out.values, values.data(), values.size() * sizeof(int64_t));
    return out.constant;
}

const Constant* ConstantPool::makeReals(std::string name, DataType type, const Dims& dims,
                                        const std::vector<double>& values) {
    const Writable out = make(std::move(name), type, dims);
    for (size_t i = 0; i < values.size(); ++i) storeElement(out.values, type, i, values[i]);
    return out.constant;
}

const Constant* ConstantPool::borrow(const Weights& values, const Dims& dims) {
    constants_.push_back({{}, values.type, dims, values.values, values.count});
    return &constants_.back();
}

const Constant* ConstantPool::reshaped(const Constant& constant, const Dims& dims) {
    Constant c = constant;
    c.dims = dims;
    constants_.push_back(std::move(c));
    return &constants_.back();
}

}  // namespace bireme::onnx_import
