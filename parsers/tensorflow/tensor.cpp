// SPDX-License-Identifier: Apache-2.0
// Values of constants: all the ways in which a TensorProto may hold them.
#include <cstring>

#include "parsers/protobuf/tensorflow_fields.h"
#include "parsers/tensorflow/graph.h"

namespace bireme::tensorflow {

namespace pb = bireme::protobuf;
namespace tf = bireme::protobuf::tensorflow;

namespace {

constexpr int64_t kMostRepeated = int64_t{1} << 26;  // a few bytes must not become gigabytes

struct Tensor {
    int64_t type = 0;
    Shape dims;
    std::string_view content;
    std::vector<float> floats;
    std::vector<double> doubles;
    std::vector<int64_t> integers;
};

Tensor decode(std::string_view bytes) {
    Tensor t;
    pb::Document document(bytes);
    pb::Reader r(document);
    while (r.next()) {
        switch (r.number()) {
            case tf::tensor::dtype.number: t.type = r.integer(tf::tensor::dtype); break;
            case tf::tensor::shape.number: {
                pb::Reader shape = r.message(tf::tensor::shape);
                while (shape.next()) {
                    if (shape.number() != tf::shape::dim.number) continue;
                    pb::Reader dim = shape.message(tf::shape::dim);
                    int64_t size = 0;
                    while (dim.next())
                        if (dim.number() == tf::shape::size.number)
                            size = dim.integer(tf::shape::size);
                    t.dims.push_back(size);
                }
                break;
            }
            case tf::tensor::content.number: t.content = r.bytes(tf::tensor::content); break;
            case tf::tensor::floats.number: r.reals(tf::tensor::floats, t.floats); break;
            case tf::tensor::doubles.number: r.doubles(tf::tensor::doubles, t.doubles); break;
            case tf::tensor::ints.number: r.integers(tf::tensor::ints, t.integers); break;
            case tf::tensor::int64s.number: r.integers(tf::tensor::int64s, t.integers); break;
            case tf::tensor::halves.number: r.integers(tf::tensor::halves, t.integers); break;
            default: break;
        }
    }
    return t;
}

int64_t volume(const Shape& dims) {
    int64_t count = 1;
    bool empty = false;
    for (const int64_t d : dims) {
        if (d < 0) throw Refusal("its value has a negative extent");
        empty = empty || d == 0;
        if (d != 0 && count > (int64_t{1} << 40) / d)
            throw Refusal("its value has too many elements");
        if (d != 0) count *= d;
    }
    return empty ? 0 : count;
}

template <class T, class From>
void append(std::string& out, const std::vector<From>& values, int64_t count) {
    T last{};
    for (int64_t i = 0; i < count; ++i) {
        if (i < static_cast<int64_t>(values.size()))
            last = static_cast<T>(values[static_cast<size_t>(i)]);
        out.append(reinterpret_cast<const char*>(&last), sizeof(T));
    }
}

/// Elements of `From` in `content` as those of `To`.
template <class To, class From>
std::string converted(std::string_view content) {
    std::string out;
    out.reserve(content.size() / sizeof(From) * sizeof(To));
    for (size_t i = 0; i + sizeof(From) <= content.size(); i += sizeof(From)) {
        From from{};
        std::memcpy(&from, content.data() + i, sizeof(From));
        const To to = static_cast<To>(from);
        out.append(reinterpret_cast<const char*>(&to), sizeof(To));
    }
    return out;
}

size_t bytesOf(int64_t uff) { return static_cast<size_t>(uff & 0xffff) / 8; }

std::string fromContent(const Tensor& t) {
    switch (static_cast<Type>(t.type)) {
        case Type::kDOUBLE: return converted<float, double>(t.content);
        case Type::kUINT8: return converted<int32_t, uint8_t>(t.content);
        case Type::kUINT16: return converted<int32_t, uint16_t>(t.content);
        default: return std::string(t.content);
    }
}

std::string fromValues(const Tensor& t, int64_t uff, int64_t count) {
    std::string out;
    const size_t have = t.floats.size() + t.doubles.size() + t.integers.size();
    if (count > kMostRepeated && have < static_cast<size_t>(count))
        throw Refusal("its value repeats one element too often");
    if (have > static_cast<size_t>(count))
        throw Refusal("its value has more elements than its shape");
    out.reserve(static_cast<size_t>(count) * bytesOf(uff));
    if (uff == 0x20020 && !t.doubles.empty())
        append<float>(out, t.doubles, count);
    else if (uff == 0x20020)
        append<float>(out, t.floats, count);
    else if (bytesOf(uff) == 1)
        append<int8_t>(out, t.integers, count);
    else if (bytesOf(uff) == 2)
        append<uint16_t>(out, t.integers, count);
    else if (bytesOf(uff) == 4)
        append<int32_t>(out, t.integers, count);
    else
        append<int64_t>(out, t.integers, count);
    return out;
}

}  // namespace

int64_t uffType(int64_t type) {
    switch (static_cast<Type>(type > 100 ? type - 100 : type)) {
        case Type::kFLOAT:
        case Type::kDOUBLE: return 0x20020;
        case Type::kHALF: return 0x20010;
        case Type::kINT64: return 0x10040;
        case Type::kINT32:
        case Type::kUINT8:
        case Type::kUINT16: return 0x10020;
        case Type::kINT16: return 0x10010;
        case Type::kINT8: return 0x10008;
        default: return 7;
    }
}

int64_t Array::count() const { return volume(dims); }

std::vector<int64_t> Array::integers() const {
    std::vector<int64_t> out;
    const size_t each = bytesOf(type);
    if (type >> 16 != 1) throw Refusal("a constant of a type that is no integer");
    for (size_t i = 0; i + each <= bytes.size(); i += each) {
        int64_t value = 0;
        std::memcpy(&value, bytes.data() + i, each);
        const int unused = 64 - 8 * static_cast<int>(each);
        out.push_back(static_cast<int64_t>(static_cast<uint64_t>(value) << unused) >> unused);
    }
    return out;
}

Array Graph::constant(const Node& node) {
    const Attribute* value = node.find("value");
    if (value == nullptr || value->kind != Attribute::Kind::kTensor)
        throw Refusal("it has no value");
    try {
        const Tensor t = decode(value->tensor);
        Array out{uffType(t.type), t.dims, {}};
        if (out.type == 7)
            throw Refusal("its value has the type " + std::to_string(t.type) +
                          " of TensorFlow, which UFF cannot express");
        const int64_t count = volume(t.dims);
        const bool given = !t.content.empty();
        out.bytes = given ? fromContent(t) : fromValues(t, out.type, count);
        const size_t need = static_cast<size_t>(count) * bytesOf(out.type);
        if (out.bytes.size() != need)
            throw Refusal("its value has " + std::to_string(out.bytes.size()) +
                          " bytes, its shape needs " + std::to_string(need));
        return out;
    } catch (const pb::Malformed& e) {
        throw Refusal(std::string("its value: ") + e.what());
    }
}

}  // namespace bireme::tensorflow
