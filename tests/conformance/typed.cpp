// SPDX-License-Identifier: Apache-2.0
// Loops compiled for every type, against the reference: what no vector kernel takes.
#include "tests/conformance/typed.h"

namespace {

using bireme::conformance::addTyped;
using bireme::conformance::Case;
using bireme::conformance::on;
using bireme::conformance::precision;

const std::vector<std::string> kReals = {"f64", "f16", "f8e4m3"};  // bf16 has vector code
const std::vector<std::string> kAll = {"f64", "f16", "i8", "u8", "i16", "u16", "u32", "u64", "i4"};

std::vector<Case> reductions() {
    std::vector<Case> cases;
    const char* const kernel = "cpu.reduce.typed";
    for (const std::string op : {"sum", "prod", "max", "min", "avg"}) {
        const std::string tail = " {operation=" + op + ", axes=[";
        addTyped(cases, op + "_rows", kernel,
                 "graph g(%x: TYPE[5,N,67]) -> (%y) {\n symbol N = 1..9\n %y = reduce(%x)" + tail +
                     "2]}\n}",
                 kAll);
        addTyped(cases, op + "_columns", kernel,
                 "graph g(%x: TYPE[3,4,5,300]) -> (%y) {\n %y = reduce(%x)" + tail +
                     "0,2], keepDims=false}\n}",
                 {"f64", "f16", "i8", "u64"});
        addTyped(cases, op + "_outer_and_inner", kernel,
                 "graph g(%x: TYPE[3,4,5,3]) -> (%y) {\n %y = reduce(%x)" + tail + "1,3]}\n}",
                 {"f64", "f16", "u8"});
        addTyped(cases, op + "_nothing", kernel,
                 "graph g(%x: TYPE[3,0,5]) -> (%y) {\n %y = reduce(%x)" + tail + "1]}\n}",
                 {"f32", "f64", "f16", "i32", "u8", "u64"});
    }
    // The sum of i64 that wraps, and a mean of integers, which truncates.
    addTyped(cases, "mean_of_integers", kernel,
             "graph g(%x: TYPE[7,19]) -> (%y) {\n %y = reduce(%x) {operation=avg, axes=[1]}\n}",
             {"i32", "i64"});
    for (const char* type : {"f32", "f64", "f16", "i32", "i64", "u8"}) {
        Case c{std::string("axes_as_data_") + type,
               on("graph g(%x: TYPE[3,4,5], %a: i64[2]) -> (%y) {\n %y = reduce_axes(%x, %a) "
                  "{operation=sum}\n}",
                  type),
               {"cpu.reduce_axes.typed"},
               std::max(5e-6, precision(type))};
        c.values = {{"a", {-1, 0}}};
        cases.push_back(c);
    }
    return cases;
}

std::vector<Case> lines() {
    std::vector<Case> cases;
    for (const char* axis : {"0", "1", "-1"}) {
        const std::string name = std::string("axis") + (axis[0] == '-' ? "_last" : axis);
        addTyped(cases, "softmax_" + name, "cpu.softmax.typed",
                 "graph g(%x: TYPE[4,N,37]) -> (%y) {\n symbol N = 1..9\n %y = softmax(%x) {axis=" +
                     std::string(axis) + "}\n}",
                 {"f64", "f16", "bf16"});
        for (const char* more : {"", "exclusive=true", "reverse=true, exclusive=true",
                                 "product=true, reverse=true", "product=true, exclusive=true"}) {
            std::string graph = "graph g(%x: TYPE[3,4,300]) -> (%y) {\n %a = const i32[] {" +
                                std::string(axis) + "}\n %y = cumulative(%x, %a)";
            if (more[0]) graph += std::string(" {") + more + "}";
            std::string label = more;
            for (char& ch : label)
                if (!isalnum(static_cast<unsigned char>(ch))) ch = '_';
            addTyped(cases, "running_" + name + "_" + label, "cpu.cumulative.typed", graph + "\n}",
                     {"f32", "f64", "f16", "i8", "i32", "u64"});
        }
    }
    addTyped(cases, "log_softmax", "cpu.softmax.typed",
             "graph g(%x: TYPE[4,5,7]) -> (%y) {\n %y = softmax(%x) {axis=1, log=true}\n}",
             {"f64", "f16"});
    for (Case& c : cases)  // products of three hundred numbers
        if (c.name.find("product") != std::string::npos) c.low = 0.9, c.high = 1.1;
    return cases;
}

std::vector<Case> products() {
    std::vector<Case> cases;
    const char* const kernel = "cpu.matrix_multiply.typed";
    const std::vector<std::string> types = {"f64", "f16", "bf16", "i8",  "u8", "i16",
                                            "i32", "u32", "i64",  "u64", "i4"};
    addTyped(cases, "plain", kernel,
             "graph g(%a: TYPE[N,5,130], %b: TYPE[1,130,77]) -> (%y) {\n symbol N = 1..3\n %y = "
             "matrix_multiply(%a, %b)\n}",
             types);
    addTyped(
        cases, "both_transposed", kernel,
        "graph g(%a: TYPE[2,65,9], %b: TYPE[2,150,65]) -> (%y) {\n %y = matrix_multiply(%a, %b) "
        "{opA=transpose, opB=transpose}\n}",
        {"f64", "f16", "i32"});
    addTyped(cases, "vectors", kernel,
             "graph g(%a: TYPE[3,65], %b: TYPE[3,65]) -> (%y) {\n %y = matrix_multiply(%a, %b) "
             "{opA=vector, opB=vector}\n}",
             {"f64", "i32"});
    addTyped(cases, "vector_and_matrix", kernel,
             "graph g(%a: TYPE[65], %b: TYPE[65,600]) -> (%y) {\n %y = matrix_multiply(%a, %b) "
             "{opA=vector}\n}",
             {"f64", "i8"});
    addTyped(cases, "nothing_to_sum", kernel,
             "graph g(%a: TYPE[3,0], %b: TYPE[0,4]) -> (%y) {\n %y = matrix_multiply(%a, %b)\n}",
             {"f64", "i32"});
    for (Case& c : cases) c.tolerance *= 4;
    return cases;
}

std::vector<Case> convolutions() {
    std::vector<Case> cases;
    const char* const kernel = "cpu.convolution.typed";
    addTyped(
        cases, "line", kernel,
        "graph g(%x: TYPE[2,6,N], %w: TYPE[8,3,5], %b: TYPE[8]) -> (%y) {\n symbol N = 5..40\n %y "
        "= convolution(%x, %w, %b) {groups=2, stride=[2], prePadding=[3], postPadding=[1]}\n}",
        {"f32", "f64", "f16", "bf16"});
    addTyped(cases, "plane", kernel,
             "graph g(%x: TYPE[1,3,11,13], %w: TYPE[5,3,3,2]) -> (%y) {\n %y = convolution(%x, %w) "
             "{dilation=[2,3], prePadding=[2,1], postPadding=[2,0], stride=[1,2]}\n}",
             {"f32", "f64", "f16"});
    addTyped(
        cases, "volume_per_channel", kernel,
        "graph g(%x: TYPE[2,4,5,6,7], %w: TYPE[4,1,3,3,3]) -> (%y) {\n %y = convolution(%x, %w) "
        "{groups=4, prePadding=[1,1,1], postPadding=[1,1,1]}\n}",
        {"f32", "f64"});
    const char* const back = "cpu.deconvolution.typed";
    addTyped(
        cases, "back_line", back,
        "graph g(%x: TYPE[2,6,N], %w: TYPE[6,4,5], %b: TYPE[8]) -> (%y) {\n symbol N = 5..40\n %y "
        "= deconvolution(%x, %w, %b) {groups=2, stride=[3], prePadding=[3], postPadding=[1], "
        "outputPadding=[1]}\n}",
        {"f32", "f64", "f16"});
    addTyped(cases, "back_plane", back,
             "graph g(%x: TYPE[1,3,7,6], %w: TYPE[3,5,3,9]) -> (%y) {\n %y = deconvolution(%x, %w) "
             "{dilation=[2,1], stride=[1,2]}\n}",
             {"f32", "f64", "bf16"});
    for (Case& c : cases) c.tolerance *= 4;
    return cases;
}

std::vector<Case> quantizations() {
    std::vector<Case> cases;
    auto both = [&](const std::string& name, const std::string& dims, const std::string& scales,
                    const std::string& axis, const std::string& type, const std::string& real) {
        const std::string zero = "%z = const " + type + "[" + scales + "] {" +
                                 (scales.empty() ? "2" : "0,1,2,1,0,3") + "}\n ";
        const std::string scale = "%s = const " + real + "[" + scales + "] {" +
                                  (scales.empty() ? "0.5" : "0.5,0.25,1,2,0.125,0.75") + "}\n ";
        Case q{"quantize_" + name + "_" + type + "_" + real,
               "graph g(%x: " + real + dims + ") -> (%y) {\n " + scale + zero +
                   "%y = quantize(%x, %s, %z) {axis=" + axis + ", type=" + type + "}\n}",
               {"cpu.quantize.typed"}};
        q.low = -40, q.high = 40, q.exact = true;
        cases.push_back(q);
        Case d{"dequantize_" + name + "_" + type + "_" + real,
               "graph g(%x: " + type + dims + ") -> (%y) {\n " + scale + zero +
                   "%y = dequantize(%x, %s, %z) {axis=" + axis + ", type=" + real + "}\n}",
               {"cpu.dequantize.typed"}};
        if (type[0] == 'u') d.intLow = 0;
        d.exact = true;
        cases.push_back(d);
    };
    for (const char* type : {"i8", "u8", "i16", "u16", "i32", "f8e4m3", "f8e5m2", "i4", "u2"}) {
        both("whole", "[3,1000]", "", "-1", type, "f32");
        both("last", "[701,6]", "6", "1", type, "f32");
        both("middle", "[3,6,7]", "6", "1", type, "f16");
    }
    both("whole", "[3,1000]", "", "-1", "i8", "f64");
    return cases;
}

}  // namespace

