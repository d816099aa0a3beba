// SPDX-License-Identifier: Apache-2.0
// The engine and its inspector.
#include <nanobind/stl/list.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <vector>

#include "bindings.h"

namespace bireme::python {

namespace {

using E = ICudaEngine;
using Unlocked = nb::call_guard<nb::gil_scoped_release>;
constexpr auto kOwned = nb::rv_policy::take_ownership;
constexpr OptProfileSelector kCorners[] = {OptProfileSelector::kMIN, OptProfileSelector::kOPT,
                                           OptProfileSelector::kMAX};

const char* nameAt(const E& engine, int32_t index) {
    int32_t count = engine.getNbIOTensors();
    if (index < 0) index += count;
    if (index < 0 || index >= count) throw nb::index_error("no such input or output");
    return engine.getIOTensorName(index);
}

nb::list profileShape(const E& engine, const char* name, int32_t profile) {
    nb::list shapes;
    for (OptProfileSelector corner : kCorners) {
        Dims dims = engine.getProfileShape(name, profile, corner);
        if (dims.nbDims >= 0) shapes.append(nb::cast(dims));
    }
    return shapes;
}

nb::list profileValues(const E& engine, const char* name, int32_t profile) {
    nb::list corners;
    Dims shape = engine.getTensorShape(name);
    size_t count = shape.nbDims == 1 ? static_cast<size_t>(shape.d[0]) : 1;
    for (OptProfileSelector corner : kCorners) {
        const int64_t* values = engine.getProfileTensorValuesV2(name, profile, corner);
        if (values) corners.append(nb::cast(std::vector<int64_t>(values, values + count)));
    }
    return corners;
}

void bindTensorInfo(nb::class_<E>& cls) {
    cls.def_prop_ro("num_io_tensors", &E::getNbIOTensors)
        .def("__getitem__", &nameAt, "index"_a)
        .def("__len__", &E::getNbIOTensors)
        .def("get_tensor_name", &nameAt, "index"_a)
        .def("get_tensor_mode", &E::getTensorIOMode, "name"_a)
        .def("get_tensor_shape", &E::getTensorShape, "name"_a)
        .def("get_binding_shape", &E::getBindingDimensions, "index"_a)
        .def(
            "get_binding_shape",
            [](const E& s, const Text& name) {
                return s.getBindingDimensions(s.getBindingIndex(orNull(name)));
            },
            "name"_a)
        .def_prop_ro("max_batch_size", &E::getMaxBatchSize)
        .def("get_tensor_dtype", &E::getTensorDataType, "name"_a)
        .def("get_tensor_location", &E::getTensorLocation, "name"_a)
        .def("is_shape_inference_io", &E::isShapeInferenceIO, "name"_a)
        .def("get_aliased_input_tensor", &E::getAliasedInputTensor, "name"_a)
        .def("get_tensor_profile_shape", &profileShape, "name"_a, "profile_index"_a)
        .def("get_tensor_profile_values", &profileValues, "name"_a, "profile_index"_a);
    using Name = const char*;
    cls.def(
           "get_tensor_format", [](const E& s, Name n) { return s.getTensorFormat(n); }, "name"_a)
        .def(
            "get_tensor_format",
            [](const E& s, Name n, int32_t p) { return s.getTensorFormat(n, p); }, "name"_a,
            "profile_index"_a)
        .def(
            "get_tensor_format_desc", [](const E& s, Name n) { return s.getTensorFormatDesc(n); },
            "name"_a)
        .def(
            "get_tensor_format_desc",
            [](const E& s, Name n, int32_t p) { return s.getTensorFormatDesc(n, p); }, "name"_a,
            "profile_index"_a)
        .def(
            "get_tensor_bytes_per_component",
            [](const E& s, Name n) { return s.getTensorBytesPerComponent(n); }, "name"_a)
        .def(
            "get_tensor_bytes_per_component",
            [](const E& s, Name n, int32_t p) { return s.getTensorBytesPerComponent(n, p); },
            "name"_a, "profile_index"_a)
        .def(
            "get_tensor_components_per_element",
            [](const E& s, Name n) { return s.getTensorComponentsPerElement(n); }, "name"_a)
        .def(
            "get_tensor_components_per_element",
            [](const E& s, Name n, int32_t p) { return s.getTensorComponentsPerElement(n, p); },
            "name"_a, "profile_index"_a)
        .def(
            "get_tensor_vectorized_dim",
            [](const E& s, Name n) { return s.getTensorVectorizedDim(n); }, "name"_a)
        .def(
            "get_tensor_vectorized_dim",
            [](const E& s, Name n, int32_t p) { return s.getTensorVectorizedDim(n, p); }, "name"_a,
            "profile_index"_a);
}

void bindProperties(nb::class_<E>& cls) {
    cls.def_prop_ro("name", &E::getName)
        .def_prop_ro("num_layers", &E::getNbLayers)
        .def_prop_ro("num_optimization_profiles", &E::getNbOptimizationProfiles)
        .def_prop_ro("device_type", &E::getDeviceType)
        .def_prop_ro("num_threads", &E::getNbThreads)
        .def_prop_ro("refittable", &E::isRefittable)
        .def_prop_ro("device_memory_size", &E::getDeviceMemorySize)
        .def_prop_ro("device_memory_size_v2", &E::getDeviceMemorySizeV2)
        .def("get_device_memory_size_for_profile", &E::getDeviceMemorySizeForProfile,
             "profile_index"_a)
        .def("get_device_memory_size_for_profile_v2", &E::getDeviceMemorySizeForProfileV2,
             "profile_index"_a)
        .def_prop_ro("engine_capability", &E::getEngineCapability)
        .def_prop_ro("tactic_sources", &E::getTacticSources)
        .def_prop_ro("profiling_verbosity", &E::getProfilingVerbosity)
        .def_prop_ro("hardware_compatibility_level", &E::getHardwareCompatibilityLevel)
        .def_prop_ro("num_aux_streams", &E::getNbAuxStreams)
        .def_prop_ro("has_implicit_batch_dimension", &E::hasImplicitBatchDimension)
        .def("get_engine_stat", &E::getEngineStat, "stat"_a)
        .def_prop_rw("error_recorder", &E::getErrorRecorder, &E::setErrorRecorder,
                     nb::for_setter(nb::keep_alive<1, 2>()), nb::for_setter("recorder"_a.none()));
}

void bindContexts(nb::class_<E>& cls) {
    using Strategy = ExecutionContextAllocationStrategy;
    cls.def(
           "create_execution_context",
           [](E& s, Strategy strategy) { return s.createExecutionContext(strategy); },
           "strategy"_a = Strategy::kSTATIC, nb::keep_alive<0, 1>(), kOwned, Unlocked())
        .def(
            "create_execution_context",
            [](E& s, IRuntimeConfig& config) { return s.createExecutionContext(&config); },
            "runtime_config"_a, nb::keep_alive<0, 1>(), kOwned, Unlocked())
        .def("create_execution_context_without_device_memory",
             &E::createExecutionContextWithoutDeviceMemory, nb::keep_alive<0, 1>(), kOwned,
             Unlocked())
        .def("create_runtime_config", &E::createRuntimeConfig, kOwned)
        .def("allocate_memory", &E::allocateMemory, "nbytes"_a, nb::keep_alive<0, 1>(), kOwned,
             "Memory of the engine's device, an IDeviceMemory; None when there is too little.")
        .def("create_engine_inspector", &E::createEngineInspector, nb::keep_alive<0, 1>(), kOwned)
        .def("serialize", &E::serialize, kOwned, Unlocked());
}

void bindInspector(nb::module_& m) {
    using I = IEngineInspector;
    nb::class_<I>(m, "EngineInspector", "What an engine is made of, as text.")
        .def_prop_rw(
            "execution_context", &I::getExecutionContext,
            [](I& s, IExecutionContext* context) { s.setExecutionContext(context); },
            nb::for_getter(nb::rv_policy::reference), nb::for_setter(nb::keep_alive<1, 2>()),
            nb::for_setter("context"_a.none()))
        .def("get_layer_information", &I::getLayerInformation, "layer_index"_a, "format"_a,
             Unlocked())
        .def("get_engine_information", &I::getEngineInformation, "format"_a, Unlocked())
        .def("get_optimizations", &I::getOptimizations, "format"_a, Unlocked(),
             "What the optimizer did, pass by pass, and why something was left as it is.")
        .def_prop_rw("error_recorder", &I::getErrorRecorder, &I::setErrorRecorder,
                     nb::for_setter(nb::keep_alive<1, 2>()), nb::for_setter("recorder"_a.none()));
}

}  // namespace

void bindEngine(nb::module_& m) {
    bindInspector(m);
    using C = IRuntimeConfig;
    nb::class_<C>(m, "IRuntimeConfig", "Options of an execution context.")
        .def("set_execution_context_allocation_strategy", &C::setExecutionContextAllocationStrategy,
             "strategy"_a)
        .def("get_execution_context_allocation_strategy",
             &C::getExecutionContextAllocationStrategy);
    nb::class_<E> cls(m, "ICudaEngine", "A built network, ready to run.");
    bindTensorInfo(cls);
    bindProperties(cls);
    bindContexts(cls);
    contextManager(cls);
}

}  // namespace bireme::python
