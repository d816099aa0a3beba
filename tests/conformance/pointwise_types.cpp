// SPDX-License-Identifier: Apache-2.0
// Pointwise functions and casts in every type; the numbers must be those of the reference, bit for
// bit, wherever no rounding of a library function comes in between.
#include "tests/conformance/runner.h"

namespace {

using bireme::conformance::Case;
const char* const kSimd = "cpu.pointwise.simd";

const char* const kIntegers[] = {"i8", "u8", "i16", "u16", "i32", "u32", "i64", "u64"};
const char* const kReals[] = {"f32",    "f64",        "f16",        "bf16",  "f8e4m3",
                              "f8e5m2", "f8e4m3fnuz", "f8e5m2fnuz", "f4e2m1"};
const char* const kPacked[] = {"i4", "u4", "i2", "u2"};

std::vector<Case> integerCases() {
    std::vector<Case> cases;
    auto binary = [&](const std::string& type, const std::string& fn, int64_t low, int64_t high) {
        Case c{type + "_" + fn,
               "graph g(%x: " + type + "[3,N,7], %z: " + type +
                   "[N,1]) -> (%y) {\n symbol N = 1..71\n %y = pointwise(%x, %z) {fn=" + fn +
                   "}\n}",
               {kSimd}};
        c.intLow = low, c.intHigh = high, c.exact = true;
        cases.push_back(c);
    };
    for (const std::string type : kIntegers) {
        const bool sign = type[0] == 'i';
        for (const char* fn : {"sum", "sub", "prod", "max", "min", "equal", "greater", "less_equal",
                               "bitwise_and", "bitwise_xor"})
            binary(type, fn, sign ? -120 : 0, sign ? 120 : 250);
        for (const char* fn : {"div", "floor_div", "mod", "fmod"})  // by zero too
            binary(type, fn, sign ? -9 : 0, 9);
        for (const char* fn : {"pow", "shift_left", "shift_right", "shift_right_unsigned"})
            binary(type, fn, 0, 9);
        for (const char* fn : {"abs", "neg", "sign", "relu", "bitwise_not", "clip"}) {
            Case c{type + "_" + fn,
                   "graph g(%x: " + type + "[1000]) -> (%y) {\n %y = pointwise(%x) {fn=" + fn +
                       ", alpha=-3, beta=5}\n}",
                   {kSimd}};
            c.intLow = sign ? -120 : 0, c.intHigh = 120, c.exact = true;
            cases.push_back(c);
        }
        // What wraps in one function stays so in the next.
        Case chain{type + "_chain",
                   "graph g(%x: " + type + "[33], %z: " + type +
                       "[4,33]) -> (%y) {\n %s = pointwise(%x, %z) {fn=sum}\n %d = pointwise(%s, "
                       "%z) {fn=div}\n %y = pointwise(%d, %x) {fn=max}\n}",
                   {kSimd}};
        chain.intLow = sign ? -120 : 0, chain.intHigh = 120, chain.exact = true;
        cases.push_back(chain);
        Case select{type + "_select",
                    "graph g(%c: bool[1,33], %x: " + type + "[4,33], %z: " + type +
                        "[]) -> (%y) {\n %y = pointwise(%c, %x, %z) {fn=select}\n}",
                    {kSimd}};
        select.exact = true;
        cases.push_back(select);
    }
    return cases;
}

std::vector<Case> realCases() {
    std::vector<Case> cases;
    for (const std::string type : kReals) {
        if (type == "f32") continue;
        // FP16 and BF16 are rounded once, not after every function.
        const double tolerance = type == "f64" ? 1e-14 : type == "f16" ? 2e-3 : 1e-2;
        for (const char* fn : {"sum", "prod", "max", "min", "sub", "div", "pow", "fmod", "greater",
                               "equal", "prelu"})
            cases.push_back({type + "_" + fn,
                             "graph g(%x: " + type + "[3,N,7], %z: " + type +
                                 "[N,1]) -> (%y) {\n symbol N = 1..71\n %y = pointwise(%x, %z) "
                                 "{fn=" +
                                 fn + "}\n}",
                             {kSimd},
                             tolerance,
                             0.5,
                             3});
        for (const char* fn : {"exp", "log", "sqrt", "recip", "sin", "tanh", "erf", "sigmoid",
                               "floor", "round", "abs", "gelu_erf", "softplus", "mish", "isnan"})
            cases.push_back({type + "_" + fn,
                             "graph g(%x: " + type + "[777]) -> (%y) {\n %y = pointwise(%x) {fn=" +
                                 fn + ", alpha=1, beta=1}\n}",
                             {kSimd},
                             tolerance,
                             0.1,
                             3});
        cases.push_back({type + "_chain",
                         "graph g(%x: " + type + "[333], %z: " + type +
                             "[333]) -> (%y) {\n %h = const " + type +
                             "[] {2}\n %s = pointwise(%x, %h) {fn=prod}\n %t = pointwise(%s, %z) "
                             "{fn=sum}\n %y = pointwise(%t) {fn=relu}\n}",
                         {kSimd},
                         tolerance});
    }
    return cases;
}

std::vector<Case> castCases() {
    std::vector<std::string> types(std::begin(kIntegers), std::end(kIntegers));
    types.insert(types.end(), std::begin(kReals), std::end(kReals));
    types.insert(types.end(), std::begin(kPacked), std::end(kPacked));
    types.push_back("bool");
    types.push_back("e8m0");
    std::vector<Case> cases;
    auto add = [&](const std::string& name, const std::string& graph, double range) {
        Case c{name, graph, {kSimd}, 0, -range, range};
        c.intLow = -130, c.intHigh = 130, c.exact = true;
        cases.push_back(c);
    };
    for (const std::string& from : types)
        for (const std::string& to : types) {
            if (from == to) continue;
            const std::string more = ", to=" + to + "}\n}";
            add(from + "_to_" + to,
                "graph g(%x: " + from +
                    "[3,N,7]) -> (%y) {\n symbol N = 1..40\n %y = "
                    "pointwise(%x) {fn=cast" +
                    more,
                300);
        }
    // Many exponents of a float, and what lies beyond the last number.
    for (const std::string to : {"f16", "bf16", "f8e4m3", "f8e5m2", "f8e4m3fnuz", "f8e5m2fnuz",
                                 "f4e2m1", "e8m0", "i4", "u2"})
        for (const std::string saturate : {"true", "false"})
            add("all_to_" + to + "_" + saturate,
                "graph g(%x: f32[20000]) -> (%y) {\n %h = const f32[] {0.5}\n %a = pointwise(%x, "
                "%x) {fn=prod}\n %b = pointwise(%a, %a) {fn=prod}\n %c = pointwise(%b, %b) "
                "{fn=prod}\n %p = pointwise(%c, %x) {fn=prod}\n %n = pointwise(%x, %c) {fn=div}\n "
                "%i = pointwise(%x) {fn=floor}\n %d = pointwise(%x, %i) {fn=sub}\n %o = "
                "pointwise(%d, %h) {fn=greater}\n %s = pointwise(%o, %n, %p) {fn=select}\n %y = "
                "pointwise(%s) {fn=cast, to=" +
                    to + ", saturate=" + saturate + "}\n}",
                40);
    return cases;
}

}  // namespace

