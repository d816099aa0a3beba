// SPDX-License-Identifier: Apache-2.0
// Functions of one element.
#include <cmath>
#include <limits>

#include "parsers/caffe/importer_table.h"

namespace bireme::caffe_import {

namespace {

using Act = ActivationType;
using Un = UnaryOperation;

template <Act type>
Tops plain(Layer& l) {
    l.expect(1, 1);
    return {&l.net().activation(l.in(), type)};
}

Tops importReLU(Layer& l) {
    l.expect(1, 1);
    const auto slope = static_cast<float>(l.params("relu_param").real("negative_slope", 0));
    if (slope == 0) return {&l.net().activation(l.in(), Act::kRELU)};
    return {&l.net().activation(l.in(), Act::kLEAKY_RELU, slope)};
}

Tops importReLU6(Layer& l) {
    l.expect(1, 1);
    const auto most = static_cast<float>(l.params("relu6_param").real("threshold", 6));
    return {&l.net().activation(l.in(), Act::kCLIP, 0, most)};
}

Tops importPReLU(Layer& l) {
    l.expect(1, 1);
    const Shape x = l.dims();
    l.require(x.size() >= 2, "its bottom has no channels");
    Shape dims(x.size(), 1);
    if (!l.params("prelu_param").flag("channel_shared", false)) dims[1] = l.extent(x, 1);
    const Blob slope = l.weights(0, dims, "its slope", Random::kBIAS);
    return {&Net::out(
        l.net().made(l.net().raw().addParametricReLU(l.in(), l.net().constant(dims, slope))))};
}

Tops importELU(Layer& l) {
    l.expect(1, 1);
    return {&l.net().activation(l.in(), Act::kELU,
                                static_cast<float>(l.params("elu_param").real("alpha", 1)))};
}

Tops importAbsVal(Layer& l) {
    l.expect(1, 1);
    return {&l.net().unary(l.in(), Un::kABS)};
}

Tops importSwish(Layer& l) {
    l.expect(1, 1);
    const auto beta = static_cast<float>(l.params("swish_param").real("beta", 1));
    ITensor& gate = l.net().activation(l.net().power(l.in(), beta, 0), Act::kSIGMOID);
    return {&l.net().binary(l.in(), gate, ElementWiseOperation::kPROD)};
}

Tops importBnll(Layer& l) {
    l.expect(1, 1);
    return {&l.net().activation(l.in(), Act::kSOFTPLUS, 1, 1)};
}

Tops importPower(Layer& l) {
    l.expect(1, 1);
    const Message& p = l.params("power_param");
    return {&l.net().power(l.in(), static_cast<float>(p.real("scale", 1)),
                           static_cast<float>(p.real("shift", 0)),
                           static_cast<float>(p.real("power", 1)))};
}

double logOfBase(Layer& l, const Message& p) {
    const double base = p.real("base", -1);
    if (base == -1) return 1;
    l.require(base > 0, "base must be positive, or -1 for e");
    return std::log(base);
}

Tops importExp(Layer& l) {
    l.expect(1, 1);
    const Message& p = l.params("exp_param");
    const double log = logOfBase(l, p);
    return {&l.net().unary(l.net().power(l.in(), static_cast<float>(p.real("scale", 1) * log),
                                         static_cast<float>(p.real("shift", 0) * log)),
                           Un::kEXP)};
}

Tops importLog(Layer& l) {
    l.expect(1, 1);
    const Message& p = l.params("log_param");
    const double log = logOfBase(l, p);
    l.require(log != 0, "base 1 has no logarithm");
    ITensor& y = l.net().unary(l.net().power(l.in(), static_cast<float>(p.real("scale", 1)),
                                             static_cast<float>(p.real("shift", 0))),
                               Un::kLOG);
    return {log == 1 ? &y : &l.net().power(y, static_cast<float>(1 / log), 0)};
}

Tops importClip(Layer& l) {
    l.expect(1, 1);
    const Message& p = l.params("clip_param");
    constexpr double kMost = std::numeric_limits<float>::max();
    return {&l.net().activation(l.in(), Act::kCLIP, static_cast<float>(p.real("min", -kMost)),
                                static_cast<float>(p.real("max", kMost)))};
}

Tops importThreshold(Layer& l) {
    l.expect(1, 1);
    const auto t = static_cast<float>(l.params("threshold_param").real("threshold", 0));
    return {
        &l.net().cast(l.net().binary(l.in(), t, ElementWiseOperation::kGREATER), DataType::kFLOAT)};
}

}  // namespace

void registerImporters_activation(ImporterTable& table) {
    table.add({
        {"AbsVal", importAbsVal},
        {"BNLL", importBnll},
        {"Clip", importClip, "a bound that is not set does not count"},
        {"ELU", importELU},
        {"Exp", importExp},
        {"Log", importLog},
        {"PReLU", importPReLU},
        {"Power", importPower},
        {"ReLU", importReLU, "negative_slope"},
        {"ReLU6", importReLU6, "of forks"},
        {"Sigmoid", plain<Act::kSIGMOID>},
        {"Swish", importSwish},
        {"TanH", plain<Act::kTANH>},
        {"Threshold", importThreshold},
    });
}

}  // namespace bireme::caffe_import
