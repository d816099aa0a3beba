// SPDX-License-Identifier: Apache-2.0
#include "bireme/parsers/uff.h"

#include "bireme/parsers/tensorflow.h"

#include <nanobind/stl/vector.h>

#include <memory>
#include <vector>

#include "bindings.h"

namespace bireme::python {

namespace {

using nvuffparser::IUffParser;
using nvuffparser::UffInputOrder;

// Weights are borrowed from the parser: every network that it filled shares it.
struct PyUffParser {
    std::shared_ptr<IUffParser> parser{nvuffparser::createUffParser()};
    std::string pluginNamespace;
};

void shareWith(nb::handle network, const PyUffParser& s) {
    nb::keep_alive_cb(network, new std::shared_ptr<IUffParser>(s.parser), [](void* held) noexcept {
        delete static_cast<std::shared_ptr<IUffParser>*>(held);
    });
}

bool parseFile(PyUffParser& s, const std::string& file, Self<INetworkDefinition> network,
               DataType weights) {
    shareWith(network.h, s);
    nb::gil_scoped_release unlocked;
    return s.parser->parse(file.c_str(), *network.p, weights);
}

bool parseBuffer(PyUffParser& s, nb::object buffer, Self<INetworkDefinition> network,
                 DataType weights) {
    shareWith(network.h, s);
    BytesView bytes(buffer);
    nb::gil_scoped_release unlocked;
    return s.parser->parseBuffer(static_cast<const char*>(bytes.data()), bytes.size(), *network.p,
                                 weights);
}

// (file, errors): the UFF bytes, or None with the reasons.
nb::tuple toUff(nb::object graph, const std::vector<std::string>& outputs, nb::list inputs,
                ILogger& logger) {
    std::unique_ptr<ITensorFlowConverter> converter(createTensorFlowConverter(logger));
    for (const std::string& name : outputs) converter->addOutput(name.c_str());
    for (nb::handle entry : inputs) {
        const auto name = nb::cast<std::string>(entry[0]);
        const auto newName = nb::cast<std::string>(entry[1]);
        if (!converter->replaceInput(name.c_str(), newName.c_str(), nb::cast<DataType>(entry[2]),
                                     toDims(entry[3])))
            throw nb::value_error("an input is float32, float16, int32 or int64");
    }
    BytesView bytes(graph);
    bool ok = false;
    {
        nb::gil_scoped_release unlocked;
        ok = converter->convert(bytes.data(), bytes.size());
    }
    nb::list errors;
    for (int32_t i = 0; i < converter->getNbErrors(); ++i) errors.append(converter->getError(i));
    if (!ok) return nb::make_tuple(nb::none(), errors);
    return nb::make_tuple(nb::bytes(converter->data(), converter->size()), errors);
}

}  // namespace

void bindUffParser(nb::module_& m) {
    using P = PyUffParser;
    nb::enum_<UffInputOrder> order(m, "UffInputOrder", "Order of an input's dimensions.");
    order.value("NCHW", UffInputOrder::kNCHW)
        .value("NHWC", UffInputOrder::kNHWC)
        .value("NC", UffInputOrder::kNC)
        .value("FILE", UffInputOrder::kFILE);
    finishEnum(order);
    nb::class_<P> cls(m, "UffParser", "Adds a UFF file to a network.");
    cls.def(nb::init<>())
        .def(
            "register_input",
            [](P& s, const char* name, nb::object shape, UffInputOrder o) {
                return s.parser->registerInput(name, toDims(shape), o);
            },
            "name"_a, "shape"_a, "order"_a = UffInputOrder::kNCHW)
        .def(
            "register_output",
            [](P& s, const char* name) { return s.parser->registerOutput(name); }, "name"_a)
        .def("parse", &parseFile, "file"_a, "network"_a, "weights_type"_a = DataType::kFLOAT)
        .def("parse_buffer", &parseBuffer, "buffer"_a, "network"_a,
             "weights_type"_a = DataType::kFLOAT)
        .def(
            "set_default_input_order",
            [](P& s, UffInputOrder o) { s.parser->setDefaultInputOrder(o); }, "order"_a)
        .def_prop_rw(
            "plugin_namespace", [](P& s) { return s.pluginNamespace; },
            [](P& s, const std::string& name) {
                s.pluginNamespace = name;
                s.parser->setPluginNamespace(name.c_str());
            })
        .def_prop_rw(
            "error_recorder", [](P& s) { return s.parser->getErrorRecorder(); },
            [](P& s, IErrorRecorder* r) { s.parser->setErrorRecorder(r); },
            nb::for_setter(nb::keep_alive<1, 2>()), nb::for_setter("recorder"_a.none()),
            nb::for_getter(nb::rv_policy::reference))
        .def_prop_ro("uff_required_version_major",
                     [](P& s) { return s.parser->getUffRequiredVersionMajor(); })
        .def_prop_ro("uff_required_version_minor",
                     [](P& s) { return s.parser->getUffRequiredVersionMinor(); })
        .def_prop_ro("uff_required_version_patch",
                     [](P& s) { return s.parser->getUffRequiredVersionPatch(); })
        .def_prop_ro("num_errors", [](P& s) { return s.parser->getNbErrors(); })
        .def(
            "get_error",
            [](P& s, int i) {
                const char* text = s.parser->getError(i);
                if (text == nullptr) throw nb::index_error("no such error");
                return std::string(text);
            },
            "index"_a)
        .def("clear_errors", [](P& s) { s.parser->clearErrors(); });
    contextManager(cls);
    m.def("_tensorflow_to_uff", &toUff, "graph"_a, "outputs"_a, "inputs"_a, "logger"_a);
}

}  // namespace bireme::python
