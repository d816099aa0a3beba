// SPDX-License-Identifier: Apache-2.0
// LSTM, GRU and RNN: the library's operators have ONNX's own meaning.
#include "parsers/onnx/importer_table.h"

namespace bireme::onnx_import {

namespace {

OperatorAttributes common(Node& n) {
    OperatorAttributes attributes;
    const std::string direction = n.text("direction", "forward");
    n.require(direction == "forward" || direction == "reverse" || direction == "bidirectional",
              "direction must be forward, reverse or bidirectional");
    int64_t hidden = n.integer("hidden_size", 0);
    if (hidden == 0) hidden = n.dims(2).nbDims == 3 ? n.dims(2).d[2] : 0;
    n.require(hidden > 0, "hidden_size is missing and cannot be told from R");
    attributes.add("hiddenSize", hidden).add("direction", direction);
    std::string names;
    for (const std::string& name : n.texts("activations"))
        names += (names.empty() ? "" : ",") + name;
    if (!names.empty()) attributes.add("activations", names);
    if (n.hasAttribute("activation_alpha"))
        attributes.add("activationAlpha", n.reals("activation_alpha"));
    if (n.hasAttribute("activation_beta"))
        attributes.add("activationBeta", n.reals("activation_beta"));
    if (n.hasAttribute("clip")) attributes.add("clip", n.real("clip", 0));
    if (n.hasAttribute("layout")) attributes.add("layout", n.integer("layout", 0));
    return attributes;
}

Outputs recurrent(Node& n, const char* name, const OperatorAttributes& attributes, int inputs) {
    std::vector<ITensor*> list;
    n.require(n.inputs() <= inputs, "too many inputs");
    n.require(n.has(0) && n.has(1) && n.has(2), "X, W and R are required");
    for (int i = 0; i < n.inputs(); ++i) list.push_back(n.optional(i));
    ILayer& layer = n.net().op(name, attributes, list);
    Outputs out;
    for (int i = 0; i < layer.getNbOutputs(); ++i) out.emplace_back(Net::out(layer, i));
    return out;
}

Outputs importLstm(Node& n) {
    OperatorAttributes attributes = common(n);
    if (n.flag("input_forget")) attributes.add("inputForget", int64_t{1});
    return recurrent(n, "lstm", attributes, 8);
}

Outputs importGru(Node& n) {
    OperatorAttributes attributes = common(n);
    if (n.flag("linear_before_reset")) attributes.add("linearBeforeReset", int64_t{1});
    return recurrent(n, "gru", attributes, 6);
}

Outputs importRnn(Node& n) { return recurrent(n, "rnn", common(n), 6); }

}  // namespace

void registerImporters_recurrent(ImporterTable& table) {
    table.add({
        {"GRU", importGru, "", 7},
        {"LSTM", importLstm, "", 7},
        {"RNN", importRnn, "", 7},
    });
}

}  // namespace bireme::onnx_import
