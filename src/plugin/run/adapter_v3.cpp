// SPDX-License-Identifier: Apache-2.0
// Plugins of the third generation.
#include "base/status.h"
#include "base/text.h"
#include "plugin/run/fields.h"
#include "plugin/run/instance.h"

#include <algorithm>

namespace bireme::plugin {

namespace {

class ResourceContext final : public IPluginResourceContext {
public:
    explicit ResourceContext(IGpuAllocator& memory) : memory_(memory) {}
    IGpuAllocator* getGpuAllocator() const noexcept override { return &memory_; }
    IErrorRecorder* getErrorRecorder() const noexcept override { return nullptr; }

private:
    IGpuAllocator& memory_;
};

IPluginV3OneRuntime* runtimeOf(IPluginV3& plugin) {
    return static_cast<IPluginV3OneRuntime*>(
        plugin.getCapabilityInterface(PluginCapabilityType::kRUNTIME));
}

std::vector<PluginTensorDesc> plain(const std::vector<DynamicPluginTensorDesc>& list) {
    std::vector<PluginTensorDesc> out;
    for (const auto& d : list) out.push_back(d.desc);
    return out;
}

class AttachedV3 final : public Attached {
public:
    AttachedV3(const Identity& id, std::unique_ptr<ResourceContext> context,
               std::unique_ptr<IPluginV3> plugin, int32_t tactic)
        : id_(id),
          context_(std::move(context)),
          plugin_(std::move(plugin)),
          runtime_(runtimeOf(*plugin_)) {
        if (!runtime_) failInvalid(cat(id_.text(), " has no runtime capability"));
        if (tactic != 0)
            if (int32_t code = runtime_->setTactic(tactic)) failed("setTactic", code);
    }

    void changeShapes(const Setup& now) override {
        auto in = plain(now.inputs), out = plain(now.outputs);
        if (int32_t code = runtime_->onShapeChange(in.data(), static_cast<int32_t>(in.size()),
                                                   out.data(), static_cast<int32_t>(out.size())))
            failed("onShapeChange", code);
    }

    int32_t enqueue(const PluginTensorDesc* in, const PluginTensorDesc* out,
                    const void* const* inputs, void* const* outputs, void* workspace,
                    cudaStream_t stream) noexcept override {
        return runtime_->enqueue(in, out, inputs, outputs, workspace, stream);
    }

private:
    [[noreturn]] void failed(const char* function, int32_t code) const {
        fail(ErrorCode::kFAILED_EXECUTION, cat(id_.text(), ": ", function, " failed with ", code));
    }

    Identity id_;
    std::unique_ptr<ResourceContext> context_;
    std::unique_ptr<IPluginV3> plugin_;
    IPluginV3OneRuntime* runtime_;
};

class PluginV3 final : public Instance {
public:
    PluginV3(Identity id, std::unique_ptr<IPluginV3> plugin)
        : Instance(std::move(id)), plugin_(std::move(plugin)) {}

    std::unique_ptr<Instance> clone() const override {
        std::unique_ptr<IPluginV3> copy(plugin_->clone());
        if (!copy) failInvalid(cat(identity().text(), " cannot be cloned"));
        return std::make_unique<PluginV3>(identity(), std::move(copy));
    }

    int32_t nbOutputs() const override { return build().getNbOutputs(); }
    bool symbolic() const override { return true; }
    void* object() const override { return plugin_.get(); }

    std::vector<DataType> outputTypes(const std::vector<DataType>& inputs) const override {
        std::vector<DataType> types(static_cast<size_t>(nbOutputs()), DataType::kFLOAT);
        if (int32_t code = build().getOutputDataTypes(types.data(), nbOutputs(), inputs.data(),
                                                      static_cast<int32_t>(inputs.size())))
            failed("getOutputDataTypes", code);
        return types;
    }

