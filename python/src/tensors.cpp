// SPDX-License-Identifier: Apache-2.0
// Tensors, and what all layers share.
#include <nanobind/stl/pair.h>

#include <cmath>
#include <utility>

#include "bindings.h"

namespace bireme::python {

static constexpr const char* kNetworkAttribute = "_network";

nb::object layerObject(nb::handle network, ILayer* layer) {
    if (!layer) return nb::none();
    // nanobind asks the run-time type: the object gets the class that the layer really has.
    nb::object object = nb::cast(layer, nb::rv_policy::reference);
    object.attr(kNetworkAttribute) = network;
    return object;
}

nb::object plainLayerObject(nb::handle network, ILayer* layer) {
    if (!layer) return nb::none();
    nb::object object = nb::inst_reference(nb::type<ILayer>(), layer, network);
    object.attr(kNetworkAttribute) = network;
    return object;
}

nb::handle networkOf(nb::handle layer) {
    nb::object network = layer.attr(kNetworkAttribute);
    return network;  // the layer holds a reference
}

static void bindTensor(nb::module_& m) {
    nb::class_<ITensor>(m, "ITensor", "A tensor of a network: an input, or an output of a layer.")
        .def_prop_rw("name", &ITensor::getName, &ITensor::setName)
        .def_prop_rw("shape", &ITensor::getDimensions, &ITensor::setDimensions)
        .def_prop_rw("dtype", &ITensor::getType, &ITensor::setType)
        .def_prop_rw("allowed_formats", &ITensor::getAllowedFormats, &ITensor::setAllowedFormats)
        .def_prop_ro("location", &ITensor::getLocation)
        .def_prop_ro("is_network_input", &ITensor::isNetworkInput)
        .def_prop_ro("is_network_output", &ITensor::isNetworkOutput)
        .def_prop_ro("is_shape_tensor", &ITensor::isShapeTensor)
        .def_prop_ro("is_execution_tensor", &ITensor::isExecutionTensor)
        .def_prop_rw(
            "dynamic_range",
            [](const ITensor& s) -> std::optional<std::pair<float, float>> {
                if (!s.dynamicRangeIsSet()) return std::nullopt;
                return std::pair{s.getDynamicRangeMin(), s.getDynamicRangeMax()};
            },
            [](ITensor& s, std::pair<float, float> range) {
                if (!s.setDynamicRange(range.first, range.second))
                    throw nb::value_error("a dynamic range is two finite numbers, min <= max");
            })
        .def("set_dynamic_range", &ITensor::setDynamicRange, "min"_a, "max"_a)
        .def("reset_dynamic_range", &ITensor::resetDynamicRange)
        .def(
            "set_dimension_name",
            [](ITensor& s, int32_t i, const Text& name) { s.setDimensionName(i, orNull(name)); },
            "index"_a, "name"_a.none())
        .def("get_dimension_name", &ITensor::getDimensionName, "index"_a);
}

static void bindLayer(nb::module_& m) {
    nb::class_<ILayer>(
        m, "ILayer",
        "A layer of a network. What adds a layer gives its derived class; what finds "
        "one gives an ILayer: assign the class that `type` names to its __class__.",
        nb::dynamic_attr())
        .def_prop_ro("type", &ILayer::getType)
        .def_prop_ro("layer_type", &ILayer::getType)
        .def_prop_rw("name", &ILayer::getName, &ILayer::setName)
        .def_prop_rw("metadata", &ILayer::getMetadata, &ILayer::setMetadata)
        .def_prop_ro("num_inputs", &ILayer::getNbInputs)
        .def_prop_ro("num_outputs", &ILayer::getNbOutputs)
        .def("get_input", &ILayer::getInput, "index"_a, nb::rv_policy::reference_internal)
        .def("set_input", &ILayer::setInput, "index"_a, "tensor"_a)
        .def("get_output", &ILayer::getOutput, "index"_a, nb::rv_policy::reference_internal)
        .def_prop_rw("precision", &ILayer::getPrecision, &ILayer::setPrecision)
        .def_prop_ro("precision_is_set", &ILayer::precisionIsSet)
        .def("reset_precision", &ILayer::resetPrecision)
        .def("set_output_type", &ILayer::setOutputType, "index"_a, "dtype"_a)
        .def("get_output_type", &ILayer::getOutputType, "index"_a)
        .def("output_type_is_set", &ILayer::outputTypeIsSet, "index"_a)
        .def("reset_output_type", &ILayer::resetOutputType, "index"_a);
}

void bindTensors(nb::module_& m) {
    bindTensor(m);
    bindLayer(m);
}

}  // namespace bireme::python
