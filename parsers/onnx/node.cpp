// SPDX-License-Identifier: Apache-2.0
#include "parsers/onnx/node.h"

#include <algorithm>

namespace bireme::onnx_import {

void Node::refuse(const std::string& why, ErrorCode code) const { throw Refusal(code, why); }

const Value& Node::value(int i) const {
    if (!has(i)) refuse("input " + std::to_string(i) + " is missing", ErrorCode::kINVALID_NODE);
    return inputs_[static_cast<size_t>(i)];
}

std::vector<int64_t> Node::integersOf(int i, const char* what) const {
    const Constant* c = net_.known(value(i));
    if (c == nullptr)
        refuse(std::string(what) + " (input " + std::to_string(i) +
                   ") must be known, but is computed from the model's inputs",
               ErrorCode::kUNSUPPORTED_NODE_INPUT);
    if (c->dims.nbDims > 1)
        refuse(std::string(what) + " has the shape " + toText(c->dims) + "; a list was expected",
               ErrorCode::kINVALID_NODE);
    return toIntegers(*c);
}

const AttributeProto* Node::find(std::string_view name) const {
    for (const AttributeProto& a : proto_.attributes)
        if (a.name == name) return &a;
    return nullptr;
}

const AttributeProto* Node::typed(std::string_view name, AttributeType type) const {
    const AttributeProto* a = find(name);
    if (a != nullptr && a->type != type)
        refuse("attribute \"" + std::string(name) + "\" has the wrong type",
               ErrorCode::kUNSUPPORTED_NODE_ATTR);
    return a;
}

float Node::real(std::string_view name, float missing) const {
    const AttributeProto* a = typed(name, AttributeType::kFloat);
    return a != nullptr ? a->f : missing;
}

int64_t Node::integer(std::string_view name, int64_t missing) const {
    const AttributeProto* a = typed(name, AttributeType::kInt);
    return a != nullptr ? a->i : missing;
}

std::string Node::text(std::string_view name, const std::string& missing) const {
    const AttributeProto* a = typed(name, AttributeType::kString);
    return a != nullptr ? std::string(a->s) : missing;
}

// An empty list loses its type in files that leave the type out.
std::vector<int64_t> Node::integers(std::string_view name) const {
    const AttributeProto* a = find(name);
    if (a == nullptr || a->type == AttributeType::kUndefined) return {};
    return typed(name, AttributeType::kInts)->ints;
}

std::vector<float> Node::reals(std::string_view name) const {
    const AttributeProto* a = find(name);
    if (a == nullptr || a->type == AttributeType::kUndefined) return {};
    return typed(name, AttributeType::kFloats)->floats;
}

std::vector<std::string> Node::texts(std::string_view name) const {
    const AttributeProto* a = find(name);
    if (a == nullptr || a->type == AttributeType::kUndefined) return {};
    const auto& views = typed(name, AttributeType::kStrings)->strings;
    return {views.begin(), views.end()};
}

int Node::axis(int64_t axis, int rank) const {
    if (axis < -rank || axis >= rank)
        refuse("axis " + std::to_string(axis) + " is outside of rank " + std::to_string(rank),
               ErrorCode::kINVALID_NODE);
    return static_cast<int>(axis < 0 ? axis + rank : axis);
}

std::vector<int64_t> Node::axes(const std::vector<int64_t>& list, int rank) const {
    std::vector<int64_t> out;
    for (const int64_t a : list) out.push_back(axis(a, rank));
    std::vector<int64_t> sorted = out;
    std::sort(sorted.begin(), sorted.end());
    require(std::adjacent_find(sorted.begin(), sorted.end()) == sorted.end(),
            "an axis occurs twice");
    return out;
}

uint32_t Node::mask(const std::vector<int64_t>& axes) {
    uint32_t bits = 0;
    for (const int64_t a : axes) bits |= 1U << a;
    return bits;
}

std::vector<int64_t> Node::listOf(std::string_view name, int i) const {
    if (has(i)) return integersOf(i, std::string(name).c_str());
    return integers(name);
}

}  // namespace bireme::onnx_import
