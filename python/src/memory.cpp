// SPDX-License-Identifier: Apache-2.0
// Bytes that the library hands out, and streams of bytes that Python classes implement.
#include <cstring>

#include "override.h"

namespace bireme::python {

BytesView::BytesView(nb::handle source) {
    if (PyObject_GetBuffer(source.ptr(), &view_, PyBUF_SIMPLE) != 0) throw nb::python_error();
}

BytesView::~BytesView() { PyBuffer_Release(&view_); }

namespace {

int64_t copyBytes(const nb::object& source, void* destination, int64_t room) {
    BytesView bytes(source);
    auto size = static_cast<int64_t>(bytes.size());
    if (size > room) throw nb::value_error("read() gave more bytes than it was asked for");
    std::memcpy(destination, bytes.data(), bytes.size());
    return size;
}

struct PyStreamReader : IStreamReader {
    NB_TRAMPOLINE(IStreamReader);
    APILanguage getAPILanguage() const noexcept override { return APILanguage::kPYTHON; }
    int64_t read(void* destination, int64_t size) override {
        return fromPython("IStreamReader.read", int64_t{-1}, [&] {
            return copyBytes(callMethod(nb_trampoline, "read", size), destination, size);
        });
    }
};

struct PyStreamReaderV2 : IStreamReaderV2 {
    NB_TRAMPOLINE(IStreamReaderV2);
    APILanguage getAPILanguage() const noexcept override { return APILanguage::kPYTHON; }
    int64_t read(void* destination, int64_t size, cudaStream_t stream) noexcept override {
        return fromPython("IStreamReaderV2.read", int64_t{-1}, [&] {
            nb::object bytes =
                callMethod(nb_trampoline, "read", size, reinterpret_cast<uintptr_t>(stream));
            return copyBytes(bytes, destination, size);
        });
    }
    bool seek(int64_t offset, SeekPosition where) noexcept override {
        return fromPython("IStreamReaderV2.seek", false, [&] {
            nb::object r = callMethod(nb_trampoline, "seek", offset, where);
            return r.is_none() || nb::cast<bool>(r);
        });
    }
};

struct PyStreamWriter : IStreamWriter {
    NB_TRAMPOLINE(IStreamWriter);
    APILanguage getAPILanguage() const noexcept override { return APILanguage::kPYTHON; }
    int64_t write(const void* data, int64_t size) override {
        return fromPython("IStreamWriter.write", int64_t{-1}, [&] {
            nb::bytes bytes(static_cast<const char*>(data), static_cast<size_t>(size));
            return nb::cast<int64_t>(callMethod(nb_trampoline, "write", bytes));
        });
    }
};

int getBuffer(PyObject* self, Py_buffer* view, int flags) {
    auto* memory = nb::inst_ptr<IHostMemory>(nb::handle(self));
    return PyBuffer_FillInfo(view, self, memory->data(), static_cast<Py_ssize_t>(memory->size()), 1,
                             flags);
}

PyType_Slot kHostMemorySlots[] = {{Py_bf_getbuffer, reinterpret_cast<void*>(&getBuffer)},
                                  {0, nullptr}};

void bindDeviceMemory(nb::module_& m) {
    using M = IDeviceMemory;
    using Unlocked = nb::call_guard<nb::gil_scoped_release>;
    nb::class_<M>(
        m, "IDeviceMemory",
        "Memory where an engine runs, for programs that have no CUDA of their own; made by "
        "ICudaEngine.allocate_memory().")
        .def_prop_ro("nbytes", &M::size)
        .def_prop_ro(
            "address", [](const M& s) { return reinterpret_cast<uintptr_t>(s.data()); },
            "What set_tensor_address() takes.")
        .def(
            "copy_from_host",
            [](M& s, uintptr_t address, size_t size) {
                return s.copyFromHost(reinterpret_cast<const void*>(address), size);
            },
            "address"_a, "nbytes"_a, Unlocked(), "Copies from host memory; False on failure.")
        .def(
            "copy_to_host",
            [](const M& s, uintptr_t address, size_t size) {
                return s.copyToHost(reinterpret_cast<void*>(address), size);
            },
            "address"_a, "nbytes"_a, Unlocked(), "Copies to host memory; False on failure.");
}

}  // namespace

void bindMemory(nb::module_& m) {
    nb::class_<IHostMemory> memory(m, "IHostMemory",
                                   "Bytes owned by the library, with the buffer protocol.",
                                   nb::type_slots(kHostMemorySlots));
    memory.def_prop_ro("nbytes", &IHostMemory::size)
        .def_prop_ro("dtype", &IHostMemory::type)
        .def("__len__", &IHostMemory::size);
    contextManager(memory);

    bindDeviceMemory(m);

    nb::class_<IStreamReader, IVersionedInterface, PyStreamReader>(
        m, "IStreamReader", "Reads an engine: define read(size) -> bytes.")
        .def(nb::init<>());
    nb::class_<IStreamReaderV2, IVersionedInterface, PyStreamReaderV2>(
        m, "IStreamReaderV2",
        "Reads an engine: define read(num_bytes, stream) -> bytes and seek(offset, where) -> bool.")
        .def(nb::init<>());
    nb::class_<IStreamWriter, IVersionedInterface, PyStreamWriter>(
        m, "IStreamWriter", "Writes an engine: define write(data) -> number of bytes written.")
        .def(nb::init<>());
}

}  // namespace bireme::python
