// SPDX-License-Identifier: Apache-2.0
// Binary, Unary, Activation, LeakyRelu, Identity.
#include <algorithm>

#include "parsers/uff/importer_table.h"

namespace bireme::uff_import {

namespace {

using Bin = ElementWiseOperation;
using Un = UnaryOperation;

template <class T>
struct Named {
    const char* name;
    T value;
};

constexpr Named<Bin> kBinary[] = {
    {"add", Bin::kSUM}, {"sub", Bin::kSUB}, {"mul", Bin::kPROD}, {"div", Bin::kDIV},
    {"min", Bin::kMIN}, {"max", Bin::kMAX}, {"pow", Bin::kPOW},
};

constexpr Named<Un> kUnary[] = {
    {"neg", Un::kNEG},     {"exp", Un::kEXP},     {"log", Un::kLOG},     {"abs", Un::kABS},
    {"sqrt", Un::kSQRT},   {"sin", Un::kSIN},     {"cos", Un::kCOS},     {"tan", Un::kTAN},
    {"sinh", Un::kSINH},   {"cosh", Un::kCOSH},   {"asin", Un::kASIN},   {"acos", Un::kACOS},
    {"atan", Un::kATAN},   {"asinh", Un::kASINH}, {"acosh", Un::kACOSH}, {"atanh", Un::kATANH},
    {"ceil", Un::kCEIL},   {"floor", Un::kFLOOR}, {"recip", Un::kRECIP}, {"erf", Un::kERF},
    {"round", Un::kROUND}, {"sign", Un::kSIGN},
};

struct ActivationRow {
    const char* name;
    ActivationType type;
    float alpha;
    float beta;
};

constexpr ActivationRow kActivations[] = {
    {"relu", ActivationType::kRELU, 0, 0},
    {"relu6", ActivationType::kCLIP, 0, 6},
    {"sigmoid", ActivationType::kSIGMOID, 0, 0},
    {"tanh", ActivationType::kTANH, 0, 0},
    {"elu", ActivationType::kELU, 1, 0},
    {"selu", ActivationType::kSELU, 1.67326324235F, 1.05070098736F},
    {"softsign", ActivationType::kSOFTSIGN, 0, 0},
    {"softplus", ActivationType::kSOFTPLUS, 1, 1},
};

std::string functionOf(Node& n) {
    std::string f = n.text("func", "");
    n.require(!f.empty(), "field func is missing");
    std::transform(f.begin(), f.end(), f.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return f;
}

template <class Row, size_t N>
const Row& rowOf(Node& n, const Row (&rows)[N], const std::string& name) {
    for (const Row& row : rows)
        if (name == row.name) return row;
    n.refuse("func \"" + name + "\" is unknown");
}

Value importBinary(Node& n) {
    n.require(n.count() == 2, "it has " + std::to_string(n.count()) + " inputs, not 2");
    const Named<Bin>& row = rowOf(n, kBinary, functionOf(n));
    Net& net = n.net();
    const DataType a = net.type(n.in(0));
    const DataType b = net.type(n.in(1));
    n.require(a == b,
              std::string("its inputs have the types ") + typeName(a) + " and " + typeName(b));
    const size_t rank = std::max(n.rank(0), n.rank(1));
    const Axes where = net.common({&n.in(0), &n.in(1)}, rank);
    return {net.binary(net.arranged(n.in(0), where), net.arranged(n.in(1), where), row.value),
            where};
}

Value importUnary(Node& n) {
    const std::string f = functionOf(n);
    Net& net = n.net();
    ITensor& x = net.tensor(n.in(0));
    const Axes& where = n.in(0).where;
    if (f == "square") return {net.binary(x, x, Bin::kPROD), where};
    if (f == "rsqrt") return {net.unary(net.unary(x, Un::kSQRT), Un::kRECIP), where};
    return {net.unary(x, rowOf(n, kUnary, f).value), where};
}

Value importActivation(Node& n) {
    const ActivationRow& row = rowOf(n, kActivations, functionOf(n));
    return {n.net().activation(n.net().tensor(n.in(0)), row.type, row.alpha, row.beta),
            n.in(0).where};
}

Value importLeakyRelu(Node& n) {
    const auto alpha = static_cast<float>(n.real("alpha", 0.2));
    return {n.net().activation(n.net().tensor(n.in(0)), ActivationType::kLEAKY_RELU, alpha),
            n.in(0).where};
}

Value importIdentity(Node& n) { return n.in(0); }

}  // namespace

void registerImporters_elementwise(ImporterTable& table) {
    constexpr OrderRole keeps = OrderRole::kKeeps;
    table.add({
        {"Activation", importActivation,
         "relu, relu6, sigmoid, tanh, elu, selu, softsign, softplus", keeps},
        {"Binary", importBinary, "add, sub, mul, div, min, max, pow; broadcasts as numpy does",
         keeps},
        {"Identity", importIdentity, "another name of its input", keeps},
        {"LeakyRelu", importLeakyRelu, "x, or alpha x below 0", keeps},
        {"Unary", importUnary,
         "neg, exp, log, abs, sqrt, rsqrt, square, trigonometric functions, ceil, floor", keeps},
    });
}

}  // namespace bireme::uff_import
