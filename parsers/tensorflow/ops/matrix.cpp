// SPDX-License-Identifier: Apache-2.0
// MatMul, normalisations and Softmax.
#include "parsers/tensorflow/conversion.h"

namespace bireme::tensorflow {

namespace {

std::vector<std::string> convertMatMul(const Step& s) {
    const char* a = s.node.flag("transpose_a", false) ? "CN" : "NC";
    const char* b = s.node.flag("transpose_b", false) ? "KC" : "CK";
    return s.run.emit(UffNode(s.node.name, "FullyConnected", {s.in(0), s.in(1)})
                          .reference("inputs_orders", s.run.file().orders({a, b})));
}

std::vector<std::string> convertBatchNorm(const Step& s) {
    if (s.node.flag("is_training", true))
        s.refuse("it computes its mean and variance (is_training); freeze the graph for inference");
    return s.run.emit(
        UffNode(s.node.name, "BatchNorm", {s.in(0), s.in(1), s.in(2), s.in(3), s.in(4)})
            .real("epsilon", s.node.real("epsilon", 1e-4))
            .reference("inputs_orders", s.run.file().orders({s.dataOrder()})));
}

std::vector<std::string> convertLrn(const Step& s) {
    return s.run.emit(UffNode(s.node.name, "LRN", {s.in(0)})
                          .integer("window_size", s.node.integer("depth_radius", 5))
                          .real("alpha", s.node.real("alpha", 1))
                          .real("beta", s.node.real("beta", 0.5))
                          .real("k", s.node.real("bias", 1))
                          .reference("inputs_orders", s.run.file().orders({"NC+"})));
}

std::vector<std::string> convertSoftmax(const Step& s) {
    int64_t axis = 0;
    if (s.inputs.size() > 1) {
        const std::vector<int64_t> values = s.constant(1, "its axis").integers();
        axis = values.empty() ? 0 : values[0];
    }
    return s.run.emit(UffNode(s.node.name, "Softmax", {s.in(0)})
                          .integer("axis", axis)
                          .reference("inputs_orders", s.run.file().orders({s.dataOrder()})));
}

}  // namespace

void registerConverters_matrix(ConverterTable& table) {
    table.add({
        {"FusedBatchNorm", convertBatchNorm, "BatchNorm", "for inference"},
        {"FusedBatchNormV2", convertBatchNorm, "BatchNorm", "for inference"},
        {"FusedBatchNormV3", convertBatchNorm, "BatchNorm", "for inference"},
        {"LRN", convertLrn, "LRN", "window_size is the radius"},
        {"MatMul", convertMatMul, "FullyConnected"},
        {"Softmax", convertSoftmax, "Softmax"},
    });
}

}  // namespace bireme::tensorflow