BIREME_CONFORMANCE(PointwiseIntegers, integerCases());
BIREME_CONFORMANCE(PointwiseReals, realCases());
BIREME_CONFORMANCE(PointwiseCasts, castCases());

// Elements below a byte: tiles that do not begin with one, and rows that repeat.
BIREME_CONFORMANCE(PointwisePacked, {{"long_odd_rows",
                                      R"(graph g(%x: f32[37,1333], %z: f32[37,1]) -> (%y) {
        %s = pointwise(%x, %z) {fn=prod}
        %y = pointwise(%s) {fn=cast, to=i4}
    })",
                                      {kSimd},
                                      0,
                                      -4,
                                      4,
                                      -4,
                                      4,
                                      {},
                                      true},
                                     {"repeated_row",
                                      R"(graph g(%x: u4[1333], %z: f32[21,1333]) -> (%y) {
        %f = pointwise(%x) {fn=cast, to=f32}
        %y = pointwise(%f, %z) {fn=prod}
    })",
                                      {kSimd},
                                      0,
                                      -4,
                                      4,
                                      0,
                                      15,
                                      {},
                                      true},
                                     {"both_ends",
                                      R"(graph g(%x: i2[5,3,1], %z: i4[1,3,7]) -> (%y) {
        %a = pointwise(%x) {fn=cast, to=f32}
        %b = pointwise(%z) {fn=cast, to=f32}
        %s = pointwise(%a, %b) {fn=sum}
        %y = pointwise(%s) {fn=cast, to=u4}
    })",
                                      {kSimd},
                                      0,
                                      -4,
                                      4,
                                      -8,
                                      7,
                                      {},
                                      true}});
