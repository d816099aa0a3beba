// SPDX-License-Identifier: Apache-2.0
// Plugins of the second generation: dynamic, and those of fixed shapes (plain, Ext, IOExt).
#include "base/status.h"
#include "base/text.h"
#include "plugin/run/instance.h"

#include <algorithm>

namespace bireme::plugin {

namespace {

struct Destroy {
    void operator()(IPluginV2* p) const noexcept { p->destroy(); }
};
template <typename T>
using Owned = std::unique_ptr<T, Destroy>;

// The plugin of one execution context; told when the context is gone.
template <typename T>
Owned<T> attachedClone(const T& plugin, const Identity& id, DeviceType device,
                       IGpuAllocator& memory) {
    Owned<T> copy(static_cast<T*>(plugin.clone()));
    if (!copy) failInvalid(cat(id.text(), " cannot be cloned"));
    if constexpr (std::is_base_of_v<IPluginV2Ext, T>)
        copy->attachToContext(nullptr, nullptr, &memory);
    copy->setDevice(device);
    return copy;
}

std::vector<PluginTensorDesc> plain(const std::vector<DynamicPluginTensorDesc>& list,
                                    bool atMax = false) {
    std::vector<PluginTensorDesc> out;
    for (const auto& d : list) {
        out.push_back(d.desc);
        if (atMax) out.back().dims = d.max;
    }
    return out;
}

template <typename T>
int32_t count(const std::vector<T>& list) {
    return static_cast<int32_t>(list.size());
}

// What all of them have: one object, a life between initialize and terminate, bytes as state.
class PluginOfV2 : public Instance {
public:
    PluginOfV2(Identity id, Owned<IPluginV2> plugin)
        : Instance(std::move(id)), plugin_(std::move(plugin)) {}
    ~PluginOfV2() override {
        if (started_) plugin_->terminate();
    }
    std::unique_ptr<Instance> clone() const override {
        IPluginV2* copy = plugin_->clone();
        if (!copy) failInvalid(cat(identity().text(), " cannot be cloned"));
        copy->setPluginNamespace(identity().space.c_str());
        auto made = adoptV2(identity(), copy);
        if (batched()) made->setBatched(true);
        return made;
    }
    int32_t nbOutputs() const override { return plugin_->getNbOutputs(); }
    void* object() const override { return plugin_.get(); }
    bool runsOn(DeviceType device) const override { return plugin_->supportsDevice(device); }
    std::vector<uint8_t> state() const override {
        std::vector<uint8_t> bytes(plugin_->getSerializationSize());
        plugin_->serialize(bytes.data());
        return bytes;
    }
    void start() override {
        if (started_) return;
        if (int32_t code = plugin_->initialize()) failed("initialize", code);
        started_ = true;
    }

protected:
    template <typename T>
    T& as() const {
        return static_cast<T&>(*plugin_);
    }
    std::vector<DataType> typesOfExt(const std::vector<DataType>& inputs) const {
        std::vector<DataType> types;
        for (int32_t o = 0; o < nbOutputs(); ++o)
            types.push_back(as<IPluginV2Ext>().getOutputDataType(o, inputs.data(), count(inputs)));
        return types;
    }

private:
    Owned<IPluginV2> plugin_;
    bool started_ = false;
};

class AttachedDynamic final : public Attached {
public:
    explicit AttachedDynamic(Owned<IPluginV2DynamicExt> plugin) : plugin_(std::move(plugin)) {}
    ~AttachedDynamic() override { plugin_->detachFromContext(); }
    void changeShapes(const Setup& now) override {
        plugin_->configurePlugin(now.inputs.data(), count(now.inputs), now.outputs.data(),
                                 count(now.outputs));
    }
    int32_t enqueue(const PluginTensorDesc* in, const PluginTensorDesc* out,
                    const void* const* inputs, void* const* outputs, void* workspace,
                    cudaStream_t stream) noexcept override {
        return plugin_->enqueue(in, out, inputs, outputs, workspace, stream);
    }

private:
    Owned<IPluginV2DynamicExt> plugin_;
};

class PluginDynamic final : public PluginOfV2 {
public:
    using PluginOfV2::PluginOfV2;

