// SPDX-License-Identifier: Apache-2.0
// One node of the model as its importer sees it: inputs, attributes, opset, and ways to refuse.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "parsers/onnx/net.h"
#include "parsers/onnx/proto.h"
#include "parsers/onnx/refusal.h"

namespace bireme::onnx_import {

/// What an importer gives back, output by output; an empty Value is an output it cannot make.
using Outputs = std::vector<Value>;

class Node {
public:
    /// `wanted`: bit k is set when something reads output k.
    Node(const NodeProto& proto, std::vector<Value> inputs, uint64_t wanted, int64_t opset,
         Net& net)
        : proto_(proto), inputs_(std::move(inputs)), wanted_(wanted), opset_(opset), net_(net) {}

    Net& net() { return net_; }
    const NodeProto& proto() const { return proto_; }
    /// Version of the operator set of the node's domain.
    int64_t opset() const { return opset_; }
    std::string op() const { return std::string(proto_.opType); }

    // Inputs.
    int inputs() const { return static_cast<int>(inputs_.size()); }
    bool has(int i) const {
        return i >= 0 && i < inputs() && static_cast<bool>(inputs_[static_cast<size_t>(i)]);
    }
    /// Throws Refusal when the input is absent.
    const Value& value(int i) const;
    ITensor& in(int i) { return net_.tensor(value(i)); }
    /// Null when absent.
    ITensor* optional(int i) { return has(i) ? &in(i) : nullptr; }
    Dims dims(int i) { return net_.dims(value(i)); }
    int rank(int i) { return net_.rank(value(i)); }
    DataType type(int i) { return net_.type(value(i)); }
    /// Null when absent or not constant.
    const Constant* constant(int i) const {
        return has(i) ? inputs_[static_cast<size_t>(i)].constant : nullptr;
    }
    /// The input as a constant, too where it is computed from constants or known extents. For
    /// the shapes, axes and sizes that decide how a node is built; null when not known.
    const Constant* known(int i) const { return has(i) ? net_.known(value(i)) : nullptr; }
    /// Elements of such an input; Refusal when they are not known.
    std::vector<int64_t> integersOf(int i, const char* what) const;

    // Outputs.
    int outputs() const { return static_cast<int>(proto_.outputs.size()); }
    bool wants(int k) const { return k < 64 && ((wanted_ >> k) & 1) != 0; }

    // Attributes; a wrong kind is a Refusal.
    const AttributeProto* find(std::string_view name) const;
    bool hasAttribute(std::string_view name) const { return find(name) != nullptr; }
    float real(std::string_view name, float missing) const;
    int64_t integer(std::string_view name, int64_t missing) const;
    bool flag(std::string_view name, bool missing = false) const {
        return integer(name, missing ? 1 : 0) != 0;
    }
    std::string text(std::string_view name, const std::string& missing) const;
    std::vector<int64_t> integers(std::string_view name) const;
    std::vector<float> reals(std::string_view name) const;
    std::vector<std::string> texts(std::string_view name) const;

    /// `axis` counted from the front; Refusal outside of [-rank, rank).
    int axis(int64_t axis, int rank) const;
    /// A list of axes, counted from the front, each once.
    std::vector<int64_t> axes(const std::vector<int64_t>& axes, int rank) const;
    static uint32_t mask(const std::vector<int64_t>& axes);
    /// A list that old opsets give as attribute and newer ones as input `i`; empty when neither.
    std::vector<int64_t> listOf(std::string_view name, int i) const;

    [[noreturn]] void refuse(const std::string& why,
                             ErrorCode code = ErrorCode::kUNSUPPORTED_NODE) const;
    void require(bool condition, const char* why, ErrorCode code = ErrorCode::kINVALID_NODE) const {
        if (!condition) refuse(why, code);
    }

private:
    const AttributeProto* typed(std::string_view name, AttributeType type) const;

    const NodeProto& proto_;
    std::vector<Value> inputs_;
    uint64_t wanted_;
    int64_t opset_;
    Net& net_;
};

}  // namespace bireme::onnx_import
