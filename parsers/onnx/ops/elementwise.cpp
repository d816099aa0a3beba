// SPDX-License-Identifier: Apache-2.0
// Arithmetic, comparisons and logic on several tensors, with numpy's broadcast.
#include <algorithm>

#include "parsers/onnx/importer_table.h"

namespace bireme::onnx_import {

namespace {

using Bin = ElementWiseOperation;

/// Before opset 7 b lay at `axis` of a, when `broadcast` said so; else at its end.
Value second(Node& n) {
    const int64_t given = n.opset() < 7 ? n.integer("axis", -1) : -1;
    if (given < 0) return n.value(1);
    const int after = n.rank(0) - static_cast<int>(given) - n.rank(1);
    n.require(after >= 0, "b does not fit at attribute axis");
    std::vector<int64_t> axes;
    for (int i = 0; i < after; ++i) axes.push_back(n.rank(1) + i);
    return n.net().unsqueeze(n.in(1), axes);
}

template <Bin op>
Outputs binary(Node& n) {
    return {n.net().binary(n.value(0), second(n), op)};
}

template <Bin op>
Outputs variadic(Node& n) {
    Value total = n.value(0);
    if (n.inputs() == 1) return {n.net().identity(n.in(0))};
    for (int i = 1; i < n.inputs(); ++i) total = n.net().binary(total, n.value(i), op);
    return {total};
}

Outputs importMean(Node& n) {
    ITensor& sum = *variadic<Bin::kSUM>(n)[0].tensor;
    return {n.net().binary(sum, n.net().splat(sum, 1.0 / n.inputs()), Bin::kPROD)};
}

// BOOL is compared by its truth: a == b is not (a xor b).
Outputs importEqual(Node& n) {
    if (n.type(0) != DataType::kBOOL) return binary<Bin::kEQUAL>(n);
    ITensor& differ = n.net().binary(n.value(0), second(n), Bin::kXOR);
    return {n.net().unary(differ, UnaryOperation::kNOT)};
}

/// A function that has no layer class of its own, by its name in the library.
Outputs named(Node& n, const char* function) {
    const int rank = std::max(n.rank(0), n.rank(1));
    OperatorAttributes attributes;
    attributes.add("fn", std::string(function));
    return {Net::out(
        n.net().op("pointwise", attributes,
                   {&n.net().ranked(n.value(0), rank), &n.net().ranked(n.value(1), rank)}))};
}

Outputs importGreaterOrEqual(Node& n) { return named(n, "greater_equal"); }
Outputs importLessOrEqual(Node& n) { return named(n, "less_equal"); }
Outputs importBitwiseAnd(Node& n) { return named(n, "bitwise_and"); }
Outputs importBitwiseOr(Node& n) { return named(n, "bitwise_or"); }
Outputs importBitwiseXor(Node& n) { return named(n, "bitwise_xor"); }

Outputs importBitShift(Node& n) {
    const std::string direction = n.text("direction", "");
    n.require(direction == "LEFT" || direction == "RIGHT", "direction must be LEFT or RIGHT");
    if (direction == "LEFT") return named(n, "shift_left");
    return named(n, n.type(0) == DataType::kUINT64 ? "shift_right_unsigned" : "shift_right");
}

// The exponent may have a type of its own; the result has the base's.
Outputs importPow(Node& n) {
    const DataType type = n.type(0);
    if (n.type(1) == type) return binary<Bin::kPOW>(n);
    if (isFloating(type) || !isFloating(n.type(1)))
        return {n.net().binary(n.value(0), n.net().cast(n.in(1), type), Bin::kPOW)};
    ITensor& base = n.net().cast(n.in(0), n.type(1));
    return {n.net().cast(n.net().binary(base, n.value(1), Bin::kPOW), type)};
}

// fmod 0: the sign of the divisor; fmod 1: the sign of the dividend, as in C.
Outputs importMod(Node& n) { return named(n, n.flag("fmod") ? "fmod" : "mod"); }

Outputs importWhere(Node& n) { return {n.net().select(n.value(0), n.value(1), n.value(2))}; }

}  // namespace

void registerImporters_elementwise(ImporterTable& table) {
    table.add({
        {"Add", binary<Bin::kSUM>},
        {"And", binary<Bin::kAND>},
        {"BitShift", importBitShift, "", 11},
        {"BitwiseAnd", importBitwiseAnd, "", 18},
        {"BitwiseOr", importBitwiseOr, "", 18},
        {"BitwiseXor", importBitwiseXor, "", 18},
        {"Div", binary<Bin::kDIV>},
        {"Equal", importEqual},
        {"Greater", binary<Bin::kGREATER>},
        {"GreaterOrEqual", importGreaterOrEqual, "", 12},
        {"Less", binary<Bin::kLESS>},
        {"LessOrEqual", importLessOrEqual, "", 12},
        {"Max", variadic<Bin::kMAX>},
        {"Mean", importMean},
        {"Min", variadic<Bin::kMIN>},
        {"Mod", importMod, "", 10},
        {"Mul", binary<Bin::kPROD>},
        {"Or", binary<Bin::kOR>},
        {"Pow", importPow},
        {"Sub", binary<Bin::kSUB>},
        {"Sum", variadic<Bin::kSUM>},
        {"Where", importWhere, "", 9},
        {"Xor", binary<Bin::kXOR>},
    });
}

}  // namespace bireme::onnx_import
