// SPDX-License-Identifier: Apache-2.0
#include "ops/mel_weight_matrix.h"

#include "ir/eval.h"
#include "ir/infer.h"
#include "ops/support/arguments.h"

#include <cmath>

namespace bireme::ops {

static void infer(const MelWeightMatrix& op, ir::InferContext& c) {
    Dim bands = scalarArgument(c, 0, "number of bands", {1, 65536});
    Dim length = scalarArgument(c, 1, "length of the transform", {1, INT32_MAX});
    c.require(isInteger(c.in(2).type), "the sample rate must be an integer");
    c.requireReal(3);
    c.requireReal(4);
    c.out(0).type = op.type;
    c.out(0).dims = {floorDiv(length, Dim(2)) + Dim(1), bands};
}

static void eval(const MelWeightMatrix&, ir::EvalContext& c) {
    int64_t bands = c.ints(0).at(0), length = c.ints(1).at(0), rate = c.ints(2).at(0);
    c.require(rate > 0, "the sample rate is ", rate);
    auto mel = [](double hertz) { return 2595 * std::log10(1 + hertz / 700); };
    double low = mel(c.read<double>(3)[0]), high = mel(c.read<double>(4)[0]);
    double step = (high - low) / static_cast<double>(bands + 2);
    int64_t rows = c.outDims(0)[0];
    std::vector<int64_t> bin;
    for (int64_t i = 0; i < bands + 2; ++i) {
        double hertz = 700 * (std::pow(10, (static_cast<double>(i) * step + low) / 2595) - 1);
        bin.push_back(static_cast<int64_t>(
            std::floor(static_cast<double>(length + 1) * hertz / static_cast<double>(rate))));
        c.require(bin.back() >= 0 && bin.back() < rows, "band ", i, " lies outside the spectrum");
    }
    std::span<double> y = c.write<double>(0);
    std::fill(y.begin(), y.end(), 0);
    for (int64_t b = 0; b < bands; ++b) {
        auto k = static_cast<size_t>(b);
        auto put = [&](int64_t row, double v) { y[static_cast<size_t>(row * bands + b)] = v; };
        auto up = static_cast<double>(bin[k + 1] - bin[k]);
        auto down = static_cast<double>(bin[k + 2] - bin[k + 1]);
        if (up == 0) put(bin[k + 1], 1);
        for (int64_t j = bin[k]; up > 0 && j <= bin[k + 1]; ++j)
            put(j, static_cast<double>(j - bin[k]) / up);
        for (int64_t j = bin[k + 1]; down > 0 && j < bin[k + 2]; ++j)
            put(j, static_cast<double>(bin[k + 2] - j) / down);
    }
}

BIREME_OP(
    mel_weight_matrix, MelWeightMatrix,
    {.inputs = 5, .infer = infer, .eval = eval, .doc = "Weights that turn spectra into mel bands."})

}  // namespace bireme::ops
