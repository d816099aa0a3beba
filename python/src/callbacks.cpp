// SPDX-License-Identifier: Apache-2.0
// Interfaces that Python classes may implement, besides the logger.

#include <atomic>
#include <cstring>

#include "override.h"

namespace bireme::python {

namespace {

using Addr = uintptr_t;

Addr addressOf(const void* p) { return reinterpret_cast<Addr>(p); }
void* pointerTo(const nb::object& address) {
    return address.is_none() ? nullptr : reinterpret_cast<void*>(nb::cast<Addr>(address));
}

nb::object textOrNone(const char* text) {
    return text ? nb::object(nb::str(text)) : nb::object(nb::none());
}

struct PyErrorRecorder : IErrorRecorder {
    NB_TRAMPOLINE(IErrorRecorder);
    APILanguage getAPILanguage() const noexcept override { return APILanguage::kPYTHON; }
    int32_t getNbErrors() const noexcept override {
        return fromPython("IErrorRecorder.num_errors", 0, [&] {
            nb::object n = nb_trampoline.base().attr("num_errors");
            return nb::cast<int32_t>(PyCallable_Check(n.ptr()) ? nb::object(n()) : n);
        });
    }
    ErrorCode getErrorCode(int32_t i) const noexcept override {
        return fromPython("IErrorRecorder.get_error_code", ErrorCode::kINVALID_ARGUMENT, [&] {
            return nb::cast<ErrorCode>(callMethod(nb_trampoline, "get_error_code", i));
        });
    }
    const char* getErrorDesc(int32_t i) const noexcept override {
        return fromPython("IErrorRecorder.get_error_desc", "", [&] {
            desc_ = nb::cast<std::string>(callMethod(nb_trampoline, "get_error_desc", i));
            return desc_.c_str();
        });
    }
    bool hasOverflowed() const noexcept override {
        return fromPython("IErrorRecorder.has_overflowed", false, [&] {
            return nb::cast<bool>(callMethod(nb_trampoline, "has_overflowed"));
        });
    }
    void clear() noexcept override {
        fromPython("IErrorRecorder.clear", 0,
                   [&] { return callMethod(nb_trampoline, "clear"), 0; });
    }
    bool reportError(ErrorCode code, const char* desc) noexcept override {
        return fromPython("IErrorRecorder.report_error", false, [&] {
            nb::object r = callMethod(nb_trampoline, "report_error", code, textOrNone(desc));
            return r.is_none() ? false : nb::cast<bool>(r);
        });
    }
    // The Python object is kept alive by those it is attached to: the count is for the caller.
    RefCount incRefCount() noexcept override { return ++count_; }
    RefCount decRefCount() noexcept override { return --count_; }

private:
    mutable std::string desc_;
    std::atomic<RefCount> count_{0};
};

struct PyProfiler : IProfiler {
    NB_TRAMPOLINE(IProfiler);
    void reportLayerTime(const char* layerName, float ms) noexcept override {
        fromPython("IProfiler.report_layer_time", 0, [&] {
            return callMethod(nb_trampoline, "report_layer_time", textOrNone(layerName), ms), 0;
        });
    }
};

struct PyProgressMonitor : IProgressMonitor {
    NB_TRAMPOLINE(IProgressMonitor);
    APILanguage getAPILanguage() const noexcept override { return APILanguage::kPYTHON; }
    void phaseStart(const char* name, const char* parent, int32_t steps) noexcept override {
        fromPython("IProgressMonitor.phase_start", 0, [&] {
            return callMethod(nb_trampoline, "phase_start", textOrNone(name), textOrNone(parent),
                              steps),
                   0;
        });
    }
    bool stepComplete(const char* name, int32_t step) noexcept override {
        return fromPython("IProgressMonitor.step_complete", false, [&] {
            return nb::cast<bool>(
                callMethod(nb_trampoline, "step_complete", textOrNone(name), step));
        });
    }
    void phaseFinish(const char* name) noexcept override {
        fromPython("IProgressMonitor.phase_finish", 0,
                   [&] { return callMethod(nb_trampoline, "phase_finish", textOrNone(name)), 0; });
    }
};

// Both kinds of allocator ask the same methods; the asynchronous ones fall back on the others.
template <typename Base>
struct PyAllocator : Base {
    NB_TRAMPOLINE(Base);
    APILanguage getAPILanguage() const noexcept override { return APILanguage::kPYTHON; }
    void* allocate(uint64_t size, uint64_t alignment, AllocatorFlags flags) noexcept override {
        return fromPython("IGpuAllocator.allocate", static_cast<void*>(nullptr), [&] {
            return pointerTo(callMethod(this->nb_trampoline, "allocate", size, alignment, flags));
        });
    }
    bool deallocate(void* memory) noexcept override {
        return fromPython("IGpuAllocator.deallocate", false, [&] {
            return nb::cast<bool>(callMethod(this->nb_trampoline, "deallocate", addressOf(memory)));
        });
    }
    void* reallocate(void* memory, uint64_t alignment, uint64_t size) noexcept override {
        return fromPython("IGpuAllocator.reallocate", static_cast<void*>(nullptr), [&]() -> void* {
            if (!overrides(this->nb_trampoline, "reallocate")) return nullptr;
            return pointerTo(
                callMethod(this->nb_trampoline, "reallocate", addressOf(memory), alignment, size));
        });
    }
    void* allocateAsync(uint64_t size, uint64_t alignment, AllocatorFlags flags,
                        cudaStream_t stream) noexcept override {
        return fromPython("IGpuAllocator.allocate_async", static_cast<void*>(nullptr), [&] {
            if (!overrides(this->nb_trampoline, "allocate_async"))
                return allocate(size, alignment, flags);
            return pointerTo(callMethod(this->nb_trampoline, "allocate_async", size, alignment,
                                        flags, addressOf(stream)));
        });
    }
    bool deallocateAsync(void* memory, cudaStream_t stream) noexcept override {
        return fromPython("IGpuAllocator.deallocate_async", false, [&] {
            if (!overrides(this->nb_trampoline, "deallocate_async")) return deallocate(memory);
            return nb::cast<bool>(callMethod(this->nb_trampoline, "deallocate_async",
                                             addressOf(memory), addressOf(stream)));
        });
    }
};

struct PyOutputAllocator : IOutputAllocator {
    NB_TRAMPOLINE(IOutputAllocator);
    APILanguage getAPILanguage() const noexcept override { return APILanguage::kPYTHON; }
    void* reallocateOutput(const char* name, void* memory, uint64_t size,
                           uint64_t alignment) noexcept override {
        return fromPython("IOutputAllocator.reallocate_output", static_cast<void*>(nullptr), [&] {
            return pointerTo(callMethod(nb_trampoline, "reallocate_output", textOrNone(name),
                                        addressOf(memory), size, alignment));
        });
    }
    void* reallocateOutputAsync(const char* name, void* memory, uint64_t size, uint64_t alignment,
                                cudaStream_t stream) override {
        return fromPython("IOutputAllocator.reallocate_output_async", static_cast<void*>(nullptr),
                          [&] {
                              if (!overrides(nb_trampoline, "reallocate_output_async"))
                                  return reallocateOutput(name, memory, size, alignment);
                              return pointerTo(callMethod(nb_trampoline, "reallocate_output_async",
                                                          textOrNone(name), addressOf(memory), size,
                                                          alignment, addressOf(stream)));
                          });
    }
    void notifyShape(const char* name, const Dims& dims) noexcept override {
        fromPython("IOutputAllocator.notify_shape", 0, [&] {
            return callMethod(nb_trampoline, "notify_shape", textOrNone(name), Dims(dims)), 0;
        });
    }
};

template <typename Base>
void bindAllocator(nb::module_& m, const char* name) {
    nb::class_<Base, IVersionedInterface, PyAllocator<Base>>(
        m, name,
        "Supplies memory: define allocate(size, alignment, flags) -> address and "
        "deallocate(memory) -> bool.")
        .def(nb::init<>());
}

}  // namespace

void bindCallbacks(nb::module_& m) {
    nb::class_<InterfaceInfo>(m, "InterfaceInfo", "Name and version of an interface.")
        .def_prop_ro("kind", [](const InterfaceInfo& s) { return s.kind; })
        .def_ro("major", &InterfaceInfo::major)
        .def_ro("minor", &InterfaceInfo::minor);
    nb::class_<IVersionedInterface>(m, "IVersionedInterface")
        .def_prop_ro("api_language", &IVersionedInterface::getAPILanguage)
        .def_prop_ro("interface_info", &IVersionedInterface::getInterfaceInfo);
    nb::class_<IErrorRecorder, IVersionedInterface, PyErrorRecorder>(
        m, "IErrorRecorder",
        "Collects errors: define num_errors, get_error_code(i), get_error_desc(i), "
        "has_overflowed(), clear(), report_error(code, desc).")
        .def(nb::init<>())
        .def_prop_ro_static("MAX_DESC_LENGTH",
                            [](nb::handle) { return size_t{IErrorRecorder::kMAX_DESC_LENGTH}; });
    nb::class_<IProfiler, PyProfiler>(
        m, "IProfiler", "Receives layer times: define report_layer_time(layer_name, ms).")
        .def(nb::init<>())
        .def("report_layer_time", &IProfiler::reportLayerTime, "layer_name"_a, "ms"_a);
    nb::class_<IProgressMonitor, IVersionedInterface, PyProgressMonitor>(
        m, "IProgressMonitor",
        "Follows a build: define phase_start(phase_name, parent_phase, num_steps), "
        "step_complete(phase_name, step) -> False to stop, phase_finish(phase_name).")
        .def(nb::init<>());
    bindAllocator<IGpuAllocator>(m, "IGpuAllocator");
    bindAllocator<IGpuAsyncAllocator>(m, "IGpuAsyncAllocator");
    nb::class_<IOutputAllocator, IVersionedInterface, PyOutputAllocator>(
        m, "IOutputAllocator",
        "Supplies an output's memory: define reallocate_output(tensor_name, memory, size, "
        "alignment) -> address and notify_shape(tensor_name, shape).")
        .def(nb::init<>());
}

}  // namespace bireme::python
