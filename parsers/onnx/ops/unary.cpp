// SPDX-License-Identifier: Apache-2.0
// Functions of one tensor, element by element.
#include <limits>

#include "parsers/onnx/importer_table.h"

namespace bireme::onnx_import {

namespace {

using Un = UnaryOperation;
using Bin = ElementWiseOperation;

template <Un op>
Outputs unary(Node& n) {
    return {n.net().unary(n.in(0), op)};
}

// Integers are finite and whole: rounding and the tests for NaN and infinity change nothing.
template <Un op>
Outputs rounding(Node& n) {
    ITensor& x = n.in(0);
    return {isFloating(x.getType()) ? n.net().unary(x, op) : n.net().identity(x)};
}

Outputs importIsInf(Node& n) {
    const bool positive = n.flag("detect_positive", true);
    const bool negative = n.flag("detect_negative", true);
    ITensor& x = n.in(0);
    ITensor& any = n.net().unary(x, Un::kISINF);
    if (positive && negative) return {any};
    ITensor& zero = n.net().splat(x, 0);
    if (!positive && !negative)
        return {n.net().binary(any, n.net().unary(any, Un::kNOT), Bin::kAND)};
    ITensor& side = n.net().binary(x, zero, positive ? Bin::kGREATER : Bin::kLESS);
    return {n.net().binary(any, side, Bin::kAND)};
}

Outputs importReciprocal(Node& n) { return {n.net().unary(n.in(0), Un::kRECIP)}; }

Outputs importBitwiseNot(Node& n) {
    OperatorAttributes attributes;
    attributes.add("fn", std::string("bitwise_not"));
    return {Net::out(n.net().op("pointwise", attributes, {&n.in(0)}))};
}

Outputs importBitCast(Node& n) {
    const auto to = static_cast<ElementType>(n.integer("to", 0));
    OperatorAttributes attributes;
    attributes.add("to", static_cast<int64_t>(dataTypeOf(to, "attribute to")));
    return {Net::out(n.net().op("bit_cast", attributes, {&n.in(0)}))};
}

}  // namespace

void registerImporters_unary(ImporterTable& table) {
    table.add({
        {"Abs", unary<Un::kABS>},           {"Acos", unary<Un::kACOS>},
        {"Acosh", unary<Un::kACOSH>},       {"Asin", unary<Un::kASIN>},
        {"Asinh", unary<Un::kASINH>},       {"Atan", unary<Un::kATAN>},
        {"Atanh", unary<Un::kATANH>},       {"Ceil", rounding<Un::kCEIL>},
        {"Cos", unary<Un::kCOS>},           {"Cosh", unary<Un::kCOSH>},
        {"Erf", unary<Un::kERF>},           {"Exp", unary<Un::kEXP>},
        {"Floor", rounding<Un::kFLOOR>},    {"IsInf", importIsInf},
        {"IsNaN", unary<Un::kISNAN>},       {"Log", unary<Un::kLOG>},
        {"Neg", unary<Un::kNEG>},           {"Not", unary<Un::kNOT>},
        {"Reciprocal", importReciprocal},   {"Round", rounding<Un::kROUND>},
        {"Sign", unary<Un::kSIGN>},         {"Sin", unary<Un::kSIN>},
        {"Sinh", unary<Un::kSINH>},         {"Sqrt", unary<Un::kSQRT>},
        {"Tan", unary<Un::kTAN>},           {"BitwiseNot", importBitwiseNot, "", 18},
        {"BitCast", importBitCast, "", 26},
    });
}

}  // namespace bireme::onnx_import
