// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/typed/kernel.h"

#include "backends/cpu/simd/convert.h"
#include "backends/cpu/support/record.h"
#include "tensor/convert.h"

#include <algorithm>

namespace bireme::cpu {

using device::Shapes;

void* TypedCall::memory(int output, const std::array<int64_t, kMaxRank>& dims,
                        int rank) const noexcept {
    const Operand& o = outputs[at(output)];
    return o.open ? sink->resize(o.tensor, dims.data(), rank) : o.data;
}

int64_t TypedCall::integer(int i, int64_t element) const noexcept {
    const Operand& o = inputs[at(i)];
    int64_t v = 0;
    convertElements(o.type, static_cast<const char*>(o.data) + element * bits(o.type) / 8,
                    DataType::kINT64, &v, 1);
    return v;
}

double TypedCall::real(int i, int64_t element) const noexcept {
    const Operand& o = inputs[at(i)];
    double v = 0;
    convertElements(o.type, static_cast<const char*>(o.data) + element * bits(o.type) / 8,
                    DataType::kDOUBLE, &v, 1);
    return v;
}

void TypedOperands::save(ByteWriter& out) const {
    putInts(out, std::vector<int64_t>(inputs.begin(), inputs.end()));
    putInts(out, std::vector<int64_t>(outputs.begin(), outputs.end()));
    out.varint(workspace);
}

TypedOperands TypedOperands::load(ByteReader& in) {
    TypedOperands t;
    for (auto* list : {&t.inputs, &t.outputs})
        for (int64_t v : getInts(in)) {
            if (v < -1 || v > 1024) in.corrupt("an operand is a tensor that is not there");
            list->push_back(static_cast<int>(v));
        }
    t.workspace = in.varint();
    return t;
}

Support readTypedOperands(const tactic::Query& q, TypedOperands& operands) {
    const ir::Graph& body = q.body();
    const ir::Node& node = body.node(body.nodeIds().front());
    for (ir::ValueId v : node.inputs) {
        const int i = v == ir::kNoValue ? -1 : q.group().inputIndex(v);
        if (v != ir::kNoValue && i < 0) return no("an operand is a constant inside the group");
        operands.inputs.push_back(i);
    }
    for (ir::ValueId v : node.outputs) {
        const auto& all = body.outputs();
        auto it = std::find(all.begin(), all.end(), v);
        operands.outputs.push_back(it == all.end() ? -1 : static_cast<int>(it - all.begin()));
    }
    return yes();
}

bool isTakenElsewhere(const tactic::Catalog& catalog, const tactic::KernelFactory& self,
                      const tactic::Query& q) {
    for (const tactic::KernelFactory* f : catalog.factories())
        if (f != &self && f->supports(q).ok) return true;
    return false;
}

namespace {

// A call with all but its memory.
struct Layout {
    TypedCall call;
    std::shared_ptr<const void> plan;
    DataType work = DataType::kFLOAT;
    size_t scratchAt = 0, bytes = 0;

    Layout(const TypedHooks& hooks, const void* op, const TypedOperands& operands,
           const Shapes& shapes) {
        const bool fromOutput = hooks.leadIsOutput;
        const int first = fromOutput ? operands.outputs.at(0) : operands.inputs.at(0);
        const auto& tensors = fromOutput ? shapes.outputs : shapes.inputs;
        const DataType lead = tensors.at(static_cast<size_t>(first)).type;
        work = hooks.work(lead);
        auto add = [&](bool output, int tensor, std::vector<TypedCall::Operand>& to) {
            TypedCall::Operand o;
            const auto& from = output ? shapes.outputs : shapes.inputs;
            if (tensor >= 0 && from.at(static_cast<size_t>(tensor)).present) {
                const auto& t = from[static_cast<size_t>(tensor)];
                o.tensor = tensor;
                o.dims = t.dims;
                o.stored = o.type = t.type;
                o.open = std::find(t.dims.begin(), t.dims.end(), -1) != t.dims.end();
                o.count = o.open ? 0 : product(t.dims);
                if (!o.open && hooks.converts(output, static_cast<int>(to.size()), t.type, lead))
                    o.type = work;
                o.buffer = bytes;
                if (o.converted()) bytes += (bytesFor(o.type, o.count) + 63) / 64 * 64;
            }
            to.push_back(std::move(o));
        };
        for (int i : operands.inputs) add(false, i, call.inputs);
        for (int i : operands.outputs) add(true, i, call.outputs);
        scratchAt = bytes;
        plan = hooks.plan(op, call);
        bytes += hooks.scratch(plan.get(), call);
    }
};

class TypedBound final : public device::Bound {
public:
    TypedBound(const TypedHooks& hooks, const void* op, const TypedOperands& operands,
               const Shapes& shapes)
        : hooks_(hooks), layout_(hooks, op, operands, shapes) {
        if (layout_.bytes > operands.workspace) own_.resize(layout_.bytes + 64);
    }

    size_t workspace() const noexcept override { return own_.empty() ? layout_.bytes : 0; }
    Status enqueue(device::Stream&, const device::Launch& launch) noexcept override {
        TypedCall& c = layout_.call;
        char* room = static_cast<char*>(launch.workspace);
        if (!own_.empty())
            room = own_.data() + (64 - reinterpret_cast<uintptr_t>(own_.data()) % 64);
        c.scratch = room + layout_.scratchAt;
        c.sink = launch.sink;
        for (auto& o : c.inputs) {
            if (o.tensor < 0) continue;
            const void* source = launch.inputs[o.tensor];
            o.data = o.converted() ? room + o.buffer : const_cast<void*>(source);
            if (o.converted()) convertDense(o.stored, source, o.type, o.data, o.count);
        }
        for (auto& o : c.outputs)
            if (o.tensor >= 0) o.data = o.converted() ? room + o.buffer : launch.outputs[o.tensor];
        if (Status s = hooks_.run(layout_.plan.get(), layout_.work, c); !s.ok()) return s;
        for (auto& o : c.outputs)
            if (o.converted())
                convertDense(o.type, o.data, o.stored, launch.outputs[o.tensor], o.count);
        return Status::success();
    }
    std::string implementation() const override {
        return cat("loops over ", bireme::name(layout_.work));
    }

private:
    const TypedHooks& hooks_;
    Layout layout_;
    std::vector<char> own_;  // where a shape needs more than was reserved
};

}  // namespace

std::unique_ptr<device::Bound> bindTyped(const TypedHooks& hooks, const void* op,
                                         const TypedOperands& operands, const Shapes& shapes) {
    return std::make_unique<TypedBound>(hooks, op, operands, shapes);
}

void reserveTyped(const TypedHooks& hooks, const void* op, TypedOperands& operands,
                  const tactic::Query& q) {
    constexpr double kMost = 1 << 28;  // elements; more is no extent but the lack of one
    const Shapes shapes = q.shapes(ir::GroupShape::max);
    for (const auto* tensors : {&shapes.inputs, &shapes.outputs})
        for (const auto& t : *tensors) {
            double elements = 1;
            for (int64_t d : t.dims) elements *= d < 0 ? kMost + 1 : static_cast<double>(d);
            if (elements > kMost) return;
        }
    try {
        operands.workspace = Layout(hooks, op, operands, shapes).bytes;
    } catch (const Error&) {
        return;  // no call has these extents: the shapes that do bring their own memory
    }
}

}  // namespace bireme::cpu
