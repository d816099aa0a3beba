// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/support/each.h"

#include "backends/cuda/jit/compiler.h"
#include "backends/cuda/jit/module.h"
#include "backends/cuda/support/jit_kernel.h"
#include "backends/cuda/support/record.h"
#include "ir/op.h"
#include "tensor/convert.h"

#include <algorithm>

namespace bireme::cuda {

using device::Shapes;

bool EachShapes::has(int operand) const {
    auto k = static_cast<size_t>(operand);
    return k < operands_.size() && operands_[k] >= 0 &&
           shapes_.inputs[static_cast<size_t>(operands_[k])].present;
}

const device::TensorShape& EachShapes::input(int operand) const {
    BIREME_ASSERT(has(operand));
    return shapes_.inputs[static_cast<size_t>(operands_[static_cast<size_t>(operand)])];
}

const std::vector<int64_t>& EachShapes::out(int result) const {
    int at = results_[static_cast<size_t>(result)];
    BIREME_ASSERT(at >= 0);
    return shapes_.outputs[static_cast<size_t>(at)].dims;
}

template <typename T>
std::vector<T> EachShapes::elements(int operand, DataType as) const {
    const auto& s = input(operand);
    auto i = static_cast<size_t>(operands_[static_cast<size_t>(operand)]);
    const void* host = i < shapes_.hostInputs.size() ? shapes_.hostInputs[i] : nullptr;
    std::vector<T> values(static_cast<size_t>(product(s.dims)));
    if (!host && !values.empty())
        fail(ErrorCode::kUNSUPPORTED_STATE,
             cat("operand ", operand, " has to be known before the kernel is bound"));
    convertElements(s.type, host, as, values.data(), static_cast<int64_t>(values.size()));
    return values;
}

std::vector<int64_t> EachShapes::list(int operand) const {
    return elements<int64_t>(operand, DataType::kINT64);
}

std::vector<double> EachShapes::reals(int operand) const {
    return elements<double>(operand, DataType::kDOUBLE);
}

DataType operandType(const tactic::Query& q, const ir::Node& node, size_t operand) {
    return hasOperand(node, operand) ? q.body().value(node.inputs[operand]).desc.type
                                     : DataType::kFLOAT;
}

DataType resultType(const tactic::Query& q, const ir::Node& node, size_t result) {
    return q.body().value(node.outputs[result]).desc.type;
}

bool hasOperand(const ir::Node& node, size_t operand) {
    return operand < node.inputs.size() && node.inputs[operand] != ir::kNoValue;
}

std::string typeOption(const char* name, DataType type) {
    const char* text = typeText(type);
    return cat("-D", name, "=", text ? text : bireme::name(type));
}

void putSteps(Each& e, size_t at, const std::vector<int64_t>& steps) {
    std::copy(steps.begin(), steps.end(), e.n + at);
}

namespace {

struct EachRecord {
    ir::Op op;
    std::vector<int> operands, results;  // of the body; -1: absent
};

class EachBound final : public device::Bound {
public:
    EachBound(const Code& code, const char* function, const Each& each, std::vector<int> operands)
        : operands_(std::move(operands)), results_{0} {
        add(code, function, each);
    }
    EachBound(const EachOp& row, const EachRecord& r, const Code& code, const Shapes& shapes)
        : operands_(r.operands), results_(r.results) {
        requireSizes(shapes);
        EachShapes s(shapes, r.operands, r.results);
        for (size_t stage = 0; stage < row.functions.size(); ++stage) {
            Each each;
            row.lay(r.op, s, stage, each);
            add(code, row.functions[stage], each);
        }
    }
    Status enqueue(device::Stream& stream, const device::Launch& launch) noexcept override {
        for (Launching& l : launches_) {
            for (size_t k = 0; k < operands_.size(); ++k)
                l.each.in[k] = operands_[k] < 0 ? nullptr : launch.inputs[operands_[k]];
            for (size_t k = 0; k < results_.size(); ++k)
                l.each.out[k] = results_[k] < 0 ? nullptr : launch.outputs[results_[k]];
            if (Status s = cuda::launch(stream, l.function, l.grid, &l.each); !s.ok()) return s;
        }
        return Status::success();
    }
    std::string implementation() const override { return "a thread an element"; }

private:
    struct Launching {
        Each each;
        CUfunction function = nullptr;
        Grid grid;
    };
    void add(const Code& code, const char* function, const Each& each) {
        if (each.count == 0) return;
        Launching l{each, code.function(function), {}};
        l.grid.threads = 128;
        l.grid.x = std::min(divideUp(each.count, 128),
                            static_cast<unsigned>(code.device().multiprocessors()) * 32);
        launches_.push_back(l);
    }
    std::vector<int> operands_, results_;
    std::vector<Launching> launches_;
};

class EachKernel final : public device::Kernel {
public:
    EachKernel(const EachOp& row, EachRecord r, Code code)
        : row_(row), r_(std::move(r)), code_(std::move(code)) {}
    size_t workspaceBound(const Shapes&, const Shapes&, const Shapes&) const override { return 0; }
    std::unique_ptr<device::Bound> bind(const Shapes& shapes,
                                        device::ContextState&) const override {
        return std::make_unique<EachBound>(row_, r_, code_, shapes);
    }
    void save(ByteWriter& out) const override {
        code_.save(out);
        auto bytes = ir::attributeBytes(r_.op);
        out.varint(bytes.size());
        out.raw(bytes.data(), bytes.size());
        putInts(out, r_.operands);
        putInts(out, r_.results);
    }

private:
    const EachOp& row_;
    EachRecord r_;
    Code code_;
};

class EachFactory final : public tactic::KernelFactory {
public:
    explicit EachFactory(const EachOp& row) : row_(row) {}
    std::string_view name() const override { return row_.kernel; }

