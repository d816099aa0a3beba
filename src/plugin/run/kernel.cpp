// SPDX-License-Identifier: Apache-2.0
#include "plugin/run/kernel.h"

#include "base/status.h"
#include "base/text.h"
#include "device/backend.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace bireme::plugin {

namespace {

// What plugins allocate by.
class DeviceAllocator final : public IGpuAllocator {
public:
    explicit DeviceAllocator(device::Device& device) : device_(device) {}
    void* allocate(uint64_t size, uint64_t alignment, AllocatorFlags) noexcept override {
        return size ? device_.allocate(size, std::max<uint64_t>(alignment, 256), nullptr) : nullptr;
    }
    bool deallocate(void* memory) noexcept override {
        if (memory) device_.deallocate(memory, nullptr);
        return true;
    }

private:
    device::Device& device_;
};

// The plugin of one context, and the shapes that it was last told.
struct State final : device::KernelState {
    explicit State(device::Device& device) : memory(device) {}
    DeviceAllocator memory;
    std::unique_ptr<Attached> attached;
    const void* told = nullptr;  // the Bound whose shapes it has
};

int64_t elementsOf(const Dims& d) {
    int64_t n = 1;
    for (int32_t i = 0; i < d.nbDims; ++i) n *= d.d[i];
    return n;
}

int64_t readSize(DataType type, const void* data) {
    if (type == DataType::kINT64) {
        int64_t v = 0;
        std::memcpy(&v, data, sizeof v);
        return v;
    }
    int32_t v = 0;
    std::memcpy(&v, data, sizeof v);
    return v;
}

// Memory of a device, of a plugin's own.
class OwnMemory {
public:
    explicit OwnMemory(device::Device& device) : device_(&device) {}
    OwnMemory(OwnMemory&& other) noexcept
        : device_(other.device_), data_(std::exchange(other.data_, nullptr)), size_(other.size_) {}
    ~OwnMemory() {
        if (data_) device_->deallocate(data_, nullptr);
    }
    OwnMemory(const OwnMemory&) = delete;
    OwnMemory& operator=(const OwnMemory&) = delete;
    void make(size_t size) {
        data_ = device_->allocate(size, 256, nullptr);
        if (!data_) fail(ErrorCode::kFAILED_ALLOCATION, cat("no memory for ", size, " bytes"));
        size_ = size;
    }
    void* data() const { return data_; }
    size_t size() const { return size_; }

private:
    device::Device* device_;
    void* data_ = nullptr;
    size_t size_ = 0;
};

class BoundPlugin final : public device::Bound {
public:
    BoundPlugin(const Instance& instance, const Recipe& recipe, State& state, Setup now,
                const device::Shapes& shapes, device::Device& device)
        : instance_(instance),
          recipe_(recipe),
          state_(state),
          device_(device),
          now_(std::move(now)) {
        for (const auto& d : now_.inputs) in_.push_back(d.desc);
        for (const auto& d : now_.outputs) out_.push_back(d.desc);
        inputs_.resize(in_.size());
        outputs_.resize(out_.size());
        for (size_t o = 0; o < out_.size(); ++o) own_.emplace_back(device_);
        prepareOwn(shapes);
    }

    size_t workspace() const noexcept override { return recipe_.workspace; }
    std::string implementation() const override { return instance_.identity().text(); }

    Status enqueue(device::Stream& stream, const device::Launch& launch) noexcept override {
        try {
            if (state_.told != this) {
                state_.told = nullptr;
                state_.attached->changeShapes(now_);
                state_.told = this;
            }
        } catch (const std::exception& e) {
            message_ = e.what();
            return {ErrorCode::kFAILED_EXECUTION, message_.c_str()};
        }
        for (size_t i = 0; i < inputs_.size(); ++i)
            inputs_[i] = launch.inputs[recipe_.inputSlots[i]];
        for (size_t o = 0; o < outputs_.size(); ++o)
            outputs_[o] = own_[o].data() ? own_[o].data() : launch.outputs[recipe_.outputSlots[o]];
        for (size_t o = 0; o < outputs_.size(); ++o) {
            if (recipe_.aliases[o] < 0) continue;
            auto i = static_cast<size_t>(recipe_.aliases[o]);
            if (Status s = device_.copy(outputs_[o], inputs_[i], bytesOf(in_[i]), stream); !s.ok())
                return s;
            inputs_[i] = outputs_[o];
        }
        int32_t code =
            state_.attached->enqueue(in_.data(), out_.data(), inputs_.data(), outputs_.data(),
                                     launch.workspace, static_cast<cudaStream_t>(stream.native()));
        if (code != 0) {
            message_ = cat(instance_.identity().text(), ": enqueue failed with ", code);
            return {ErrorCode::kFAILED_EXECUTION, message_.c_str()};
        }
        return recipe_.told.empty() ? Status::success() : hand(launch, stream);
    }

private:
    static size_t bytesOf(const PluginTensorDesc& d) {
        std::vector<int64_t> dims(d.dims.d, d.dims.d + d.dims.nbDims);
        Format f = Format::fromTensorFormat(d.format, d.dims.nbDims);
        return bytesFor(d.type, f.bufferElements(dims));
    }

