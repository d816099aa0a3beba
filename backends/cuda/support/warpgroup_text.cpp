// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/support/warpgroup_text.h"

#include "base/text.h"

namespace bireme::cuda {

namespace {

// `rows`: parameter, operands' places (from the number of sums on) and constraints of the left
// side.
std::string functionText(const char* name, int columns, bool bfloat, bool inRegisters) {
    int n = columns / 2, rows = inRegisters ? 4 : 1;
    std::string places, operands, left, leftOperands;
    for (int i = 0; i < n; ++i) {
        places += cat(i ? ", %" : "%", i);
        operands += cat(i ? ", \"+f\"(d[" : "\"+f\"(d[", i, "])");
    }
    for (int i = 0; i < rows; ++i) left += cat(i ? ", %" : "%", n + i);
    if (inRegisters) left = cat("{", left, "}");
    for (int i = 0; i < rows; ++i)
        leftOperands += inRegisters ? cat("\"r\"(a[", i, "]), ") : std::string("\"l\"(a), ");
    const char* type = bfloat ? "bf16" : "f16";
    return cat(
        "__device__ __forceinline__ void ", name, "(float (&d)[", n, "], ",
        inRegisters ? "const u32 (&a)[4]" : "u64 a",
        ", u64 b, int more) {\n    asm volatile(\"{\\n\\t.reg .pred p;\\n\\tsetp.ne.b32 p, %",
        n + rows + 1, ", 0;\\n\\twgmma.mma_async.sync.aligned.m64n", columns, "k16.f32.", type, ".",
        type, " {", places, "}, ", left, ", %", n + rows,
        inRegisters ? ", p, 1, 1, 1;" : ", p, 1, 1, 0, 0;", "\\n\\t}\" : ", operands, " : ",
        leftOperands, "\"l\"(b), \"r\"(more));\n}\n");
}

}  // namespace

std::string productText(const char* name, int columns, bool bfloat) {
    return functionText(name, columns, bfloat, false);
}
std::string mixText(const char* name, int columns, bool bfloat) {
    return functionText(name, columns, bfloat, true);
}

}  // namespace bireme::cuda
