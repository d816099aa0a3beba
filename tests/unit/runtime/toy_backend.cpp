// SPDX-License-Identifier: Apache-2.0
#include "toy_backend.h"

#include "base/status.h"
#include "device/registry.h"
#include "plan/sizes.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace bireme::runtime::test {

std::atomic<int> bindings{0};

namespace {

using device::Bound;
using device::ContextState;
using device::Kernel;
using device::Launch;
using device::Shapes;

int64_t count(const device::TensorShape& s) {
    int64_t n = 1;
    for (int64_t d : s.dims) n *= d;
    return n;
}

struct RunCount : device::KernelState {
    int64_t runs = 0;
};

class ToyBound final : public Bound {
public:
    ToyBound(std::string op, Shapes shapes, RunCount* runs)
        : op_(std::move(op)), shapes_(std::move(shapes)), runs_(runs) {
        n_ = count(shapes_.inputs[0]);
    }

    Status enqueue(device::Stream&, const Launch& l) noexcept override {
        const auto* a = static_cast<const float*>(l.inputs[0]);
        auto* out = static_cast<float*>(l.outputs[0]);
        if (op_ == "toy.fail")
            return Status::failure(ErrorCode::kFAILED_EXECUTION, "the toy fails");
        if (op_ == "toy.size") {
            std::memcpy(l.outputs[0], &n_, sizeof n_);
        } else if (op_ == "toy.ints") {
            const auto* ints = static_cast<const int64_t*>(l.inputs[0]);
            for (int64_t i = 0; i < n_; ++i) out[i] = static_cast<float>(ints[i]);
        } else if (op_ == "toy.sum") {
            float sum = 0;
            for (int64_t i = 0; i < n_; ++i) sum += a[i];
            *out = sum;
        } else if (op_ == "toy.positive") {
            int64_t kept = std::count_if(a, a + n_, [](float v) { return v > 0; });
            out = static_cast<float*>(l.sink->resize(0, &kept, 1));
            if (!out) return Status::failure(ErrorCode::kFAILED_ALLOCATION, "no memory");
            std::copy_if(a, a + n_, out, [](float v) { return v > 0; });
        } else if (op_ == "toy.add") {
            const auto* b = shapes_.inputs.size() > 1 ? static_cast<const float*>(l.inputs[1])
                                                      : static_cast<const float*>(l.constants[0]);
            bool one = shapes_.inputs.size() < 2 || count(shapes_.inputs[1]) == 1;
            for (int64_t i = 0; i < n_; ++i) out[i] = a[i] + b[one ? 0 : i];
        } else {
            float add = runs_ ? static_cast<float>(runs_->runs++) : 0,
                  by = op_ == "toy.double" ? 2 : 1;
            for (int64_t i = 0; i < n_; ++i) out[i] = a[i] * by + add;
        }
        return Status::success();
    }
    size_t workspace() const noexcept override { return 0; }
    std::string implementation() const override { return "toy:" + op_.substr(4); }

private:
    std::string op_;
    Shapes shapes_;
    RunCount* runs_;
    int64_t n_;
};

class ToyKernel final : public Kernel {
public:
    explicit ToyKernel(std::string op) : op_(std::move(op)) {}
    size_t workspaceBound(const Shapes&, const Shapes&, const Shapes&) const override { return 0; }
    std::unique_ptr<Bound> bind(const Shapes& shapes, ContextState& context) const override {
        ++bindings;
        if (op_ == "toy.refuse") fail(ErrorCode::kUNSUPPORTED_STATE, "the toy refuses this shape");
        RunCount* runs = nullptr;
        if (op_ == "toy.count") {
            auto& state = context.states[this];
            if (!state) state = std::make_unique<RunCount>();
            runs = static_cast<RunCount*>(state.get());
        }
        return std::make_unique<ToyBound>(op_, shapes, runs);
    }
    void save(ByteWriter&) const override {}

private:
    std::string op_;
};

class ToyStream final : public device::Stream {
public:
    Status synchronize() noexcept override { return Status::success(); }
};

class ToyDevice final : public device::Device {
public:
    ToyDevice() { properties_.name = "toy processor"; }
    const device::DeviceProperties& properties() const override { return properties_; }
    std::vector<std::pair<std::string, std::string>> fingerprint() const override {
        return {{"isa", "toy1"}};
    }
    std::string incompatibility(
        const std::vector<std::pair<std::string, std::string>>& engine) const override {
        for (const auto& [key, value] : engine)
            if (key == "isa" && value != "toy1") return "instruction set " + value + " is missing";
        return {};
    }
    std::string madeAgain(
        const std::vector<std::pair<std::string, std::string>>& engine) const override {
        for (const auto& [key, value] : engine)
            if (key == "library" && value != "1") return "built with library " + value;
        return {};
    }
    void* allocate(size_t size, size_t alignment, device::Stream*) noexcept override {
        return size > (size_t{1} << 40)
                   ? nullptr
                   : std::aligned_alloc(alignment, (size + alignment) / alignment * alignment);
    }
    void deallocate(void* p, device::Stream*) noexcept override { std::free(p); }
    Status copy(void* to, const void* from, size_t size, device::Stream&) noexcept override {
        std::memmove(to, from, size);
        return Status::success();
    }
    std::unique_ptr<device::Stream> createStream() override {
        return std::make_unique<ToyStream>();
    }
    std::unique_ptr<device::Stream> wrapStream(void*) override {
        return std::make_unique<ToyStream>();
    }

private:
    device::DeviceProperties properties_;
};

class ToyBackend final : public device::Backend {
public:
    ToyBackend() { device::BackendRegistry::global().add(*this); }
    std::string_view name() const override { return "toy"; }
    std::string version() const override { return "1"; }
    std::vector<device::Device*> devices() override { return {&device_}; }
    std::vector<const tactic::KernelFactory*> factories() const override { return {}; }
    std::unique_ptr<Kernel> loadKernel(std::string_view kernel, ByteReader&,
                                       device::Device&) const override {
        return std::make_unique<ToyKernel>(std::string(kernel));
    }

private:
    ToyDevice device_;
};

ToyBackend toy;

}  // namespace