    Support supports(const tactic::Query& q) const override {
        EachRecord r;
        std::vector<std::string> options;
        return read(q, r, options);
    }

    tactic::Created create(const tactic::Query& q, const tactic::Tactic&) const override {
        EachRecord r;
        std::vector<std::string> options;
        if (Support s = read(q, r, options); !s.ok) fail(ErrorCode::kUNSUPPORTED_STATE, s.why);
        Code code(q.device(), compile(programOf(row_.file, options), architectureOf(q)));
        return {std::make_unique<EachKernel>(row_, std::move(r), std::move(code)), {}, {}};
    }

    std::unique_ptr<device::Kernel> load(ByteReader& in, device::Device& device) const override {
        Code code = Code::load(in, device);
        EachRecord r;
        const ir::OpDef* def = ir::OpRegistry::global().find(row_.op);
        if (!def) in.corrupt(cat("op ", row_.op, " is unknown"));
        r.op = ir::Op(*def);
        ByteReader part = in.sub(in.count());
        ir::readAttributes(r.op, part);
        for (auto* list : {&r.operands, &r.results})
            for (int64_t v : getInts(in)) list->push_back(static_cast<int>(v));
        if (r.operands.size() > 8 || r.results.size() > 4) in.corrupt("too many operands");
        return std::make_unique<EachKernel>(row_, std::move(r), std::move(code));
    }

private:
    Support read(const tactic::Query& q, EachRecord& r, std::vector<std::string>& options) const {
        if (!q.group().single()) return no("the group has more than one node");
        const ir::Node& node = q.body().node(q.body().order()[0]);
        if (node.op.name() != row_.op) return no(cat("the node is not ", row_.op));
        if (node.inputs.size() > 8 || node.outputs.size() > 4) return no("too many operands");
        if (q.device().properties().hostMemory) return no("the device is not a GPU");
        if (Support s = typesFit(q); !s.ok && !row_.smallTypes) return s;
        r.op = node.op;
        for (ir::ValueId v : node.inputs) {
            r.operands.push_back(v == ir::kNoValue ? -1 : q.group().inputIndex(v));
            if (v != ir::kNoValue && r.operands.back() < 0)
                return no("an operand lies inside the group");
        }
        const auto& outputs = q.body().outputs();
        for (ir::ValueId v : node.outputs) {
            auto at = std::find(outputs.begin(), outputs.end(), v);
            r.results.push_back(at == outputs.end() ? -1 : static_cast<int>(at - outputs.begin()));
        }
        return row_.read(q, node, options);
    }

    EachOp row_;
};

}  // namespace

std::unique_ptr<device::Bound> eachBound(const Code& code, const char* function, const Each& each,
                                         const std::vector<int>& operands) {
    return std::make_unique<EachBound>(code, function, each, operands);
}

std::unique_ptr<tactic::KernelFactory> eachFactory(const EachOp& op) {
    return std::make_unique<EachFactory>(op);
}

}  // namespace bireme::cuda
