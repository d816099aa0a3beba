// SPDX-License-Identifier: Apache-2.0
// What plugins written in Python are given: descriptions, expressions, fields.
#include "plugins.h"

#include <cstring>

namespace bireme::python {

nb::object pluginModule() { return nb::module_::import_("bireme.plugin"); }

void requirePlugin(nb::handle object, const char* type) {
    if (!nb::isinstance(object, pluginModule().attr(type)))
        throw nb::type_error(
            ("an object of a class derived from " + std::string(type) + " was expected").c_str());
}

Held::~Held() {
    if (Py_IsInitialized()) {
        nb::gil_scoped_acquire gil;
        object_.reset();
    } else {
        object_.release();
    }
}

nb::list describe(const PluginTensorDesc* descs, int32_t count) {
    nb::list out;
    for (int32_t i = 0; i < count; ++i) out.append(nb::cast(descs[i], nb::rv_policy::copy));
    return out;
}

nb::list describe(const DynamicPluginTensorDesc* descs, int32_t count) {
    nb::list out;
    for (int32_t i = 0; i < count; ++i) out.append(nb::cast(descs[i], nb::rv_policy::copy));
    return out;
}

nb::list expressions(const DimsExprs* list, int32_t count) {
    nb::object cls = pluginModule().attr("DimsExprs");
    nb::list out;
    for (int32_t i = 0; i < count; ++i) {
        nb::list extents;
        for (int32_t k = 0; k < list[i].nbDims; ++k)
            extents.append(nb::cast(list[i].d[k], nb::rv_policy::reference));
        out.append(cls(extents));
    }
    return out;
}

DimsExprs toDimsExprs(nb::handle list) {
    DimsExprs out{0, {}};
    for (nb::handle extent : list) {
        if (out.nbDims == Dims::MAX_DIMS) throw nb::value_error("more than 8 dimensions");
        out.d[out.nbDims++] = nb::cast<const IDimensionExpr*>(extent);
    }
    return out;
}

nb::list addresses(const nb::list& descs, const void* const* pointers, int32_t count,
                   DeviceType device) {
    nb::list numbers;
    for (int32_t i = 0; i < count; ++i)
        numbers.append(nb::int_(reinterpret_cast<uintptr_t>(pointers[i])));
    return nb::cast<nb::list>(pluginModule().attr("_addresses")(descs, numbers, device));
}

int32_t statusOf(const nb::object& result) {
    return result.is_none() ? 0 : nb::cast<int32_t>(result);
}

std::string textAttribute(nb::handle object, const char* name) {
    return nb::cast<std::string>(nb::str(object.attr(name)));
}

static size_t bytesPerValue(PluginFieldType type) {
    switch (type) {
        case PluginFieldType::kFLOAT16:
        case PluginFieldType::kBF16:
        case PluginFieldType::kINT16: return 2;
        case PluginFieldType::kFLOAT32:
        case PluginFieldType::kINT32: return 4;
        case PluginFieldType::kFLOAT64:
        case PluginFieldType::kINT64: return 8;
        case PluginFieldType::kDIMS: return sizeof(Dims);
        default: return 1;
    }
}

nb::object toFields(const PluginFieldCollection* fields) {
    nb::object module = pluginModule();
    nb::list out;
    for (int32_t i = 0; fields && i < fields->nbFields; ++i) {
        const PluginField& f = fields->fields[i];
        size_t bytes = f.data ? bytesPerValue(f.type) * static_cast<size_t>(f.length) : 0;
        nb::bytes raw(static_cast<const char*>(bytes ? f.data : ""), bytes);
        out.append(module.attr("PluginField").attr("_of")(f.name ? f.name : "", f.type, raw));
    }
    return module.attr("PluginFieldCollection")(out);
}

void PyFields::set(nb::handle collection) {
    names_.clear(), bytes_.clear(), fields_.clear();
    std::vector<std::pair<PluginFieldType, int32_t>> kinds;
    for (nb::handle field : collection) {
        names_.push_back(textAttribute(field, "name"));
        nb::bytes raw = nb::cast<nb::bytes>(field.attr("_bytes")());
        bytes_.emplace_back(raw.c_str(), raw.c_str() + raw.size());
        kinds.emplace_back(nb::cast<PluginFieldType>(field.attr("type")),
                           nb::cast<int32_t>(field.attr("size")));
    }
    for (size_t i = 0; i < names_.size(); ++i)
        fields_.emplace_back(names_[i].c_str(), bytes_[i].data(), kinds[i].first, kinds[i].second);
    collection_ = {static_cast<int32_t>(fields_.size()), fields_.data()};
}

void bindPluginTypes(nb::module_& m) {
    using D = PluginTensorDesc;
    nb::class_<D>(m, "PluginTensorDesc", "One input or output of a plugin while it runs.")
        .def(nb::init<>())
        .def_rw("dims", &D::dims)
        .def_rw("type", &D::type)
        .def_rw("format", &D::format)
        .def_rw("scale", &D::scale);
    using Y = DynamicPluginTensorDesc;
    nb::class_<Y>(m, "DynamicPluginTensorDesc",
                  "One input or output of a plugin while it is built: -1 for run-time extents.")
        .def(nb::init<>())
        .def_rw("desc", &Y::desc)
        .def_rw("min", &Y::min)
        .def_rw("max", &Y::max)
        .def_rw("opt", &Y::opt);
    using E = IDimensionExpr;
    nb::class_<E>(m, "IDimensionExpr", "An extent as an expression; valid during one call.")
        .def("is_constant", &E::isConstant)
        .def("get_constant_value",
             [](const E& e) -> nb::object {
                 return e.isConstant() ? nb::object(nb::int_(e.getConstantValue()))
                                       : nb::object(nb::none());
             })
        .def("is_size_tensor", &E::isSizeTensor);
    using B = IExprBuilder;
    constexpr auto borrowed = nb::rv_policy::reference;
    nb::class_<B>(m, "IExprBuilder", "Makes expressions; valid during one call.")
        .def("constant", &B::constant, "value"_a, borrowed)
        .def("operation", &B::operation, "op"_a, "first"_a, "second"_a, borrowed)
        .def("declare_size_tensor", &B::declareSizeTensor, "output_index"_a, "opt"_a, "upper"_a,
             borrowed);
    nb::class_<IPluginResourceContext>(m, "IPluginResourceContext",
                                       "What a plugin may use of its context.");
}

}  // namespace bireme::python
