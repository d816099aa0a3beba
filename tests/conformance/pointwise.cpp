// SPDX-License-Identifier: Apache-2.0
#include "tests/conformance/runner.h"

namespace {

using bireme::conformance::Case;
const char* const kSimd = "cpu.pointwise.simd";

std::vector<Case> functionCases() {
    std::vector<Case> cases;
    auto unary = [&](const std::string& fn, double low, double high, double tolerance,
                     const std::string& more = "") {
        cases.push_back(
            {"fn_" + fn,
             "graph g(%x: f32[3,N,7]) -> (%y) {\n symbol N = 1..211\n %y = pointwise(%x) {fn=" +
                 fn + more + "}\n}",
             {kSimd},
             tolerance,
             low,
             high});
    };
    for (const char* fn : {"sqrt", "log", "recip"}) unary(fn, 0.01, 50, 3e-7);
    for (const char* fn : {"abs", "neg", "ceil", "floor", "round", "relu", "sign", "softsign",
                           "sin", "cos", "tan", "atan", "asinh", "isnan", "isinf"})
        unary(fn, -5, 5, 3e-7);
    for (const char* fn : {"exp", "erf", "sigmoid", "tanh", "gelu_erf", "gelu_tanh", "hard_swish",
                           "mish", "sinh", "cosh"})
        unary(fn, -9, 9, 5e-7);
    for (const char* fn : {"asin", "acos", "atanh"}) unary(fn, -0.99, 0.99, 5e-7);
    unary("acosh", 1, 9, 5e-7);
    unary("leaky_relu", -5, 5, 3e-7, ", alpha=0.1");
    unary("elu", -9, 5, 5e-7, ", alpha=0.7");
    unary("selu", -9, 5, 5e-7, ", alpha=1.67, beta=1.05");
    unary("softplus", -30, 30, 5e-7, ", alpha=1, beta=1");
    unary("clip", -9, 9, 0, ", alpha=-1, beta=6");
    unary("hard_sigmoid", -9, 9, 3e-7, ", alpha=0.2, beta=0.5");
    unary("scaled_tanh", -9, 9, 5e-7, ", alpha=1.7, beta=0.6");
    unary("thresholded_relu", -9, 9, 0, ", alpha=1");
    unary("swish", -20, 20, 5e-7, ", alpha=1");
    for (const char* fn : {"sum", "prod", "max", "min", "sub", "div", "floor_div", "mod", "fmod",
                           "prelu", "equal", "greater", "less", "greater_equal", "less_equal"})
        cases.push_back({std::string("fn_") + fn,
                         std::string("graph g(%x: f32[N,37], %z: f32[N,37]) -> (%y) {\n symbol N = "
                                     "1..60\n %y = pointwise(%x, %z) {fn=") +
                             fn + "}\n}",
                         {kSimd},
                         5e-7,
                         0.5,
                         4});
    cases.push_back(
        {"fn_pow",
         "graph g(%x: f32[64], %z: f32[64]) -> (%y) {\n %y = pointwise(%x, %z) {fn=pow}\n}",
         {kSimd},
         1e-6,
         0.1,
         4});
    return cases;
}

// NaN, infinities, zeros of both signs, numbers without and with a great exponent.
std::vector<Case> specialCases() {
    std::vector<Case> cases;
    const std::string special = "const f32[10] {nan, inf, -inf, 0, -0, 1e-40, 1e38, -1e38, 1, -1}";
    for (const std::string fn : {"abs",
                                 "acos",
                                 "acosh",
                                 "asin",
                                 "asinh",
                                 "atan",
                                 "atanh",
                                 "ceil",
                                 "clip",
                                 "cosh",
                                 "elu",
                                 "erf",
                                 "exp",
                                 "floor",
                                 "gelu_erf",
                                 "gelu_tanh",
                                 "hard_sigmoid",
                                 "hard_swish",
                                 "isinf",
                                 "isnan",
                                 "leaky_relu",
                                 "log",
                                 "neg",
                                 "recip",
                                 "relu",
                                 "round",
                                 "scaled_tanh",
                                 "selu",
                                 "sigmoid",
                                 "sign",
                                 "sinh",
                                 "softplus",
                                 "softsign",
                                 "sqrt",
                                 "swish",
                                 "tanh",
                                 "thresholded_relu"})
        cases.push_back({"special_" + fn,
                         "graph g(%x: f32[N,10]) -> (%y) {\n symbol N = 1..9\n %s = " + special +
                             "\n %t = pointwise(%x, %s) {fn=sum}\n %y = pointwise(%t) {fn=" + fn +
                             ", alpha=0.5, beta=1}\n}",
                         {kSimd}});
    for (const std::string fn : {"sum", "prod", "max", "min", "sub", "div", "equal", "greater",
                                 "less", "less_equal", "greater_equal"})
        for (const bool swapped : {false, true})
            cases.push_back({"special_" + fn + (swapped ? "_swapped" : ""),
                             "graph g(%x: f32[N,10]) -> (%y) {\n symbol N = 1..9\n %s = " +
                                 special + "\n %y = pointwise(" + (swapped ? "%s, %x" : "%x, %s") +
                                 ") {fn=" + fn + "}\n}",
                             {kSimd}});
    for (const std::string type : {"f16", "bf16"})
        cases.push_back({"special_" + type,
                         "graph g(%x: " + type +
                             "[N,8]) -> (%y) {\n symbol N = 1..9\n %s = const " + type +
                             "[8] {nan, inf, -inf, 0, -0, 3e4, 1, -1}\n" +
                             " %y = pointwise(%x, %s) {fn=sum}\n}",
                         {kSimd},
                         1e-2});
    return cases;
}

}  // namespace

