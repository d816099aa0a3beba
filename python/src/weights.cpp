// SPDX-License-Identifier: Apache-2.0
#include <nanobind/ndarray.h>

#include <string_view>

#include "bindings.h"

namespace bireme::python {

namespace {

// Numpy's name is null where a plain array cannot hold the type: packed values below a byte.
struct DtypeRow {
    DataType type;
    const char* name;
    const char* alias;
    const char* numpy;
    int bits;
};

constexpr DtypeRow kDtypes[] = {
    {DataType::kFLOAT, "FLOAT", "float32", "float32", 32},
    {DataType::kHALF, "HALF", "float16", "float16", 16},
    {DataType::kINT8, "INT8", "int8", "int8", 8},
    {DataType::kINT32, "INT32", "int32", "int32", 32},
    {DataType::kBOOL, "BOOL", "bool", "bool", 8},
    {DataType::kUINT8, "UINT8", "uint8", "uint8", 8},
    {DataType::kFP8, "FP8", "fp8", "float8_e4m3fn", 8},
    {DataType::kBF16, "BF16", "bfloat16", "bfloat16", 16},
    {DataType::kINT64, "INT64", "int64", "int64", 64},
    {DataType::kINT4, "INT4", "int4", nullptr, 4},
    {DataType::kFP4, "FP4", "fp4", nullptr, 4},
    {DataType::kE8M0, "E8M0", "e8m0", "float8_e8m0fnu", 8},
    {DataType::kDOUBLE, "DOUBLE", "float64", "float64", 64},
    {DataType::kINT16, "INT16", "int16", "int16", 16},
    {DataType::kUINT16, "UINT16", "uint16", "uint16", 16},
    {DataType::kUINT32, "UINT32", "uint32", "uint32", 32},
    {DataType::kUINT64, "UINT64", "uint64", "uint64", 64},
    {DataType::kFP8_E5M2, "FP8_E5M2", "fp8_e5m2", "float8_e5m2", 8},
    {DataType::kUINT4, "UINT4", "uint4", nullptr, 4},
    {DataType::kINT2, "INT2", "int2", nullptr, 2},
    {DataType::kUINT2, "UINT2", "uint2", nullptr, 2},
    {DataType::kFP8_FNUZ, "FP8_FNUZ", "fp8_fnuz", "float8_e4m3fnuz", 8},
    {DataType::kFP8_E5M2_FNUZ, "FP8_E5M2_FNUZ", "fp8_e5m2_fnuz", "float8_e5m2fnuz", 8},
};

const DtypeRow& rowOf(DataType type) {
    for (const DtypeRow& row : kDtypes)
        if (row.type == type) return row;
    throw nb::value_error("unknown DataType");
}

// Constants together with what owns their bytes.
struct PyWeights {
    Weights value{DataType::kFLOAT, nullptr, 0};
    nb::object owner;
};

PyWeights fromArray(nb::handle source) {
    nb::module_ numpy = nb::module_::import_("numpy");
    nb::object array = numpy.attr("ascontiguousarray")(source);
    nb::str name(array.attr("dtype").attr("name"));
    for (const DtypeRow& row : kDtypes) {
        if (!row.numpy || std::string_view(row.numpy) != name.c_str()) continue;
        auto address = nb::cast<uintptr_t>(array.attr("ctypes").attr("data"));
        auto count = nb::cast<int64_t>(array.attr("size"));
        return {{row.type, count ? reinterpret_cast<const void*>(address) : nullptr, count}, array};
    }
    std::string message = "weights cannot have the numpy type " + std::string(name.c_str());
    throw nb::type_error(message.c_str());
}

int64_t bytesOf(const Weights& w) { return (w.count * rowOf(w.type).bits + 7) / 8; }

nb::object numpyView(const Weights& w, nb::handle owner) {
    using nb::dlpack::dtype_code;
    dtype_code code = dtype_code::Float;
    switch (w.type) {
        case DataType::kFLOAT:
        case DataType::kHALF:
        case DataType::kDOUBLE: break;
        case DataType::kBOOL: code = dtype_code::Bool; break;
        case DataType::kINT8:
        case DataType::kINT16:
        case DataType::kINT32:
        case DataType::kINT64: code = dtype_code::Int; break;
        case DataType::kUINT8:
        case DataType::kUINT16:
        case DataType::kUINT32:
        case DataType::kUINT64: code = dtype_code::UInt; break;
        default: return nb::none();
    }
    nb::dlpack::dtype dtype{static_cast<uint8_t>(code), static_cast<uint8_t>(rowOf(w.type).bits),
                            1};
    size_t shape[1] = {static_cast<size_t>(w.count)};
    return nb::cast(nb::ndarray<nb::numpy, nb::ro>(w.values, 1, shape, owner, nullptr, dtype));
}

}  // namespace

Weights toWeights(nb::handle nurse, nb::handle source) {
    if (source.is_none()) return {DataType::kFLOAT, nullptr, 0};
    PyWeights held;
    if (nb::isinstance<PyWeights>(source))
        held = nb::cast<PyWeights&>(source);
    else
        held = fromArray(source);
    if (held.owner.is_valid()) nb::keep_alive_obj(nurse, held.owner);
    return held.value;
}

nb::object fromWeights(Weights weights, nb::handle owner) {
    if (weights.values) {
        nb::object view = numpyView(weights, owner);
        if (!view.is_none()) return view;
    }
    return nb::cast(PyWeights{weights, nb::borrow(owner)});
}

static void bindDataType(nb::module_& m) {
    nb::enum_<DataType> e(m, "DataType", "Type of the elements of a tensor.");
    for (const DtypeRow& row : kDtypes) e.value(row.name, row.type);
    finishEnum(e);
    e.def_prop_ro("itemsize", [](DataType type) -> nb::object {
        int bits = rowOf(type).bits;
        return bits < 8 ? nb::object(nb::float_(bits / 8.0)) : nb::object(nb::int_(bits / 8));
    });
    nb::dict numpyNames;
    for (const DtypeRow& row : kDtypes) {
        m.attr(row.alias) = e.attr(row.name);
        if (row.numpy) numpyNames[e.attr(row.name)] = row.numpy;
    }
    m.attr("_numpy_names") = numpyNames;
}

void bindWeights(nb::module_& m) {
    bindDataType(m);
    nb::class_<PyWeights>(
        m, "Weights",
        "Constants of a layer: empty, borrowed from an address, or a numpy array, "
        "which stays alive as long as the network that uses it.")
        .def(nb::init<>())
        .def(
            "__init__",
            [](PyWeights* self, DataType type) {
                new (self) PyWeights{{type, nullptr, 0}, {}};
            },
            "type"_a)
        .def(
            "__init__",
            [](PyWeights* self, DataType type, uintptr_t ptr, int64_t count) {
                new (self) PyWeights{{type, reinterpret_cast<const void*>(ptr), count}, {}};
            },
            "type"_a, "ptr"_a, "count"_a)
        .def(
            "__init__", [](PyWeights* self, nb::handle a) { new (self) PyWeights(fromArray(a)); },
            "a"_a)
        .def_prop_ro("dtype", [](const PyWeights& s) { return s.value.type; })
        .def_prop_ro("size", [](const PyWeights& s) { return s.value.count; })
        .def_prop_ro("nbytes", [](const PyWeights& s) { return bytesOf(s.value); })
        .def("__len__", [](const PyWeights& s) { return s.value.count; })
        .def("numpy", [](Self<PyWeights> s) -> nb::object {
            if (!s.p->value.values) return nb::module_::import_("numpy").attr("empty")(0);
            nb::object view = numpyView(s.p->value, s.h);
            if (view.is_none()) throw nb::type_error("numpy has no such type");
            return view;
        });
}

}  // namespace bireme::python
