// SPDX-License-Identifier: Apache-2.0
// Ops that choose boxes (suppression, SSD's detections, proposals, pooling of regions) sort and
// compare one by one, ops on packed lists copy whole elements: the op's own loops are the kernel,
// straight from memory to memory.
#include "backends/cpu/support/factory.h"
#include "ir/eval.h"
#include "ir/serialize.h"

#include <algorithm>
#include <cstring>
#include <memory>

namespace bireme::cpu {

using device::Shapes;

namespace {

constexpr const char* kName = "cpu.choice.eval";

bool isChoice(std::string_view op) {
    return op == "detection_output" || op == "nms" || op == "proposal" || op == "roi_pooling" ||
           op.starts_with("list_");
}

// The node of a body that is nothing else, operand k being its input k; null for other bodies.
const ir::Node* loneNode(const ir::Graph& body) {
    if (body.nodeCount() != 1) return nullptr;
    const ir::Node& n = body.node(body.nodeIds().front());
    return isChoice(n.op.name()) && n.outputs == body.outputs() ? &n : nullptr;
}

class ChoiceBound final : public device::Bound {
public:
    ChoiceBound(std::shared_ptr<const ir::Graph> body, Shapes shapes)
        : body_(std::move(body)), node_(*loneNode(*body_)), shapes_(std::move(shapes)) {
        for (ir::ValueId v : node_.inputs) {
            auto at = std::find(body_->inputs().begin(), body_->inputs().end(), v);
            from_.push_back(v == ir::kNoValue ? -1
                                              : static_cast<int>(at - body_->inputs().begin()));
        }
    }

    // The number of results is known only now: this kernel has to allocate, and may throw inside.
    Status enqueue(device::Stream&, const device::Launch& launch) noexcept override {
        try {
            run(launch);
            return Status::success();
        } catch (const Error& e) {
            message_ = e.what();
            return {e.code(), message_.c_str()};
        } catch (const std::exception&) {
            return Status::failure(ErrorCode::kFAILED_ALLOCATION, "no memory for the result");
        }
    }
    std::string implementation() const override { return "loops of the op"; }

private:
    void run(const device::Launch& launch) {
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
        for (size_t i = 0; i < shapes_.outputs.size(); ++i) {
            const auto& s = shapes_.outputs[i];
            outputs.push_back({s.type, s.dims, isOpen(i) ? nullptr : launch.outputs[i], {}});
            if (isOpen(i) || outputs[i].data) continue;  // nobody reads it: room all the same
            outputs[i].owned.resize(bytesFor(s.type, product(s.dims)) + 1);
            outputs[i].data = outputs[i].owned.data();
        }
        ir::EvalContext c(std::move(inputs), std::move(outputs));
        node_.op.def().eval(node_.op.attributes(), c);
        c.flush();
        for (size_t i = 0; i < shapes_.outputs.size(); ++i)
            if (isOpen(i) && shapes_.outputs[i].present) handOver(launch, static_cast<int>(i), c);
    }

    void handOver(const device::Launch& launch, int output, ir::EvalContext& c) {
        const auto& result = c.results()[static_cast<size_t>(output)];
        void* to =
            launch.sink->resize(output, result.dims.data(), static_cast<int>(result.dims.size()));
        const size_t bytes = bytesFor(result.type, ir::elementCount(result.dims));
        if (!to && bytes > 0) fail(ErrorCode::kFAILED_ALLOCATION, "no memory for the result");
        if (bytes > 0) std::memcpy(to, result.data, bytes);
    }

    bool isOpen(size_t output) const {
        const auto& dims = shapes_.outputs[output].dims;
        return std::find(dims.begin(), dims.end(), -1) != dims.end();
    }

    std::shared_ptr<const ir::Graph> body_;
    const ir::Node& node_;
    Shapes shapes_;
    std::vector<int> from_;  // the body's input of each operand, -1 where it is absent
    std::string message_;
};

class ChoiceKernel final : public device::Kernel {
public:
    explicit ChoiceKernel(ir::Graph body)
        : body_(std::make_shared<const ir::Graph>(std::move(body))) {}
    size_t workspaceBound(const Shapes&, const Shapes&, const Shapes&) const override { return 0; }
    std::unique_ptr<device::Bound> bind(const Shapes& shapes,
                                        device::ContextState&) const override {
        check(shapes.inputs, body_->inputs(), "input");
        check(shapes.outputs, body_->outputs(), "output");
        return std::make_unique<ChoiceBound>(body_, shapes);
    }
    void save(ByteWriter& out) const override { ir::writeGraph(*body_, out); }

private:
    void check(const std::vector<device::TensorShape>& shapes,
               const std::vector<ir::ValueId>& values, const char* what) const {
        if (shapes.size() != values.size())
            failInvalid(
                cat("the op has ", values.size(), " ", what, "s, the step ", shapes.size()));
        for (size_t i = 0; i < shapes.size(); ++i) {
            const TensorDesc& d = body_->value(values[i]).desc;
            if (shapes[i].type != d.type || shapes[i].dims.size() != d.dims.size())
                failInvalid(cat(what, " ", i, " of the op is ", d.text(),
                                ", the step has another type or rank"));
        }
    }

    std::shared_ptr<const ir::Graph> body_;
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
