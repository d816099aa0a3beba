// SPDX-License-Identifier: Apache-2.0
#include "api/run/dim_expr.h"

#include "api/access.h"

#include <climits>

namespace bireme::api {

ExprBuilder::ExprBuilder(const Reporter& reporter)
    : reporter(reporter), handle(Access::make<IExprBuilder>(this)) {}

ExprBuilder::~ExprBuilder() {
    for (DimExpr& e : expressions) Access::destroy(e.handle);
    Access::destroy(handle);
}

const IDimensionExpr* ExprBuilder::wrap(Dim value, bool sizeTensor) {
    DimExpr& e = expressions.emplace_back(DimExpr{std::move(value), sizeTensor});
    e.handle = Access::make<IDimensionExpr>(&e);
    return e.handle;
}

const Dim& ExprBuilder::unwrap(const IDimensionExpr& expression) {
    return Access::impl(expression).value;
}

static Dim apply(DimensionOperation op, const Dim& a, const Dim& b) {
    switch (op) {
        case DimensionOperation::kSUM: return a + b;
        case DimensionOperation::kPROD: return a * b;
        case DimensionOperation::kMAX: return max(a, b);
        case DimensionOperation::kMIN: return min(a, b);
        case DimensionOperation::kSUB: return a - b;
        case DimensionOperation::kEQUAL: return equal(a, b);
        case DimensionOperation::kLESS: return less(a, b);
        case DimensionOperation::kFLOOR_DIV:
            require(!b.is(0), "a shape expression divides by 0");
            return floorDiv(a, b);
        case DimensionOperation::kCEIL_DIV:
            require(!b.is(0), "a shape expression divides by 0");
            return ceilDiv(a, b);
    }
    failInvalid(cat("there is no dimension operation ", static_cast<int>(op)));
}

}  // namespace bireme::api

namespace nvinfer1 {

using bireme::Dim;
using bireme::api::guard;
using bireme::api::require;
namespace api = bireme::api;

IDimensionExpr::~IDimensionExpr() noexcept = default;

bool IDimensionExpr::isConstant() const noexcept { return impl_->value.isStatic(); }

int64_t IDimensionExpr::getConstantValue() const noexcept {
    return impl_->value.valueOr(INT64_MIN);
}

bool IDimensionExpr::isSizeTensor() const noexcept { return impl_->sizeTensor; }

IExprBuilder::~IExprBuilder() noexcept = default;

IDimensionExpr const* IExprBuilder::constant(int64_t value) noexcept {
    return guard(impl_->reporter, static_cast<IDimensionExpr const*>(nullptr),
                 [&] { return impl_->wrap(Dim(value)); });
}

IDimensionExpr const* IExprBuilder::operation(DimensionOperation op, IDimensionExpr const& first,
                                              IDimensionExpr const& second) noexcept {
    return guard(impl_->reporter, static_cast<IDimensionExpr const*>(nullptr), [&] {
        return impl_->wrap(api::apply(op, impl_->unwrap(first), impl_->unwrap(second)));
    });
}

IDimensionExpr const* IExprBuilder::declareSizeTensor(int32_t outputIndex,
                                                      IDimensionExpr const& opt,
                                                      IDimensionExpr const& upper) noexcept {
    return guard(impl_->reporter, static_cast<IDimensionExpr const*>(nullptr), [&] {
        require(outputIndex >= 0, "output ", outputIndex, " cannot be a size");
        Dim symbol = Dim::symbol(bireme::cat("$size", outputIndex));
        impl_->sizes.push_back({outputIndex, symbol, impl_->unwrap(opt), impl_->unwrap(upper)});
        return impl_->wrap(symbol, true);
    });
}

}  // namespace nvinfer1
