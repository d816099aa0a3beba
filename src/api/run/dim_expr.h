// SPDX-License-Identifier: Apache-2.0
// Shape expressions of plugins: public handles onto Dim.
#pragma once

#include "api/guard.h"
#include "bireme/plugin_expr.h"
#include "tensor/dim.h"

#include <deque>
#include <vector>

namespace bireme::api {

// Behind IDimensionExpr.
struct DimExpr {
    Dim value;
    bool sizeTensor = false;
    IDimensionExpr* handle = nullptr;
};

// Behind IExprBuilder; owns every expression made for one call of a plugin.
struct ExprBuilder {
    struct Size {  // an output whose value is an extent
        int32_t output;
        Dim symbol, opt, upper;
    };

    explicit ExprBuilder(const Reporter& reporter);
    ~ExprBuilder();
    ExprBuilder(const ExprBuilder&) = delete;
    ExprBuilder& operator=(const ExprBuilder&) = delete;

    const IDimensionExpr* wrap(Dim value, bool sizeTensor = false);
    const Dim& unwrap(const IDimensionExpr& expression);

    Reporter reporter;
    IExprBuilder* handle;
    std::deque<DimExpr> expressions;
    std::vector<Size> sizes;
};

}  // namespace bireme::api