    bool symbolic() const override { return true; }
    std::vector<DataType> outputTypes(const std::vector<DataType>& inputs) const override {
        return typesOfExt(inputs);
    }
    std::vector<DimsExprs> outputShapes(const std::vector<DimsExprs>& inputs,
                                        const std::vector<DimsExprs>&,
                                        IExprBuilder& builder) const override {
        std::vector<DimsExprs> out;
        for (int32_t o = 0; o < nbOutputs(); ++o)
            out.push_back(plugin().getOutputDimensions(o, inputs.data(), count(inputs), builder));
        return out;
    }
    bool supports(int32_t pos, const std::vector<DynamicPluginTensorDesc>& inOut,
                  int32_t nbInputs) const override {
        auto list = plain(inOut);
        return plugin().supportsFormatCombination(pos, list.data(), nbInputs,
                                                  count(list) - nbInputs);
    }
    void configure(const Setup& s) override {
        plugin().configurePlugin(s.inputs.data(), count(s.inputs), s.outputs.data(),
                                 count(s.outputs));
    }
    size_t workspace(const Setup& s) const override {
        auto in = plain(s.inputs, true), out = plain(s.outputs, true);
        return plugin().getWorkspaceSize(in.data(), count(in), out.data(), count(out));
    }
    std::unique_ptr<Attached> attach(const Setup& setup, IGpuAllocator& memory) const override {
        return std::make_unique<AttachedDynamic>(
            attachedClone(plugin(), identity(), setup.device, memory));
    }

private:
    IPluginV2DynamicExt& plugin() const { return as<IPluginV2DynamicExt>(); }
};

template <typename T>
class AttachedFixed final : public Attached {
public:
    AttachedFixed(Owned<T> plugin, bool batched) : plugin_(std::move(plugin)), batched_(batched) {}
    ~AttachedFixed() override {
        if constexpr (std::is_base_of_v<IPluginV2Ext, T>) plugin_->detachFromContext();
    }
    void changeShapes(const Setup& now) override {
        batch_ = batched_ && !now.inputs.empty() ? now.inputs[0].desc.dims.d[0] : 1;
    }
    int32_t enqueue(const PluginTensorDesc*, const PluginTensorDesc*, const void* const* inputs,
                    void* const* outputs, void* workspace, cudaStream_t stream) noexcept override {
        return plugin_->enqueue(static_cast<int32_t>(batch_), inputs, outputs, workspace, stream);
    }

private:
    Owned<T> plugin_;
    bool batched_;
    int64_t batch_ = 1;
};

class PluginFixed final : public PluginOfV2 {
public:
    using PluginOfV2::PluginOfV2;

    bool symbolic() const override { return false; }
    bool batched() const override { return batched_; }
    void setBatched(bool batched) override { batched_ = batched; }

