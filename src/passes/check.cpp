// SPDX-License-Identifier: Apache-2.0
#include "passes/check.h"

#include "base/text.h"
#include "ir/interpret.h"
#include "tensor/convert.h"

#include <algorithm>
#include <cmath>

namespace bireme::passes {

namespace {

ir::Tensor randomTensor(const TensorDesc& d, const Dim::Values& shapes, uint64_t& state) {
    ir::Tensor t{d.type, {}, {}};
    for (const Dim& x : d.dims) t.dims.push_back(x.eval(shapes).value_or(1));
    std::vector<double> elements(static_cast<size_t>(t.count()));
    for (double& e : elements) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        double unit = static_cast<double>(state >> 11) * 0x1.0p-53;
        e = isReal(d.type) ? unit * 2 - 1 : std::floor(unit * 2);
    }
    std::vector<uint8_t> bytes(bytesFor(d.type, t.count()));
    convertElements(DataType::kDOUBLE, elements.data(), d.type, bytes.data(), t.count());
    t.bytes = Blob::own(std::move(bytes));
    return t;
}

std::vector<double> numbers(const ir::Tensor& t) {
    std::vector<double> v(static_cast<size_t>(t.count()));
    convertElements(t.type, t.bytes.data(), DataType::kDOUBLE, v.data(), t.count());
    return v;
}

// Of a range: what reassociated sums in this type may differ by.
double tolerance(DataType type) {
    if (!isReal(type)) return 0;
    return type == DataType::kHALF ? 2e-2 : bits(type) < 32 ? 1e-1 : 1e-4;
}

std::string compare(const ir::Tensor& was, const ir::Tensor& is) {
    if (was.type != is.type || was.dims != is.dims)
        return cat("becomes ", bireme::name(is.type), text(toDims(is.dims)), " from ",
                   bireme::name(was.type), text(toDims(was.dims)));
    auto a = numbers(was), b = numbers(is);
    double range = 1e-30, worst = 0;
    for (double x : a)
        if (std::isfinite(x)) range = std::max(range, std::fabs(x));
    for (size_t i = 0; i < a.size(); ++i) {
        if (a[i] == b[i] || (std::isnan(a[i]) && std::isnan(b[i]))) continue;
        double off = std::fabs(a[i] - b[i]) / range;
        worst = std::max(worst, std::isfinite(off) ? off : 1e30);
    }
    if (worst <= tolerance(was.type)) return {};
    return worst < 1e30 ? cat("differs by ", static_cast<float>(worst), " of its range")
                        : "has infinities or NaNs where it had numbers, or the other way round";
}

}  // namespace

Checker::Checker(const ir::Graph& g, const Dim::Values& shapes) {
    Dim::Values values = shapes;
    for (const auto& [name, info] : g.symbols)
        values.try_emplace(name, std::max<int64_t>(1, info.range.min));
    uint64_t state = 1;
    for (ir::ValueId v : g.inputs())
        inputs_.push_back(randomTensor(g.value(v).desc, values, state));
    for (ir::ValueId v : g.outputs()) names_.push_back(g.value(v).name);
    results_ = ir::interpret(g, inputs_);
}

std::string Checker::difference(const ir::Graph& rewritten) {
    auto results = ir::interpret(rewritten, inputs_);
    for (size_t i = 0; i < results_.size(); ++i)
        if (std::string why = compare(results_[i], results.at(i)); !why.empty())
            return cat("output \"", names_[i], "\" ", why);
    results_ = std::move(results);
    return {};
}

}  // namespace bireme::passes
