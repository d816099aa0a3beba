// SPDX-License-Identifier: Apache-2.0
// Sequences and optionals; SequenceMap is control flow.
#include <algorithm>

#include "parsers/onnx/importer_table.h"
#include "parsers/onnx/list.h"

namespace bireme::onnx_import {

namespace {

const Value& listAt(Node& n, int i) {
    const Value& v = n.value(i);
    n.require(v.list != nullptr && !v.list->type.optional, "the first input must be a sequence");
    return v;
}

Value boolean(Node& n, bool value) {
    return n.net().pool().makeReals({}, DataType::kBOOL, Dims{}, {value ? 1.0 : 0.0});
}

/// Position input `i` counted from the front, where list and position are known; else -1.
int64_t knownPosition(Node& n, const Value& list, int i, int64_t missing, int64_t places) {
    if (!list.list->known) return -1;
    if (!n.has(i)) return missing;
    const Constant* c = n.known(i);
    if (c == nullptr) return -1;
    const auto count = static_cast<int64_t>(list.list->elements.size());
    const std::vector<int64_t> at = toIntegers(*c);
    n.require(at.size() == 1, "the position must be one integer");
    const int64_t place = at[0] < 0 ? at[0] + count : at[0];
    n.require(place >= 0 && place < places, "the position lies outside of the sequence");
    return place;
}

ITensor& position(Node& n, int i) {
    return n.rank(i) == 0 ? n.in(i) : n.net().reshape(n.in(i), Dims{});
}

Outputs importSequenceConstruct(Node& n) {
    std::vector<Value> elements;
    for (int i = 0; i < n.inputs(); ++i) elements.push_back(n.value(i));
    return {makeList(n.net(), std::move(elements))};
}

Outputs importSequenceEmpty(Node& n) { return {makeList(n.net(), {})}; }

Outputs importSequenceInsert(Node& n) {
    const Value& list = listAt(n, 0);
    const auto count = static_cast<int64_t>(list.list->elements.size());
    if (const int64_t at = knownPosition(n, list, 2, count, count + 1); at >= 0) {
        std::vector<Value> elements = list.list->elements;
        elements.insert(elements.begin() + at, n.value(1));
        return {makeList(n.net(), std::move(elements))};
    }
    const ListType type = merge(list.list->type, makeList(n.net(), {n.value(1)}).list->type);
    std::vector<ITensor*> inputs{&packed(n.net(), list), &n.in(1)};
    if (n.has(2)) inputs.push_back(&position(n, 2));
    return {packedList(Net::out(n.net().op("list_insert", {}, inputs)), type)};
}

Outputs importSequenceErase(Node& n) {
    const Value& list = listAt(n, 0);
    const auto count = static_cast<int64_t>(list.list->elements.size());
    n.require(!list.list->known || count > 0, "the sequence is empty");
    if (const int64_t at = knownPosition(n, list, 1, count - 1, count); at >= 0) {
        std::vector<Value> elements = list.list->elements;
        elements.erase(elements.begin() + at);
        return {makeList(n.net(), std::move(elements))};
    }
    std::vector<ITensor*> inputs{&packed(n.net(), list)};
    if (n.has(1)) inputs.push_back(&position(n, 1));
    return {packedList(Net::out(n.net().op("list_erase", {}, inputs)), list.list->type)};
}

Outputs importSequenceAt(Node& n) {
    const Value& list = listAt(n, 0);
    const auto count = static_cast<int64_t>(list.list->elements.size());
    if (const int64_t at = knownPosition(n, list, 1, -1, count); at >= 0)
        return {list.list->elements[static_cast<size_t>(at)]};
    return {elementAt(n.net(), list, position(n, 1))};
}

Outputs importSequenceLength(Node& n) {
    const Value& list = listAt(n, 0);
    if (list.list->known) {
        const auto count = static_cast<double>(list.list->elements.size());
        return {n.net().pool().makeReals({}, DataType::kINT64, Dims{}, {count})};
    }
    return {Net::out(n.net().op("list_length", {}, {&packed(n.net(), list)}))};
}

Outputs importConcatFromSequence(Node& n) {
    Net& net = n.net();
    const Value& list = listAt(n, 0);
    const bool stack = n.flag("new_axis");
    Dims dims = list.list->type.dims;
    n.require(dims.nbDims >= 0, "the elements have different or unknown ranks",
              ErrorCode::kUNSUPPORTED_NODE_SHAPE);
    const int axis = n.axis(n.integer("axis", 0), dims.nbDims + (stack ? 1 : 0));
    if (list.list->known) {
        std::vector<ITensor*> parts;
        for (const Value& v : list.list->elements)
            parts.push_back(stack ? &net.unsqueeze(net.tensor(v), {axis}) : &net.tensor(v));
        return {net.concat(parts, axis)};
    }
    if (stack) {
        n.require(dims.nbDims < Dims::MAX_DIMS, "a rank above 8");
        std::copy_backward(dims.d + axis, dims.d + dims.nbDims, dims.d + dims.nbDims + 1);
        ++dims.nbDims;
    }
    dims.d[axis] = -1;
    OperatorAttributes attributes;
    attributes.add("axis", int64_t{axis})
        .add("stack", int64_t{stack})
        .add("type", static_cast<int64_t>(list.list->type.type))
        .add("dims", std::vector<int64_t>(dims.d, dims.d + dims.nbDims));
    return {Net::out(net.op("list_join", attributes, {&packed(net, list)}))};
}

/// Extents of the parts where they are known; empty where they are not.
std::vector<int64_t> knownParts(Node& n, int64_t extent) {
    constexpr int64_t kMany = 1024;
    if (extent < 0 || extent > kMany) return {};
    if (!n.has(1)) return std::vector<int64_t>(static_cast<size_t>(extent), 1);
    const Constant* c = n.known(1);
    if (c == nullptr) return {};
    std::vector<int64_t> parts = toIntegers(*c);
    if (n.rank(1) == 0) {
        const int64_t size = parts.at(0);
        n.require(size > 0, "split must be above 0");
        parts.clear();
        for (int64_t left = extent; left > 0; left -= size) parts.push_back(std::min(size, left));
    }
    int64_t total = 0;
    for (const int64_t part : parts) {
        n.require(part >= 0 && part <= extent, "a part does not fit the extent");
        total += part;
    }
    n.require(total == extent, "the parts do not add up to the extent");
    return parts;
}

Outputs importSplitToSequence(Node& n) {
    Net& net = n.net();
    Dims dims = n.dims(0);
    const int axis = n.axis(n.integer("axis", 0), dims.nbDims);
    const bool keep = n.has(1) || n.flag("keepdims", true);
    const std::vector<int64_t> parts = knownParts(n, dims.d[axis]);
    if (!parts.empty()) {
        std::vector<Value> elements;
        int64_t start = 0;
        for (const int64_t part : parts) {
            ITensor& slice = net.slice(n.in(0), {axis}, {Extent(start)}, {Extent(part)}, {1});
            elements.emplace_back(keep ? slice : net.squeeze(slice, {axis}));
            start += part;
        }
        return {makeList(net, std::move(elements))};
    }
    ListType type;
    type.type = n.type(0);
    dims.d[axis] = n.has(1) ? -1 : 1;
    if (!keep) {
        std::copy(dims.d + axis + 1, dims.d + dims.nbDims, dims.d + axis);
        --dims.nbDims;
    }
    type.dims = dims;
    OperatorAttributes attributes;
    attributes.add("axis", int64_t{axis}).add("keepDims", int64_t{keep});
    std::vector<ITensor*> inputs{&n.in(0)};
    if (n.has(1)) inputs.push_back(&n.in(1));
    return {packedList(Net::out(net.op("list_split", attributes, inputs)), type)};
}

Outputs importOptional(Node& n) {
    std::vector<Value> elements;
    if (n.has(0)) elements.push_back(n.value(0));
    return {makeList(n.net(), std::move(elements), true)};
}

Outputs importOptionalHasElement(Node& n) {
    if (!n.has(0)) return {boolean(n, false)};
    const Value& v = n.value(0);
    if (v.list == nullptr || !v.list->type.optional) return {boolean(n, true)};
    if (v.list->known) return {boolean(n, !v.list->elements.empty())};
    ITensor& length = Net::out(n.net().op("list_length", {}, {&packed(n.net(), v)}));
    return {n.net().cast(length, DataType::kBOOL)};
}

Outputs importOptionalGetElement(Node& n) { return {unwrapped(n.net(), n.value(0))}; }

}  // namespace

void registerImporters_sequence(ImporterTable& table) {
    table.add({
        {"ConcatFromSequence", importConcatFromSequence, "", 11},
        {"Optional", importOptional, "", 15},
        {"OptionalGetElement", importOptionalGetElement, "", 15},
        {"OptionalHasElement", importOptionalHasElement, "", 15},
        {"SequenceAt", importSequenceAt, "", 11},
        {"SequenceConstruct", importSequenceConstruct, "", 11},
        {"SequenceEmpty", importSequenceEmpty, "", 11},
        {"SequenceErase", importSequenceErase, "", 11},
        {"SequenceInsert", importSequenceInsert, "", 11},
        {"SequenceLength", importSequenceLength, "", 11},
        {"SplitToSequence", importSplitToSequence, "", 11},
    });
}

}  // namespace bireme::onnx_import
