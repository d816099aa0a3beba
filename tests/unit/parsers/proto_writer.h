// SPDX-License-Identifier: Apache-2.0
// Writes small ONNX models for tests: messages as strings, fields by number.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

namespace bireme::test {

class Message {
public:
    Message& integer(uint32_t field, int64_t value) {
        varint(field << 3);
        varint(static_cast<uint64_t>(value));
        return *this;
    }
    Message& bytes(uint32_t field, const std::string& value) {
        varint(field << 3 | 2);
        varint(value.size());
        data += value;
        return *this;
    }
    Message& message(uint32_t field, const Message& value) { return bytes(field, value.data); }
    Message& real(uint32_t field, float value) {
        varint(field << 3 | 5);
        data.append(reinterpret_cast<const char*>(&value), sizeof value);
        return *this;
    }
    Message& varint(uint64_t value) {
        while (value >= 128) {
            data += static_cast<char>(value | 128);
            value >>= 7;
        }
        data += static_cast<char>(value);
        return *this;
    }
    std::string data;
};

template <class T>
std::string rawOf(const std::vector<T>& values) {
    return std::string(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T));
}

/// TensorProto with raw data. Types as ONNX numbers them: 1 FLOAT, 7 INT64.
inline Message tensor(const std::string& name, int type, const std::vector<int64_t>& dims,
                      const std::string& raw) {
    Message m;
    for (const int64_t d : dims) m.integer(1, d);
    return m.integer(2, type).bytes(8, name).bytes(9, raw);
}

/// ValueInfoProto of a FLOAT tensor; an extent below 0 gets no value but the name "n".
inline Message info(const std::string& name, const std::vector<int64_t>& dims, int type = 1) {
    Message shape;
    for (const int64_t d : dims)
        shape.message(1, d < 0 ? Message{}.bytes(2, "n") : Message{}.integer(1, d));
    const Message tensorType = Message{}.integer(1, type).message(2, shape);
    return Message{}.bytes(1, name).message(2, Message{}.message(1, tensorType));
}

inline Message node(const std::string& op, const std::vector<std::string>& inputs,
                    const std::vector<std::string>& outputs, const std::string& name = "",
                    const std::vector<Message>& attributes = {}) {
    Message m;
    for (const auto& i : inputs) m.bytes(1, i);
    for (const auto& o : outputs) m.bytes(2, o);
    m.bytes(3, name).bytes(4, op);
    for (const auto& a : attributes) m.message(5, a);
    return m;
}

inline Message intAttribute(const std::string& name, int64_t value) {
    return Message{}.bytes(1, name).integer(3, value).integer(20, 2);
}

inline Message intsAttribute(const std::string& name, const std::vector<int64_t>& values) {
    Message m;
    m.bytes(1, name);
    for (const int64_t v : values) m.integer(8, v);
    return m.integer(20, 7);
}

struct Graph {
    std::vector<Message> nodes, initializers, inputs, outputs, infos;
};

inline std::string model(const Graph& g, int64_t opset = 17, int64_t ir = 8) {
    Message graph;
    for (const auto& n : g.nodes) graph.message(1, n);
    graph.bytes(2, "g");
    for (const auto& t : g.initializers) graph.message(5, t);
    for (const auto& i : g.inputs) graph.message(11, i);
    for (const auto& o : g.outputs) graph.message(12, o);
    for (const auto& i : g.infos) graph.message(13, i);
    return Message{}.integer(1, ir).message(7, graph).message(8, Message{}.integer(2, opset)).data;
}

}  // namespace bireme::test
