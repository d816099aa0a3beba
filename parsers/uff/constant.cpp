// SPDX-License-Identifier: Apache-2.0
#include "parsers/uff/constant.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "parsers/common/half.h"
#include "parsers/uff/refusal.h"

namespace bireme::uff_import {

using parsers::floatOfHalf;
using parsers::halfOfFloat;
using parsers::roundedToHalf;

namespace {

size_t bytesOf(DataType type) {
    return type == DataType::kINT64 ? 8 : type == DataType::kHALF ? 2 : 4;
}

int64_t checkedVolume(const std::vector<int64_t>& dims) {
    constexpr int64_t kMost = int64_t{1} << 40;
    if (dims.size() > static_cast<size_t>(Dims::MAX_DIMS))
        throw Refusal("shape has " + std::to_string(dims.size()) + " dimensions; the most is 8");
    int64_t count = 1;
    bool empty = false;
    for (const int64_t d : dims) {
        if (d < 0) throw Refusal("shape has the negative extent " + std::to_string(d));
        empty = empty || d == 0;
        if (d != 0 && count > kMost / d) throw Refusal("shape has too many elements");
        if (d != 0) count *= d;
    }
    return empty ? 0 : count;
}

template <class From>
void widen(std::string_view bytes, int32_t* out) {
    for (size_t i = 0; i < bytes.size() / sizeof(From); ++i) {
        From value = 0;
        std::memcpy(&value, bytes.data() + i * sizeof(From), sizeof(From));
        out[i] = static_cast<int32_t>(value);
    }
}

template <class T>
void permute(const T* from, T* to, const std::vector<int64_t>& dims,
             const std::vector<int64_t>& strides) {
    std::vector<int64_t> at(dims.size(), 0);
    int64_t offset = 0;
    for (int64_t left = checkedVolume(dims); left > 0; --left) {
        *to++ = from[offset];
        for (size_t i = dims.size(); i-- > 0;) {
            offset += strides[i];
            if (++at[i] < dims[i]) break;
            offset -= strides[i] * dims[i];
            at[i] = 0;
        }
    }
}

}  // namespace

DataType dataTypeOf(int64_t element) {
    switch (static_cast<ElementType>(element)) {
        case ElementType::kFLOAT: return DataType::kFLOAT;
        case ElementType::kHALF: return DataType::kHALF;
        case ElementType::kINT64: return DataType::kINT64;
        case ElementType::kINT32:
        case ElementType::kINT16:
        case ElementType::kINT8: return DataType::kINT32;
        default: break;
    }
    if (element == 7)
        throw Refusal("dtype 7 stands for a type that UFF cannot express (bool, string, double)");
    throw Refusal("dtype " + std::to_string(element) + " is unknown");
}

const char* typeName(DataType type) {
    switch (type) {
        case DataType::kFLOAT: return "float32";
        case DataType::kHALF: return "float16";
        case DataType::kINT32: return "int32";
        case DataType::kINT64: return "int64";
        case DataType::kBOOL: return "bool";
        default: return "another type";
    }
}

std::vector<int64_t> toIntegers(const Constant& c) {
    if (c.type == DataType::kINT64) {
        const auto* v = static_cast<const int64_t*>(c.values);
        return {v, v + c.count};
    }
    if (c.type == DataType::kINT32) {
        const auto* v = static_cast<const int32_t*>(c.values);
        return {v, v + c.count};
    }
    throw Refusal(std::string("a constant of type ") + typeName(c.type) +
                  " where integers are needed");
}

std::vector<double> toReals(const Constant& c) {
    if (c.type == DataType::kFLOAT) {
        const auto* v = static_cast<const float*>(c.values);
        return {v, v + c.count};
    }
    std::vector<double> out;
    if (c.type == DataType::kHALF) {
        const auto* v = static_cast<const uint16_t*>(c.values);
        for (int64_t i = 0; i < c.count; ++i) out.push_back(floatOfHalf(v[i]));
        return out;
    }
    for (const int64_t v : toIntegers(c)) out.push_back(static_cast<double>(v));
    return out;
}

void* ConstantPool::make(Constant& c) {
    c.count = checkedVolume(c.dims);
    void* values = memory_.allocate(static_cast<size_t>(c.count) * bytesOf(c.type));
    c.values = values;
    return values;
}

const Constant* ConstantPool::keep(Constant c) {
    constants_.push_back(std::move(c));
    return &constants_.back();
}

const Constant* ConstantPool::import(std::string name, int64_t element,
                                     const std::vector<int64_t>& dims, std::string_view bytes) {
    Constant c{std::move(name), dataTypeOf(element), dims, nullptr, checkedVolume(dims)};
    const size_t each = static_cast<size_t>(element & 0xffff) / 8;
    const size_t need = static_cast<size_t>(c.count) * each;
    if (bytes.size() != need)
        throw Refusal("values have " + std::to_string(bytes.size()) +
                      " bytes; shape and dtype need " + std::to_string(need));
    if (each == 1) {
        widen<int8_t>(bytes, static_cast<int32_t*>(make(c)));
    } else if (static_cast<ElementType>(element) == ElementType::kINT16) {
        widen<int16_t>(bytes, static_cast<int32_t*>(make(c)));
    } else if (c.type == DataType::kFLOAT && halfWeights_) {
        auto* out = static_cast<float*>(make(c));
        if (!bytes.empty()) std::memcpy(out, bytes.data(), bytes.size());
        std::transform(out, out + c.count, out, roundedToHalf);
    } else if (!bytes.empty() && reinterpret_cast<uintptr_t>(bytes.data()) % each == 0) {
        c.values = bytes.data();
    } else {
        void* out = make(c);  // a file need not align its data; kernels want it aligned
        if (!bytes.empty()) std::memcpy(out, bytes.data(), bytes.size());
    }
    return keep(std::move(c));
}

const Constant* ConstantPool::integers(DataType type, const std::vector<int64_t>& dims,
                                       const std::vector<int64_t>& values) {
    Constant c{{}, type, dims, nullptr, 0};
    void* out = make(c);
    if (type == DataType::kINT64)
        std::copy(values.begin(), values.end(), static_cast<int64_t*>(out));
    else
        std::transform(values.begin(), values.end(), static_cast<int32_t*>(out),
                       [](int64_t v) { return static_cast<int32_t>(v); });
    return keep(std::move(c));
}

const Constant* ConstantPool::reals(DataType type, const std::vector<int64_t>& dims,
                                    const std::vector<double>& values) {
    Constant c{{}, type, dims, nullptr, 0};
    void* out = make(c);
    for (size_t i = 0; i < values.size(); ++i) {
        const auto value = static_cast<float>(values[i]);
        if (type == DataType::kHALF)
            static_cast<uint16_t*>(out)[i] = halfOfFloat(value);
        else
            static_cast<float*>(out)[i] = value;
    }
    return keep(std::move(c));
}

const Constant* ConstantPool::borrow(const Weights& w, const std::vector<int64_t>& dims) {
    return keep({{}, w.type, dims, w.values, w.count});
}

const Constant* ConstantPool::reshaped(const Constant& constant, const std::vector<int64_t>& dims) {
    Constant c = constant;
    c.dims = dims;
    return keep(std::move(c));
}

const Constant* ConstantPool::transposed(const Constant& constant, const std::vector<int>& perm) {
    const Constant*& slot = transposed_[{&constant, perm}];
    if (slot != nullptr) return slot;
    const size_t rank = perm.size();
    std::vector<int64_t> have(rank, 1);
    for (size_t i = rank; i-- > 1;) have[i - 1] = have[i] * constant.dims[i];
    Constant c{constant.name, constant.type, {}, nullptr, 0};
    std::vector<int64_t> strides;
    for (const int p : perm) {
        c.dims.push_back(constant.dims[static_cast<size_t>(p)]);
        strides.push_back(have[static_cast<size_t>(p)]);
    }
    const size_t each = bytesOf(c.type);
    const void* from = constant.values;
    void* to = make(c);
    if (each == 8)
        permute(static_cast<const int64_t*>(from), static_cast<int64_t*>(to), c.dims, strides);
    if (each == 4)
        permute(static_cast<const int32_t*>(from), static_cast<int32_t*>(to), c.dims, strides);
    if (each == 2)
        permute(static_cast<const int16_t*>(from), static_cast<int16_t*>(to), c.dims, strides);
    return slot = keep(std::move(c));
}

}  // namespace bireme::uff_import
