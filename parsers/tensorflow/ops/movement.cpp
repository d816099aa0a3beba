// SPDX-License-Identifier: Apache-2.0
// What moves, joins, cuts, indexes and reduces.
#include <algorithm>

#include "parsers/tensorflow/conversion.h"

namespace bireme::tensorflow {

namespace {

int64_t axisOf(const Step& s, size_t i) {
    const std::vector<int64_t> values = s.constant(i, "its axis").integers();
    if (values.size() != 1) s.refuse("its axis has " + std::to_string(values.size()) + " values");
    return values[0];
}

/// A Keras or slim layer called flatten: the second-last part of the name says so.
bool isCalledFlatten(const std::string& name) {
    const size_t last = name.rfind('/');
    if (last == std::string::npos) return false;
    const size_t before = last == 0 ? std::string::npos : name.rfind('/', last - 1);
    std::string part = name.substr(before == std::string::npos ? 0 : before + 1,
                                   last - (before == std::string::npos ? 0 : before + 1));
    std::transform(part.begin(), part.end(), part.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return part.find("flatten") != std::string::npos;
}

std::vector<std::string> convertReshape(const Step& s) {
    bool flatten = isCalledFlatten(s.node.name);
    if (const Node* shape = s.run.constantNode(s.in(1)); flatten && shape != nullptr)
        flatten = Graph::constant(*shape).count() == 2;
    if (flatten) return s.run.emit(UffNode(s.node.name, "Flatten", {s.in(0)}));
    return s.run.emit(UffNode(s.node.name, "Reshape", {s.in(0), s.in(1)}));
}

std::vector<std::string> convertTranspose(const Step& s) {
    const Shape perm = s.constant(1, "its permutation").integers();
    return s.run.emit(UffNode(s.node.name, "Transpose", {s.in(0)}).integers("permutation", perm));
}

std::vector<std::string> convertPack(const Step& s) {
    return s.run.emit(
        UffNode(s.node.name, "Stack", s.inputs).integer("axis", s.node.integer("axis", 0)));
}

std::vector<std::string> convertConcat(const Step& s) {
    std::vector<std::string> inputs = s.inputs;
    int64_t axis = 0;
    if (s.node.op == "Concat") {
        axis = axisOf(s, 0);
        inputs.erase(inputs.begin());
    } else if (s.node.find("axis") != nullptr) {
        axis = s.node.integer("axis", 0);
    } else {
        if (inputs.empty()) s.refuse("it has no inputs");
        axis = axisOf(s, inputs.size() - 1);
        inputs.pop_back();
    }
    return s.run.emit(UffNode(s.node.name, "Concat", inputs).integer("axis", axis));
}

/// ExpandDims, ArgMax, ArgMin: their axis is a constant.
std::vector<std::string> convertAlong(const Step& s) {
    const int64_t axis = s.inputs.size() > 1 ? axisOf(s, 1) : s.node.integer("axis", 0);
    return s.run.emit(UffNode(s.node.name, s.node.op, {s.in(0)}).integer("axis", axis));
}

std::vector<std::string> convertSqueeze(const Step& s) {
    const char* name = s.node.find("squeeze_dims") != nullptr ? "squeeze_dims" : "axis";
    return s.run.emit(
        UffNode(s.node.name, "Squeeze", {s.in(0)}).integers("axes", s.node.integers(name)));
}

std::vector<std::string> convertReduce(const Step& s) {
    std::string func = s.node.op;
    std::transform(func.begin(), func.end(), func.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    const bool keep =
        s.node.flag(s.node.find("keep_dims") != nullptr ? "keep_dims" : "keepdims", false);
    return s.run.emit(UffNode(s.node.name, "Reduce", {s.in(0)})
                          .text("func", func)
                          .integers("axes", s.constant(1, "its axes").integers())
                          .flag("keepdims", keep));
}

std::vector<std::string> convertStridedSlice(const Step& s) {
    for (const char* mask : {"ellipsis_mask", "new_axis_mask"})
        if (s.node.integer(mask, 0) != 0) s.refuse(std::string(mask) + " is not supported");
    UffNode node(s.node.name, "StridedSlice", s.inputs);
    for (const char* mask : {"begin_mask", "end_mask", "shrink_axis_mask"})
        node.integer(mask, s.node.integer(mask, 0));
    return s.run.emit(node);
}

std::vector<std::string> convertPlain(const Step& s) {
    return s.run.emit(UffNode(s.node.name, s.node.op, s.inputs));
}

int64_t typeOf(const Step& s, const char* name) {
    const Attribute* a = s.node.find(name);
    return a == nullptr ? 0x10020 : uffType(a->integer);
}

std::vector<std::string> convertGather(const Step& s) {
    const bool second = s.node.op == "GatherV2" && s.inputs.size() > 2;
    UffNode node(s.node.name, second ? "GatherV2" : "Gather", {s.in(0), s.in(1)});
    if (second) node.integer("axis", axisOf(s, 2));
    node.type("indices_dtype", typeOf(s, "Tindices"));
    node.type("params_dtype", typeOf(s, s.node.op == "ResourceGather" ? "dtype" : "Tparams"));
    if (!second) node.flag("validate_indices", s.node.flag("validate_indices", true));
    return s.run.emit(node);
}

}  // namespace

void registerConverters_movement(ConverterTable& table) {
    table.add({
        {"ArgMax", convertAlong, "ArgMax"},
        {"ArgMin", convertAlong, "ArgMin"},
        {"Concat", convertConcat, "Concat"},
        {"ConcatV2", convertConcat, "Concat"},
        {"ExpandDims", convertAlong, "ExpandDims"},
        {"Gather", convertGather, "Gather"},
        {"GatherV2", convertGather, "GatherV2"},
        {"Max", convertReduce, "Reduce", "constant axes"},
        {"Mean", convertReduce, "Reduce", "constant axes"},
        {"Min", convertReduce, "Reduce", "constant axes"},
        {"Pack", convertPack, "Stack"},
        {"Pad", convertPlain, "Pad"},
        {"Prod", convertReduce, "Reduce", "constant axes"},
        {"Reshape", convertReshape, "Reshape",
         "Flatten, where the second-last part of its name contains flatten"},
        {"ResourceGather", convertGather, "Gather"},
        {"Shape", convertPlain, "Shape"},
        {"Squeeze", convertSqueeze, "Squeeze"},
        {"StridedSlice", convertStridedSlice, "StridedSlice", "no ellipsis, no new axis"},
        {"Sum", convertReduce, "Reduce", "constant axes"},
        {"Transpose", convertTranspose, "Transpose", "constant permutation"},
    });
}

}  // namespace bireme::tensorflow
