// SPDX-License-Identifier: Apache-2.0
// Kernels with a thread for each element (or row) of the work, which need no more than pointers,
// extents and a few numbers: one row of a table and one file of device code per op.
#pragma once

#include "backends/cuda/support/factory.h"
#include "device/kernel.h"

#include <memory>
#include <string>
#include <vector>

namespace bireme::cuda {

class Code;

// What a kernel gets; as in cu/each.cuh. Operands and results in the order of the op, null where
// they are absent or nobody reads them.
struct Each {
    const void* in[8] = {};
    void* out[4] = {};
    int64_t n[48] = {};
    float f[8] = {};
    uint32_t count = 0;  // of work items, one thread each; 0: nothing to launch
};

// Shapes by operand and result of the op.
class EachShapes {
public:
    EachShapes(const device::Shapes& shapes, const std::vector<int>& operands,
               const std::vector<int>& results)
        : shapes_(shapes), operands_(operands), results_(results) {}
    bool has(int operand) const;
    const std::vector<int64_t>& in(int operand) const { return input(operand).dims; }
    DataType type(int operand) const { return input(operand).type; }
    const std::vector<int64_t>& out(int result) const;
    // Elements of an integer operand; Error when nobody knows them while binding.
    std::vector<int64_t> list(int operand) const;
    std::vector<double> reals(int operand) const;  // the same of any operand
    // Which input of the body an operand is; -1: none.
    int inputOf(int operand) const {
        return has(operand) ? operands_[static_cast<size_t>(operand)] : -1;
    }

private:
    template <typename T>
    std::vector<T> elements(int operand, DataType as) const;
    const device::TensorShape& input(int operand) const;
    const device::Shapes& shapes_;
    const std::vector<int>&operands_, &results_;
};

struct EachOp {
    const char* kernel;  // "cuda.one_hot.jit"
    const char* op;      // "one_hot"
    const char* file;    // "one_hot.cu"
    // Why the node is not taken, and -D options that the file needs.
    Support (*read)(const tactic::Query& q, const ir::Node& node,
                    std::vector<std::string>& options);
    // The numbers of launch `stage`, which calls functions[stage].
    void (*lay)(const ir::Op& op, const EachShapes& s, size_t stage, Each& e);
    std::vector<const char*> functions;
    bool smallTypes = false;  // operands below a byte, and small floats
};

std::unique_ptr<tactic::KernelFactory> eachFactory(const EachOp& op);

// Launches of one function, as a step of its own: operand k is input `operands[k]` of the body.
std::unique_ptr<device::Bound> eachBound(const Code& code, const char* function, const Each& each,
                                         const std::vector<int>& operands);

// Type of an operand (or result) of a node; kFLOAT for an absent one.
DataType operandType(const tactic::Query& q, const ir::Node& node, size_t operand);
DataType resultType(const tactic::Query& q, const ir::Node& node, size_t result);
bool hasOperand(const ir::Node& node, size_t operand);
// "-DT=f16"
std::string typeOption(const char* name, DataType type);
// Row-major steps into e.n from `at` on, one per dim; missing leading dims of 8 do not count.
void putSteps(Each& e, size_t at, const std::vector<int64_t>& steps);

}  // namespace bireme::cuda