    // Memory for outputs whose extents are told, at their upper bounds, and for those nobody reads.
    void prepareOwn(const device::Shapes& shapes) {
        for (size_t o = 0; o < out_.size(); ++o) {
            PluginTensorDesc most = out_[o];
            bool open = false;
            for (const auto& t : recipe_.told) {
                if (static_cast<size_t>(t.output) != o) continue;
                most.dims.d[t.index] = upper(t, shapes);
                open = true;
            }
            int32_t slot = recipe_.outputSlots[o];
            if (open || slot < 0 || !shapes.outputs[static_cast<size_t>(slot)].present)
                own_[o].make(std::max<size_t>(1, bytesOf(most)));
        }
    }

    int64_t upper(const Recipe::Told& t, const device::Shapes& shapes) const {
        Dim::Values values;
        for (size_t i = 0; i < recipe_.inputDims.size(); ++i)
            for (size_t k = 0; k < recipe_.inputDims[i].size(); ++k)
                if (recipe_.inputDims[i][k].isSymbol())
                    values[recipe_.inputDims[i][k].text()] =
                        shapes.inputs[static_cast<size_t>(recipe_.inputSlots[i])].dims[k];
        return std::max<int64_t>(0, t.upper.eval(values).value_or(t.most));
    }

    // Outputs of told extents go where the caller wants them, at their true size.
    Status hand(const device::Launch& launch, device::Stream& stream) {
        for (size_t o = 0; o < out_.size(); ++o) {
            Dims dims = out_[o].dims;
            bool open = false;
            for (const auto& t : recipe_.told) {
                if (static_cast<size_t>(t.output) != o) continue;
                auto s = static_cast<size_t>(t.size);
                std::array<char, 8> size{};
                const size_t width = bytesFor(out_[s].type, 1);
                if (Status r = device_.copy(size.data(), outputs_[s], width, stream); !r.ok())
                    return r;
                if (Status r = stream.synchronize(); !r.ok()) return r;
                dims.d[t.index] = readSize(out_[s].type, size.data());
                open = true;
                if (dims.d[t.index] < 0)
                    return Status::failure(ErrorCode::kFAILED_EXECUTION,
                                           "the plugin gave a negative size");
            }
            if (!open || recipe_.outputSlots[o] < 0) continue;
            size_t bytes = bytesFor(out_[o].type, elementsOf(dims));
            if (bytes > own_[o].size())
                return Status::failure(ErrorCode::kFAILED_EXECUTION,
                                       "the plugin gave a size above the bound that it declared");
            void* to = launch.sink->resize(recipe_.outputSlots[o], dims.d, dims.nbDims);
            if (!to && bytes)
                return Status::failure(ErrorCode::kFAILED_ALLOCATION, "no memory for the result");
            if (Status s = device_.copy(to, own_[o].data(), bytes, stream); bytes && !s.ok())
                return s;
        }
        return Status::success();
    }

    const Instance& instance_;
    const Recipe& recipe_;
    State& state_;
    device::Device& device_;
    Setup now_;
    std::vector<PluginTensorDesc> in_, out_;
    std::vector<const void*> inputs_;
    std::vector<void*> outputs_;
    std::vector<OwnMemory> own_;
    std::string message_;
};

}  // namespace

PluginKernel::PluginKernel(std::unique_ptr<Instance> instance, Recipe recipe,
                           device::Device& device)
    : instance_(std::move(instance)), recipe_(std::move(recipe)), device_(device) {}

void PluginKernel::start() const {
    std::call_once(started_, [this] { instance_->start(); });
}

// The setup with the extents of `shapes`; throws unless they are of its types and ranks.
Setup PluginKernel::at(const device::Shapes& shapes) const {
    Setup now = recipe_.setup;
    auto enter = [&](std::vector<DynamicPluginTensorDesc>& to, const std::vector<int32_t>& slots,
                     const std::vector<device::TensorShape>& from, const char* what) {
        for (size_t i = 0; i < to.size(); ++i) {
            if (slots[i] >= static_cast<int32_t>(from.size()))
                failInvalid(
                    cat(instance_->identity().text(), ": the step has no ", what, " ", slots[i]));
            if (slots[i] < 0) continue;
            const device::TensorShape& s = from[static_cast<size_t>(slots[i])];
            if (!s.present) continue;
            if (s.type != to[i].desc.type ||
                static_cast<int32_t>(s.dims.size()) != to[i].desc.dims.nbDims)
                failInvalid(cat(instance_->identity().text(), ": ", what, " ", i,
                                " of the step has another type or rank"));
            to[i].desc.dims = toDims(s.dims);
        }
    };
    enter(now.inputs, recipe_.inputSlots, shapes.inputs, "input");
    enter(now.outputs, recipe_.outputSlots, shapes.outputs, "output");
    return now;
}

std::unique_ptr<device::Bound> PluginKernel::bind(const device::Shapes& shapes,
                                                  device::ContextState& context) const {
    start();
    Setup now = at(shapes);
    auto& slot = context.states[this];
    if (!slot) {
        auto state = std::make_unique<State>(device_);
        state->attached = instance_->attach(recipe_.setup, state->memory);
        slot = std::move(state);
    }
    return std::make_unique<BoundPlugin>(*instance_, recipe_, static_cast<State&>(*slot),
                                         std::move(now), shapes, device_);
}

}  // namespace bireme::plugin
