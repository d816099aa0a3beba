// SPDX-License-Identifier: Apache-2.0
#include <nanobind/stl/list.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <vector>

#include "bindings.h"

namespace bireme::python {

namespace {

using C = IExecutionContext;
using Addr = uintptr_t;
using Unlocked = nb::call_guard<nb::gil_scoped_release>;

void* pointer(Addr address) { return reinterpret_cast<void*>(address); }
cudaStream_t stream(Addr handle) { return reinterpret_cast<cudaStream_t>(handle); }

std::vector<std::string> inferShapes(C& context) {
    int32_t most = context.getEngine().getNbIOTensors();
    std::vector<const char*> names(static_cast<size_t>(most));
    int32_t count = context.inferShapes(most, names.data());
    if (count < 0) throw std::runtime_error("the shapes could not be inferred; see the log");
    return {names.begin(), names.begin() + std::min(count, most)};
}

std::vector<void*> pointers(const C& context, const std::vector<Addr>& bindings) {
    auto expected = static_cast<size_t>(context.getEngine().getNbIOTensors());
    if (bindings.size() != expected)
        throw nb::value_error("the bindings are one address for each input and output");
    std::vector<void*> out;
    for (Addr address : bindings) out.push_back(pointer(address));
    return out;
}

bool execute(C& context, const std::vector<Addr>& bindings) {
    auto addresses = pointers(context, bindings);
    nb::gil_scoped_release unlocked;
    return context.executeV2(addresses.data());
}

bool executeBatch(C& context, int32_t batch, const std::vector<Addr>& bindings) {
    auto addresses = pointers(context, bindings);
    nb::gil_scoped_release unlocked;
    return context.execute(batch, addresses.data());
}

bool enqueueBatch(C& context, int32_t batch, const std::vector<Addr>& bindings, Addr handle) {
    auto addresses = pointers(context, bindings);
    nb::gil_scoped_release unlocked;
    return context.enqueue(batch, addresses.data(), stream(handle), nullptr);
}

void bindShapes(nb::class_<C>& cls) {
    cls.def("set_input_shape", &C::setInputShape, "name"_a, "shape"_a)
        .def("get_tensor_shape", &C::getTensorShape, "name"_a)
        .def("get_tensor_strides", &C::getTensorStrides, "name"_a)
        .def("infer_shapes", &inferShapes)
        .def(
            "set_optimization_profile_async",
            [](C& s, int32_t i, Addr handle) {
                return s.setOptimizationProfileAsync(i, stream(handle));
            },
            "profile_index"_a, "stream_handle"_a, Unlocked())
        .def_prop_rw("active_optimization_profile", &C::getOptimizationProfile,
                     [](C& s, int32_t i) {
                         if (!s.setOptimizationProfileAsync(i, nullptr))
                             throw nb::index_error("no such optimization profile");
                     })
        .def_prop_ro("all_binding_shapes_specified", &C::allInputDimensionsSpecified)
        .def_prop_ro("all_shape_inputs_specified", &C::allInputShapesSpecified);
}

void bindAddresses(nb::class_<C>& cls) {
    using Name = const char*;
    cls.def(
           "set_tensor_address",
           [](C& s, Name n, Addr a) { return s.setTensorAddress(n, pointer(a)); }, "name"_a,
           "memory"_a)
        .def(
            "get_tensor_address",
            [](const C& s, Name n) { return reinterpret_cast<Addr>(s.getTensorAddress(n)); },
            "name"_a)
        .def("set_output_allocator", &C::setOutputAllocator, "name"_a, "output_allocator"_a.none(),
             nb::keep_alive<1, 3>())
        .def("get_output_allocator", &C::getOutputAllocator, "name"_a, nb::rv_policy::reference)
        .def("get_max_output_size", &C::getMaxOutputSize, "name"_a)
        .def(
            "set_device_memory",
            [](C& s, Addr memory, int64_t size) { s.setDeviceMemoryV2(pointer(memory), size); },
            "memory"_a, "size"_a)
        .def_prop_rw("device_memory", nullptr,
                     [](C& s, Addr memory) { s.setDeviceMemory(pointer(memory)); })
        .def("update_device_memory_size_for_shapes", &C::updateDeviceMemorySizeForShapes);
}

void bindWatching(nb::class_<C>& cls) {
    cls.def_prop_rw("name", &C::getName, &C::setName)
        .def_prop_ro("engine", &C::getEngine, nb::rv_policy::reference)
        .def_prop_rw("debug_sync", &C::getDebugSync, &C::setDebugSync)
        .def_prop_rw("profiler", &C::getProfiler, &C::setProfiler,
                     nb::for_setter(nb::keep_alive<1, 2>()), nb::for_setter("profiler"_a.none()))
        .def_prop_rw("enqueue_emits_profile", &C::getEnqueueEmitsProfile,
                     &C::setEnqueueEmitsProfile)
        .def("report_to_profiler", &C::reportToProfiler)
        .def_prop_rw("error_recorder", &C::getErrorRecorder, &C::setErrorRecorder,
                     nb::for_setter(nb::keep_alive<1, 2>()), nb::for_setter("recorder"_a.none()));
}

}  // namespace

void bindContext(nb::module_& m) {
    nb::class_<C> cls(m, "IExecutionContext", "Runs an engine, one run at a time.");
    bindShapes(cls);
    bindAddresses(cls);
    bindWatching(cls);
    cls.def("execute_v2", &execute, "bindings"_a)
        .def("execute", &executeBatch, "batch_size"_a, "bindings"_a)
        .def("execute_async", &enqueueBatch, "batch_size"_a, "bindings"_a, "stream_handle"_a)
        .def(
            "execute_async_v3", [](C& s, Addr handle) { return s.enqueueV3(stream(handle)); },
            "stream_handle"_a, Unlocked())
        .def("wait", &C::wait, Unlocked(),
             "Waits for the stream of the last run; False on failure.");
    contextManager(cls);
}

}  // namespace bireme::python
