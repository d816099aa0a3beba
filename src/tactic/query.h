// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "device/backend.h"
#include "ir/group.h"
#include "tensor/desc.h"

#include <map>
#include <string>
#include <vector>

namespace bireme::tactic {

// Facts about how the engine is to be built that change which kernels may run.
struct QueryFlags {
    bool tf32 = false;  // FP32 products may round their inputs
    bool deterministic = true;
    int threads = 1;  // CPU threads of the engine
    int level = 3;    // builder optimization level 0..5
    // The file holds weights in FP16 where their values allow it: kernels leave those as they are.
    bool plainWeights = false;
};

// Type and format of every operand of a group, jointly; in the order of the body's inputs and
// outputs.
struct Combination {
    struct Operand {
        DataType type = DataType::kFLOAT;
        Format format;
        bool operator==(const Operand&) const = default;
    };
    std::vector<Operand> inputs;
    std::vector<Operand> outputs;
    bool acceptsViews = false;  // inputs and outputs may be strided parts of larger buffers
    int viewAlignment = 1;      // elements that offset and strides of such parts are multiples of
    int overwrites = -1;        // output 0 may share memory with this input; -1: none
    bool operator==(const Combination&) const = default;
};
using FormatList = std::vector<Combination>;

// One group to find a kernel for. Dims are symbolic; `ranges` bounds the symbols, `opt` is what to
// tune for.
class Query {
public:
    Query(const ir::Graph& body, device::Device& device);

    const ir::Graph& body() const { return *body_; }
    const ir::GroupView& group() const { return group_; }
    device::Device& device() const { return *device_; }

    int inputs() const { return static_cast<int>(body_->inputs().size()); }
    int outputs() const { return static_cast<int>(body_->outputs().size()); }
    // Logical desc, with the combination's type and format once one is chosen.
    const TensorDesc& in(int i) const { return inputs_[i]; }
    const TensorDesc& out(int i) const { return outputs_[i]; }
    // Linear bytes of a constant operand, else null. While fusions are proposed the bytes may not
    // be computed yet: then the blob is empty, and supports() may rely on the operand being
    // constant, not on what it holds.
    const Blob* constant(int i) const { return constants_[i] ? &constants_[i] : nullptr; }
    void setConstant(int i, Blob bytes) { constants_[i] = std::move(bytes); }
    void choose(const Combination& c);

    bool isStatic() const;  // every dim is a number
    std::vector<int64_t> dimsAt(const TensorDesc& d,
                                ir::GroupShape which) const;  // min, opt or max
    device::Shapes shapes(
        ir::GroupShape which) const;  // of the non-packed interface: all inputs, all outputs

    std::map<std::string, DimRange, std::less<>> ranges;
    Dim::Values min, opt, max;
    QueryFlags flags;
    Log log;

    // Canonical text of everything that changes the answer; the timing cache hashes it.
    std::string keyText() const;

private:
    const ir::Graph* body_;
    ir::GroupView group_;
    device::Device* device_;
    std::vector<TensorDesc> inputs_, outputs_;
    std::vector<Blob> constants_;
};

}  // namespace bireme::tactic
