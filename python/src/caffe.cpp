// SPDX-License-Identifier: Apache-2.0
#include "bireme/parsers/caffe.h"

#include <nanobind/ndarray.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <vector>

#include "bindings.h"

namespace bireme::python {

namespace {

using nvcaffeparser1::IBinaryProtoBlob;
using nvcaffeparser1::IBlobNameToTensor;
using nvcaffeparser1::ICaffeParser;

// Weights are borrowed from the parser: every network that it filled shares it.
struct PyCaffeParser {
    std::shared_ptr<ICaffeParser> parser{nvcaffeparser1::createCaffeParser()};
};

void shareWith(nb::handle network, const PyCaffeParser& s) {
    nb::keep_alive_cb(
        network, new std::shared_ptr<ICaffeParser>(s.parser),
        [](void* held) noexcept { delete static_cast<std::shared_ptr<ICaffeParser>*>(held); });
}

const IBlobNameToTensor* parseFiles(PyCaffeParser& s, const std::string& deploy, const Text& model,
                                    Self<INetworkDefinition> network, DataType type) {
    shareWith(network.h, s);
    nb::gil_scoped_release unlocked;
    return s.parser->parse(deploy.c_str(), orNull(model), *network.p, type);
}

const IBlobNameToTensor* parseBuffers(PyCaffeParser& s, nb::object deploy, nb::object model,
                                      Self<INetworkDefinition> network, DataType type) {
    shareWith(network.h, s);
    BytesView text(deploy);
    std::optional<BytesView> trained;
    if (!model.is_none()) trained.emplace(model);
    nb::gil_scoped_release unlocked;
    return s.parser->parseBuffers(static_cast<const char*>(text.data()), text.size(),
                                  trained ? static_cast<const char*>(trained->data()) : nullptr,
                                  trained ? trained->size() : 0, *network.p, type);
}

nb::object parseMean(PyCaffeParser& s, const std::string& path) {
    std::unique_ptr<IBinaryProtoBlob> blob(s.parser->parseBinaryProto(path.c_str()));
    if (!blob) return nb::none();
    const Dims d = blob->getDimensions();
    size_t shape[4], count = 1;
    for (int i = 0; i < 4; ++i) count *= shape[i] = static_cast<size_t>(d.d[i]);
    auto* values = new float[count];
    std::copy_n(static_cast<const float*>(blob->getData()), count, values);
    nb::capsule owner(values, [](void* p) noexcept { delete[] static_cast<float*>(p); });
    return nb::cast(nb::ndarray<nb::numpy, float>(values, 4, shape, owner));
}

}  // namespace

void bindCaffeParser(nb::module_& m) {
    using P = PyCaffeParser;
    nb::class_<IBlobNameToTensor>(m, "IBlobNameToTensor",
                                  "The tensors of a network by the names of its blobs.")
        .def(
            "find", [](const IBlobNameToTensor& b, const char* name) { return b.find(name); },
            "name"_a, nb::rv_policy::reference_internal)
        .def_prop_ro("output_names", [](const IBlobNameToTensor& b) {
            std::vector<std::string> names;
            for (int32_t i = 0; i < b.getNbOutputs(); ++i) names.emplace_back(b.getOutputName(i));
            nb::list out;
            for (const auto& name : names) out.append(nb::str(name.c_str()));
            return out;
        });
    nb::class_<P> cls(m, "CaffeParser", "Adds a Caffe network to a network.");
    cls.def(nb::init<>())
        .def("parse", &parseFiles, "deploy"_a, "model"_a.none(), "network"_a,
             "dtype"_a = DataType::kFLOAT, nb::rv_policy::reference_internal)
        .def("parse_buffer", &parseBuffers, "deploy_buffer"_a, "model_buffer"_a.none(), "network"_a,
             "dtype"_a = DataType::kFLOAT, nb::rv_policy::reference_internal)
        .def("parse_binary_proto", &parseMean, "filename"_a,
             "The values of a .binaryproto file as an array [N, C, H, W]; None on failure.")
        .def(
            "set_input_shape",
            [](P& s, const char* name, nb::object shape) {
                return s.parser->setInputDimensions(name, toDims(shape));
            },
            "name"_a, "shape"_a)
        .def_prop_rw(
            "error_recorder", [](P& s) { return s.parser->getErrorRecorder(); },
            [](P& s, IErrorRecorder* r) { s.parser->setErrorRecorder(r); },
            nb::for_setter(nb::keep_alive<1, 2>()), nb::for_setter("recorder"_a.none()),
            nb::for_getter(nb::rv_policy::reference))
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
}

}  // namespace bireme::python
