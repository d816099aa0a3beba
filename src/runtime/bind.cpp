// SPDX-License-Identifier: Apache-2.0
#include "runtime/bound.h"

#include "base/status.h"
#include "base/text.h"
#include "runtime/shapes.h"
#include "tensor/convert.h"

#include <algorithm>
#include <deque>
#include <set>

namespace bireme::runtime {

using plan::PlanTensor;
using plan::StepKind;
using plan::Storage;

namespace {

bool complete(const std::vector<int64_t>& dims) {
    return std::none_of(dims.begin(), dims.end(), [](int64_t d) { return d < 0; });
}

// A kernel's place where all that it would write has no elements; libraries refuse such shapes.
class Nothing final : public device::Bound {
public:
    size_t workspace() const noexcept override { return 0; }
    Status enqueue(device::Stream&, const device::Launch&) noexcept override { return {}; }
};

bool writesNothing(const BoundStep& b, const device::Shapes& shapes) {
    if (shapes.outputs.empty() || std::find(b.open.begin(), b.open.end(), 1) != b.open.end())
        return false;
    return std::all_of(shapes.outputs.begin(), shapes.outputs.end(), [](const auto& s) {
        return std::find(s.dims.begin(), s.dims.end(), 0) != s.dims.end();
    });
}

class Binder {
public:
    Binder(const BindScope& scope, int32_t region)
        : scope_(scope),
          index_(region),
          region_(scope.variant.regions[region]),
          tensors_(region_.plan->tensors),
          hostMemory_(scope.engine.device().properties().hostMemory) {}

    BoundStep bind(const LoadedStep& step) {
        BoundStep b;
        device::Shapes shapes;
        for (int32_t t : step.plan->inputs) addInput(b, shapes, t);
        for (int32_t t : step.plan->outputs) addOutput(b, shapes, t, !step.children.empty());
        shapes.constants = step.constants;
        switch (step.plan->kind) {
            case StepKind::kernel:
            case StepKind::convert: bindKernel(b, step, shapes); break;
            case StepKind::loop: break;
            default:
                b.elements = elements(b.inputDims[0]);
                if (!hostMemory_)
                    b.host.resize(bytesFor(tensors_[step.plan->inputs[0]].desc.type, b.elements));
        }
        if (b.hasExtents && !hostMemory_) upload(b);
        bool open = std::find(b.open.begin(), b.open.end(), 1) != b.open.end();
        b.recordable =
            step.kernel && step.kernel->recordable() && !step.host && !open && step.defines.empty();
        return b;
    }

private:
    static int64_t elements(const std::vector<int64_t>& dims) {
        if (std::find(dims.begin(), dims.end(), 0) != dims.end()) return 0;
        int64_t n = 1;
        for (int64_t d : dims) n *= d;
        return n;
    }

    std::vector<int64_t> dims(int32_t t) const {
        return evaluate(tensors_[t].desc.dims, scope_.values);
    }

    // Bytes that a root has room for; -1 when nothing bounds it.
    int64_t room(int32_t region, int32_t t) const {
        const LoadedRegion& r = scope_.variant.regions[region];
        const PlanTensor& root = r.plan->tensors[r.roots[t]];
        switch (root.storage) {
            case Storage::arena: return scope_.variant.plan->arenaBytes - root.offset;
            case Storage::constant:
                return static_cast<int64_t>(scope_.engine.plan().constants[root.index].size);
            case Storage::deferred: return -1;
            case Storage::extents:
                return static_cast<int64_t>(
                    bytesFor(root.desc.type, static_cast<int64_t>(root.elements.size())));
            case Storage::input:
            case Storage::output: {
                if (scope_.limits) return scope_.limits[root.index];
                const TensorDesc& d = scope_.engine.plan().io[root.index].desc;
                auto known = evaluate(d.dims, scope_.values);
                return complete(known) ? plan::extentBytes(d.type, d.format, known).value_or(0)
                                       : -1;
            }
            case Storage::parent: {
                size_t inputs = r.owner->inputs.size(), k = static_cast<size_t>(root.index);
                if (r.passed > k) return -1;  // as large as the turn before made it
                int32_t operand = k < inputs ? r.owner->inputs[k] : r.owner->outputs[k - inputs];
                return room(r.parent, operand);
            }
        }
        return 0;
    }

