// SPDX-License-Identifier: Apache-2.0
// A plugin library: y = x where |x| > bound, else 0. It builds against the installed headers alone;
// an ONNX node HardShrink with the attribute `bound` becomes this plugin.
#include <NvInfer.h>

#include <cmath>
#include <cstdint>
#include <memory>
#include <string_view>

#include "shrink_cuda.h"

namespace {

using namespace nvinfer1;

class HardShrink final : public IPluginV3,
                         public IPluginV3OneCore,
                         public IPluginV3OneBuild,
                         public IPluginV3OneRuntime {
public:
    explicit HardShrink(float bound) : bound_(bound) {}

    IPluginCapability* getCapabilityInterface(PluginCapabilityType type) noexcept override {
        switch (type) {
            case PluginCapabilityType::kCORE: return static_cast<IPluginV3OneCore*>(this);
            case PluginCapabilityType::kBUILD: return static_cast<IPluginV3OneBuild*>(this);
            case PluginCapabilityType::kRUNTIME: return static_cast<IPluginV3OneRuntime*>(this);
        }
        return nullptr;
    }
    IPluginV3* clone() noexcept override { return new HardShrink(bound_); }

    // Who it is: the creator of this name makes it again when an engine is loaded.
    char const* getPluginName() const noexcept override { return "HardShrink"; }
    char const* getPluginVersion() const noexcept override { return "1"; }
    char const* getPluginNamespace() const noexcept override { return ""; }

    // What the builder asks.
    int32_t getNbOutputs() const noexcept override { return 1; }
    int32_t getOutputDataTypes(DataType* outputTypes, int32_t, DataType const* inputTypes,
                               int32_t) const noexcept override {
        outputTypes[0] = inputTypes[0];
        return 0;
    }
    int32_t getOutputShapes(DimsExprs const* inputs, int32_t, DimsExprs const*, int32_t,
                            DimsExprs* outputs, int32_t, IExprBuilder&) noexcept override {
        outputs[0] = inputs[0];
        return 0;
    }
    bool supportsFormatCombination(int32_t pos, DynamicPluginTensorDesc const* inOut, int32_t,
                                   int32_t) noexcept override {
        return inOut[pos].desc.type == DataType::kFLOAT &&
               inOut[pos].desc.format == TensorFormat::kLINEAR;
    }
    int32_t configurePlugin(DynamicPluginTensorDesc const*, int32_t nbInputs,
                            DynamicPluginTensorDesc const*, int32_t) noexcept override {
        return nbInputs == 1 ? 0 : 1;
    }

    // What a running engine asks: one clone per execution context.
    IPluginV3* attachToContext(IPluginResourceContext*) noexcept override { return clone(); }
    int32_t onShapeChange(PluginTensorDesc const* in, int32_t, PluginTensorDesc const*,
                          int32_t) noexcept override {
        count_ = 1;
        for (int32_t i = 0; i < in[0].dims.nbDims; ++i) count_ *= in[0].dims.d[i];
        return 0;
    }
    // Memory of the GPU in an engine for one, of the host in others.
    void setDevice(DeviceType device) noexcept override {
        if (device == DeviceType::kGPU) gpu_ = std::make_unique<ShrinkCuda>();
    }
    int32_t enqueue(PluginTensorDesc const*, PluginTensorDesc const*, void const* const* inputs,
                    void* const* outputs, void*, cudaStream_t stream) noexcept override {
        auto const* x = static_cast<float const*>(inputs[0]);
        auto* y = static_cast<float*>(outputs[0]);
        if (gpu_) return gpu_->run(x, y, count_, bound_, stream) ? 0 : 1;
        for (int64_t i = 0; i < count_; ++i) y[i] = std::fabs(x[i]) > bound_ ? x[i] : 0.0F;
        return 0;
    }
    PluginFieldCollection const* getFieldsToSerialize() noexcept override {
        field_ = PluginField("bound", &bound_, PluginFieldType::kFLOAT32, 1);
        fields_ = {1, &field_};
        return &fields_;
    }

private:
    float bound_;
    int64_t count_ = 0;
    std::unique_ptr<ShrinkCuda> gpu_;
    PluginField field_;
    PluginFieldCollection fields_{0, nullptr};
};

class HardShrinkCreator final : public IPluginCreatorV3One {
public:
    char const* getPluginName() const noexcept override { return "HardShrink"; }
    char const* getPluginVersion() const noexcept override { return "1"; }
    char const* getPluginNamespace() const noexcept override { return ""; }
    PluginFieldCollection const* getFieldNames() noexcept override { return &declared_; }
    IPluginV3* createPlugin(char const*, PluginFieldCollection const* fields,
                            TensorRTPhase) noexcept override {
        float bound = 0.5F;
        for (int32_t i = 0; i < fields->nbFields; ++i) {
            PluginField const& f = fields->fields[i];
            if (std::string_view(f.name) == "bound") bound = *static_cast<float const*>(f.data);
        }
        return new HardShrink(bound);
    }

private:
    PluginField field_{"bound", nullptr, PluginFieldType::kFLOAT32, 1};
    PluginFieldCollection declared_{1, &field_};
};

}  // namespace

// What IPluginRegistry::loadLibrary() looks for.
extern "C" __attribute__((visibility("default"))) IPluginCreatorInterface* const* getCreators(
    int32_t& count) {
    static HardShrinkCreator creator;
    static IPluginCreatorInterface* const creators[] = {&creator};
    count = 1;
    return creators;
}
