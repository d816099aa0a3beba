// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bireme/namespace.h"

#include <memory>

namespace bireme::api {

// The friend of every public class: the way from a handle to what is behind it, and back.
struct Access {
    template <typename Handle>
    static auto& impl(const Handle& handle) {
        return *handle.impl_;
    }

    template <typename Handle, typename Impl>
    static Handle* make(Impl* impl) {
        return new Handle(impl);
    }

    // A handle that owns what is behind it.
    template <typename Handle, typename Impl>
    static Handle* adopt(std::unique_ptr<Impl> impl) {
        Handle* handle = make<Handle>(impl.get());
        (void)impl.release();
        return handle;
    }

    template <typename Handle>
    static void destroy(Handle* handle) {
        delete handle;
    }
};

}  // namespace bireme::api