    int64_t checkedBytes(int32_t t, const std::vector<int64_t>& d) const {
        const PlanTensor& tensor = tensors_[t];
        auto bytes = plan::extentBytes(tensor.desc.type, tensor.desc.format, d);
        int64_t limit = room(index_, t);
        if (!bytes || (limit >= 0 && *bytes > limit))
            fail(ErrorCode::kFAILED_EXECUTION, cat("\"", tensor.name, "\" of ", text(toDims(d)),
                                                   " does not fit into the memory planned for it"));
        return *bytes;
    }

    device::TensorShape shape(int32_t t, const std::vector<int64_t>& d) const {
        device::TensorShape s{tensors_[t].desc.type, d, tensors_[t].desc.format, true};
        s.format.offset = 0;  // part of the address
        return s;
    }

    void addInput(BoundStep& b, device::Shapes& shapes, int32_t t) {
        b.inputs.push_back(nullptr);
        b.extents.emplace_back();
        if (t < 0) {
            b.inputDims.emplace_back();
            b.needed.push_back(0);
            shapes.inputs.push_back({DataType::kFLOAT, {}, {}, false});
            shapes.hostInputs.push_back(nullptr);
            return;
        }
        auto d = dims(t);
        if (!complete(d))
            fail(ErrorCode::kINVALID_STATE,
                 cat("the extents ", text(tensors_[t].desc.dims), " of \"", tensors_[t].name,
                     "\" are not known yet"));
        b.needed.push_back(checkedBytes(t, d) > 0);
        shapes.inputs.push_back(shape(t, d));
        const PlanTensor& root = tensors_[region_.roots[t]];
        if (root.storage == Storage::extents)
            b.extents.back() = extentBytes(root);
        else if (!hostMemory_ && isShapeInput(root))
            b.extents.back() = inputBytes(region_.roots[t]);
        b.hasExtents = b.hasExtents || !b.extents.back().empty();
        const void* host =
            b.extents.back().empty() ? hostValues(t, d) : b.extents.back().data() + offsetOf(t);
        shapes.hostInputs.push_back(host);
        b.inputDims.push_back(std::move(d));
    }

    std::vector<uint8_t> extentBytes(const PlanTensor& t) const {
        std::vector<int64_t> elements;
        for (const Dim& e : t.elements) {
            auto v = e.eval(scope_.values);
            if (!v)
                fail(ErrorCode::kINVALID_STATE,
                     cat("element ", e.text(), " of \"", t.name, "\" is not known yet"));
            elements.push_back(*v);
        }
        auto n = static_cast<int64_t>(elements.size());
        std::vector<uint8_t> bytes(std::max<size_t>(1, bytesFor(t.desc.type, n)));
        convertElements(DataType::kINT64, elements.data(), t.desc.type, bytes.data(), n);
        return bytes;
    }

    void addOutput(BoundStep& b, device::Shapes& shapes, int32_t t, bool branches) {
        b.outputs.push_back(nullptr);
        if (t < 0) {
            b.outputDims.emplace_back();
            b.expected.emplace_back();
            b.open.push_back(0);
            shapes.outputs.push_back({DataType::kFLOAT, {}, {}, false});
            return;
        }
        auto d = dims(t);
        b.open.push_back(!complete(d));
        if (complete(d)) {
            int64_t bytes = checkedBytes(t, d);
            const PlanTensor& root = tensors_[region_.roots[t]];
            // A branch gets the memory of its results itself: only it knows them.
            if (!branches && root.storage != Storage::arena)
                b.acquire.emplace_back(t, rootBytes(t, bytes));
        }
        shapes.outputs.push_back(shape(t, d));
        b.outputDims.push_back(d);
        b.expected.push_back(std::move(d));
    }

