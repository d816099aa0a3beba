// SPDX-License-Identifier: Apache-2.0
// Kernels for one op that stands alone in its group, on tensors in row-major order.
#pragma once

#include "backends/cpu/support/factory.h"
#include "device/kernel.h"
#include "ir/op.h"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

namespace bireme::cpu {

// The op and its operands, for one shape.
struct LoneShapes {
    const ir::Op& op;
    const std::vector<int>& operands;  // input of the step for each operand; -1: absent
    const std::vector<int>& results;   // output of the step for each of the op's; -1: nobody's
    const device::Shapes& shapes;
    const std::vector<int>& constants;  // operands that are the same at every launch

    bool isConstant(size_t k) const {
        return std::find(constants.begin(), constants.end(), static_cast<int>(k)) !=
               constants.end();
    }
    bool has(size_t k) const { return k < operands.size() && operands[k] >= 0; }
    const device::TensorShape& in(size_t k) const {
        return shapes.inputs[static_cast<size_t>(operands[k])];
    }
    bool wanted(size_t i) const { return i < results.size() && results[i] >= 0; }
    const device::TensorShape& out(size_t i) const {
        return shapes.outputs[static_cast<size_t>(results[i])];
    }
};

// The loops of one op. run() may allocate and throw: data decide what it meets.
class LoneBound : public device::Bound {
public:
    explicit LoneBound(const LoneShapes& s);
    Status enqueue(device::Stream& stream, const device::Launch& launch) noexcept final;
    std::string implementation() const override { return "loops"; }

protected:
    virtual void run() = 0;

    bool has(size_t k) const { return k < operands_.size() && operands_[k] >= 0; }
    const device::TensorShape& in(size_t k) const {
        return shapes_.inputs[static_cast<size_t>(operands_[k])];
    }
    int64_t count(size_t k) const { return product(in(k).dims); }
    const char* data(size_t k) const {
        return static_cast<const char*>(launch_->inputs[operands_[k]]);
    }
    // Integers of an operand as i64.
    std::vector<int64_t> integers(size_t k) const;
    // Elements of an operand as T (float, double or int64_t), in `buffer` unless they are T
    // already.
    template <typename T>
    const T* elements(size_t k, std::vector<T>& buffer) const {
        return static_cast<const T*>(convertedTo(typeOf(T{}), k, [&](size_t n) {
            buffer.resize(n);
            return static_cast<void*>(buffer.data());
        }));
    }

    bool wanted(size_t i) const {
        return i < results_.size() && results_[i] >= 0 && out(i).present;
    }
    const device::TensorShape& out(size_t i) const {
        return shapes_.outputs[static_cast<size_t>(results_[i])];
    }
    // Memory for output i, of these extents; null when it has no elements.
    char* give(size_t i, const std::vector<int64_t>& dims) const;
    char* result(size_t i) const { return static_cast<char*>(launch_->outputs[results_[i]]); }
    // Output i from elements that were computed in T.
    template <typename T>
    void store(size_t i, const T* from, char* to, int64_t n) const {
        storeFrom(typeOf(T{}), from, out(i).type, to, n);
    }

private:
    static DataType typeOf(float) { return DataType::kFLOAT; }
    static DataType typeOf(double) { return DataType::kDOUBLE; }
    static DataType typeOf(int64_t) { return DataType::kINT64; }
    template <typename F>
    const void* convertedTo(DataType type, size_t k, F&& allocate) const {
        if (in(k).type == type) return data(k);
        void* to = allocate(static_cast<size_t>(count(k)));
        storeFrom(in(k).type, data(k), type, to, count(k));
        return to;
    }
    static void storeFrom(DataType from, const void* source, DataType to, void* target, int64_t n);

    std::vector<int> operands_, results_;
    device::Shapes shapes_;
    const device::Launch* launch_ = nullptr;
    std::string message_;
};

// One row per kernel.
struct LoneOp {
    const char* kernel;  // "cpu.trilu.rows"
    const char* op;      // "trilu"
    // Whether attributes, types and shapes fit; a reason otherwise. Elements are bytes at least.
    Support (*supports)(const tactic::Query& q, const ir::Node& node);
    std::unique_ptr<device::Bound> (*bind)(const LoneShapes& s);
};

std::unique_ptr<tactic::KernelFactory> loneFactory(const LoneOp& op);

template <typename B>
std::unique_ptr<device::Bound> bindLone(const LoneShapes& s) {
    return std::make_unique<B>(s);
}

// Type of operand k of the lone node.
DataType operandType(const tactic::Query& q, const ir::Node& node, size_t k);

inline size_t elementSize(DataType t) { return static_cast<size_t>(bits(t)) / 8; }

}  // namespace bireme::cpu
