// SPDX-License-Identifier: Apache-2.0
// Steps that the host computes beside a GPU: operands are copied to it, results back.
#include "runtime/executor.h"

namespace bireme::runtime {

namespace {

// Keeps results whose size only running tells until they can be copied.
class HostSink final : public device::OutputSink {
public:
    explicit HostSink(HostSide& side) : side_(side), dims(side.outputs.size()) {}
    void* resize(int output, const int64_t* extents, int rank) noexcept override {
        auto o = static_cast<size_t>(output);
        if (output < 0 || o >= dims.size()) return nullptr;
        int64_t n = 8;  // bytes of the largest element
        for (int i = 0; i < rank; ++i) n *= extents[i];
        try {
            dims[o].assign(extents, extents + rank);
        } catch (const std::exception&) {
            return nullptr;
        }
        return side_.outputs[o].reserve(static_cast<size_t>(n)) ? side_.outputs[o].data() : nullptr;
    }

private:
    HostSide& side_;

public:
    std::vector<std::vector<int64_t>> dims;
};

}  // namespace

Status Executor::runOnHost(const LoadedStep& step, BoundStep& b, const device::Launch& launch) {
    if (run_.stream->isCapturing())
        return Status::failure(ErrorCode::kUNSUPPORTED_STATE,
                               "a step that runs on the host cannot be captured");
    HostSide& h = *b.hostSide;
    device::Device& device = engine_.device();
    for (size_t i = 0; i < h.in.size(); ++i) {
        h.in[i] = launch.inputs[i] ? h.inputs[i].data() : nullptr;
        if (!launch.inputs[i] || h.inputBytes[i] == 0) continue;
        Status s = device.copy(h.inputs[i].data(), launch.inputs[i], h.inputBytes[i], *run_.stream);
        if (!s.ok()) return s;
    }
    if (Status s = run_.stream->synchronize(); !s.ok()) return s;
    for (size_t o = 0; o < h.out.size(); ++o) h.out[o] = b.open[o] ? nullptr : h.outputs[o].data();
    HostSink sink(h);
    device::Launch on{h.in.data(), h.out.data(), launch.constants, h.workspace.data(), &sink};
    if (Status s = b.bound->enqueue(*h.stream, on); !s.ok()) return s;
    for (size_t o = 0; o < h.out.size(); ++o) {
        if (step.plan->outputs[o] < 0) continue;
        void* to = launch.outputs[o];
        size_t bytes = h.outputBytes[o];
        if (b.open[o]) {
            const auto& dims = sink.dims[o];
            to = resize(static_cast<int>(o), dims.data(), static_cast<int>(dims.size()));
            const auto& t = variant_->regions[sink_.region].plan->tensors[step.plan->outputs[o]];
            bytes = static_cast<size_t>(
                plan::extentBytes(t.desc.type, t.desc.format, dims).value_or(0));
            if (!to && bytes)
                return Status::failure(ErrorCode::kFAILED_ALLOCATION, "no memory for a result");
        }
        if (bytes == 0) continue;
        if (Status s = device.copy(to, h.outputs[o].data(), bytes, *run_.stream); !s.ok()) return s;
    }
    return run_.stream->synchronize();  // the buffers are written again by the next run
}

}  // namespace bireme::runtime
