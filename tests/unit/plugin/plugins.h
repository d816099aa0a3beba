// SPDX-License-Identifier: Apache-2.0
// Plugins as users write them, in the library's namespace, against the public headers alone.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "NvInfer.h"
#include "NvInferPlugin.h"

namespace nvinfer1 {

inline int64_t volumeOf(Dims const& d) {
    int64_t n = 1;
    for (int32_t i = 0; i < d.nbDims; ++i) n *= d.d[i];
    return n;
}

// y = factor * x + (number of runs of this context before this one). V3, any extents.
class ScaleCount : public IPluginV3,
                   public IPluginV3OneCore,
                   public IPluginV3OneBuild,
                   public IPluginV3OneRuntime {
public:
    explicit ScaleCount(float factor, DataType type = DataType::kFLOAT)
        : factor_(factor), type_(type) {
        ++alive;
    }
    ScaleCount(ScaleCount const& o) : ScaleCount(o.factor_, o.type_) {}
    ~ScaleCount() override { --alive; }

    IPluginCapability* getCapabilityInterface(PluginCapabilityType type) noexcept override {
        if (type == PluginCapabilityType::kBUILD) return static_cast<IPluginV3OneBuild*>(this);
        if (type == PluginCapabilityType::kRUNTIME) return static_cast<IPluginV3OneRuntime*>(this);
        return static_cast<IPluginV3OneCore*>(this);
    }
    IPluginV3* clone() noexcept override { return new ScaleCount(*this); }

    char const* getPluginName() const noexcept override { return "ScaleCount"; }
    char const* getPluginVersion() const noexcept override { return "1"; }
    char const* getPluginNamespace() const noexcept override { return ""; }

    int32_t getNbOutputs() const noexcept override { return 1; }
    int32_t configurePlugin(DynamicPluginTensorDesc const* in, int32_t nbIn,
                            DynamicPluginTensorDesc const*, int32_t) noexcept override {
        return nbIn == 1 && in[0].desc.dims.nbDims >= 0 ? 0 : 7;
    }
    int32_t getOutputDataTypes(DataType* out, int32_t, DataType const* in,
                               int32_t) const noexcept override {
        out[0] = in[0];
        return 0;
    }
    int32_t getOutputShapes(DimsExprs const* in, int32_t, DimsExprs const*, int32_t, DimsExprs* out,
                            int32_t, IExprBuilder&) noexcept override {
        out[0] = in[0];
        return 0;
    }
    bool supportsFormatCombination(int32_t pos, DynamicPluginTensorDesc const* inOut, int32_t,
                                   int32_t) noexcept override {
        return inOut[pos].desc.type == type_ && inOut[pos].desc.format == TensorFormat::kLINEAR;
    }
    size_t getWorkspaceSize(DynamicPluginTensorDesc const* in, int32_t,
                            DynamicPluginTensorDesc const*, int32_t) const noexcept override {
        return static_cast<size_t>(volumeOf(in[0].max)) * sizeof(float);
    }

    int32_t onShapeChange(PluginTensorDesc const* in, int32_t, PluginTensorDesc const*,
                          int32_t) noexcept override {
        count_ = volumeOf(in[0].dims);
        return 0;
    }
    int32_t enqueue(PluginTensorDesc const*, PluginTensorDesc const*, void const* const* inputs,
                    void* const* outputs, void* workspace, cudaStream_t) noexcept override {
        if (factor_ == 13.F) return 42;
        auto* scratch = static_cast<float*>(workspace);
        std::memcpy(scratch, inputs[0], static_cast<size_t>(count_) * sizeof(float));
        for (int64_t i = 0; i < count_; ++i)
            static_cast<float*>(outputs[0])[i] = factor_ * scratch[i] + static_cast<float>(runs_);
        ++runs_;
        return 0;
    }
    IPluginV3* attachToContext(IPluginResourceContext* context) noexcept override {
        return context->getGpuAllocator() ? clone() : nullptr;
    }
    PluginFieldCollection const* getFieldsToSerialize() noexcept override {
        field_ = PluginField("factor", &factor_, PluginFieldType::kFLOAT32, 1);
        fields_ = {1, &field_};
        return &fields_;
    }

    static inline int alive = 0;

private:
    float factor_;
    DataType type_;
    int64_t count_ = 0, runs_ = 0;
    PluginField field_;
    PluginFieldCollection fields_{};
};

class ScaleCountCreator : public IPluginCreatorV3One {
public:
    char const* getPluginName() const noexcept override { return "ScaleCount"; }
    char const* getPluginVersion() const noexcept override { return "1"; }
    char const* getPluginNamespace() const noexcept override { return ""; }
    PluginFieldCollection const* getFieldNames() noexcept override { return &names_; }
    IPluginV3* createPlugin(char const*, PluginFieldCollection const* fc,
                            TensorRTPhase phase) noexcept override {
        phases.push_back(phase);
        for (int32_t i = 0; i < fc->nbFields; ++i)
            if (std::string(fc->fields[i].name) == "factor")
                return new ScaleCount(*static_cast<float const*>(fc->fields[i].data));
        return nullptr;
    }
    std::vector<TensorRTPhase> phases;

private:
    PluginFieldCollection names_{0, nullptr};
};

// Makes Plugin(argument) in the place of a ScaleCount.
template <typename Plugin, typename Argument>
class CreatorOf final : public ScaleCountCreator {
public:
    explicit CreatorOf(Argument argument) : argument_(argument) {}
    IPluginV3* createPlugin(char const*, PluginFieldCollection const*,
                            TensorRTPhase) noexcept override {
        return new Plugin(argument_);
    }

private:
    Argument argument_;
};

// The positive elements of x [n], in order, and their number. V3 with a data-dependent extent; the
// second output is the extent.
class Positive : public ScaleCount {
public:
    Positive() : ScaleCount(1) {}
    Positive(Positive const&) : Positive() {}
    IPluginV3* clone() noexcept override { return new Positive(*this); }
    char const* getPluginName() const noexcept override { return "Positive"; }
    int32_t getNbOutputs() const noexcept override { return 2; }
    int32_t getOutputDataTypes(DataType* out, int32_t, DataType const* in,
                               int32_t) const noexcept override {
        out[0] = in[0];
        out[1] = DataType::kINT32;
        return 0;
    }
    int32_t getOutputShapes(DimsExprs const* in, int32_t, DimsExprs const*, int32_t, DimsExprs* out,
                            int32_t, IExprBuilder& b) noexcept override {
        auto const* half = b.operation(DimensionOperation::kCEIL_DIV, *in[0].d[0], *b.constant(2));
        out[0].nbDims = 1;
        out[0].d[0] = b.declareSizeTensor(1, *half, *in[0].d[0]);
        out[1].nbDims = 0;
        return 0;
    }
    bool supportsFormatCombination(int32_t pos, DynamicPluginTensorDesc const* inOut, int32_t,
                                   int32_t) noexcept override {
        return inOut[pos].desc.type == (pos == 2 ? DataType::kINT32 : DataType::kFLOAT) &&
               inOut[pos].desc.format == TensorFormat::kLINEAR;
    }
    int32_t enqueue(PluginTensorDesc const* in, PluginTensorDesc const*, void const* const* inputs,
                    void* const* outputs, void*, cudaStream_t) noexcept override {
        int32_t n = 0;
        for (int64_t i = 0; i < in[0].dims.d[0]; ++i) {
            float v = static_cast<float const*>(inputs[0])[i];
            if (v > 0) static_cast<float*>(outputs[0])[n++] = v;
        }
        *static_cast<int32_t*>(outputs[1]) = n;
        return 0;
    }
    PluginFieldCollection const* getFieldsToSerialize() noexcept override { return &none_; }

private:
    PluginFieldCollection none_{0, nullptr};
};

class PositiveCreator : public ScaleCountCreator {
public:
    char const* getPluginName() const noexcept override { return "Positive"; }
    IPluginV3* createPlugin(char const*, PluginFieldCollection const*,
                            TensorRTPhase) noexcept override {
        return new Positive();
    }
};

// Rows of x [N, C] one after the other `times` times: y [N, C * times]. V2DynamicExt.
class RepeatRows : public IPluginV2DynamicExt {
public:
    explicit RepeatRows(int32_t times) : times_(times) { ++alive; }
    ~RepeatRows() override { --alive; }
    char const* getPluginType() const noexcept override { return "RepeatRows"; }
    char const* getPluginVersion() const noexcept override { return "2"; }
    void setPluginNamespace(char const* ns) noexcept override { space_ = ns; }
    char const* getPluginNamespace() const noexcept override { return space_.c_str(); }
    int32_t getNbOutputs() const noexcept override { return 1; }
    DimsExprs getOutputDimensions(int32_t, DimsExprs const* in, int32_t,
                                  IExprBuilder& b) noexcept override {
        DimsExprs out = in[0];
        out.d[1] = b.operation(DimensionOperation::kPROD, *in[0].d[1], *b.constant(times_));
        return out;
    }
    bool supportsFormatCombination(int32_t pos, PluginTensorDesc const* inOut, int32_t,
                                   int32_t) noexcept override {
        return inOut[pos].type == DataType::kFLOAT && inOut[pos].format == TensorFormat::kLINEAR;
    }
    void configurePlugin(DynamicPluginTensorDesc const* in, int32_t,
                         DynamicPluginTensorDesc const* out, int32_t) noexcept override {
        configured_ = in[0].max.d[0] >= in[0].min.d[0] && out[0].desc.dims.nbDims == 2;
    }
    size_t getWorkspaceSize(PluginTensorDesc const*, int32_t, PluginTensorDesc const*,
                            int32_t) const noexcept override {
        return 0;
    }
    int32_t initialize() noexcept override {
        ++started;
        return 0;
    }
    void terminate() noexcept override { --started; }
    int32_t enqueue(PluginTensorDesc const* in, PluginTensorDesc const* out,
                    void const* const* inputs, void* const* outputs, void*,
                    cudaStream_t) noexcept override {
        int64_t rows = in[0].dims.d[0], c = in[0].dims.d[1];
        if (!configured_ || out[0].dims.d[1] != c * times_) return 1;
        for (int64_t r = 0; r < rows; ++r)
            for (int32_t k = 0; k < times_; ++k)
                std::memcpy(static_cast<float*>(outputs[0]) + (r * times_ + k) * c,
                            static_cast<float const*>(inputs[0]) + r * c,
                            static_cast<size_t>(c) * sizeof(float));
        return 0;
    }
    DataType getOutputDataType(int32_t, DataType const* in, int32_t) const noexcept override {
        return in[0];
    }
    size_t getSerializationSize() const noexcept override { return sizeof times_; }
    void serialize(void* to) const noexcept override { std::memcpy(to, &times_, sizeof times_); }
    void destroy() noexcept override { delete this; }
    IPluginV2DynamicExt* clone() const noexcept override {
        auto* p = new RepeatRows(times_);
        p->space_ = space_;
        p->configured_ = configured_;
        return p;
    }
    static inline int alive = 0, started = 0;

private:
    int32_t times_;
    bool configured_ = false;
    std::string space_;
};

class RepeatRowsCreator : public IPluginCreator {
public:
    char const* getPluginName() const noexcept override { return "RepeatRows"; }
    char const* getPluginVersion() const noexcept override { return "2"; }
    PluginFieldCollection const* getFieldNames() noexcept override { return &names_; }
    IPluginV2* createPlugin(char const*, PluginFieldCollection const* fc) noexcept override {
        return new RepeatRows(*static_cast<int32_t const*>(fc->fields[0].data));
    }
    IPluginV2* deserializePlugin(char const*, void const* data, size_t size) noexcept override {
        int32_t times = 0;
        if (size != sizeof times) return nullptr;
        std::memcpy(&times, data, size);
        return new RepeatRows(times);
    }
    void setPluginNamespace(char const* ns) noexcept override { space_ = ns; }
    char const* getPluginNamespace() const noexcept override { return space_.c_str(); }

private:
    std::string space_;
    PluginFieldCollection names_{0, nullptr};
};

// The sum of each image of x: [C, H, W] -> [1], as of an implicit batch. V2IOExt.
class ImageSum : public IPluginV2IOExt {
public:
    char const* getPluginType() const noexcept override { return "ImageSum"; }
    char const* getPluginVersion() const noexcept override { return "1"; }
    void setPluginNamespace(char const*) noexcept override {}
    char const* getPluginNamespace() const noexcept override { return ""; }
    int32_t getNbOutputs() const noexcept override { return 1; }
    Dims getOutputDimensions(int32_t, Dims const*, int32_t) noexcept override {
        return Dims{1, {1}};
    }
    bool supportsFormatCombination(int32_t pos, PluginTensorDesc const* inOut, int32_t,
                                   int32_t) const noexcept override {
        return inOut[pos].type == DataType::kFLOAT && inOut[pos].format == TensorFormat::kLINEAR;
    }
    void configurePlugin(PluginTensorDesc const* in, int32_t, PluginTensorDesc const*,
                         int32_t) noexcept override {
        size_ = volumeOf(in[0].dims);
    }
    size_t getWorkspaceSize(int32_t) const noexcept override { return 0; }
    int32_t initialize() noexcept override { return 0; }
    void terminate() noexcept override {}
    int32_t enqueue(int32_t batch, void const* const* inputs, void* const* outputs, void*,
                    cudaStream_t) noexcept override {
        auto const* x = static_cast<float const*>(inputs[0]);
        for (int32_t n = 0; n < batch; ++n) {
            float sum = 0;
            for (int64_t i = 0; i < size_; ++i) sum += *x++;
            static_cast<float*>(outputs[0])[n] = sum;
        }
        return 0;
    }
    DataType getOutputDataType(int32_t, DataType const* in, int32_t) const noexcept override {
        return in[0];
    }
    bool isOutputBroadcastAcrossBatch(int32_t, bool const*, int32_t) const noexcept override {
        return false;
    }
    bool canBroadcastInputAcrossBatch(int32_t) const noexcept override { return false; }
    size_t getSerializationSize() const noexcept override { return sizeof size_; }
    void serialize(void* to) const noexcept override { std::memcpy(to, &size_, sizeof size_); }
    void destroy() noexcept override { delete this; }
    IPluginV2Ext* clone() const noexcept override { return new ImageSum(*this); }
    void restore(void const* data) { std::memcpy(&size_, data, sizeof size_); }

private:
    int64_t size_ = 0;
};

class ImageSumCreator : public RepeatRowsCreator {
public:
    char const* getPluginName() const noexcept override { return "ImageSum"; }
    char const* getPluginVersion() const noexcept override { return "1"; }
    IPluginV2* createPlugin(char const*, PluginFieldCollection const*) noexcept override {
        return new ImageSum();
    }
    IPluginV2* deserializePlugin(char const*, void const* data, size_t) noexcept override {
        auto* p = new ImageSum();
        p->restore(data);
        return p;
    }
};

}  // namespace nvinfer1
