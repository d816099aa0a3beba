// SPDX-License-Identifier: Apache-2.0
// Operators that read or write by index.
#include "parsers/onnx/importer_table.h"

namespace bireme::onnx_import {

namespace {

ITensor& indices(Node& n, int i) {
    const DataType type = n.type(i);
    if (type == DataType::kINT32 || type == DataType::kINT64) return n.in(i);
    return n.net().cast(n.in(i), DataType::kINT64);
}

Outputs importGather(Node& n) {
    const int axis = n.axis(n.integer("axis", 0), n.rank(0));
    return {n.net().gather(n.in(0), indices(n, 1), axis)};
}

IGatherLayer& gatherLayer(Node& n, GatherMode mode) {
    return n.net().made(n.net().raw().addGatherV2(n.in(0), indices(n, 1), mode));
}

Outputs importGatherElements(Node& n) {
    const int axis = n.axis(n.integer("axis", 0), n.rank(0));
    IGatherLayer& layer = gatherLayer(n, GatherMode::kELEMENT);
    layer.setGatherAxis(axis);
    return {Net::out(layer)};
}

Outputs importGatherNd(Node& n) {
    const int64_t batch = n.integer("batch_dims", 0);
    n.require(batch >= 0 && batch < n.rank(0), "batch_dims must be below the rank of the data");
    IGatherLayer& layer = gatherLayer(n, GatherMode::kND);
    layer.setNbElementWiseDims(static_cast<int32_t>(batch));
    return {Net::out(layer)};
}

Outputs scatter(Node& n, ScatterMode mode, int axis) {
    Net& net = n.net();
    const std::string reduction = n.text("reduction", "none");
    if (reduction != "none") {
        OperatorAttributes attributes;
        attributes.add("axis", int64_t{axis})
            .add("mode", static_cast<int64_t>(mode))
            .add("reduction", reduction);
        return {Net::out(net.op("scatter", attributes, {&n.in(0), &indices(n, 1), &n.in(2)}))};
    }
    IScatterLayer& layer = net.made(net.raw().addScatter(n.in(0), indices(n, 1), n.in(2), mode));
    if (mode == ScatterMode::kELEMENT) layer.setAxis(axis);
    return {Net::out(layer)};
}

Outputs importScatterElements(Node& n) {
    return scatter(n, ScatterMode::kELEMENT, n.axis(n.integer("axis", 0), n.rank(0)));
}

Outputs importScatterNd(Node& n) { return scatter(n, ScatterMode::kND, 0); }

Outputs importOneHot(Node& n) {
    Net& net = n.net();
    const int axis = n.axis(n.integer("axis", -1), n.rank(0) + 1);
    ITensor* depth = nullptr;
    if (n.known(1) != nullptr) {
        const std::vector<int64_t> list = n.integersOf(1, "depth");
        n.require(list.size() == 1 && list[0] > 0, "depth must be one positive number");
        depth = &net.integer(list[0]);
    } else {
        depth = &net.cast(n.in(1), DataType::kINT64);
        if (n.rank(1) != 0) depth = &net.reshape(*depth, Dims{});
    }
    return {Net::out(net.made(net.raw().addOneHot(indices(n, 0), n.in(2), *depth, axis)))};
}

Outputs importNonZero(Node& n) {
    return {Net::out(n.net().made(n.net().raw().addNonZero(n.in(0), DataType::kINT64)))};
}

Outputs importTrilu(Node& n) {
    OperatorAttributes attributes;
    attributes.add("upper", n.integer("upper", 1));
    std::vector<ITensor*> inputs{&n.in(0)};
    if (n.has(1)) inputs.push_back(n.rank(1) == 0 ? &n.in(1) : &n.net().reshape(n.in(1), Dims{}));
    return {Net::out(n.net().op("trilu", attributes, inputs))};
}

Outputs importReverseSequence(Node& n) {
    IReverseSequenceLayer& layer = n.net().made(n.net().raw().addReverseSequence(n.in(0), n.in(1)));
    layer.setBatchAxis(n.axis(n.integer("batch_axis", 1), n.rank(0)));
    layer.setSequenceAxis(n.axis(n.integer("time_axis", 0), n.rank(0)));
    return {Net::out(layer)};
}

}  // namespace

void registerImporters_index(ImporterTable& table) {
    table.add({
        {"Gather", importGather},
        {"GatherElements", importGatherElements, "", 11},
        {"GatherND", importGatherNd, "", 11},
        {"NonZero", importNonZero, "", 9},
        {"OneHot", importOneHot, "", 9},
        {"ReverseSequence", importReverseSequence, "", 10},
        {"Scatter", importScatterElements, "", 9, 10},
        {"ScatterElements", importScatterElements, "", 11},
        {"ScatterND", importScatterNd, "", 11},
        {"Trilu", importTrilu, "", 14},
    });
}

}  // namespace bireme::onnx_import
