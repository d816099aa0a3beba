// SPDX-License-Identifier: Apache-2.0
// Ops that choose boxes (suppression, SSD's detections, proposals) sort and
// compare one by one, ops on packed lists copy whole elements: the op's own loops are the kernel,
// straight from memory to memory.
#include "backends/cpu/support/factory.h"
#include "device/guarded.h"
#include "ir/eval.h"
#include "ir/serialize.h"
#include "tactic/body_kernel.h"

#include <algorithm>
#include <memory>

namespace bireme::cpu {

using device::Shapes;

namespace {

constexpr const char* kName = "cpu.choice.eval";

bool isChoice(std::string_view op) {
    return op == "detection_output" || op == "nms" || op == "proposal" || op.starts_with("list_");
}

// The node of a body that is nothing else; null for other bodies, and where nobody reads a result
// whose extents are no numbers.
const ir::Node* loneNode(const ir::Graph& body) {
    if (body.nodeCount() != 1) return nullptr;
    const ir::Node& n = body.node(body.nodeIds().front());
    for (ir::ValueId v : n.outputs)
        if (!body.isOutput(v) && !allStatic(body.value(v).desc.dims)) return nullptr;
    return isChoice(n.op.name()) ? &n : nullptr;
}

class ChoiceBound final : public device::Bound, private ir::EvalContext::Room {
public:
    ChoiceBound(std::shared_ptr<const ir::Graph> body, Shapes shapes)
        : body_(std::move(body)), node_(*loneNode(*body_)), shapes_(std::move(shapes)) {
        for (ir::ValueId v : node_.inputs)
            from_.push_back(v == ir::kNoValue ? -1 : placeOf(body_->inputs(), v));
        for (ir::ValueId v : node_.outputs) to_.push_back(placeOf(body_->outputs(), v));
    }

    // The number of results is known only now: this kernel has to allocate, and may throw inside.
    Status enqueue(device::Stream&, const device::Launch& launch) noexcept override {
        return device::guarded(message_, [&] {
            run(launch);
            return Status::success();
        });
    }
    std::string implementation() const override { return "loops of the op"; }

private:
    static int placeOf(const std::vector<ir::ValueId>& list, ir::ValueId v) {
        auto at = std::find(list.begin(), list.end(), v);
        return at == list.end() ? -1 : static_cast<int>(at - list.begin());
    }

    // What the plan wants to know the extents of goes straight where the plan keeps it.
    void* take(int output, const std::vector<int64_t>& dims) override {
        const int to = to_[static_cast<size_t>(output)];
        if (to < 0 || !isOpen(to) || !shapes_.outputs[static_cast<size_t>(to)].present)
            return nullptr;
        void* memory = launch_->sink->resize(to, dims.data(), static_cast<int>(dims.size()));
        const DataType type = shapes_.outputs[static_cast<size_t>(to)].type;
        if (!memory && bytesFor(type, ir::elementCount(dims)) > 0)
            fail(ErrorCode::kFAILED_ALLOCATION, "no memory for the result");
        return memory;
    }

    void run(const device::Launch& launch) {
        launch_ = &launch;
        std::vector<ir::EvalContext::In> inputs;
        for (int i : from_) {
            if (i < 0) {
                inputs.push_back({});
                continue;
            }
            const auto& s = shapes_.inputs[static_cast<size_t>(i)];
            inputs.push_back({true, s.type, s.dims, launch.inputs[i]});
        }
        std::vector<ir::EvalContext::Out> outputs;
        for (size_t k = 0; k < to_.size(); ++k) {
            const bool open = to_[k] >= 0 && isOpen(to_[k]);
            if (to_[k] < 0) {
                const TensorDesc& d = body_->value(node_.outputs[k]).desc;
                outputs.push_back({d.type, staticValues(d.dims), nullptr, {}});
            } else {
                const auto& s = shapes_.outputs[static_cast<size_t>(to_[k])];
                outputs.push_back({s.type, s.dims, open ? nullptr : launch.outputs[to_[k]], {}});
            }
            if (open || outputs.back().data) continue;  // nobody reads it: room all the same
            outputs.back().owned.resize(
                bytesFor(outputs.back().type, product(outputs.back().dims)) + 1);
            outputs.back().data = outputs.back().owned.data();
        }
        ir::EvalContext c(std::move(inputs), std::move(outputs), nullptr, this);
        node_.op.def().eval(node_.op.attributes(), c);
        c.flush();
    }

    bool isOpen(int output) const {
        return tactic::isOpen(shapes_.outputs[static_cast<size_t>(output)]);
    }

    std::shared_ptr<const ir::Graph> body_;
    const ir::Node& node_;
    Shapes shapes_;
    std::vector<int> from_;  // the body's input of each operand, -1 where it is absent
    std::vector<int> to_;    // the body's output of each result, -1 where nobody reads it
    std::string message_;
    const device::Launch* launch_ = nullptr;  // the one that runs
};

class ChoiceKernel final : public tactic::BodyKernel {
public:
    using BodyKernel::BodyKernel;
    std::unique_ptr<device::Bound> bind(const Shapes& shapes,
                                        device::ContextState&) const override {
        requireShapes(shapes);
        return std::make_unique<ChoiceBound>(body(), shapes);
    }
};

class ChoiceFactory final : public tactic::KernelFactory {
public:
    std::string_view name() const override { return kName; }
    Support supports(const tactic::Query& q) const override {
        return loneNode(q.body()) ? yes()
                                  : no("not a lone op that chooses boxes or works on lists");
    }
    tactic::Created create(const tactic::Query& q, const tactic::Tactic&) const override {
        return {std::make_unique<ChoiceKernel>(q.body()), {}, {}};
    }
    std::unique_ptr<device::Kernel> load(ByteReader& in, device::Device&) const override {
        ir::Graph body = ir::readGraph(in);
        if (!loneNode(body)) in.corrupt("the step is no op that chooses boxes or works on lists");
        return std::make_unique<ChoiceKernel>(std::move(body));
    }
};

}  // namespace

void registerKernel_choice_eval(tactic::Catalog& catalog) {
    catalog.add(std::make_unique<ChoiceFactory>());
}

}  // namespace bireme::cpu
