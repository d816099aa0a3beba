// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "bindings.h"

namespace bireme::python {

nb::tuple toTuple(const Dims& dims) {
    if (dims.nbDims < 0) throw nb::value_error("the shape is not known");
    nb::list list;
    for (int32_t i = 0; i < dims.nbDims; ++i) list.append(dims.d[i]);
    return nb::tuple(list);
}

static int64_t toInt(nb::handle value) {
    nb::object index = nb::steal(PyNumber_Index(value.ptr()));
    if (!index.is_valid()) throw nb::python_error();
    int64_t result = PyLong_AsLongLong(index.ptr());
    if (result == -1 && PyErr_Occurred()) throw nb::python_error();
    return result;
}

Dims toDims(nb::handle sequence) {
    Dims dims{0, {}};
    for (nb::handle extent : sequence) {
        if (dims.nbDims == Dims::MAX_DIMS)
            throw nb::value_error("a shape has at most 8 dimensions");
        dims.d[dims.nbDims++] = toInt(extent);
    }
    return dims;
}

static nb::object item(nb::handle tuple, nb::handle index) {
    return nb::steal(PyObject_GetItem(tuple.ptr(), index.ptr()));
}

static bool equal(nb::handle a, nb::handle other) {
    if (!PySequence_Check(other.ptr()) || PyUnicode_Check(other.ptr())) return false;
    nb::object b = nb::steal(PySequence_Tuple(other.ptr()));
    if (!b.is_valid()) throw nb::python_error();
    return a.equal(b);
}

template <typename D>
static void initHw(nb::class_<DimsHW, D>& cls) {
    cls.def(nb::init<>())
        .def(nb::init<int64_t, int64_t>(), "h"_a, "w"_a)
        .def("__init__",
             [](DimsHW* self, nb::sequence s) {
                 Dims dims = toDims(s);
                 if (dims.nbDims != 2) throw nb::value_error("DimsHW takes two extents");
                 new (self) DimsHW(dims.d[0], dims.d[1]);
             })
        .def_prop_rw(
            "h", [](const DimsHW& s) { return s.d[0]; }, [](DimsHW& s, int64_t v) { s.d[0] = v; })
        .def_prop_rw(
            "w", [](const DimsHW& s) { return s.d[1]; }, [](DimsHW& s, int64_t v) { s.d[1] = v; });
}

static void bindShape(nb::module_& m) {
    nb::class_<Dims> cls(m, "Dims", "Extents of a tensor; any sequence of ints stands for one.");
    cls.def("__init__",
            [](Dims* self) {
                new (self) Dims{0, {}};
            })
        .def(
            "__init__", [](Dims* self, nb::sequence s) { new (self) Dims(toDims(s)); }, "shape"_a)
        .def("__len__", [](const Dims& s) { return nb::len(toTuple(s)); })
        .def("__iter__", [](const Dims& s) { return nb::iter(toTuple(s)); })
        .def("__getitem__", [](const Dims& s, nb::handle i) { return item(toTuple(s), i); })
        .def("__setitem__",
             [](Dims& s, int64_t i, int64_t value) {
                 if (i < 0) i += s.nbDims;
                 if (i < 0 || i >= s.nbDims) throw nb::index_error("no such dimension");
                 s.d[i] = value;
             })
        .def("__eq__",
             [](const Dims& s, nb::handle o) { return s.nbDims >= 0 && equal(toTuple(s), o); })
        .def("__ne__",
             [](const Dims& s, nb::handle o) { return s.nbDims < 0 || !equal(toTuple(s), o); })
        .def("__hash__", [](const Dims& s) { return nb::hash(toTuple(s)); })
        .def("__add__", [](const Dims& s, nb::sequence o) { return toTuple(s) + nb::tuple(o); })
        .def("__radd__", [](const Dims& s, nb::sequence o) { return nb::tuple(o) + toTuple(s); })
        .def(
            "__str__",
            [](const Dims& s) { return s.nbDims < 0 ? nb::str("(unknown)") : nb::str(toTuple(s)); })
        .def("__repr__", [](const Dims& s) {
            return s.nbDims < 0 ? nb::str("(unknown)") : nb::str(toTuple(s));
        });
    cls.attr("MAX_DIMS") = int32_t{Dims::MAX_DIMS};
    nb::implicitly_convertible<nb::sequence, Dims>();

    nb::class_<Dims2, Dims> two(m, "Dims2");
    two.def(nb::init<>()).def(nb::init<int64_t, int64_t>());
    nb::class_<DimsHW, Dims2> hw(m, "DimsHW");
    initHw(hw);
    nb::class_<Dims3, Dims2> three(m, "Dims3");
    three.def(nb::init<>()).def(nb::init<int64_t, int64_t, int64_t>());
    nb::class_<Dims4, Dims3> four(m, "Dims4");
    four.def(nb::init<>()).def(nb::init<int64_t, int64_t, int64_t, int64_t>());
}

static nb::tuple orderOf(const Permutation& p) {
    nb::list list;
    for (int32_t i : p.order) list.append(i);
    return nb::tuple(list);
}

static void bindPermutation(nb::module_& m) {
    nb::class_<Permutation>(m, "Permutation",
                            "Order of dimensions: output dimension i is input dimension order[i].")
        .def("__init__",
             [](Permutation* self, nb::sequence s) {
                 Dims dims = toDims(s);
                 new (self) Permutation{};
                 for (int32_t i = 0; i < Dims::MAX_DIMS; ++i)
                     self->order[i] = i < dims.nbDims ? static_cast<int32_t>(dims.d[i]) : i;
             })
        .def("__len__", [](const Permutation&) { return int32_t{Dims::MAX_DIMS}; })
        .def("__iter__", [](const Permutation& s) { return nb::iter(orderOf(s)); })
        .def("__getitem__", [](const Permutation& s, nb::handle i) { return item(orderOf(s), i); })
        .def("__repr__", [](const Permutation& s) { return nb::str(orderOf(s)); });
    nb::implicitly_convertible<nb::sequence, Permutation>();
}

void bindDims(nb::module_& m) {
    bindShape(m);
    bindPermutation(m);
}

}  // namespace bireme::python
