// SPDX-License-Identifier: Apache-2.0
#include "passes/check.h"

#include "base/status.h"
#include "base/text.h"
#include "ir/interpret.h"
#include "ops/pointwise.h"
#include "tensor/convert.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <optional>
#include <set>

namespace bireme::passes {

namespace {

ir::Tensor tensorOf(DataType type, std::vector<int64_t> dims, const std::vector<double>& elements) {
    ir::Tensor t{type, std::move(dims), {}};
    std::vector<uint8_t> bytes(bytesFor(type, t.count()));
    convertElements(DataType::kDOUBLE, elements.data(), type, bytes.data(), t.count());
    t.bytes = Blob::own(std::move(bytes));
    return t;
}

ir::Tensor randomTensor(const TensorDesc& d, const Dim::Values& shapes, uint64_t& state) {
    std::vector<int64_t> dims;
    for (const Dim& x : d.dims) dims.push_back(x.eval(shapes).value_or(1));
    std::vector<double> elements(static_cast<size_t>(ir::elementCount(dims)));
    for (double& e : elements) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        double unit = static_cast<double>(state >> 11) * 0x1.0p-53;
        e = isReal(d.type) ? unit * 2 - 1 : std::floor(unit * 2);
    }
    return tensorOf(d.type, std::move(dims), elements);
}

std::vector<double> numbers(const ir::Tensor& t) {
    std::vector<double> v(static_cast<size_t>(t.count()));
    convertElements(t.type, t.bytes.data(), DataType::kDOUBLE, v.data(), t.count());
    return v;
}

ir::Tensor opposite(const ir::Tensor& t) {
    std::vector<double> v = numbers(t);
    for (double& e : v) e = isReal(t.type) ? -e : 1 - e;
    return tensorOf(t.type, t.dims, v);
}

bool hasBodies(const ir::Graph& g) {
    const auto ids = g.nodeIds();
    return std::any_of(ids.begin(), ids.end(),
                       [&](ir::NodeId id) { return !g.node(id).bodies.empty(); });
}

// Numbers that the network compares one integer with, as a sample rate that it knows.
void collectCompared(const ir::Graph& g, std::set<double>& all) {
    for (ir::NodeId id : g.nodeIds()) {
        const ir::Node& n = g.node(id);
        for (const ir::Graph& body : n.bodies) collectCompared(body, all);
        const auto* op = n.op.as<ops::Pointwise>();
        if (!op || op->fn != ops::PointwiseFn::equal) continue;
        for (ir::ValueId v : n.inputs) {
            const ir::Value& value = g.value(v);
            if (!value.constant || isReal(value.desc.type)) continue;
            const ir::Tensor t{value.desc.type, staticValues(value.desc.dims), value.constant};
            if (t.count() == 1) all.insert(numbers(t)[0]);
        }
    }
}

// The tensors, every lone integer the given one.
std::vector<ir::Tensor> withNumber(std::vector<ir::Tensor> tensors, double number) {
    for (ir::Tensor& t : tensors)
        if (t.count() == 1 && !isReal(t.type) && t.type != DataType::kBOOL)
            t = tensorOf(t.type, t.dims, {number});
    return tensors;
}

size_t finite(const ir::Tensor& t) {
    const std::vector<double> v = numbers(t);
    return static_cast<size_t>(
        std::count_if(v.begin(), v.end(), [](double x) { return std::isfinite(x); }));
}

bool isFinite(const std::vector<ir::Tensor>& results) {
    return std::all_of(results.begin(), results.end(), [](const ir::Tensor& t) {
        return finite(t) == static_cast<size_t>(t.count());
    });
}

// Of a range: what reassociated sums in this type may differ by.
double tolerance(DataType type) {
    if (!isReal(type)) return 0;
    return type == DataType::kHALF ? 2e-2 : bits(type) < 32 ? 1e-1 : 1e-4;
}

// Empty: the same up to rounding. `worst`: the largest difference so far, raised where this is
// more.
std::string compare(const ir::Tensor& was, const ir::Tensor& is, double& worst) {
    if (was.type != is.type || was.dims != is.dims)
        return cat("becomes ", bireme::name(is.type), text(toDims(is.dims)), " from ",
                   bireme::name(was.type), text(toDims(was.dims)));
    auto a = numbers(was), b = numbers(is);
    double range = 1e-30, largest = 0;
    for (double x : a)
        if (std::isfinite(x)) range = std::max(range, std::fabs(x));
    for (size_t i = 0; i < a.size(); ++i) {
        if (a[i] == b[i] || (std::isnan(a[i]) && std::isnan(b[i]))) continue;
        double off = std::fabs(a[i] - b[i]) / range;
        largest = std::max(largest, std::isfinite(off) ? off : 1e30);
    }
    worst = std::max(worst, largest);
    const double allowed = tolerance(was.type);
    if (largest <= allowed) return {};
    return largest < 1e30 ? cat("differs by ", twoDigits(largest), " of its range (",
                                twoDigits(allowed), " is allowed)")
                          : "has infinities or NaNs where it had numbers, or the other way round";
}

}  // namespace

