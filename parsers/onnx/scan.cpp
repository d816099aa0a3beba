// SPDX-License-Identifier: Apache-2.0
// Scan, and its form of opset 8, which has a batch.
#include <algorithm>

#include "parsers/onnx/graph_import.h"

namespace bireme::onnx_import {

Outputs GraphImport::scanOf(Node& n, const std::vector<ITensor*>& inputs, Scope& scope) {
    const AttributeProto* a = n.find("body");
    n.require(a != nullptr && a->g != nullptr, "attribute \"body\" is not a graph");
    const auto count = static_cast<int>(inputs.size());
    const auto sequences = static_cast<int>(n.integer("num_scan_inputs", 0));
    n.require(sequences > 0 && sequences <= count, "num_scan_inputs does not fit the inputs");
    const int states = count - sequences;
    const std::vector<int64_t> axes = n.integers("scan_input_axes");
    std::vector<Formal> formals;
    for (int i = 0; i < count; ++i) {
        ITensor& x = *inputs[static_cast<size_t>(i)];
        Dims dims = net_->dims(x);
        if (i >= states) {
            const auto k = static_cast<size_t>(i - states);
            const int axis = n.axis(k < axes.size() ? axes[k] : 0, dims.nbDims);
            std::copy(dims.d + axis + 1, dims.d + dims.nbDims, dims.d + axis);
            --dims.nbDims;
        }
        formals.push_back({x.getType(), dims, nullptr});
    }
    Captures captures;
    const int errors = report_.count();
    Body body = importBody(*a->g, n.proto(), scope, formals, captures);
    if (report_.count() > errors) return {};
    for (const ListTypePtr& list : body.lists)
        n.require(list == nullptr, "a scan has no sequences as outputs");
    // Opset 8 names the directions otherwise, and has none for outputs.
    const char* directions = n.opset() < 9 ? "directions" : "scan_input_directions";
    OperatorAttributes attributes;
    attributes.add("states", int64_t{states})
        .add("sequences", int64_t{sequences})
        .add("inputAxes", axes)
        .add("outputAxes", n.integers("scan_output_axes"))
        .add("inputBackward", n.integers(directions))
        .add("outputBackward", n.integers("scan_output_directions"));
    return addControl("scan", attributes, inputs, captures, {&body}, body.outputs.size());
}

Outputs GraphImport::importScan(Node& n, Scope& scope) {
    if (n.opset() < 9) return importBatchedScan(n, scope);
    std::vector<ITensor*> inputs;
    for (int i = 0; i < n.inputs(); ++i) inputs.push_back(&n.in(i));
    return scanOf(n, inputs, scope);
}

// One scan for every element of the batch, which is axis 0 of all inputs and outputs.
Outputs GraphImport::importBatchedScan(Node& n, Scope& scope) {
    n.require(!n.has(0), "sequence_lens is not supported", ErrorCode::kUNSUPPORTED_NODE);
    n.require(n.inputs() > 1 && n.rank(1) > 0, "the inputs of a scan have a batch");
    const int64_t batch = n.dims(1).d[0];
    constexpr int64_t kMost = 256;
    n.require(batch > 0 && batch <= kMost, "the batch must be known, and at most 256",
              ErrorCode::kUNSUPPORTED_NODE_DYNAMIC);
    std::vector<std::vector<ITensor*>> parts;
    for (int64_t b = 0; b < batch; ++b) {
        std::vector<ITensor*> inputs;
        for (int i = 1; i < n.inputs(); ++i) {
            n.require(n.rank(i) > 0 && n.dims(i).d[0] == batch, "the batches differ");
            ITensor& one = net_->slice(n.in(i), {0}, {Extent(b)}, {Extent(1)}, {1});
            inputs.push_back(&net_->squeeze(one, {0}));
        }
        const Outputs out = scanOf(n, inputs, scope);
        if (out.empty()) return {};
        parts.resize(out.size());
        for (size_t i = 0; i < out.size(); ++i)
            parts[i].push_back(&net_->unsqueeze(*out[i].tensor, {0}));
    }
    Outputs out;
    for (const std::vector<ITensor*>& all : parts) out.emplace_back(net_->concat(all, 0));
    return out;
}

}  // namespace bireme::onnx_import
