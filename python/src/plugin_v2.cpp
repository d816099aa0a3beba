// SPDX-License-Identifier: Apache-2.0
// Plugins and creators of the second generation that are written in Python.
#include "override.h"
#include "plugins.h"

#include <algorithm>
#include <cstring>

namespace bireme::python {

namespace {

class PyPluginV2 final : public IPluginV2DynamicExt {
public:
    explicit PyPluginV2(nb::object plugin) : self_(std::move(plugin)) {
        type_ = textAttribute(object(), "plugin_type");
        version_ = textAttribute(object(), "plugin_version");
        space_ = textAttribute(object(), "plugin_namespace");
        outputs_ = nb::cast<int32_t>(object().attr("num_outputs"));
    }
    nb::handle object() const { return self_.get(); }

    const char* getPluginType() const noexcept override { return type_.c_str(); }
    const char* getPluginVersion() const noexcept override { return version_.c_str(); }
    const char* getPluginNamespace() const noexcept override { return space_.c_str(); }
    void setPluginNamespace(const char* space) noexcept override {
        space_ = space ? space : "";
        fromPython("plugin_namespace", 0,
                   [&] { return object().attr("plugin_namespace") = space_.c_str(), 0; });
    }
    int32_t getNbOutputs() const noexcept override { return outputs_; }
    IPluginV2DynamicExt* clone() const noexcept override {
        return fromPython("clone", static_cast<IPluginV2DynamicExt*>(nullptr), [&] {
            return static_cast<IPluginV2DynamicExt*>(wrapV2(object().attr("clone")()));
        });
    }
    void destroy() noexcept override {
        fromPython("destroy", 0, [&] { return object().attr("destroy")(), 0; });
        delete this;
    }
    int32_t initialize() noexcept override {
        return fromPython("initialize", -1,
                          [&] { return statusOf(object().attr("initialize")()); });
    }
    void terminate() noexcept override {
        fromPython("terminate", 0, [&] { return object().attr("terminate")(), 0; });
    }
    size_t getSerializationSize() const noexcept override {
        return fromPython("serialize", size_t{0}, [&] {
            nb::object raw = object().attr("serialize")();
            BytesView view(raw);
            const char* bytes = static_cast<const char*>(view.data());
            state_.assign(bytes, bytes + view.size());
            return state_.size();
        });
    }
    void serialize(void* buffer) const noexcept override {
        if (!state_.empty()) std::memcpy(buffer, state_.data(), state_.size());
    }
    DataType getOutputDataType(int32_t index, const DataType* inputs,
                               int32_t nbInputs) const noexcept override {
        return fromPython("get_output_datatype", DataType::kFLOAT, [&] {
            nb::list types;
            for (int32_t i = 0; i < nbInputs; ++i) types.append(nb::cast(inputs[i]));
            return nb::cast<DataType>(object().attr("get_output_datatype")(index, types));
        });
    }
    DimsExprs getOutputDimensions(int32_t index, const DimsExprs* inputs, int32_t nbInputs,
                                  IExprBuilder& builder) noexcept override {
        return fromPython("get_output_dimensions", DimsExprs{-1, {}}, [&] {
            return toDimsExprs(object().attr("get_output_dimensions")(
                index, expressions(inputs, nbInputs),
                nb::cast(&builder, nb::rv_policy::reference)));
        });
    }
    bool supportsFormatCombination(int32_t pos, const PluginTensorDesc* inOut, int32_t nbInputs,
                                   int32_t nbOutputs) noexcept override {
        return fromPython("supports_format_combination", false, [&] {
            return nb::cast<bool>(object().attr("supports_format_combination")(
                pos, describe(inOut, nbInputs + nbOutputs), nbInputs));
        });
    }
    void configurePlugin(const DynamicPluginTensorDesc* in, int32_t nbIn,
                         const DynamicPluginTensorDesc* out, int32_t nbOut) noexcept override {
        inputs_ = nbIn;
        fromPython("configure_plugin", 0, [&] {
            return object().attr("configure_plugin")(describe(in, nbIn), describe(out, nbOut)), 0;
        });
    }
    size_t getWorkspaceSize(const PluginTensorDesc* in, int32_t nbIn, const PluginTensorDesc* out,
                            int32_t nbOut) const noexcept override {
        return fromPython("get_workspace_size", size_t{0}, [&] {
            return nb::cast<size_t>(
                object().attr("get_workspace_size")(describe(in, nbIn), describe(out, nbOut)));
        });
    }
    int32_t enqueue(const PluginTensorDesc* inDesc, const PluginTensorDesc* outDesc,
                    const void* const* inputs, void* const* outputs, void* workspace,
                    cudaStream_t stream) noexcept override {
        return fromPython("enqueue", -1, [&] {
            nb::list in = describe(inDesc, inputs_), out = describe(outDesc, outputs_);
            return statusOf(object().attr("enqueue")(
                in, out, addresses(in, inputs, inputs_, device_),
                addresses(out, outputs, outputs_, device_), reinterpret_cast<uintptr_t>(workspace),
                reinterpret_cast<uintptr_t>(stream)));
        });
    }

    bool supportsDevice(DeviceType device) const noexcept override {
        return fromPython("supports_device", false,
                          [&] { return nb::cast<bool>(object().attr("supports_device")(device)); });
    }
    void setDevice(DeviceType device) noexcept override { device_ = device; }

private:
    Held self_;
    std::string type_, version_, space_;
    int32_t outputs_ = 1, inputs_ = 0;
    DeviceType device_ = DeviceType::kCPU;
    mutable std::vector<char> state_;
};

class PyCreatorV2 final : public PyCreator<IPluginCreator> {
public:
    using PyCreator::PyCreator;
    IPluginV2* createPlugin(const char* name,
                            const PluginFieldCollection* fields) noexcept override {
        return made("create_plugin",
                    [&] { return object().attr("create_plugin")(name, toFields(fields)); });
    }
    IPluginV2* deserializePlugin(const char* name, const void* data,
                                 size_t size) noexcept override {
        return made("deserialize_plugin", [&] {
            return object().attr("deserialize_plugin")(name, nb::bytes(data, size));
        });
    }
    void setPluginNamespace(const char* space) noexcept override { space_ = space ? space : ""; }

private:
    template <typename F>
    static IPluginV2* made(const char* what, F&& make) noexcept {
        return fromPython(what, static_cast<IPluginV2*>(nullptr), [&]() -> IPluginV2* {
            nb::object plugin = make();
            return plugin.is_none() ? nullptr : wrapV2(plugin);
        });
    }
};

}  // namespace

IPluginV2* wrapV2(nb::handle plugin) {
    requirePlugin(plugin, "IPluginV2DynamicExt");
    return new PyPluginV2(nb::borrow(plugin));
}

std::unique_ptr<IPluginCreatorInterface> wrapCreatorV2(nb::handle creator) {
    return std::make_unique<PyCreatorV2>(nb::borrow(creator));
}

nb::object pythonOf(IPluginV2& plugin) { return pythonBehind<PyPluginV2>(plugin); }

nb::object pythonOfV2(IPluginCreatorInterface& creator) {
    return pythonBehind<PyCreatorV2>(creator);
}

}  // namespace bireme::python
