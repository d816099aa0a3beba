// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the sources of the module share: one function per theme, and the rules of ownership.

#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>

#include <optional>
#include <string>

#include "bireme/bireme.h"

namespace bireme::python {

namespace nb = nanobind;
using namespace nb::literals;

void bindEnums(nb::module_& m);
void bindDims(nb::module_& m);
void bindWeights(nb::module_& m);
void bindCallbacks(nb::module_& m);
void bindLogger(nb::module_& m);
void bindMemory(nb::module_& m);
void bindDlpack(nb::module_& m);
void bindTensors(nb::module_& m);
void bindComputeLayers(nb::module_& m);
void bindDataLayers(nb::module_& m);
void bindNetwork(nb::module_& m);
void bindBuilder(nb::module_& m);
void bindConfig(nb::module_& m);
void bindRuntime(nb::module_& m);
void bindEngine(nb::module_& m);
void bindContext(nb::module_& m);
void bindParser(nb::module_& m);
void bindUffParser(nb::module_& m);
void bindCaffeParser(nb::module_& m);
void bindPlugins(nb::module_& m);

// Pointer to class and its Python object, for functions that tie lifetimes.
template <typename T>
using Self = nb::pointer_and_handle<T>;

// Weights from None, a Weights object or anything numpy can read. What owns the bytes is kept alive
// by `nurse`.
Weights toWeights(nb::handle nurse, nb::handle source);
// A read-only numpy view that keeps `owner` alive; a Weights object where numpy lacks the type or
// where there are no values.
nb::object fromWeights(Weights weights, nb::handle owner);

// A str or None.
using Text = std::optional<std::string>;
inline const char* orNull(const Text& text) { return text ? text->c_str() : nullptr; }

nb::tuple toTuple(const Dims& dims);
Dims toDims(nb::handle sequence);

// The layer as an object of its own class, which knows its network; None for null.
nb::object layerObject(nb::handle network, ILayer* layer);
// The same as a plain ILayer, whose `type` is the LayerType: scripts then assign its `__class__`.
nb::object plainLayerObject(nb::handle network, ILayer* layer);
// The network that a layer's object belongs to.
nb::handle networkOf(nb::handle layer);

// A buffer of bytes borrowed from any object with the buffer protocol.
class BytesView {
public:
    explicit BytesView(nb::handle source);
    ~BytesView();
    BytesView(const BytesView&) = delete;
    BytesView& operator=(const BytesView&) = delete;
    const void* data() const { return view_.buf; }
    size_t size() const { return static_cast<size_t>(view_.len); }

private:
    Py_buffer view_;
};

// Members print as Class.NAME and convert to int; as in TensorRT they equal no member of another
// enum.
template <typename E>
void finishEnum(nb::enum_<E>& e) {
    e.attr("__str__") = nb::module_::import_("enum").attr("Enum").attr("__str__");
    e.def("__int__", [](E value) { return static_cast<int64_t>(value); });
    e.def("__index__", [](E value) { return static_cast<int64_t>(value); });
}

// `with` is accepted and does nothing: objects die when the last reference to them does.
template <typename C>
void contextManager(C& cls) {
    cls.def("__enter__", [](nb::handle self) { return nb::borrow(self); });
    cls.def("__exit__", [](nb::handle, nb::args) { return false; });
}

}  // namespace bireme::python
