// SPDX-License-Identifier: Apache-2.0
#include "bindings.h"

namespace bireme::python {

static ICudaEngine* fromBytes(IRuntime& runtime, nb::handle blob) {
    BytesView bytes(blob);
    nb::gil_scoped_release unlocked;
    return runtime.deserializeCudaEngine(bytes.data(), bytes.size());
}

void bindRuntime(nb::module_& m) {
    using R = IRuntime;
    using Unlocked = nb::call_guard<nb::gil_scoped_release>;
    constexpr auto owned = nb::rv_policy::take_ownership;
    nb::class_<R> cls(m, "Runtime", "Loads engines.");
    cls.def(nb::new_([](ILogger& logger) {
                R* runtime = createInferRuntime(logger);
                if (!runtime)
                    throw std::runtime_error("the runtime could not be made; see the log");
                return runtime;
            }),
            "logger"_a, nb::keep_alive<0, 2>())
        .def(
            "deserialize_cuda_engine",
            [](R& s, IStreamReaderV2& reader) { return s.deserializeCudaEngine(reader); },
            "stream_reader_v2"_a, nb::keep_alive<0, 1>(), owned, Unlocked())
        .def(
            "deserialize_cuda_engine",
            [](R& s, IStreamReader& reader) { return s.deserializeCudaEngine(reader); },
            "stream_reader"_a, nb::keep_alive<0, 1>(), owned, Unlocked())
        .def("deserialize_cuda_engine", &fromBytes, "serialized_engine"_a, nb::keep_alive<0, 1>(),
             owned)
        .def(
            "deserialize_cuda_engine_from_file",
            [](R& s, const std::string& path, EngineVerify verify) {
                return s.deserializeCudaEngineFromFile(path.c_str(), verify);
            },
            "path"_a, "verify"_a = EngineVerify::kFULL, nb::keep_alive<0, 1>(), owned, Unlocked(),
            "Maps the weights of an engine file, which must stay unchanged while the engine lives.")
        .def_prop_ro("logger", &R::getLogger, nb::rv_policy::reference)
        .def_prop_rw("gpu_allocator", nullptr, &R::setGpuAllocator,
                     nb::for_setter(nb::keep_alive<1, 2>()), nb::for_setter("allocator"_a.none()))
        .def_prop_rw("error_recorder", &R::getErrorRecorder, &R::setErrorRecorder,
                     nb::for_setter(nb::keep_alive<1, 2>()), nb::for_setter("recorder"_a.none()))
        .def_prop_rw("max_threads", &R::getMaxThreads,
                     [](R& s, int32_t n) {
                         if (!s.setMaxThreads(n))
                             throw nb::value_error("max_threads is at least 1");
                     })
        .def_prop_rw("DLA_core", &R::getDLACore, &R::setDLACore)
        .def("get_plugin_registry", &R::getPluginRegistry, nb::rv_policy::reference_internal)
        .def_prop_ro("num_DLA_cores", &R::getNbDLACores)
        .def_prop_rw("engine_host_code_allowed", &R::getEngineHostCodeAllowed,
                     &R::setEngineHostCodeAllowed);
    contextManager(cls);
}

}  // namespace bireme::python
