// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backends/cpu/support/epilogue.h"

namespace bireme::cpu {

// A product with one constant matrix, what its shapes do not say: [rows, k] x [k, n] with all
// leading dims of the first operand as rows.
struct ConstantProduct {
    int input = 0, bias = -1;  // body inputs; -1: none
    int64_t n = 1, k = 1;
    DataType type = DataType::kFLOAT;  // of all operands: f32, or bf16 where the machine has it
    Epilogue epilogue;                 // other operands are full-sized or have one value per column

    void save(ByteWriter& out) const;
    static ConstantProduct load(ByteReader& in);
};

// Reads a group whose anchor is such a product. A per-column sum right after it becomes the bias.
tactic::Support readConstantProduct(const tactic::Query& q, ConstantProduct& out,
                                    std::vector<int>& consumed);

bool secondIsTransposed(const tactic::Query& q);  // the matrix's bytes are [n, k]

// The dim of the result along which the columns of the constant matrix lie; -1: it is a vector.
int columnDim(const tactic::Query& q);

}  // namespace bireme::cpu