    int64_t rootBytes(int32_t t, int64_t own) const {
        int32_t root = region_.roots[t];
        auto d = dims(root);
        if (root == t || !complete(d)) return own;
        return std::max(
            own,
            plan::extentBytes(tensors_[root].desc.type, tensors_[root].desc.format, d).value_or(0));
    }

    int64_t offsetOf(int32_t t) const {
        return tensors_[t].desc.format.offset * bits(tensors_[t].desc.type) / 8;
    }
    bool isShapeInput(const PlanTensor& root) const {
        return root.storage == Storage::input && scope_.engine.plan().io[root.index].shapeTensor;
    }

    // A shape input lies in host memory on every device.
    std::vector<uint8_t> inputBytes(int32_t root) const {
        const auto* from = static_cast<const uint8_t*>(scope_.addresses[index_][root]);
        if (!from) return {};
        return {from, from + bytesFor(tensors_[root].desc.type, elements(dims(root)))};
    }

    // Host bytes of integers whose values are part of the cache's key, or never change.
    const void* hostValues(int32_t t, const std::vector<int64_t>& d) {
        const PlanTensor& tensor = tensors_[t];
        if (isReal(tensor.desc.type)) return nullptr;
        const PlanTensor& root = tensors_[region_.roots[t]];
        if (root.storage == Storage::constant) {
            const auto& plan = scope_.engine.plan();
            return plan.weights.data() + plan.constants[root.index].offset + offsetOf(t);
        }
        if (isShapeInput(root)) return scope_.addresses[index_][t];
        auto read = region_.readBack.find(t);
        if (read == region_.readBack.end()) return nullptr;
        int64_t n = elements(d);
        std::vector<int64_t> values(static_cast<size_t>(n), 0);
        int64_t known = 0;
        for (const auto& [element, symbol] : read->second) {
            auto value = scope_.values.find(scope_.variant.symbols[symbol]);
            if (value == scope_.values.end() || element >= n) continue;
            values[static_cast<size_t>(element)] = value->second;
            ++known;
        }
        if (known < n) return nullptr;
        if (hostMemory_) return scope_.addresses[index_][t];
        readBack_.emplace_back(std::max<size_t>(1, bytesFor(tensor.desc.type, n)));
        convertElements(DataType::kINT64, values.data(), tensor.desc.type, readBack_.back().data(),
                        n);
        return readBack_.back().data();
    }

    // What the host knows goes where the device can read it.
    void upload(BoundStep& b) const {
        auto stream = scope_.engine.device().createStream();
        for (auto& bytes : b.extents) {
            b.extentsOnDevice.push_back(std::make_unique<Buffer>(scope_.engine));
            if (bytes.empty()) continue;
            Buffer& to = *b.extentsOnDevice.back();
            if (!to.reserve(bytes.size(), nullptr))
                fail(ErrorCode::kFAILED_ALLOCATION, "no device memory for a shape");
            Status s = scope_.engine.device().copy(to.data(), bytes.data(), bytes.size(), *stream);
            if (s.ok()) s = stream->synchronize();
            if (!s.ok()) fail(s.code, s.message);
        }
    }

