// SPDX-License-Identifier: Apache-2.0
#include "parsers/onnx/element.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "parsers/onnx/constant.h"
#include "parsers/onnx/refusal.h"

namespace bireme::onnx_import {

namespace {

struct ElementRow {
    ElementType onnx;
    DataType type;
    int bits;
    const char* name;
};

constexpr ElementRow kRows[] = {
    {ElementType::kFloat, DataType::kFLOAT, 32, "FLOAT"},
    {ElementType::kUint8, DataType::kUINT8, 8, "UINT8"},
    {ElementType::kInt8, DataType::kINT8, 8, "INT8"},
    {ElementType::kUint16, DataType::kUINT16, 16, "UINT16"},
    {ElementType::kInt16, DataType::kINT16, 16, "INT16"},
    {ElementType::kInt32, DataType::kINT32, 32, "INT32"},
    {ElementType::kInt64, DataType::kINT64, 64, "INT64"},
    {ElementType::kBool, DataType::kBOOL, 8, "BOOL"},
    {ElementType::kFloat16, DataType::kHALF, 16, "FLOAT16"},
    {ElementType::kDouble, DataType::kDOUBLE, 64, "DOUBLE"},
    {ElementType::kUint32, DataType::kUINT32, 32, "UINT32"},
    {ElementType::kUint64, DataType::kUINT64, 64, "UINT64"},
    {ElementType::kBfloat16, DataType::kBF16, 16, "BFLOAT16"},
    {ElementType::kFloat8E4M3FN, DataType::kFP8, 8, "FLOAT8E4M3FN"},
    {ElementType::kFloat8E5M2, DataType::kFP8_E5M2, 8, "FLOAT8E5M2"},
    {ElementType::kUint4, DataType::kUINT4, 4, "UINT4"},
    {ElementType::kInt4, DataType::kINT4, 4, "INT4"},
    {ElementType::kFloat4E2M1, DataType::kFP4, 4, "FLOAT4E2M1"},
    {ElementType::kFloat8E8M0, DataType::kE8M0, 8, "FLOAT8E8M0"},
    {ElementType::kFloat8E4M3FNUZ, DataType::kFP8_FNUZ, 8, "FLOAT8E4M3FNUZ"},
    {ElementType::kFloat8E5M2FNUZ, DataType::kFP8_E5M2_FNUZ, 8, "FLOAT8E5M2FNUZ"},
    {ElementType::kUint2, DataType::kUINT2, 2, "UINT2"},
    {ElementType::kInt2, DataType::kINT2, 2, "INT2"},
};

constexpr struct {
    ElementType onnx;
    const char* name;
} kUnsupported[] = {
    {ElementType::kUndefined, "UNDEFINED"},
    {ElementType::kString, "STRING"},
    {ElementType::kComplex64, "COMPLEX64"},
    {ElementType::kComplex128, "COMPLEX128"},
};

const ElementRow* rowOf(ElementType type) {
    for (const ElementRow& row : kRows)
        if (row.onnx == type) return &row;
    return nullptr;
}

template <class T>
T load(const void* values, size_t i) {
    T out;
    std::memcpy(&out, static_cast<const char*>(values) + i * sizeof(T), sizeof(T));
    return out;
}

template <class T>
void store(void* values, size_t i, T value) {
    std::memcpy(static_cast<char*>(values) + i * sizeof(T), &value, sizeof(T));
}

float halfToFloat(uint16_t h) {
    const float sign = (h & 0x8000) != 0 ? -1.0F : 1.0F;
    const int exponent = (h >> 10) & 31;
    const int mantissa = h & 1023;
    if (exponent == 0) return sign * std::ldexp(static_cast<float>(mantissa), -24);
    if (exponent == 31) return mantissa != 0 ? NAN : sign * INFINITY;
    return sign * std::ldexp(static_cast<float>(mantissa + 1024), exponent - 25);
}

uint16_t floatToHalf(double value) {
    const uint16_t sign = std::signbit(value) ? 0x8000 : 0;
    const double a = std::fabs(value);
    if (std::isnan(value)) return 0x7E00;
    if (a >= 65520.0) return sign | 0x7C00;
    int exponent = 0;
    std::frexp(a, &exponent);
    const int shift = a < 0x1p-14 ? -24 : exponent - 11;  // subnormals share one step
    const auto steps = static_cast<uint32_t>(std::nearbyint(std::ldexp(a, -shift)));
    const uint32_t base = shift == -24 ? 0 : static_cast<uint32_t>(shift + 24) << 10;
    return static_cast<uint16_t>(sign | (base + steps));
}

/// NaN becomes 0, everything beyond the type its nearest bound.
template <class T>
void storeInteger(void* values, size_t i, double value) {
    constexpr T low = std::numeric_limits<T>::lowest();
    constexpr T high = std::numeric_limits<T>::max();
    T out = 0;
    if (value >= static_cast<double>(high))
        out = high;
    else if (value <= static_cast<double>(low))
        out = low;
    else if (!std::isnan(value))
        out = static_cast<T>(value);
    store(values, i, out);
}

[[noreturn]] void unreadable(DataType type) {
    throw Refusal(ErrorCode::kUNSUPPORTED_NODE_DATATYPE,
                  std::string("constants of type ") + typeName(type) + " cannot be read here");
}

}  // namespace

DataType dataTypeOf(ElementType type, std::string_view of) {
    if (const ElementRow* row = rowOf(type)) return row->type;
    throw Refusal(ErrorCode::kUNSUPPORTED_NODE_DATATYPE,
                  std::string(of) + " has the element type " + elementTypeName(type) +
                      ", which is not supported");
}

const char* elementTypeName(ElementType type) {
    if (const ElementRow* row = rowOf(type)) return row->name;
    for (const auto& row : kUnsupported)
        if (row.onnx == type) return row.name;
    return "unknown";
}

const char* typeName(DataType type) {
    for (const ElementRow& row : kRows)
        if (row.type == type) return row.name;
    return "unknown";
}

int elementBits(ElementType type) {
    const ElementRow* row = rowOf(type);
    return row != nullptr ? row->bits : 0;
}

int elementBits(DataType type) {
    for (const ElementRow& row : kRows)
        if (row.type == type) return row.bits;
    return 0;
}

bool isFloating(DataType type) {
    return type == DataType::kFLOAT || type == DataType::kHALF || type == DataType::kBF16 ||
           type == DataType::kDOUBLE;
}

bool isInteger(DataType type) {
    switch (type) {
        case DataType::kINT8:
        case DataType::kINT32:
        case DataType::kUINT8:
        case DataType::kINT64:
        case DataType::kINT16:
        case DataType::kUINT16:
        case DataType::kUINT32:
        case DataType::kUINT64: return true;
        default: return false;
    }
}

int64_t loadInteger(const void* v, DataType type, size_t i) {
    switch (type) {
        case DataType::kINT64: return load<int64_t>(v, i);
        case DataType::kUINT64: return static_cast<int64_t>(load<uint64_t>(v, i));
        case DataType::kINT32: return load<int32_t>(v, i);
        case DataType::kUINT32: return load<uint32_t>(v, i);
        case DataType::kINT16: return load<int16_t>(v, i);
        case DataType::kUINT16: return load<uint16_t>(v, i);
        case DataType::kINT8: return load<int8_t>(v, i);
        case DataType::kUINT8:
        case DataType::kBOOL: return load<uint8_t>(v, i);
        default: break;
    }
    const double real = loadReal(v, type, i);
    if (!(std::fabs(real) < 9.0e18)) unreadable(type);
    return static_cast<int64_t>(real);
}

double loadReal(const void* v, DataType type, size_t i) {
    switch (type) {
        case DataType::kFLOAT: return load<float>(v, i);
        case DataType::kDOUBLE: return load<double>(v, i);
        case DataType::kHALF: return halfToFloat(load<uint16_t>(v, i));
        case DataType::kBF16:
            return std::bit_cast<float>(static_cast<uint32_t>(load<uint16_t>(v, i)) << 16);
        default: break;
    }
    if (!isInteger(type) && type != DataType::kBOOL) unreadable(type);
    return static_cast<double>(loadInteger(v, type, i));
}

void storeElement(void* v, DataType type, size_t i, double value) {
    switch (type) {
        case DataType::kFLOAT: store(v, i, static_cast<float>(value)); return;
        case DataType::kDOUBLE: store(v, i, value); return;
        case DataType::kHALF: store(v, i, floatToHalf(value)); return;
        case DataType::kBF16: {
            const uint32_t bits = std::bit_cast<uint32_t>(static_cast<float>(value));
            const uint32_t rounded = bits + 0x7FFF + ((bits >> 16) & 1);
            store(v, i,
                  static_cast<uint16_t>((std::isnan(value) ? bits | 0x400000 : rounded) >> 16));
            return;
        }
        case DataType::kINT64:
        case DataType::kUINT64: storeInteger<int64_t>(v, i, value); return;
        case DataType::kINT32: storeInteger<int32_t>(v, i, value); return;
        case DataType::kUINT32: storeInteger<uint32_t>(v, i, value); return;
        case DataType::kINT16: storeInteger<int16_t>(v, i, value); return;
        case DataType::kUINT16: storeInteger<uint16_t>(v, i, value); return;
        case DataType::kINT8: storeInteger<int8_t>(v, i, value); return;
        case DataType::kUINT8: storeInteger<uint8_t>(v, i, value); return;
        case DataType::kBOOL: store(v, i, static_cast<uint8_t>(value != 0)); return;
        default: unreadable(type);
    }
}

std::vector<int64_t> toIntegers(const Constant& c) {
    std::vector<int64_t> out(static_cast<size_t>(c.count));
    for (size_t i = 0; i < out.size(); ++i) out[i] = loadInteger(c.values, c.type, i);
    return out;
}

std::vector<double> toReals(const Constant& c) {
    std::vector<double> out(static_cast<size_t>(c.count));
    for (size_t i = 0; i < out.size(); ++i) out[i] = loadReal(c.values, c.type, i);
    return out;
}

}  // namespace bireme::onnx_import
