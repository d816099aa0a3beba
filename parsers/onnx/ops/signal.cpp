// SPDX-License-Identifier: Apache-2.0
// Fourier transforms, windows and mel bands.
#include <cmath>

#include "parsers/onnx/importer_table.h"

namespace bireme::onnx_import {

namespace {

using Bin = ElementWiseOperation;

ITensor& scalar(Node& n, int i) {
    return n.rank(i) == 0 ? n.in(i) : n.net().reshape(n.in(i), Dims{});
}

DataType outputType(Node& n) {
    return dataTypeOf(static_cast<ElementType>(n.integer("output_datatype", 1)), "output_datatype");
}

/// a0 - a1 cos(2 pi i / N) + a2 cos(4 pi i / N), N = size or, when symmetric, size - 1.
Outputs window(Node& n, double a0, double a1, double a2) {
    Net& net = n.net();
    const bool periodic = n.flag("periodic", true);
    if (n.known(0) != nullptr) {
        const std::vector<int64_t> size = n.integersOf(0, "size");
        n.require(size.size() == 1 && size[0] >= 0 && size[0] < (1 << 28), "size is out of range");
        std::vector<double> values;
        for (int64_t i = 0; i < size[0]; ++i) {
            const auto points = static_cast<double>(periodic ? size[0] : size[0] - 1);
            const double angle = 2 * M_PI * static_cast<double>(i) / points;
            values.push_back(a0 - a1 * std::cos(angle) + a2 * std::cos(2 * angle));
        }
        return {net.pool().makeReals({}, outputType(n), Dims{1, {size[0]}}, values)};
    }
    ITensor& size = net.cast(scalar(n, 0), DataType::kINT64);
    ITensor& steps = Net::out(net.op("range", {}, {&net.integer(0), &size, &net.integer(1)}));
    ITensor& points = periodic ? size : net.binary(size, net.integer(1), Bin::kSUB);
    ITensor& part = net.binary(net.cast(steps, DataType::kDOUBLE),
                               net.cast(points, DataType::kDOUBLE), Bin::kDIV);
    const auto wave = [&](double turns, double amplitude) -> ITensor& {
        ITensor& angle = net.binary(part, net.splat(part, 2 * M_PI * turns), Bin::kPROD);
        ITensor& cosine = net.unary(angle, UnaryOperation::kCOS);
        return net.binary(cosine, net.splat(cosine, amplitude), Bin::kPROD);
    };
    ITensor* y = &net.binary(net.splat(part, a0), wave(1, a1), Bin::kSUB);
    if (a2 != 0) y = &net.binary(*y, wave(2, a2), Bin::kSUM);
    return {net.cast(*y, outputType(n))};
}

Outputs importHannWindow(Node& n) { return window(n, 0.5, 0.5, 0); }
Outputs importHammingWindow(Node& n) { return window(n, 25.0 / 46, 21.0 / 46, 0); }
Outputs importBlackmanWindow(Node& n) { return window(n, 0.42, 0.5, 0.08); }

Outputs importDft(Node& n) {
    Net& net = n.net();
    OperatorAttributes attributes;
    attributes.add("inverse", int64_t{n.flag("inverse")})
        .add("onesided", int64_t{n.flag("onesided")});
    ITensor* axis = nullptr;
    if (n.opset() < 20)
        attributes.add("axis", n.integer("axis", 1));
    else if (!n.has(2))
        attributes.add("axis", int64_t{-2});
    else if (n.known(2) != nullptr)
        attributes.add("axis", n.integersOf(2, "axis").at(0));
    else
        axis = &scalar(n, 2);
    std::vector<ITensor*> inputs{&n.in(0), n.has(1) ? &scalar(n, 1) : nullptr, axis};
    while (inputs.back() == nullptr) inputs.pop_back();
    return {Net::out(net.op("dft", attributes, inputs))};
}

Outputs importStft(Node& n) {
    OperatorAttributes attributes;
    attributes.add("onesided", int64_t{n.flag("onesided", true)});
    ITensor* signal = &n.in(0);
    if (n.rank(0) == 2) signal = &n.net().unsqueeze(*signal, {2});
    std::vector<ITensor*> inputs{signal, &scalar(n, 1), n.optional(2),
                                 n.has(3) ? &scalar(n, 3) : nullptr};
    while (inputs.back() == nullptr) inputs.pop_back();
    return {Net::out(n.net().op("stft", attributes, inputs))};
}

Outputs importMelWeightMatrix(Node& n) {
    OperatorAttributes attributes;
    attributes.add("type", static_cast<int64_t>(outputType(n)));
    std::vector<ITensor*> inputs;
    for (int i = 0; i < 5; ++i) inputs.push_back(&scalar(n, i));
    return {Net::out(n.net().op("mel_weight_matrix", attributes, inputs))};
}

}  // namespace

void registerImporters_signal(ImporterTable& table) {
    table.add({
        {"BlackmanWindow", importBlackmanWindow, "", 17},
        {"DFT", importDft, "", 17},
        {"HammingWindow", importHammingWindow, "", 17},
        {"HannWindow", importHannWindow, "", 17},
        {"MelWeightMatrix", importMelWeightMatrix, "", 17},
        {"STFT", importStft, "", 17},
    });
}

}  // namespace bireme::onnx_import
