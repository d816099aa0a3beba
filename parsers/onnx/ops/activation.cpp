// SPDX-License-Identifier: Apache-2.0
// Activation functions and Clip.
#include <limits>

#include "parsers/onnx/importer_table.h"

namespace bireme::onnx_import {

namespace {

using Act = ActivationType;
using Bin = ElementWiseOperation;

template <Act type>
Outputs plain(Node& n) {
    return {n.net().activation(n.in(0), type)};
}

template <Act type>
Outputs withAlpha(Node& n, float missing) {
    return {n.net().activation(n.in(0), type, n.real("alpha", missing))};
}

template <Act type>
Outputs withAlphaBeta(Node& n, float alpha, float beta) {
    return {n.net().activation(n.in(0), type, n.real("alpha", alpha), n.real("beta", beta))};
}

Outputs importLeakyRelu(Node& n) { return withAlpha<Act::kLEAKY_RELU>(n, 0.01F); }
Outputs importElu(Node& n) { return withAlpha<Act::kELU>(n, 1.0F); }
Outputs importThresholdedRelu(Node& n) { return withAlpha<Act::kTHRESHOLDED_RELU>(n, 1.0F); }
Outputs importSwish(Node& n) { return withAlpha<Act::kSWISH>(n, 1.0F); }
Outputs importQuickGelu(Node& n) { return withAlpha<Act::kSWISH>(n, 1.702F); }
Outputs importHardSigmoid(Node& n) { return withAlphaBeta<Act::kHARD_SIGMOID>(n, 0.2F, 0.5F); }
Outputs importScaledTanh(Node& n) { return withAlphaBeta<Act::kSCALED_TANH>(n, 1.0F, 1.0F); }
Outputs importSoftplus(Node& n) {
    return {n.net().activation(n.in(0), Act::kSOFTPLUS, 1.0F, 1.0F)};
}

Outputs importSelu(Node& n) {
    return {n.net().activation(n.in(0), Act::kSELU, n.real("alpha", 1.67326319217681884765625F),
                               n.real("gamma", 1.05070102214813232421875F))};
}

// celu(x) = max(0, x) + min(0, a (exp(x / a) - 1)) = a elu(x / a)
Outputs importCelu(Node& n) {
    const float alpha = n.real("alpha", 1.0F);
    n.require(alpha != 0, "alpha must not be 0");
    ITensor& x = n.in(0);
    if (alpha == 1.0F) return {n.net().activation(x, Act::kELU, 1.0F)};
    ITensor& scaled = n.net().binary(x, n.net().splat(x, 1.0 / alpha), Bin::kPROD);
    ITensor& elu = n.net().activation(scaled, Act::kELU, 1.0F);
    return {n.net().binary(elu, n.net().splat(x, alpha), Bin::kPROD)};
}

Outputs importGelu(Node& n) {
    const std::string kind = n.text("approximate", "none");
    if (kind == "tanh") return {n.net().activation(n.in(0), Act::kGELU_TANH)};
    if (kind == "none") return {n.net().activation(n.in(0), Act::kGELU_ERF)};
    n.refuse("approximate \"" + kind + "\" is unknown", ErrorCode::kUNSUPPORTED_NODE_ATTR);
}

// y = x < -lambd ? x + bias : x > lambd ? x - bias : 0
Outputs importShrink(Node& n) {
    ITensor& x = n.in(0);
    Net& net = n.net();
    const double bias = n.real("bias", 0);
    const double lambda = n.real("lambd", 0.5F);
    ITensor& low = net.binary(x, net.splat(x, -lambda), Bin::kLESS);
    ITensor& high = net.binary(x, net.splat(x, lambda), Bin::kGREATER);
    ITensor& up = net.binary(x, net.splat(x, bias), Bin::kSUM);
    ITensor& down = net.binary(x, net.splat(x, bias), Bin::kSUB);
    return {net.select(low, up, net.select(high, down, net.splat(x, 0)))};
}

Outputs importPRelu(Node& n) {
    const int rank = n.rank(0);
    n.require(n.rank(1) <= rank, "the slope has a higher rank than x");
    if (n.opset() < 7 && n.rank(1) == 1 && rank > 2) {  // one value per channel, in those days
        std::vector<int64_t> axes{0};
        for (int i = 2; i < rank; ++i) axes.push_back(i);
        ITensor& slope = n.net().unsqueeze(n.in(1), axes);
        return {Net::out(n.net().made(n.net().raw().addParametricReLU(n.in(0), slope)))};
    }
    return {Net::out(
        n.net().made(n.net().raw().addParametricReLU(n.in(0), n.net().ranked(n.value(1), rank))))};
}

/// A bound of Clip: attribute before opset 11, input since. An absent one bounds nothing.
struct Bound {
    bool given = false;
    bool known = true;
    double value = 0;
};

Bound boundOf(Node& n, const char* name, int input) {
    if (n.opset() < 11) return n.hasAttribute(name) ? Bound{true, true, n.real(name, 0)} : Bound{};
    if (!n.has(input)) return {};
    const Constant* c = n.known(input);
    if (c == nullptr || c->count != 1) return {true, false, 0};
    return {true, true, toReals(*c)[0]};
}

// clip(x) = min(max(x, low), high)
Outputs importClip(Node& n) {
    const Bound low = boundOf(n, "min", 1);
    const Bound high = boundOf(n, "max", 2);
    ITensor* x = &n.in(0);
    Net& net = n.net();
    if (!low.given && !high.given) return {net.identity(*x)};
    if (low.known && high.known && isFloating(x->getType()) && low.value <= high.value) {
        constexpr float kMost = std::numeric_limits<float>::max();
        const float a = low.given ? static_cast<float>(low.value) : -kMost;
        const float b = high.given ? static_cast<float>(high.value) : kMost;
        if (a == 0 && !high.given) return {net.activation(*x, Act::kRELU)};
        // Infinite bounds bound nothing, and the layer wants finite ones.
        return {net.activation(*x, Act::kCLIP, std::max(a, -kMost), std::min(b, kMost))};
    }
    const auto operand = [&](int input, const Bound& b) -> Value {
        return n.opset() < 11 ? Value(net.splat(*x, b.value)) : n.value(input);
    };
    if (low.given) x = &net.binary(*x, operand(1, low), Bin::kMAX);
    if (high.given) x = &net.binary(*x, operand(2, high), Bin::kMIN);
    return {*x};
}

}  // namespace

void registerImporters_activation(ImporterTable& table) {
    table.add({
        {"Celu", importCelu, "", 12},
        {"Clip", importClip},
        {"Elu", importElu},
        {"Gelu", importGelu, "", 20},
        {"Gelu", plain<Act::kGELU_ERF>, "com.microsoft"},
        {"HardSigmoid", importHardSigmoid},
        {"HardSwish", plain<Act::kHARD_SWISH>, "", 14},
        {"LeakyRelu", importLeakyRelu},
        {"Mish", plain<Act::kMISH>, "", 18},
        {"PRelu", importPRelu},
        {"QuickGelu", importQuickGelu, "com.microsoft"},
        {"Relu", plain<Act::kRELU>},
        {"ScaledTanh", importScaledTanh},
        {"Selu", importSelu},
        {"Shrink", importShrink},
        {"Sigmoid", plain<Act::kSIGMOID>},
        {"Softplus", importSoftplus},
        {"Softsign", plain<Act::kSOFTSIGN>},
        {"Swish", importSwish, "", 24},
        {"Tanh", plain<Act::kTANH>},
        {"ThresholdedRelu", importThresholdedRelu},
    });
}

}  // namespace bireme::onnx_import
