// SPDX-License-Identifier: Apache-2.0
#include "NvInferPlugin.h"
#include "bindings.h"
#include "bireme/machine.h"

NB_MODULE(_bireme, m) {
    using namespace bireme::python;
    // Objects in the globals of a script live until the interpreter ends: nothing to complain
    // about.
    nb::set_leak_warnings(false);
    m.doc() = "The objects of the C++ API under Python names; import `bireme`, not this.";
    m.attr("__version__") = getBiremeVersion();
    m.attr("__api_version__") = std::to_string(NV_TENSORRT_MAJOR) + "." +
                                std::to_string(NV_TENSORRT_MINOR) + "." +
                                std::to_string(NV_TENSORRT_PATCH);

    bindEnums(m);
    bindDims(m);
    bindWeights(m);
    bindLogger(m);
    bindCallbacks(m);
    bindMemory(m);
    bindDlpack(m);
    bindTensors(m);
    bindComputeLayers(m);
    bindDataLayers(m);
    bindNetwork(m);
    bindConfig(m);
    bindBuilder(m);
    bindContext(m);
    bindEngine(m);
    bindRuntime(m);
    bindParser(m);
    bindUffParser(m);
    bindCaffeParser(m);
    bindPlugins(m);

    m.def("get_machine_report", &nvinfer1::getMachineReport,
          "format"_a = nvinfer1::LayerInformationFormat::kONELINE,
          "What was found on this machine and what is missing, as text for people or JSON.");
    m.def(
        "init_libnvinfer_plugins",
        [](nb::handle, const char* plugins) { return initLibNvInferPlugins(nullptr, plugins); },
        "logger"_a.none(), "namespace"_a,
        "Registers the plugins that come with the library in another namespace than \"\".");
}