TensorDesc desc(DimVector dims, DataType type) {
    TensorDesc d;
    d.type = type;
    d.dims = std::move(dims);
    return d;
}

PlanBuilder::PlanBuilder() {
    plan.name = "toy";
    plan.backend = "toy";
    plan.fingerprint = {{"isa", "toy1"}};
    plan.variants.resize(1);
}

int32_t PlanBuilder::add(const char* name, DimVector dims, DataType type, plan::Storage storage,
                         int32_t index) {
    root().tensors.push_back({name, desc(std::move(dims), type), storage, 0, index, -1});
    return static_cast<int32_t>(root().tensors.size()) - 1;
}

int32_t PlanBuilder::input(const char* name, DimVector dims, std::vector<int64_t> min,
                           std::vector<int64_t> max, DataType type) {
    auto io = static_cast<int32_t>(plan.io.size());
    for (size_t i = 0; i < dims.size(); ++i) {
        if (!dims[i].isSymbol()) continue;
        variant().inputSymbols.push_back({dims[i].text(), io, static_cast<int32_t>(i), false});
        bool known = std::any_of(variant().ranges.begin(), variant().ranges.end(),
                                 [&](const auto& r) { return r.first == dims[i].text(); });
        if (!known) symbol(dims[i].text(), min[i], max[i]);
    }
    plan.io.push_back({name, desc(dims, type), {}, true, false, {{min, min, max, {}, {}, {}}}});
    return add(name, std::move(dims), type, plan::Storage::input, io);
}

int32_t PlanBuilder::output(const char* name, DimVector dims, DataType type) {
    plan.io.push_back({name, desc(dims, type), {}, false, false, {}});
    return add(name, std::move(dims), type, plan::Storage::output,
               static_cast<int32_t>(plan.io.size()) - 1);
}

int32_t PlanBuilder::scratch(const char* name, DimVector dims, DataType type) {
    int32_t t = add(name, std::move(dims), type, plan::Storage::arena, -1);
    plan::SymbolRanges ranges(variant().ranges.begin(), variant().ranges.end());
    root().tensors[t].offset = variant().arenaBytes;
    variant().arenaBytes += (*plan::upperBytes(root().tensors[t].desc, ranges) + 63) / 64 * 64;
    return t;
}

int32_t PlanBuilder::deferred(const char* name, DimVector dims, DataType type) {
    return add(name, std::move(dims), type, plan::Storage::deferred, -1);
}

int32_t PlanBuilder::packed(const std::vector<float>& values) {
    weights_.resize((weights_.size() + 15) / 16 * 16);
    plan.constants.push_back({weights_.size() * 4, values.size() * 4, "constant"});
    weights_.insert(weights_.end(), values.begin(), values.end());
    return static_cast<int32_t>(plan.constants.size()) - 1;
}

int32_t PlanBuilder::constant(const std::vector<float>& values) {
    return add("constant", {static_cast<int64_t>(values.size())}, DataType::kFLOAT,
               plan::Storage::constant, packed(values));
}

plan::Step& PlanBuilder::step(plan::Region& region, const char* kernel, std::vector<int32_t> in,
                              std::vector<int32_t> out) {
    plan::Step s;
    s.name = std::string(kernel).substr(4) + " " + std::to_string(region.steps.size());
    s.kernel = kernel;
    s.inputs = std::move(in);
    s.outputs = std::move(out);
    region.steps.push_back(std::move(s));
    return region.steps.back();
}

plan::Step& PlanBuilder::step(const char* kernel, std::vector<int32_t> in,
                              std::vector<int32_t> out) {
    return step(root(), kernel, std::move(in), std::move(out));
}

std::shared_ptr<const plan::Plan> PlanBuilder::finish() {
    if (!weights_.empty()) plan.weights = Blob::copy(weights_.data(), weights_.size() * 4);
    return std::make_shared<const plan::Plan>(plan);
}

}  // namespace bireme::runtime::test
