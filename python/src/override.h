// SPDX-License-Identifier: Apache-2.0
#pragma once

// Calls from the library into Python objects that implement its interfaces.

#include <nanobind/trampoline.h>

#include <utility>

#include "bindings.h"

namespace bireme::python {

// The result of the Python method `name`, a literal; throws when the class does not define it.
template <typename... Args>
nb::object callMethod(const nb::detail::trampoline& self, const char* name, Args&&... args) {
    nb::detail::ticket ticket(self, name, nb::detail::str_hash(name), true);
    return nb::object(self.base().attr(ticket.key)(std::forward<Args>(args)...));
}

// True when the Python class defines `name`.
inline bool overrides(const nb::detail::trampoline& self, const char* name) {
    if (!nb::hasattr(self.base(), name)) return false;
    nb::detail::ticket ticket(self, name, nb::detail::str_hash(name), false);
    return ticket.key.is_valid();
}

// Runs `body` under the GIL. The library's interfaces may not throw: an exception is reported as
// unraisable, and `fallback`, the interface's failure value, is given back.
template <typename R, typename F>
R fromPython(const char* what, R fallback, F&& body) noexcept {
    if (!Py_IsInitialized()) return fallback;
    nb::gil_scoped_acquire gil;
    try {
        return body();
    } catch (nb::python_error& error) {
        if (error.matches(PyExc_KeyboardInterrupt))
            PyErr_SetInterrupt();  // raised again as soon as Python's own code goes on
        else
            error.discard_as_unraisable(what);
    } catch (const std::exception& error) {
        PyErr_SetString(PyExc_RuntimeError, error.what());
        nb::object context = nb::str(what);
        PyErr_WriteUnraisable(context.ptr());
    }
    return fallback;
}

}  // namespace bireme::python
