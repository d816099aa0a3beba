// SPDX-License-Identifier: Apache-2.0
#include "api/layers/pointwise_map.h"

#include "api/guard.h"

#include <span>

namespace bireme::api {

namespace {

using Fn = ops::PointwiseFn;

template <typename E>
struct Row {
    E value;
    Fn fn;
};

using A = ActivationType;
constexpr Row<A> kActivations[] = {
    {A::kRELU, Fn::relu},
    {A::kSIGMOID, Fn::sigmoid},
    {A::kTANH, Fn::tanh},
    {A::kLEAKY_RELU, Fn::leaky_relu},
    {A::kELU, Fn::elu},
    {A::kSELU, Fn::selu},
    {A::kSOFTSIGN, Fn::softsign},
    {A::kSOFTPLUS, Fn::softplus},
    {A::kCLIP, Fn::clip},
    {A::kHARD_SIGMOID, Fn::hard_sigmoid},
    {A::kSCALED_TANH, Fn::scaled_tanh},
    {A::kTHRESHOLDED_RELU, Fn::thresholded_relu},
    {A::kGELU_ERF, Fn::gelu_erf},
    {A::kGELU_TANH, Fn::gelu_tanh},
    {A::kHARD_SWISH, Fn::hard_swish},
    {A::kSWISH, Fn::swish},
    {A::kMISH, Fn::mish},
};

using U = UnaryOperation;
constexpr Row<U> kUnaries[] = {
    {U::kEXP, Fn::exp},     {U::kLOG, Fn::log},     {U::kSQRT, Fn::sqrt},
    {U::kRECIP, Fn::recip}, {U::kABS, Fn::abs},     {U::kNEG, Fn::neg},
    {U::kSIN, Fn::sin},     {U::kCOS, Fn::cos},     {U::kTAN, Fn::tan},
    {U::kSINH, Fn::sinh},   {U::kCOSH, Fn::cosh},   {U::kASIN, Fn::asin},
    {U::kACOS, Fn::acos},   {U::kATAN, Fn::atan},   {U::kASINH, Fn::asinh},
    {U::kACOSH, Fn::acosh}, {U::kATANH, Fn::atanh}, {U::kCEIL, Fn::ceil},
    {U::kFLOOR, Fn::floor}, {U::kERF, Fn::erf},     {U::kNOT, Fn::logical_not},
    {U::kSIGN, Fn::sign},   {U::kROUND, Fn::round}, {U::kISINF, Fn::isinf},
    {U::kISNAN, Fn::isnan},
};

using E = ElementWiseOperation;
constexpr Row<E> kElementWise[] = {
    {E::kSUM, Fn::sum},         {E::kPROD, Fn::prod},
    {E::kMAX, Fn::max},         {E::kMIN, Fn::min},
    {E::kSUB, Fn::sub},         {E::kDIV, Fn::div},
    {E::kPOW, Fn::pow},         {E::kFLOOR_DIV, Fn::floor_div},
    {E::kAND, Fn::logical_and}, {E::kOR, Fn::logical_or},
    {E::kXOR, Fn::logical_xor}, {E::kEQUAL, Fn::equal},
    {E::kGREATER, Fn::greater}, {E::kLESS, Fn::less},
};

template <typename T>
Fn find(std::span<const Row<T>> rows, T value, const char* what) {
    for (const auto& row : rows)
        if (row.value == value) return row.fn;
    failInvalid(cat("no ", what, " has the value ", static_cast<int>(value)));
}

template <typename T>
T find(std::span<const Row<T>> rows, Fn fn) noexcept {
    for (const auto& row : rows)
        if (row.fn == fn) return row.value;
    return rows[0].value;
}

}  // namespace

Fn fnOf(ActivationType type) { return find<A>(kActivations, type, "activation"); }
Fn fnOf(UnaryOperation operation) { return find<U>(kUnaries, operation, "unary operation"); }
Fn fnOf(ElementWiseOperation operation) {
    return find<E>(kElementWise, operation, "elementwise operation");
}

ActivationType activationOf(Fn fn) noexcept { return find<A>(kActivations, fn); }
UnaryOperation unaryOf(Fn fn) noexcept { return find<U>(kUnaries, fn); }
ElementWiseOperation elementWiseOf(Fn fn) noexcept { return find<E>(kElementWise, fn); }

}  // namespace bireme::api