BIREME_CONFORMANCE(TypedReduce, reductions());
BIREME_CONFORMANCE(TypedLines, lines());
BIREME_CONFORMANCE(TypedProduct, products());
BIREME_CONFORMANCE(TypedConvolution, convolutions());
BIREME_CONFORMANCE(TypedQuantization, quantizations());

BIREME_CONFORMANCE(TypedFilling, {{"one_hot_middle",
                                   R"(graph g(%i: i32[5,7]) -> (%y) {
        %v = const f16[2] {1, 3}
        %d = const i64[] {6}
        %y = one_hot(%i, %v, %d) {axis=1}
    })",
                                   {"cpu.one_hot.typed"},
                                   0,
                                   -2,
                                   2,
                                   -8,
                                   8},
                                  {"one_hot_last_of_reals",
                                   R"(graph g(%i: f32[5,7]) -> (%y) {
        %v = const i64[2] {1, 3}
        %d = const i64[] {6}
        %y = one_hot(%i, %v, %d)
    })",
                                   {"cpu.one_hot.typed"},
                                   0,
                                   -2,
                                   9},
                                  {"range_of_halves",
                                   R"(graph g() -> (%y) {
        %a = const f16[] {3}
        %b = const f16[] {11}
        %c = const f16[] {0.25}
        %y = range(%a, %b, %c)
    })",
                                   {"cpu.range.typed"},
                                   0}});
