// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fields.h"
#include "ops/support/enum_names.h"
#include "tensor/dtype.h"

#include <cstdint>
#include <string>
#include <vector>

namespace bireme::ops {

// Inputs (all optional): shape, alpha, beta. linspace: alpha + sum(beta_i * index_i); random:
// uniform in [alpha, beta) or normal(mean alpha, deviation beta).
struct Fill {
    FillOperation operation = FillOperation::kLINSPACE;
    std::vector<int64_t> shape;
    double alpha = 0;
    double beta = 1;
    DataType type = DataType::kFLOAT;
    int64_t seed = -1;     // -1: from the system
    int64_t alphaInt = 0;  // exact alpha and beta of integer types
    int64_t betaInt = 1;
    bool integral = false;  // alphaInt and betaInt are the ones that count
    void fields(FieldVisitor& v) {
        v.field(1, "operation", operation);
        v.field(2, "shape", shape);
        v.field(3, "alpha", alpha);
        v.field(4, "beta", beta);
        v.field(5, "type", type);
        v.field(6, "seed", seed);
        v.field(7, "alphaInt", alphaInt);
        v.field(8, "betaInt", betaInt);
        v.field(9, "integral", integral);
    }
};

}  // namespace bireme::ops
