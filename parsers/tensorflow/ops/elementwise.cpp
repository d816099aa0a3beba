// SPDX-License-Identifier: Apache-2.0
// Operations on elements: Binary, Unary, Activation, LeakyRelu, and BiasAdd, which becomes an add.
#include "parsers/tensorflow/conversion.h"

namespace bireme::tensorflow {

namespace {

struct Name {
    const char* op;
    const char* func;
};

constexpr Name kBinary[] = {
    {"Add", "add"},     {"AddV2", "add"},   {"Sub", "sub"},     {"Mul", "mul"}, {"Div", "div"},
    {"RealDiv", "div"}, {"Minimum", "min"}, {"Maximum", "max"}, {"Pow", "pow"},
};

constexpr Name kActivations[] = {
    {"Relu", "relu"}, {"Relu6", "relu6"}, {"Tanh", "tanh"},         {"Sigmoid", "sigmoid"},
    {"Elu", "elu"},   {"Selu", "selu"},   {"Softsign", "softsign"}, {"Softplus", "softplus"},
};

constexpr Name kUnary[] = {
    {"Neg", "neg"},     {"Abs", "abs"},       {"Acos", "acos"},   {"Acosh", "acosh"},
    {"Asin", "asin"},   {"Asinh", "asinh"},   {"Atan", "atan"},   {"Atanh", "atanh"},
    {"Ceil", "ceil"},   {"Cos", "cos"},       {"Cosh", "cosh"},   {"Sin", "sin"},
    {"Sinh", "sinh"},   {"Tan", "tan"},       {"Floor", "floor"}, {"Sqrt", "sqrt"},
    {"Rsqrt", "rsqrt"}, {"Square", "square"}, {"Exp", "exp"},     {"Log", "log"},
};

template <size_t N>
const char* funcOf(const Step& s, const Name (&names)[N]) {
    for (const Name& n : names)
        if (s.node.op == n.op) return n.func;
    s.refuse("its function is unknown");
}

std::vector<std::string> convertBinary(const Step& s) {
    return s.run.emit(
        UffNode(s.node.name, "Binary", {s.in(0), s.in(1)}).text("func", funcOf(s, kBinary)));
}

std::vector<std::string> convertUnary(const Step& s) {
    return s.run.emit(UffNode(s.node.name, "Unary", {s.in(0)}).text("func", funcOf(s, kUnary)));
}

std::vector<std::string> convertActivation(const Step& s) {
    return s.run.emit(
        UffNode(s.node.name, "Activation", {s.in(0)}).text("func", funcOf(s, kActivations)));
}

std::vector<std::string> convertLeakyRelu(const Step& s) {
    return s.run.emit(
        UffNode(s.node.name, "LeakyRelu", {s.in(0)}).real("alpha", s.node.real("alpha", 0.2)));
}

std::vector<std::string> convertIdentity(const Step& s) {
    return s.run.emit(UffNode(s.node.name, "Identity", {s.in(0)}));
}

/// How often other nodes than `user` read a constant, directly or through an Identity.
bool isShared(Graph& graph, const Node& constant, const Node& user) {
    int readers = 0;
    for (const Node& n : graph.nodes())
        for (const std::string& input : n.inputs) {
            const Node* from = graph.find(split(input).first);
            if (from == nullptr || &n == &user) continue;
            if (from == &constant && n.op != "Identity") ++readers;
            if (from->op == "Identity" && !from->inputs.empty() &&
                split(from->inputs[0]).first == constant.name)
                ++readers;
        }
    return readers > 0;
}

std::vector<std::string> convertBiasAdd(const Step& s) {
    std::string bias = s.in(1);
    if (const Node* node = s.run.constantNode(bias); node != nullptr) {
        Array value = Graph::constant(*node);
        if (s.channelsFirst()) {
            if (isShared(s.run.graph(), *node, s.node)) bias += "/channels_first";
            value.dims = {value.count(), 1, 1};
        }
        if (!s.run.file().has(bias)) s.run.file().constant(bias, value);
    } else if (s.channelsFirst()) {
        s.refuse("its bias is not constant, and its data are channels first");
    }
    return s.run.emit(UffNode(s.node.name, "Binary", {s.in(0), bias}).text("func", "add"));
}

}  // namespace

void registerConverters_elementwise(ConverterTable& table) {
    for (const Name& n : kBinary) table.add({{n.op, convertBinary, "Binary"}});
    for (const Name& n : kUnary) table.add({{n.op, convertUnary, "Unary"}});
    for (const Name& n : kActivations) table.add({{n.op, convertActivation, "Activation"}});
    table.add({
        {"BiasAdd", convertBiasAdd, "Binary", "channels first: the bias becomes [C, 1, 1]"},
        {"Identity", convertIdentity, "Identity", "looked through where another node reads it"},
        {"LeakyRelu", convertLeakyRelu, "LeakyRelu"},
    });
}

}  // namespace bireme::tensorflow
