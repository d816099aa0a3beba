// SPDX-License-Identifier: Apache-2.0
// Whole ops as compiled loops, against the reference.
#include "tests/conformance/typed.h"

namespace {

using bireme::conformance::Case;

void add(std::vector<Case>& cases, const std::string& name, const std::string& kernel,
         const std::string& graph, const std::vector<std::string>& types) {
    bireme::conformance::addTyped(cases, name, kernel, graph, types, 3);
}

std::vector<Case> normalizations() {
    std::vector<Case> cases;
    const char* const kernel = "cpu.normalization.typed";
    add(cases, "layer", kernel,
        "graph g(%x: TYPE[2,N,48]) -> (%y) {\n symbol N = 1..7\n %s = const TYPE[48] random(1)\n "
        "%b = "
        "const TYPE[48] random(2)\n %y = normalization(%x, %s, %b) {axes=[2], epsilon=1e-5}\n}",
        {"f64", "f16"});
    add(cases, "instance", kernel,
        "graph g(%x: TYPE[2,5,6,7]) -> (%y) {\n %s = const TYPE[5,1,1] random(1)\n %b = const "
        "TYPE[1,5,1,1] random(2)\n %y = normalization(%x, %s, %b) {axes=[2,3]}\n}",
        {"f64", "f16"});
    add(cases, "mean_square", kernel,
        "graph g(%x: TYPE[3,4,33]) -> (%y) {\n %s = const TYPE[4,33] random(1)\n %y = "
        "normalization(%x, %s) {axes=[1,2], rms=true}\n}",
        {"f64", "f16"});
    add(cases, "groups", kernel,
        "graph g(%x: TYPE[2,6,4,5]) -> (%y) {\n %s = const TYPE[1,6,1,1] random(1)\n %b = const "
        "TYPE[1,6,1,1] random(2)\n %y = normalization(%x, %s, %b) {axes=[2,3], groups=3}\n}",
        {"f64", "f16"});
    add(cases, "leading_axis", kernel,
        "graph g(%x: TYPE[5,N,7]) -> (%y) {\n symbol N = 1..4\n %s = const TYPE[7] random(1)\n "
        "%y = normalization(%x, %s) {axes=[0]}\n}",
        {"f64", "f16"});
    add(cases, "across_channels", "cpu.lrn.typed",
        "graph g(%x: TYPE[2,7,3,N]) -> (%y) {\n symbol N = 1..5\n %y = lrn(%x) {window=4, "
        "alpha=0.5, beta=0.75, k=1.5}\n}",
        {"f64", "f16"});
    add(cases, "determinant", "cpu.determinant.elimination",
        "graph g(%x: TYPE[N,2,4,4]) -> (%y) {\n symbol N = 1..3\n %y = determinant(%x)\n}",
        {"f64", "f16"});
    return cases;
}

std::vector<Case> poolings() {
    std::vector<Case> cases;
    const char* const kernel = "cpu.pooling.typed";
    add(cases, "maximum", kernel,
        "graph g(%x: TYPE[2,3,N,11]) -> (%y) {\n symbol N = 4..13\n %y = pooling(%x) {type=max, "
        "window=[3,2], stride=[2,1], prePadding=[1,1], postPadding=[1,0], dilation=[1,2]}\n}",
        {"f64", "f16", "i8", "u8"});
    add(cases, "average", kernel,
        "graph g(%x: TYPE[2,3,9]) -> (%y) {\n %y = pooling(%x) {type=average, window=[4], "
        "stride=[3], prePadding=[2], postPadding=[2], excludePadding=false}\n}",
        {"f64", "f16"});
    add(cases, "blend", kernel,
        "graph g(%x: TYPE[2,3,5,6,7]) -> (%y) {\n %y = pooling(%x) {type=max_average_blend, "
        "window=[2,2,2], stride=[2,2,2], blend=0.25}\n}",
        {"f32", "f64"});
    add(cases, "indices", kernel,
        "graph g(%x: TYPE[2,3,8,9]) -> (%y, %i) {\n %y, %i = pooling(%x) {type=max, window=[3,3], "
        "prePadding=[1,1], postPadding=[1,1], indices=true}\n}",
        {"f32", "f64", "u8"});
    add(cases, "whole", kernel,
        "graph g(%x: TYPE[2,3,8,9]) -> (%y) {\n %y = pooling(%x) {type=average}\n}", {"f64"});
    add(cases, "large_window", kernel,
        "graph g(%x: TYPE[1,2,40,40]) -> (%y) {\n %y = pooling(%x) {type=max, window=[20,20]}\n}",
        {"f32"});
    return cases;
}

std::vector<Case> recurrences() {
    std::vector<Case> cases;
    const std::vector<std::string> types = {"f32", "f64", "f16"};
    const std::string tail = "{hiddenSize=5, ";
    for (const std::string op : {"rnn", "gru", "lstm"}) {
        const int gates = op == "rnn" ? 1 : op == "gru" ? 3 : 4;
        const std::string rows = std::to_string(5 * gates), bias = std::to_string(10 * gates),
                          kernel = "cpu." + op + ".typed", cell = op == "lstm" ? ", %cn" : "";
        const std::string weights =
            "%w: TYPE[2," + rows + ",19], %r: TYPE[2," + rows + ",5], %b: TYPE[2," + bias + "]";
        add(cases, op + "_two_directions", kernel,
            "graph g(%x: TYPE[T,3,19], " + weights + ", %h: TYPE[2,3,5]) -> (%y, %hn" + cell +
                ") {\n symbol T = 1..6\n %l = const i32[3] {1,0,1}\n %y, %hn" + cell + " = " + op +
                "(%x, %w, %r, %b, %l, %h) " + tail + "direction=bidirectional}\n}",
            types);
        const std::string one = "%w: TYPE[1," + rows + ",19], %r: TYPE[1," + rows + ",5]";
        add(cases, op + "_backwards_batch_first", kernel,
            "graph g(%x: TYPE[3,4,19], " + one + ") -> (%y) {\n %y = " + op + "(%x, %w, %r) " +
                tail + "direction=reverse, layout=1, clip=0.5}\n}",
            {"f32", "f64"});
    }
    add(cases, "gru_linear_before_reset", "cpu.gru.typed",
        "graph g(%x: TYPE[4,2,7], %w: TYPE[1,15,7], %r: TYPE[1,15,5], %b: TYPE[1,30]) -> (%y) {\n "
        "%y = gru(%x, %w, %r, %b) {hiddenSize=5, linearBeforeReset=true, "
        "activations=\"HardSigmoid,Affine\", activationAlpha=[0.3,0.7], "
        "activationBeta=[0.4,0.1]}\n}",
        types);
    add(cases, "lstm_peepholes", "cpu.lstm.typed",
        "graph g(%x: TYPE[4,2,7], %w: TYPE[1,20,7], %r: TYPE[1,20,5], %p: TYPE[1,15], %c: "
        "TYPE[1,2,5]) -> (%y) {\n %y = lstm(%x, %w, %r, _, _, _, %c, %p) {hiddenSize=5}\n}",
        types);
    add(cases, "lstm_input_is_forget", "cpu.lstm.typed",
        "graph g(%x: TYPE[4,2,7], %w: TYPE[1,20,7], %r: TYPE[1,20,5]) -> (%y) {\n %y = lstm(%x, "
        "%w, %r) {hiddenSize=5, inputForget=true}\n}",
        {"f32", "f64"});
    for (Case& c : cases) c.low = -0.7, c.high = 0.7;
    for (const std::string rule : {"linear", "gated", "delta", "gated_delta"}) {
        std::string inputs, names = ", %s";
        if (rule[0] == 'g') inputs += ", %d: f32[2,5,6]", names += ", %d";
        if (rule[0] != 'g' && rule != "linear") names += ", _";
        if (rule != "linear" && rule != "gated") inputs += ", %b: f32[2,5,2]", names += ", %b";
        Case c{"linear_attention_" + rule,
               "graph g(%q: f32[2,5,12], %k: f32[2,5,6], %v: f32[2,5,8], %s: f32[2,2,3,4]" +
                   inputs + ") -> (%y, %p) {\n %y, %p = linear_attention(%q, %k, %v" + names +
                   ") {queryHeads=4, heads=2, rule=" + rule + "}\n}",
               {"cpu.linear_attention.typed", "cuda.linear_attention.each"},
               5e-6,
               -0.9,
               0};
        cases.push_back(c);
    }
    return cases;
}

std::vector<Case> transforms() {
    std::vector<Case> cases;
    const char* const kernel = "cpu.dft.typed";
    const std::vector<std::string> types = {"f32", "f64", "f16"};
    add(cases, "complex", kernel,
        "graph g(%x: TYPE[2,N,3,2]) -> (%y) {\n symbol N = 1..40\n %y = dft(%x) {axis=1}\n}",
        types);
    add(cases, "inverse", kernel,
        "graph g(%x: TYPE[2,48,2]) -> (%y) {\n %y = dft(%x) {inverse=true}\n}", types);
    add(cases, "half", kernel,
        "graph g(%x: TYPE[2,15,1]) -> (%y) {\n %n = const i64[] {21}\n %y = dft(%x, %n) "
        "{onesided=true}\n}",
        types);
    add(cases, "half_back", kernel,
        "graph g(%x: TYPE[2,9,2]) -> (%y) {\n %y = dft(%x) {onesided=true, inverse=true}\n}",
        types);
    add(cases, "cut", kernel,
        "graph g(%x: TYPE[4,3,30,1]) -> (%y) {\n %n = const i64[] {12}\n %a = const i64[] {-2}\n "
        "%y = dft(%x, %n, %a)\n}",
        {"f32", "f64"});
    add(cases, "frames", "cpu.stft.typed",
        "graph g(%x: TYPE[2,64,1]) -> (%y) {\n %s = const i64[] {5}\n %w = const TYPE[12] "
        "random(1)\n %n = const i64[] {12}\n %y = stft(%x, %s, %w, %n)\n}",
        types);
    add(cases, "complex_frames", "cpu.stft.typed",
        "graph g(%x: TYPE[2,40,2]) -> (%y) {\n %s = const i64[] {8}\n %n = const i64[] {9}\n %y = "
        "stft(%x, %s, _, %n) {onesided=false}\n}",
        {"f32"});
    for (Case& c : cases)  // of results that are sums of forty numbers
        c.tolerance *= 2;
    return cases;
}

std::vector<Case> sums() {
    std::vector<Case> cases;
    const char* const kernel = "cpu.einsum.typed";
    const std::vector<std::string> types = {"f32", "f64", "f16", "i32"};
    auto one = [&](const std::string& name, const std::string& equation) {
        add(cases, name, kernel,
            "graph g(%x: TYPE[4,4,5]) -> (%y) {\n %y = einsum(%x) {equation=\"" + equation +
                "\"}\n}",
            types);
    };
    one("diagonal", "iij->ij");
    one("trace", "iij->j");
    one("all", "ijk->");
    add(cases, "three_operands", kernel,
        "graph g(%x: TYPE[2,3], %z: TYPE[3,4], %w: TYPE[4,2,5]) -> (%y) {\n %y = einsum(%x, %z, "
        "%w) {equation=\"ab,bc,cad->da\"}\n}",
        types);
    add(cases, "broadcast", kernel,
        "graph g(%x: TYPE[2,1,3], %z: TYPE[3,4]) -> (%y) {\n %y = einsum(%x, %z) "
        "{equation=\"abc,cb->a\"}\n}",
        types);
    add(cases, "integers", kernel,
        "graph g(%x: TYPE[2,7], %z: TYPE[7,4]) -> (%y) {\n %y = einsum(%x, %z) "
        "{equation=\"ab,bc->ac\"}\n}",
        {"i64", "u8"});
    for (Case& c : cases) c.mustRun.push_back("cuda.einsum.each");
    return cases;
}

std::vector<Case> others() {
    std::vector<Case> cases;
    add(cases, "deformed", "cpu.deformable_convolution.typed",
        "graph g(%x: TYPE[2,4,6,7], %w: TYPE[6,2,3,2], %o: TYPE[2,24,5,7], %b: TYPE[6], %m: "
        "TYPE[2,12,5,7]) -> (%y) {\n %y = deformable_convolution(%x, %w, %o, %b, %m) "
        "{dilations=[1,2], pads=[1,1,0,1], strides=[1,1], groups=2, offsetGroups=2}\n}",
        {"f32", "f64", "f16"});
    for (Case& c : cases) c.mustRun.push_back("cuda.deformable_convolution.each");
    for (const std::string corners : {"true", "false"}) {
        add(cases, "affine_plane_" + corners, "cpu.affine_grid.typed",
            "graph g(%t: TYPE[2,2,3]) -> (%y) {\n %s = const i64[4] {2,3,5,6}\n %y = "
            "affine_grid(%t, %s) {alignCorners=" +
                corners + "}\n}",
            {"f32", "f64", "f16"});
        add(cases, "affine_volume_" + corners, "cpu.affine_grid.typed",
            "graph g(%t: TYPE[2,3,4]) -> (%y) {\n %s = const i64[5] {2,3,1,5,6}\n %y = "
            "affine_grid(%t, %s) {alignCorners=" +
                corners + "}\n}",
            {"f32", "f64"});
    }
    cases.push_back({"mel_bands",
                     "graph g(%l: f32[], %h: f32[]) -> (%y) {\n %n = const i64[] {8}\n %t = const "
                     "i64[] {32}\n %r = const i64[] {8192}\n %y = mel_weight_matrix(%n, %t, %r, "
                     "%l, %h)\n}",
                     {"cpu.mel_weight_matrix.typed"},
                     2e-6,
                     0,
                     4000});
    for (const char* mode : {"TF", "IDF", "TFIDF"}) {
        Case c{std::string("ngrams_") + mode,
               std::string("graph g(%x: i32[3,40]) -> (%y) {\n %y = ngram_counts(%x) {least=1, "
                           "most=2, skips=2, mode=") +
                   mode +
                   ", starts=[0,3], pool=[2,3,5,5,4,5,6,7,8,6,7], places=[0,1,2,3,4,5,6], "
                   "weights=[0.5,1,2,3,4,5,6]}\n}",
               {"cpu.ngram_counts.typed"},
               0};
        c.intLow = 1, c.intHigh = 8;
        cases.push_back(c);
    }
    add(cases, "sequence_of_two_dims", "cpu.fill.typed",
        "graph g() -> (%y) {\n %a = const TYPE[] {3}\n %b = const TYPE[2] {2,5}\n %y = fill(_, "
        "%a, %b) {shape=[40,30], type=TYPE}\n}",
        {"f32", "f64", "f16", "i32", "i64"});
    for (const char* kind : {"random_uniform", "random_normal"})
        add(cases, kind, "cpu.fill.typed",
            std::string("graph g() -> (%y) {\n %y = fill() {operation=") + kind +
                ", shape=[700], alpha=1, beta=20, seed=7, type=TYPE}\n}",
            {"f32", "f64", "f16", "i32"});
    return cases;
}

}  // namespace

BIREME_CONFORMANCE(TypedNormalization, normalizations());
BIREME_CONFORMANCE(TypedPooling, poolings());
BIREME_CONFORMANCE(TypedRecurrence, recurrences());
BIREME_CONFORMANCE(TypedTransform, transforms());
BIREME_CONFORMANCE(TypedSums, sums());
BIREME_CONFORMANCE(TypedOthers, others());
