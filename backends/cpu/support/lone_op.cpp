// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/support/lone_op.h"

#include "backends/cpu/support/record.h"
#include "base/parallel_for.h"
#include "base/status.h"
#include "device/guarded.h"
#include "ir/attributes.h"
#include "tensor/convert.h"

#include <algorithm>

namespace bireme::cpu {

using device::Shapes;

LoneBound::LoneBound(const LoneShapes& s)
    : operands_(s.operands), results_(s.results), shapes_(s.shapes) {}

Status LoneBound::enqueue(device::Stream&, const device::Launch& launch) noexcept {
    return device::guarded(message_, [&] {
        launch_ = &launch;
        run();
        return Status::success();
    });
}

std::vector<int64_t> LoneBound::integers(size_t k) const {
    std::vector<int64_t> values(static_cast<size_t>(count(k)));
    convertElements(in(k).type, data(k), DataType::kINT64, values.data(), count(k));
    return values;
}

char* LoneBound::give(size_t i, const std::vector<int64_t>& dims) const {
    const auto& planned = out(i).dims;
    bool open = false;
    for (size_t d = 0; d < planned.size(); ++d) {
        open = open || planned[d] < 0;
        if (planned.size() != dims.size() || (planned[d] >= 0 && planned[d] != dims[d]))
            fail(ErrorCode::kFAILED_EXECUTION,
                 cat("output ", i, " is ", dimsText(dims), ", expected ", dimsText(planned)));
    }
    void* to = open ? launch_->sink->resize(results_[i], dims.data(), static_cast<int>(dims.size()))
                    : launch_->outputs[results_[i]];
    if (!to && product(dims) > 0) fail(ErrorCode::kFAILED_ALLOCATION, "no memory for the result");
    return static_cast<char*>(to);
}

void LoneBound::storeFrom(DataType from, const void* source, DataType to, void* target, int64_t n) {
    constexpr int64_t kChunk = 16384;  // a multiple of what elements below a byte share
    parallelFor((n + kChunk - 1) / kChunk, 4, [&](int64_t begin, int64_t end) {
        const int64_t first = begin * kChunk, count = std::min(n, end * kChunk) - first;
        convertElements(from, static_cast<const char*>(source) + bytesFor(from, first), to,
                        static_cast<char*>(target) + bytesFor(to, first), count);
    });
}

DataType operandType(const tactic::Query& q, const ir::Node& node, size_t k) {
    return q.body().value(node.inputs[k]).desc.type;
}

namespace {

struct LoneRecord {
    ir::Op op;
    std::vector<int> operands, results, constants;
};

void checkPlaces(const std::vector<int>& places, size_t count, const char* what) {
    for (int i : places)
        if (i >= static_cast<int>(count)) failInvalid(cat("the step lacks ", what, " ", i));
}

class LoneKernel final : public device::Kernel {
public:
    LoneKernel(const LoneOp& row, LoneRecord r) : row_(row), r_(std::move(r)) {}
    size_t workspaceBound(const Shapes&, const Shapes&, const Shapes&) const override { return 0; }
    std::unique_ptr<device::Bound> bind(const Shapes& shapes,
                                        device::ContextState&) const override {
        checkPlaces(r_.operands, shapes.inputs.size(), "input");
        checkPlaces(r_.results, shapes.outputs.size(), "output");
        return row_.bind({r_.op, r_.operands, r_.results, shapes, r_.constants});
    }
    void save(ByteWriter& out) const override {
        auto bytes = ir::attributeBytes(r_.op);
        out.varint(bytes.size());
        out.raw(bytes.data(), bytes.size());
        putInts(out, {r_.operands.begin(), r_.operands.end()});
        putInts(out, {r_.results.begin(), r_.results.end()});
        putInts(out, {r_.constants.begin(), r_.constants.end()});
    }

private:
    const LoneOp& row_;
    LoneRecord r_;
};

class LoneFactory final : public tactic::KernelFactory {
public:
    explicit LoneFactory(const LoneOp& row) : row_(row) {}
    std::string_view name() const override { return row_.kernel; }

    Support supports(const tactic::Query& q) const override {
        if (q.body().nodeCount() != 1) return no("the group has more than one node");
        const ir::Node& node = nodeOf(q);
        if (node.op.name() != row_.op) return no(cat("the node is not ", row_.op));
        for (ir::ValueId v : node.inputs)
            if (v != ir::kNoValue && q.group().inputIndex(v) < 0)
                return no("an operand is no input of the group");
        for (int i = 0; i < q.inputs(); ++i)
            if (bits(q.in(i).type) < 8) return no("elements of less than a byte");
        for (int i = 0; i < q.outputs(); ++i)
            if (bits(q.out(i).type) < 8) return no("elements of less than a byte");
        return row_.supports ? row_.supports(q, node) : yes();
    }

    tactic::Created create(const tactic::Query& q, const tactic::Tactic&) const override {
        const ir::Node& node = nodeOf(q);
        LoneRecord r{node.op, {}, {}, {}};
        for (ir::ValueId v : node.inputs) {
            const int from = v == ir::kNoValue ? -1 : q.group().inputIndex(v);
            if (from >= 0 && q.constant(from))
                r.constants.push_back(static_cast<int>(r.operands.size()));
            r.operands.push_back(from);
        }
        const auto& given = q.body().outputs();
        for (ir::ValueId v : node.outputs) {
            auto at = std::find(given.begin(), given.end(), v);
            r.results.push_back(at == given.end() ? -1 : static_cast<int>(at - given.begin()));
        }
        tactic::Created made;
        made.kernel = std::make_unique<LoneKernel>(row_, std::move(r));
        return made;
    }

    std::unique_ptr<device::Kernel> load(ByteReader& in, device::Device&) const override {
        LoneRecord r;
        const ir::OpDef* def = ir::OpRegistry::global().find(row_.op);
        if (!def) in.corrupt(cat("op ", row_.op, " is unknown"));
        r.op = ir::Op(*def);
        ByteReader part = in.sub(in.count());
        ir::readAttributes(r.op, part);
        for (int64_t v : getInts(in)) r.operands.push_back(static_cast<int>(v));
        for (int64_t v : getInts(in)) r.results.push_back(static_cast<int>(v));
        for (int64_t v : getInts(in)) r.constants.push_back(static_cast<int>(v));
        const auto given = static_cast<int>(r.operands.size());
        if (given < def->minInputs || (def->maxInputs >= 0 && given > def->maxInputs))
            in.corrupt(cat(row_.op, " does not take ", given, " operands"));
        for (int k = 0; k < def->minInputs; ++k)
            if (r.operands[static_cast<size_t>(k)] < 0)
                in.corrupt(cat(row_.op, " lacks operand ", k));
        const auto results = static_cast<int>(r.results.size());
        if (results < def->minOutputs || (def->maxOutputs >= 0 && results > def->maxOutputs))
            in.corrupt(cat(row_.op, " does not have ", results, " outputs"));
        return std::make_unique<LoneKernel>(row_, std::move(r));
    }

private:
    static const ir::Node& nodeOf(const tactic::Query& q) {
        return q.body().node(q.body().nodeIds().front());
    }
    LoneOp row_;
};

}  // namespace

std::unique_ptr<tactic::KernelFactory> loneFactory(const LoneOp& op) {
    return std::make_unique<LoneFactory>(op);
}

}  // namespace bireme::cpu
