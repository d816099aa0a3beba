// SPDX-License-Identifier: Apache-2.0
// Plugins and creators of the third generation that are written in Python.
#include <algorithm>

#include "override.h"
#include "plugins.h"

namespace bireme::python {

namespace {

template <typename T>
nb::list listOf(const T* values, int32_t count) {
    nb::list out;
    for (int32_t i = 0; i < count; ++i) out.append(nb::cast(values[i]));
    return out;
}

class PyPluginV3 final : public IPluginV3,
                         public IPluginV3OneCore,
                         public v_2_0::IPluginV3OneBuild,
                         public IPluginV3OneRuntime {
public:
    explicit PyPluginV3(nb::object plugin) : self_(std::move(plugin)) {
        nb::object ask = self_.get().attr("get_capability_interface");
        core_ = std::make_unique<Held>(ask(PluginCapabilityType::kCORE));
        build_ = std::make_unique<Held>(ask(PluginCapabilityType::kBUILD));
        runtime_ = std::make_unique<Held>(ask(PluginCapabilityType::kRUNTIME));
        name_ = textAttribute(core_->get(), "plugin_name");
        version_ = textAttribute(core_->get(), "plugin_version");
        space_ = textAttribute(core_->get(), "plugin_namespace");
        if (build_->get().is_none()) return;
        outputs_ = nb::cast<int32_t>(build_->get().attr("num_outputs"));
        nb::object id = build_->get().attr("timing_cache_id");
        if (!id.is_none()) timingId_ = nb::cast<std::string>(nb::str(id));
    }
    nb::handle object() const { return self_.get(); }

    IPluginCapability* getCapabilityInterface(PluginCapabilityType type) noexcept override {
        switch (type) {
            case PluginCapabilityType::kCORE: return static_cast<IPluginV3OneCore*>(this);
            case PluginCapabilityType::kBUILD: return static_cast<v_2_0::IPluginV3OneBuild*>(this);
            case PluginCapabilityType::kRUNTIME: return static_cast<IPluginV3OneRuntime*>(this);
        }
        return nullptr;
    }
    IPluginV3* clone() noexcept override {
        return fromPython("IPluginV3.clone", static_cast<IPluginV3*>(nullptr),
                          [&] { return wrapV3(self_.get().attr("clone")()).release(); });
    }
    const char* getPluginName() const noexcept override { return name_.c_str(); }
    const char* getPluginVersion() const noexcept override { return version_.c_str(); }
    const char* getPluginNamespace() const noexcept override { return space_.c_str(); }

    int32_t getNbOutputs() const noexcept override { return outputs_; }
    int32_t getOutputDataTypes(DataType* out, int32_t nbOut, const DataType* in,
                               int32_t nbIn) const noexcept override {
        return fromPython("get_output_data_types", -1, [&] {
            nb::list types(build().attr("get_output_data_types")(listOf(in, nbIn)));
            if (static_cast<int32_t>(types.size()) != nbOut) return -2;
            for (int32_t i = 0; i < nbOut; ++i) out[i] = nb::cast<DataType>(types[i]);
            return 0;
        });
    }
    int32_t getOutputShapes(const DimsExprs* in, int32_t nbIn, const DimsExprs* shapes,
                            int32_t nbShapes, DimsExprs* out, int32_t nbOut,
                            IExprBuilder& builder) noexcept override {
        return fromPython("get_output_shapes", -1, [&] {
            nb::list dims(build().attr("get_output_shapes")(
                expressions(in, nbIn), expressions(shapes, nbShapes),
                nb::cast(&builder, nb::rv_policy::reference)));
            if (static_cast<int32_t>(dims.size()) != nbOut) return -2;
            for (int32_t i = 0; i < nbOut; ++i) out[i] = toDimsExprs(dims[i]);
            return 0;
        });
    }
    bool supportsFormatCombination(int32_t pos, const DynamicPluginTensorDesc* inOut, int32_t nbIn,
                                   int32_t nbOut) noexcept override {
        return fromPython("supports_format_combination", false, [&] {
            return nb::cast<bool>(build().attr("supports_format_combination")(
                pos, describe(inOut, nbIn + nbOut), nbIn));
        });
    }
    int32_t configurePlugin(const DynamicPluginTensorDesc* in, int32_t nbIn,
                            const DynamicPluginTensorDesc* out, int32_t nbOut) noexcept override {
        return fromPython("configure_plugin", -1, [&] {
            return statusOf(
                build().attr("configure_plugin")(describe(in, nbIn), describe(out, nbOut)));
        });
    }
    size_t getWorkspaceSize(const DynamicPluginTensorDesc* in, int32_t nbIn,
                            const DynamicPluginTensorDesc* out,
                            int32_t nbOut) const noexcept override {
        return fromPython("get_workspace_size", size_t{0}, [&] {
            return nb::cast<size_t>(
                build().attr("get_workspace_size")(describe(in, nbIn), describe(out, nbOut)));
        });
    }
    int32_t getNbTactics() noexcept override {
        return fromPython("get_valid_tactics", 0, [&] {
            tactics_.clear();
            for (nb::handle t : build().attr("get_valid_tactics")())
                tactics_.push_back(nb::cast<int32_t>(t));
            return static_cast<int32_t>(tactics_.size());
        });
    }
    int32_t getValidTactics(int32_t* tactics, int32_t nbTactics) noexcept override {
        std::copy_n(tactics_.begin(), std::min<size_t>(tactics_.size(), nbTactics), tactics);
        return 0;
    }
    const char* getTimingCacheID() noexcept override {
        return timingId_.empty() ? nullptr : timingId_.c_str();
    }
    int32_t getAliasedInput(int32_t output) noexcept override {
        return fromPython("get_aliased_input", -1, [&] {
            if (!nb::hasattr(build(), "get_aliased_input")) return -1;
            return nb::cast<int32_t>(build().attr("get_aliased_input")(output));
        });
    }

    bool supportsDevice(DeviceType device) noexcept override {
        return fromPython("supports_device", false,
                          [&] { return nb::cast<bool>(build().attr("supports_device")(device)); });
    }
    void setDevice(DeviceType device) noexcept override { device_ = device; }

    int32_t setTactic(int32_t tactic) noexcept override {
        return fromPython("set_tactic", -1,
                          [&] { return statusOf(runtime().attr("set_tactic")(tactic)); });
    }
    int32_t onShapeChange(const PluginTensorDesc* in, int32_t nbIn, const PluginTensorDesc* out,
                          int32_t nbOut) noexcept override {
        inputs_ = nbIn;
        return fromPython("on_shape_change", -1, [&] {
            return statusOf(
                runtime().attr("on_shape_change")(describe(in, nbIn), describe(out, nbOut)));
        });
    }
    int32_t enqueue(const PluginTensorDesc* inDesc, const PluginTensorDesc* outDesc,
                    const void* const* inputs, void* const* outputs, void* workspace,
                    cudaStream_t stream) noexcept override {
        return fromPython("enqueue", -1, [&] {
            nb::list in = describe(inDesc, inputs_), out = describe(outDesc, outputs_);
            return statusOf(runtime().attr("enqueue")(
                in, out, addresses(in, inputs, inputs_, device_),
                addresses(out, outputs, outputs_, device_), reinterpret_cast<uintptr_t>(workspace),
                reinterpret_cast<uintptr_t>(stream)));
        });
    }
    IPluginV3* attachToContext(IPluginResourceContext* context) noexcept override {
        return fromPython("attach_to_context", static_cast<IPluginV3*>(nullptr), [&] {
            return wrapV3(runtime().attr("attach_to_context")(
                              nb::cast(context, nb::rv_policy::reference)))
                .release();
        });
    }
    const PluginFieldCollection* getFieldsToSerialize() noexcept override {
        return fromPython("get_fields_to_serialize",
                          static_cast<const PluginFieldCollection*>(nullptr), [&] {
                              fields_.set(runtime().attr("get_fields_to_serialize")());
                              return fields_.get();
                          });
    }

private:
    nb::handle build() const { return build_->get(); }
    nb::handle runtime() const { return runtime_->get(); }

    Held self_;
    std::unique_ptr<Held> core_, build_, runtime_;
    std::string name_, version_, space_, timingId_;
    int32_t outputs_ = 1, inputs_ = 0;
    DeviceType device_ = DeviceType::kCPU;
    std::vector<int32_t> tactics_;
    PyFields fields_;
};

class PyCreatorV3 final : public PyCreator<IPluginCreatorV3One> {
public:
    using PyCreator::PyCreator;
    IPluginV3* createPlugin(const char* name, const PluginFieldCollection* fields,
                            TensorRTPhase phase) noexcept override {
        return fromPython("create_plugin", static_cast<IPluginV3*>(nullptr), [&] {
            nb::object made = object().attr("create_plugin")(name, toFields(fields), phase);
            return made.is_none() ? nullptr : wrapV3(made).release();
        });
    }
};

}  // namespace

std::unique_ptr<IPluginV3> wrapV3(nb::handle plugin) {
    requirePlugin(plugin, "IPluginV3");
    return std::make_unique<PyPluginV3>(nb::borrow(plugin));
}

std::unique_ptr<IPluginCreatorInterface> wrapCreatorV3(nb::handle creator) {
    return std::make_unique<PyCreatorV3>(nb::borrow(creator));
}

nb::object pythonOf(IPluginV3& plugin) { return pythonBehind<PyPluginV3>(plugin); }

nb::object pythonOfV3(IPluginCreatorInterface& creator) {
    return pythonBehind<PyCreatorV3>(creator);
}

}  // namespace bireme::python