    std::vector<DataType> outputTypes(const std::vector<DataType>& inputs) const override {
        if (identity().generation != Generation::v2) return typesOfExt(inputs);
        DataType type = inputs.empty() ? DataType::kFLOAT : inputs[0];
        return std::vector<DataType>(static_cast<size_t>(nbOutputs()), type);
    }
    Dims outputDims(int32_t index, const std::vector<Dims>& inputs) const override {
        return as<IPluginV2>().getOutputDimensions(index, inputs.data(), count(inputs));
    }
    bool supports(int32_t pos, const std::vector<DynamicPluginTensorDesc>& inOut,
                  int32_t nbInputs) const override {
        if (identity().generation == Generation::v2IoExt) {
            auto list = seen(inOut);
            return as<IPluginV2IOExt>().supportsFormatCombination(pos, list.data(), nbInputs,
                                                                  count(list) - nbInputs);
        }
        const PluginTensorDesc& d = inOut[static_cast<size_t>(pos)].desc;
        bool real =
            d.type == DataType::kFLOAT || d.type == DataType::kHALF || d.type == DataType::kINT8;
        if (!real) return d.format == TensorFormat::kLINEAR;
        return as<IPluginV2>().supportsFormat(d.type, d.format);
    }
    void configure(const Setup& s) override {
        auto in = seen(s.inputs), out = seen(s.outputs);
        auto inDims = dimsOf(in), outDims = dimsOf(out);
        auto batch = static_cast<int32_t>(maxBatch(s));
        const PluginTensorDesc first = in.empty() ? PluginTensorDesc{} : in[0];
        if (identity().generation == Generation::v2IoExt)
            return as<IPluginV2IOExt>().configurePlugin(in.data(), count(in), out.data(),
                                                        count(out));
        if (identity().generation == Generation::v2)
            return as<IPluginV2>().configureWithFormat(inDims.data(), count(inDims), outDims.data(),
                                                       count(outDims), first.type, first.format,
                                                       batch);
        auto inTypes = typesOf(in), outTypes = typesOf(out);
        std::unique_ptr<bool[]> inCast(new bool[in.size() + 1]()), outCast(new bool[out.size()]());
        as<IPluginV2Ext>().configurePlugin(inDims.data(), count(inDims), outDims.data(),
                                           count(outDims), inTypes.data(), outTypes.data(),
                                           inCast.get(), outCast.get(), first.format, batch);
    }
    size_t workspace(const Setup& s) const override {
        return as<IPluginV2>().getWorkspaceSize(static_cast<int32_t>(maxBatch(s)));
    }
    std::unique_ptr<Attached> attach(const Setup& setup, IGpuAllocator& memory) const override {
        if (identity().generation == Generation::v2)
            return std::make_unique<AttachedFixed<IPluginV2>>(
                attachedClone(as<IPluginV2>(), identity(), setup.device, memory), batched_);
        return std::make_unique<AttachedFixed<IPluginV2Ext>>(
            attachedClone(as<IPluginV2Ext>(), identity(), setup.device, memory), batched_);
    }

private:
    static Dims withoutBatch(Dims d) {
        if (d.nbDims > 0) std::copy(d.d + 1, d.d + d.nbDims--, d.d);
        return d;
    }
    // The tensors as this plugin sees them.
    std::vector<PluginTensorDesc> seen(const std::vector<DynamicPluginTensorDesc>& list) const {
        auto out = plain(list);
        if (batched_)
            for (auto& d : out) d.dims = withoutBatch(d.dims);
        return out;
    }
    static std::vector<Dims> dimsOf(const std::vector<PluginTensorDesc>& list) {
        std::vector<Dims> out;
        for (const auto& d : list) out.push_back(d.dims);
        return out;
    }
    static std::vector<DataType> typesOf(const std::vector<PluginTensorDesc>& list) {
        std::vector<DataType> out;
        for (const auto& d : list) out.push_back(d.type);
        return out;
    }
    int64_t maxBatch(const Setup& s) const {
        return batched_ && !s.inputs.empty() ? s.inputs[0].max.d[0] : 1;
    }

    bool batched_ = false;
};

}  // namespace

Generation generationOf(const IPluginV2& plugin) {
    // The upper byte tells; plain plugins give the version alone.
    int32_t version = plugin.getTensorRTVersion();
    switch (static_cast<PluginVersion>(static_cast<uint32_t>(version) >> 24U)) {
        case PluginVersion::kV2: return Generation::v2;
        case PluginVersion::kV2_EXT: return Generation::v2Ext;
        case PluginVersion::kV2_IOEXT: return Generation::v2IoExt;
        case PluginVersion::kV2_DYNAMICEXT: return Generation::v2Dynamic;
    }
    failInvalid(
        cat("plugin \"", plugin.getPluginType(), "\" is of an interface that is not known"));
}

std::unique_ptr<Instance> adoptV2(Identity identity, IPluginV2* plugin) {
    Owned<IPluginV2> owned(plugin);
    if (identity.generation == Generation::v2Dynamic)
        return std::make_unique<PluginDynamic>(std::move(identity), std::move(owned));
    return std::make_unique<PluginFixed>(std::move(identity), std::move(owned));
}

}  // namespace bireme::plugin