    void prepareHost(BoundStep& b, const LoadedStep& step, const device::Shapes& shapes) {
        b.hostSide = std::make_unique<HostSide>();
        HostSide& h = *b.hostSide;
        auto prepare = [](const std::vector<device::TensorShape>& list,
                          std::vector<HostBuffer>& buffers, std::vector<size_t>& bytes) {
            buffers.resize(list.size());
            for (size_t i = 0; i < list.size(); ++i) {
                bool known = list[i].present && complete(list[i].dims);
                int64_t n =
                    known
                        ? plan::extentBytes(list[i].type, list[i].format, list[i].dims).value_or(0)
                        : 0;
                bytes.push_back(static_cast<size_t>(n));
                if (!buffers[i].reserve(bytes.back()))
                    fail(ErrorCode::kFAILED_ALLOCATION, "no host memory for a step beside the GPU");
            }
        };
        prepare(shapes.inputs, h.inputs, h.inputBytes);
        prepare(shapes.outputs, h.outputs, h.outputBytes);
        h.in.resize(shapes.inputs.size());
        h.out.resize(shapes.outputs.size());
        if (!h.workspace.reserve(b.bound->workspace()))
            fail(ErrorCode::kFAILED_ALLOCATION, "no host memory for a workspace");
        h.stream = step.host->createStream();
    }

    void bindKernel(BoundStep& b, const LoadedStep& step, const device::Shapes& shapes) {
        if (writesNothing(b, shapes))
            b.bound = std::make_unique<Nothing>();
        else
            b.bound = step.kernel->bind(shapes, scope_.state);
        if (!b.bound)
            fail(ErrorCode::kINTERNAL_ERROR,
                 cat("kernel ", step.plan->kernel, " gave nothing to run"));
        if (step.host) return prepareHost(b, step, shapes);
        size_t wanted = b.bound->workspace();
        if (wanted <= static_cast<size_t>(step.plan->workspaceBound)) return;
        scope_.state.log.verbose("step \"", step.plan->name, "\" takes ", wanted,
                                 " bytes of workspace, the plan has ", step.plan->workspaceBound);
        b.extraWorkspace.emplace(scope_.engine);
        if (!b.extraWorkspace->reserve(wanted, nullptr))
            fail(ErrorCode::kFAILED_ALLOCATION,
                 cat("no memory for a workspace of ", wanted, " bytes"));
    }

    const BindScope& scope_;
    int32_t index_;
    const LoadedRegion& region_;
    const std::vector<PlanTensor>& tensors_;
    bool hostMemory_;
    std::deque<std::vector<uint8_t>> readBack_;
};

// What a recorded launch depends on beside the context's own memory.
void findRecordable(const LoadedRegion& r, const Segment& segment, BoundSegment& out) {
    while (out.recordable < out.steps.size() && out.steps[out.recordable].recordable)
        ++out.recordable;
    std::set<int32_t> roots;
    for (size_t i = 0; i < out.recordable; ++i) {
        const plan::Step& s = *r.steps[static_cast<size_t>(segment.begin) + i].plan;
        for (const auto* list : {&s.inputs, &s.outputs})
            for (int32_t t : *list)
                if (t >= 0) roots.insert(r.roots[static_cast<size_t>(t)]);
    }
    for (int32_t t : roots) {
        Storage s = r.plan->tensors[static_cast<size_t>(t)].storage;
        if (s != Storage::arena && s != Storage::constant && s != Storage::extents)
            out.pointedTo.push_back(t);
    }
}

}  // namespace

std::unique_ptr<BoundSegment> bindSegment(const BindScope& scope, int32_t region,
                                          const Segment& segment, bool last) {
    auto out = std::make_unique<BoundSegment>();
    const LoadedRegion& r = scope.variant.regions[region];
    Binder binder(scope, region);
    for (int32_t i = segment.begin; i < segment.end; ++i) {
        try {
            out->steps.push_back(binder.bind(r.steps[i]));
        } catch (const Error& e) {
            throw e.at(r.steps[i].plan->name);
        }
    }
    if (scope.recording) findRecordable(r, segment, *out);
    if (!last) return out;
    if (r.owner)
        for (int32_t t : r.plan->outputs)
            out->results.push_back(t < 0 ? std::vector<int64_t>()
                                         : evaluate(r.plan->tensors[t].desc.dims, scope.values));
    else
        for (const auto& io : scope.engine.plan().io)
            out->results.push_back(evaluate(io.desc.dims, scope.values));
    return out;
}

}  // namespace bireme::runtime
