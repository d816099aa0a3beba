// SPDX-License-Identifier: Apache-2.0
// Arrays of other libraries without a copy, by DLPack.
#include <nanobind/ndarray.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/vector.h>

#include <vector>

#include "bindings.h"

namespace bireme::python {

namespace {

using Kind = std::pair<int, int>;  // DLPack's code and bits of an element

// What a capsule or an object with __dlpack__ holds; keeps it alive.
struct Borrowed {
    nb::ndarray<> array;

    std::vector<int64_t> shape() const {
        return {array.shape_ptr(), array.shape_ptr() + array.ndim()};
    }
    bool contiguous() const {
        int64_t step = 1;
        for (size_t i = array.ndim(); i-- > 0;) {
            if (array.shape(i) != 1 && array.stride(i) != step) return array.size() == 0;
            step *= static_cast<int64_t>(array.shape(i));
        }
        return true;
    }
};

nb::ndarray<> lend(uintptr_t address, const std::vector<size_t>& shape, Kind kind,
                   std::pair<int, int> device, nb::handle owner) {
    nb::dlpack::dtype type;
    type.code = static_cast<uint8_t>(kind.first);
    type.bits = static_cast<uint8_t>(kind.second);
    type.lanes = 1;
    return {reinterpret_cast<void*>(address),
            shape.size(),
            shape.data(),
            owner,
            nullptr,
            type,
            device.first,
            device.second};
}

}  // namespace

void bindDlpack(nb::module_& m) {
    nb::class_<Borrowed>(m, "_Borrowed")
        .def("__init__",
             [](Borrowed* s, nb::ndarray<> array) { new (s) Borrowed{std::move(array)}; })
        .def_prop_ro("address",
                     [](const Borrowed& s) { return reinterpret_cast<uintptr_t>(s.array.data()); })
        .def_prop_ro("shape", &Borrowed::shape)
        .def_prop_ro("contiguous", &Borrowed::contiguous)
        .def_prop_ro("kind",
                     [](const Borrowed& s) {
                         return Kind{s.array.dtype().code, s.array.dtype().bits};
                     })
        .def_prop_ro("device", [](const Borrowed& s) {
            return std::pair{s.array.device_type(), s.array.device_id()};
        });
    m.def("_lend", &lend, "address"_a, "shape"_a, "kind"_a, "device"_a, "owner"_a);
}

}  // namespace bireme::python