    std::vector<DimsExprs> outputShapes(const std::vector<DimsExprs>& inputs,
                                        const std::vector<DimsExprs>& shapeInputs,
                                        IExprBuilder& builder) const override {
        std::vector<DimsExprs> out(static_cast<size_t>(nbOutputs()), DimsExprs{-1, {}});
        if (int32_t code = build().getOutputShapes(
                inputs.data(), static_cast<int32_t>(inputs.size()), shapeInputs.data(),
                static_cast<int32_t>(shapeInputs.size()), out.data(), nbOutputs(), builder))
            failed("getOutputShapes", code);
        return out;
    }

    std::string timingId() const override {
        const char* id = build().getTimingCacheID();
        return id ? id : "";
    }

    bool supports(int32_t pos, const std::vector<DynamicPluginTensorDesc>& inOut,
                  int32_t nbInputs) const override {
        return build().supportsFormatCombination(pos, inOut.data(), nbInputs,
                                                 static_cast<int32_t>(inOut.size()) - nbInputs);
    }

    void configure(const Setup& s) override {
        if (int32_t code =
                build().configurePlugin(s.inputs.data(), static_cast<int32_t>(s.inputs.size()),
                                        s.outputs.data(), static_cast<int32_t>(s.outputs.size())))
            failed("configurePlugin", code);
    }

    size_t workspace(const Setup& s) const override {
        return build().getWorkspaceSize(s.inputs.data(), static_cast<int32_t>(s.inputs.size()),
                                        s.outputs.data(), static_cast<int32_t>(s.outputs.size()));
    }

    bool runsOn(DeviceType device) const override { return build().supportsDevice(device); }

    std::vector<int32_t> tactics() override {
        std::vector<int32_t> list(static_cast<size_t>(std::max(0, build().getNbTactics())));
        if (list.empty()) return list;
        if (int32_t code = build().getValidTactics(list.data(), static_cast<int32_t>(list.size())))
            failed("getValidTactics", code);
        for (int32_t t : list)
            if (t <= 0) failInvalid(cat(identity().text(), " has a tactic ", t, ": not positive"));
        return list;
    }

    int32_t aliasedInput(int32_t output) const override {
        IPluginV3OneBuild& b = build();
        if (b.getInterfaceInfo().major < 2) return -1;
        return static_cast<v_2_0::IPluginV3OneBuild&>(b).getAliasedInput(output);
    }

    std::vector<uint8_t> state() const override {
        ByteWriter out;
        const PluginFieldCollection* fields = runtime().getFieldsToSerialize();
        if (!fields) failInvalid(cat(identity().text(), " gives no fields to serialize"));
        try {
            writeFields(out, *fields);
        } catch (const Error& e) {
            failInvalid(cat(identity().text(), ": ", e.message()));
        }
        return out.take();
    }

    std::unique_ptr<Attached> attach(const Setup& setup, IGpuAllocator& memory) const override {
        auto context = std::make_unique<ResourceContext>(memory);
        std::unique_ptr<IPluginV3> made(runtime().attachToContext(context.get()));
        if (!made) failed("attachToContext", -1);
        if (IPluginV3OneRuntime* r = runtimeOf(*made)) r->setDevice(setup.device);
        return std::make_unique<AttachedV3>(identity(), std::move(context), std::move(made),
                                            setup.tactic);
    }

private:
    IPluginV3OneBuild& build() const {
        auto* b = static_cast<IPluginV3OneBuild*>(
            plugin_->getCapabilityInterface(PluginCapabilityType::kBUILD));
        if (!b) failInvalid(cat(identity().text(), " has no build capability"));
        return *b;
    }
    IPluginV3OneRuntime& runtime() const {
        IPluginV3OneRuntime* r = runtimeOf(*plugin_);
        if (!r) failInvalid(cat(identity().text(), " has no runtime capability"));
        return *r;
    }

    std::unique_ptr<IPluginV3> plugin_;
};

}  // namespace

std::unique_ptr<Instance> adoptV3(Identity identity, IPluginV3* plugin) {
    std::unique_ptr<IPluginV3> owned(plugin);
    return std::make_unique<PluginV3>(std::move(identity), std::move(owned));
}

}  // namespace bireme::plugin
