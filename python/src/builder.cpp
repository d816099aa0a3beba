// SPDX-License-Identifier: Apache-2.0
// The builder and the profiles it owns.
#include <nanobind/stl/list.h>
#include <nanobind/stl/vector.h>

#include <memory>
#include <vector>

#include "bindings.h"
#include "interruption.h"

namespace bireme::python {

namespace {

using Selector = OptProfileSelector;
using Profile = IOptimizationProfile;
constexpr Selector kCorners[] = {Selector::kMIN, Selector::kOPT, Selector::kMAX};

void setShape(Profile& profile, const char* input, const Dims& min, const Dims& opt,
              const Dims& max) {
    const Dims* dims[] = {&min, &opt, &max};
    for (int i = 0; i < 3; ++i) {
        if (profile.setDimensions(input, kCorners[i], *dims[i])) continue;
        std::string message = std::string("profile of \"") + input +
                              "\": the shapes have different ranks, or not min <= opt <= max";
        throw std::runtime_error(message);
    }
}

nb::list getShape(const Profile& profile, const char* input) {
    nb::list shapes;
    for (Selector corner : kCorners) {
        Dims dims = profile.getDimensions(input, corner);
        if (dims.nbDims >= 0) shapes.append(nb::cast(dims));
    }
    return shapes;
}

void setValues(Profile& profile, const char* input, const std::vector<int64_t>& min,
               const std::vector<int64_t>& opt, const std::vector<int64_t>& max) {
    const std::vector<int64_t>* values[] = {&min, &opt, &max};
    for (int i = 0; i < 3; ++i) {
        auto count = static_cast<int32_t>(values[i]->size());
        if (profile.setShapeValuesV2(input, kCorners[i], values[i]->data(), count)) continue;
        std::string message = std::string("profile of \"") + input +
                              "\": the values have different counts, or not min <= opt <= max";
        throw std::runtime_error(message);
    }
}

nb::list getValues(const Profile& profile, const char* input) {
    nb::list corners;
    int32_t count = profile.getNbShapeValues(input);
    for (Selector corner : kCorners) {
        const int64_t* values = profile.getShapeValuesV2(input, corner);
        if (count < 0 || !values) continue;
        corners.append(nb::cast(std::vector<int64_t>(values, values + count)));
    }
    return corners;
}

void bindProfile(nb::module_& m) {
    nb::class_<Profile>(m, "IOptimizationProfile", "Ranges of the inputs with run-time extents.")
        .def("set_shape", &setShape, "input"_a, "min"_a, "opt"_a, "max"_a)
        .def("get_shape", &getShape, "input"_a)
        .def("set_shape_input", &setValues, "input"_a, "min"_a, "opt"_a, "max"_a)
        .def("get_shape_input", &getValues, "input"_a)
        .def_prop_rw("extra_memory_target", &Profile::getExtraMemoryTarget,
                     &Profile::setExtraMemoryTarget)
        .def("__bool__", &Profile::isValid);
}

}  // namespace

void bindBuilder(nb::module_& m) {
    bindProfile(m);
    using B = IBuilder;
    using Unlocked = nb::call_guard<nb::gil_scoped_release>;
    nb::class_<B> cls(m, "Builder", "Builds engines from networks.");
    cls.def(nb::new_([](ILogger& logger) {
                B* builder = createInferBuilder(logger);
                if (!builder)
                    throw std::runtime_error("the builder could not be made; see the log");
                return builder;
            }),
            "logger"_a, nb::keep_alive<0, 2>())
        .def(
            "create_network",
            [](B& s, NetworkDefinitionCreationFlags flags) { return s.createNetworkV2(flags); },
            "flags"_a = 0U, nb::keep_alive<0, 1>(), nb::rv_policy::take_ownership)
        .def("create_builder_config", &B::createBuilderConfig, nb::keep_alive<0, 1>(),
             nb::rv_policy::take_ownership)
        .def("create_optimization_profile", &B::createOptimizationProfile,
             nb::rv_policy::reference_internal)
        .def(
            "build_serialized_network",
            [](B& s, INetworkDefinition& network, IBuilderConfig& config) {
                return interruptible(config,
                                     [&] { return s.buildSerializedNetwork(network, config); });
            },
            "network"_a, "config"_a, nb::rv_policy::take_ownership)
        .def(
            "build_serialized_network_to_stream",
            [](B& s, INetworkDefinition& network, IBuilderConfig& config, IStreamWriter& writer) {
                return interruptible(config, [&] {
                    return s.buildSerializedNetworkToStream(network, config, writer);
                });
            },
            "network"_a, "config"_a, "writer"_a)
        .def(
            "build_engine_with_config",
            [](B& s, INetworkDefinition& network, IBuilderConfig& config) {
                return interruptible(config,
                                     [&] { return s.buildEngineWithConfig(network, config); });
            },
            "network"_a, "config"_a, nb::keep_alive<0, 1>(), nb::rv_policy::take_ownership)
        .def(
            "rebuild_serialized_network",
            [](B& s, nb::handle engine, IBuilderConfig& config) {
                BytesView bytes(engine);
                return interruptible(config, [&] {
                    return s.rebuildSerializedNetwork(bytes.data(), bytes.size(), config);
                });
            },
            "engine"_a, "config"_a, nb::rv_policy::take_ownership,
            "Builds an engine file anew for a device that is here; None when it keeps no network.")
        .def(
            "needs_rebuild",
            [](B& s, nb::handle engine) {
                BytesView bytes(engine);
                return s.needsRebuild(bytes.data(), bytes.size());
            },
            "engine"_a, "True for a sound engine file that runs on no device of this machine.")
        .def("is_network_supported", &B::isNetworkSupported, "network"_a, "config"_a, Unlocked())
        .def(
            "check_network",
            [](B& s, INetworkDefinition& network, IBuilderConfig& config,
               LayerInformationFormat format) -> nb::object {
                std::unique_ptr<IHostMemory> text(s.checkNetwork(network, config, format));
                if (!text) return nb::none();
                return nb::str(static_cast<const char*>(text->data()), text->size());
            },
            "network"_a, "config"_a, "format"_a = LayerInformationFormat::kJSON,
            "Where the layers would run, without building; None when they cannot.")
        .def("reset", &B::reset)
        .def_prop_ro("logger", &B::getLogger, nb::rv_policy::reference)
        .def_prop_rw("gpu_allocator", nullptr, &B::setGpuAllocator,
                     nb::for_setter(nb::keep_alive<1, 2>()), nb::for_setter("allocator"_a.none()))
        .def_prop_rw("error_recorder", &B::getErrorRecorder, &B::setErrorRecorder,
                     nb::for_setter(nb::keep_alive<1, 2>()), nb::for_setter("recorder"_a.none()))
        .def_prop_rw("max_batch_size", &B::getMaxBatchSize, &B::setMaxBatchSize)
        .def_prop_rw("max_threads", &B::getMaxThreads,
                     [](B& s, int32_t n) {
                         if (!s.setMaxThreads(n))
                             throw nb::value_error("max_threads is at least 1");
                     })
        .def_prop_ro("platform_has_fast_fp16", &B::platformHasFastFp16)
        .def_prop_ro("platform_has_fast_int8", &B::platformHasFastInt8)
        .def_prop_ro("platform_has_tf32", &B::platformHasTf32)
        .def_prop_ro("max_DLA_batch_size", &B::getMaxDLABatchSize)
        .def("get_plugin_registry", &B::getPluginRegistry, nb::rv_policy::reference_internal)
        .def_prop_ro("num_DLA_cores", &B::getNbDLACores);
    contextManager(cls);
}

}  // namespace bireme::python
