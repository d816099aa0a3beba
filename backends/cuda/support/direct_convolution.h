// SPDX-License-Identifier: Apache-2.0
// Convolutions channels-last whose device code computes windows directly, with constant weights and
// the whole chain behind them: what their factories have in common.
#pragma once

#include "backends/cuda/support/jit_kernel.h"
#include "backends/cuda/support/vector_epilogue.h"
#include "ops/convolution.h"

#include <string>
#include <vector>

namespace bireme::cuda {

// The part of a Record that is the convolution.
struct DirectConvolution {
    ops::Convolution op;
    std::vector<int64_t> kernel;  // of the weights
    int input = 0;                // body inputs: the tensor, and what the chain reads
    std::vector<int> operands;

    void save(ByteWriter& out) const;
    void load(ByteReader& in);  // throws Error
};

// No prologue, one output, a constant kernel of known extents in a line or a plane.
Support readDirectConvolution(const tactic::Query& q, DirectConvolution& out);
// The chain as device code, a struct Parameters for `Shape`, and the kernel `name` of `threads`
// that calls `call` with them.
Support writeDirectConvolution(const tactic::Query& q, DirectConvolution& c, const char* name,
                               const char* threads, const char* call, std::string& text,
                               std::vector<int>& consumed);
// "typedef" lines of T and TY, and the numbers as constants.
std::string directTypes(const tactic::Query& q, const DirectConvolution& c);
inline std::string constantText(const char* name, int64_t v) {
    return cat("const int ", name, " = ", v, ";\n");
}

// A Record derives from DirectConvolution and has: bool tile(const std::string& parameters).
template <typename Record>
class DirectFactory : public tactic::KernelFactory {
public:
    Support supports(const tactic::Query& q) const override {
        Record r;
        std::string text;
        std::vector<int> consumed;
        return read(q, r, text, consumed);
    }
    tactic::Created create(const tactic::Query& q, const tactic::Tactic& t) const override {
        Record r;
        std::string text;
        tactic::Created made;
        if (Support s = read(q, r, text, made.consumed); !s.ok)
            fail(ErrorCode::kUNSUPPORTED_STATE, s.why);
        if (!r.tile(t.parameters))
            fail(ErrorCode::kINVALID_STATE, cat("no such tactic: ", t.text()));
        Code code(q.device(),
                  compile({std::string(name()), defines(q, r) + text, {}}, architectureOf(q)));
        int w = q.group().anchorInput(1);
        made.constants.push_back(pack(q, r));
        made.consumed.push_back(w);
        made.kernel = std::make_unique<JitKernel<Record>>(std::move(code), std::move(r));
        return made;
    }
    std::unique_ptr<device::Kernel> load(ByteReader& in, device::Device& device) const override {
        Code code = Code::load(in, device);
        return std::make_unique<JitKernel<Record>>(std::move(code), Record::load(in));
    }

protected:
    // All but the tile, which defines() puts before the text.
    virtual Support read(const tactic::Query& q, Record& r, std::string& text,
                         std::vector<int>& consumed) const = 0;
    virtual std::string defines(const tactic::Query& q, const Record& r) const = 0;
    virtual tactic::PackedConstant pack(const tactic::Query& q, const Record& r) const = 0;
};

}  // namespace bireme::cuda
