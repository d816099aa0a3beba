// SPDX-License-Identifier: Apache-2.0
// How a network is to be built, and the timing cache.
#include "bindings.h"

#include <nanobind/stl/vector.h>
#include <vector>

namespace bireme::python {

namespace {

using Config = IBuilderConfig;

void bindTimingCache(nb::module_& m) {
    nb::class_<ITimingCache>(m, "ITimingCache", "Measured times of kernels.")
        .def("serialize", &ITimingCache::serialize, nb::rv_policy::take_ownership)
        .def("combine", &ITimingCache::combine, "input_cache"_a, "ignore_mismatch"_a)
        .def("reset", &ITimingCache::reset);
}

std::vector<std::string> pluginsToSerialize(const Config& config) {
    std::vector<std::string> paths;
    for (int32_t i = 0; i < config.getNbPluginsToSerialize(); ++i)
        paths.emplace_back(config.getPluginToSerialize(i));
    return paths;
}

void setPluginsToSerialize(Config& config, const std::vector<std::string>& paths) {
    std::vector<const char*> pointers;
    for (const std::string& path : paths) pointers.push_back(path.c_str());
    config.setPluginsToSerialize(pointers.data(), static_cast<int32_t>(pointers.size()));
}

void bindProperties(nb::class_<Config>& cls) {
    cls.def_prop_rw("avg_timing_iterations", &Config::getAvgTimingIterations,
                    &Config::setAvgTimingIterations)
        .def_prop_rw("engine_capability", &Config::getEngineCapability,
                     &Config::setEngineCapability)
        .def_prop_rw("flags", &Config::getFlags, &Config::setFlags)
        .def_prop_rw("default_device_type", &Config::getDefaultDeviceType,
                     &Config::setDefaultDeviceType)
        .def_prop_rw("DLA_core", &Config::getDLACore, &Config::setDLACore)
        .def_prop_rw(
            "profile_stream",
            [](const Config& s) { return reinterpret_cast<uintptr_t>(s.getProfileStream()); },
            [](Config& s, uintptr_t stream) {
                s.setProfileStream(reinterpret_cast<cudaStream_t>(stream));
            })
        .def_prop_rw("profiling_verbosity", &Config::getProfilingVerbosity,
                     &Config::setProfilingVerbosity)
        .def_prop_rw("builder_optimization_level", &Config::getBuilderOptimizationLevel,
                     &Config::setBuilderOptimizationLevel)
        .def_prop_rw("max_num_tactics", &Config::getMaxNbTactics, &Config::setMaxNbTactics)
        .def_prop_rw("tuning_points", &Config::getTuningPoints, &Config::setTuningPoints)
        .def_prop_rw("hardware_compatibility_level", &Config::getHardwareCompatibilityLevel,
                     &Config::setHardwareCompatibilityLevel)
        .def_prop_rw("max_aux_streams", &Config::getMaxAuxStreams, &Config::setMaxAuxStreams)
        .def_prop_rw("num_threads", &Config::getNbThreads, &Config::setNbThreads)
        .def_prop_rw("deterministic", &Config::getDeterministic, &Config::setDeterministic)
        .def_prop_rw("device_only", &Config::getDeviceOnly, &Config::setDeviceOnly)
        .def_prop_rw("plugins_to_serialize", pluginsToSerialize, setPluginsToSerialize)
        .def_prop_rw("progress_monitor", &Config::getProgressMonitor, &Config::setProgressMonitor,
                     nb::for_setter(nb::keep_alive<1, 2>()), nb::for_setter("monitor"_a.none()))
        .def_prop_ro("num_optimization_profiles", &Config::getNbOptimizationProfiles);
}

void bindMethods(nb::class_<Config>& cls) {
    cls.def("set_flag", &Config::setFlag, "flag"_a)
        .def("clear_flag", &Config::clearFlag, "flag"_a)
        .def("get_flag", &Config::getFlag, "flag"_a)
        .def("reset", &Config::reset)
        .def("set_memory_pool_limit", &Config::setMemoryPoolLimit, "pool"_a, "pool_size"_a)
        .def("get_memory_pool_limit", &Config::getMemoryPoolLimit, "pool"_a)
        .def("add_optimization_profile", &Config::addOptimizationProfile, "profile"_a)
        .def("set_device_type", &Config::setDeviceType, "layer"_a, "device_type"_a)
        .def("get_device_type", &Config::getDeviceType, "layer"_a)
        .def("is_device_type_set", &Config::isDeviceTypeSet, "layer"_a)
        .def("reset_device_type", &Config::resetDeviceType, "layer"_a)
        .def("can_run_on_DLA", &Config::canRunOnDLA, "layer"_a)
        .def("set_tactic_sources", &Config::setTacticSources, "tactic_sources"_a)
        .def("get_tactic_sources", &Config::getTacticSources)
        .def("set_preview_feature", &Config::setPreviewFeature, "feature"_a, "enable"_a)
        .def("get_preview_feature", &Config::getPreviewFeature, "feature"_a)
        .def(
            "create_timing_cache",
            [](const Config& s, nb::handle serialized) {
                BytesView bytes(serialized);
                return s.createTimingCache(bytes.data(), bytes.size());
            },
            "serialized_timing_cache"_a, nb::rv_policy::take_ownership)
        .def("set_timing_cache", &Config::setTimingCache, "cache"_a, "ignore_mismatch"_a,
             nb::keep_alive<1, 2>())
        .def("get_timing_cache", &Config::getTimingCache, nb::rv_policy::reference_internal);
}

}  // namespace

void bindConfig(nb::module_& m) {
    bindTimingCache(m);
    nb::class_<Config> cls(m, "IBuilderConfig", "Options of a build.");
    bindProperties(cls);
    bindMethods(cls);
    contextManager(cls);
}

}  // namespace bireme::python