BIREME_CONFORMANCE(PointwiseFunction, functionCases());
BIREME_CONFORMANCE(PointwiseSpecial, specialCases());

BIREME_CONFORMANCE(PointwiseGroup,
                   {
                       {"per_channel_scale_and_residual",
                        R"(graph g(%x: f32[N,24,H,13], %r: f32[N,24,H,13]) -> (%y) {
        symbol N = 1..2
        symbol H = 1..20
        %s = const f32[24,1,1] random(1)
        %b = const f32[1,24,1,1] random(2)
        %m = pointwise(%x, %s) {fn=prod}
        %a = pointwise(%m, %b) {fn=sum}
        %t = pointwise(%a, %r) {fn=sum}
        %y = pointwise(%t) {fn=relu}
    })",
                        {kSimd}},
                       {"squeeze_excite",
                        R"(graph g(%x: f32[N,40,9,11], %s: f32[N,40,1,1]) -> (%y) {
        symbol N = 1..3
        %h = pointwise(%s) {fn=hard_sigmoid, alpha=0.2, beta=0.5}
        %y = pointwise(%x, %h) {fn=prod}
    })",
                        {kSimd}},
                       {"swish_in_parts",
                        R"(graph g(%x: f32[5,1000]) -> (%y) {
        %s = pointwise(%x) {fn=sigmoid}
        %y = pointwise(%x, %s) {fn=prod}
    })",
                        {kSimd}},
                       {"two_outputs",
                        R"(graph g(%x: f32[5,100], %z: f32[100]) -> (%y, %e) {
        %y = pointwise(%x, %z) {fn=sum}
        %e = pointwise(%y) {fn=exp}
    })",
                        {kSimd}},
                       {"outer_product",
                        R"(graph g(%x: f32[1,N,1,7], %z: f32[50,1]) -> (%y) {
        symbol N = 1..9
        %y = pointwise(%x, %z) {fn=prod}
    })",
                        {kSimd}},
                       {"inner_broadcast",
                        R"(graph g(%x: f32[4,65,17], %z: f32[4,65,1]) -> (%y) {
        %d = pointwise(%x, %z) {fn=sub}
        %y = pointwise(%d, %d) {fn=prod}
    })",
                        {kSimd}},
                       {"powers",
                        R"(graph g(%x: f32[4,65]) -> (%y) {
        %two = const f32[1] {2}
        %half = const f32[] {0.5}
        %s = pointwise(%x, %two) {fn=pow}
        %e = pointwise(%s, %two) {fn=sum}
        %y = pointwise(%e, %half) {fn=pow}
    })",
                        {kSimd}},
                       {"mask",
                        R"(graph g(%i: i32[N,33], %x: f32[N,33]) -> (%y) {
        symbol N = 1..5
        %pad = const i32[] {3}
        %low = const f32[] {-1000}
        %m = pointwise(%i, %pad) {fn=equal}
        %y = pointwise(%m, %low, %x) {fn=select}
    })",
                        {kSimd}},
                       {"integers",
                        R"(graph g(%i: i64[3,33], %j: i64[33]) -> (%y) {
        %s = pointwise(%i, %j) {fn=sum}
        %m = pointwise(%s, %j) {fn=max}
        %y = pointwise(%m) {fn=cast, to=f32}
    })",
                        {kSimd}},
                       {"casts",
                        R"(graph g(%x: f32[3,33]) -> (%y) {
        %i = pointwise(%x) {fn=cast, to=i32}
        %d = pointwise(%i) {fn=cast, to=f64}
        %e = pointwise(%d) {fn=exp}
        %y = pointwise(%e) {fn=cast, to=f32}
    })",
                        {kSimd}},
                       {"half",
                        R"(graph g(%x: f16[3,33], %z: f16[3,33]) -> (%y) {
        %s = pointwise(%x, %z) {fn=prod}
        %y = pointwise(%s) {fn=relu}
    })",
                        {kSimd},
                        1e-3},
                       {"boolean",
                        R"(graph g(%x: bool[5,9], %z: bool[9]) -> (%y) {
        %a = pointwise(%x, %z) {fn=logical_and}
        %y = pointwise(%a) {fn=logical_not}
    })",
                        {kSimd}},
                       {"scalar",
                        R"(graph g(%x: f32[], %z: f32[]) -> (%y) {
        %y = pointwise(%x, %z) {fn=div}
    })",
                        {kSimd},
                        2e-6,
                        1,
                        3},
                       {"large_for_threads",
                        R"(graph g(%x: f32[2,64,100,100], %z: f32[2,64,100,100]) -> (%y) {
        %s = pointwise(%x, %z) {fn=sum}
        %y = pointwise(%s) {fn=tanh}
    })",
                        {kSimd}},
                       {"copy",
                        R"(graph g(%x: f32[2,24,15,17]) -> (%y) {
        %y = pointwise(%x) {fn=copy}
    })",
                        {kSimd}},
                   });