std::string twoDigits(double part) {
    char digits[32];
    std::snprintf(digits, sizeof digits, "%.2g", part);
    return digits;
}

Checker::Checker(const ir::Graph& g, const Dim::Values& shapes) {
    Dim::Values values = shapes;
    for (const auto& [name, info] : g.symbols)
        values.try_emplace(name, std::max<int64_t>(1, info.range.min));
    uint64_t state = 1;
    std::vector<ir::Tensor> drawn, opposites;
    for (ir::ValueId v : g.inputs()) {
        drawn.push_back(randomTensor(g.value(v).desc, values, state));
        opposites.push_back(opposite(drawn.back()));
    }
    for (ir::ValueId v : g.outputs()) names_.push_back(g.value(v).name);
    std::optional<Error> why;
    auto run = [&](std::vector<ir::Tensor> inputs) {
        try {
            std::vector<ir::Tensor> results = ir::interpret(g, inputs);
            runs_.push_back({std::move(inputs), results, results});
        } catch (const Error& e) {
            if (!why) why = e;  // not every network was made for every input
        }
    };
    run(drawn);
    if (!runs_.empty() && !hasBodies(g) && isFinite(runs_[0].results)) return;
    run(opposites);
    constexpr size_t kMost = 4;
    std::set<double> compared;
    collectCompared(g, compared);
    for (double number : compared)
        if (runs_.size() < kMost) run(withNumber(drawn, number));
    if (runs_.empty()) throw *why;
}

std::vector<std::string> Checker::blind() const {
    std::vector<std::string> names;
    for (size_t i = 0; i < names_.size(); ++i)
        if (std::all_of(runs_.begin(), runs_.end(), [&](const Run& r) {
                return r.results[i].count() > 0 && finite(r.results[i]) == 0;
            }))
            names.push_back(names_[i]);
    return names;
}

std::string Checker::compareAll(const std::vector<ir::Tensor>& was,
                                const std::vector<ir::Tensor>& is) {
    for (size_t i = 0; i < is.size(); ++i)
        if (std::string why = compare(was[i], is[i], moved_); !why.empty())
            return cat("output \"", names_[i], "\" ", why);
    return {};
}

std::string Checker::drift() {
    moved_ = 0;
    for (const Run& run : runs_)
        if (std::string why = compareAll(run.first, run.results); !why.empty()) return why;
    return {};
}

std::string Checker::difference(const ir::Graph& rewritten) {
    moved_ = 0;
    for (Run& run : runs_) {
        std::vector<ir::Tensor> results;
        try {
            results = ir::interpret(rewritten, run.inputs);
        } catch (const Error& e) {
            return cat("what could be computed no longer can: ", e.what());
        }
        if (std::string why = compareAll(run.results, results); !why.empty()) return why;
        run.results = std::move(results);
    }
    return {};
}

}  // namespace bireme::passes
