// SPDX-License-Identifier: Apache-2.0
#pragma once

// Plugins written in Python: C++ objects that hold the Python ones and forward to them.

#include <memory>
#include <string>
#include <vector>

#include "bindings.h"

namespace bireme::python {

void bindPluginTypes(nb::module_& m);

// The Python module with the classes that users derive from.
nb::object pluginModule();

// A Python object that outlives the interpreter's end unharmed: dropped under the GIL, else leaked.
class Held {
public:
    explicit Held(nb::object object) : object_(std::move(object)) {}
    ~Held();
    Held(const Held&) = delete;
    Held& operator=(const Held&) = delete;
    nb::handle get() const { return object_; }

private:
    nb::object object_;
};

// What both generations pass to Python and get back.
nb::list describe(const PluginTensorDesc* descs, int32_t count);
nb::list describe(const DynamicPluginTensorDesc* descs, int32_t count);
nb::list expressions(const DimsExprs* list, int32_t count);  // of DimsExprs
DimsExprs toDimsExprs(nb::handle list);
nb::list addresses(const nb::list& descs, const void* const* pointers, int32_t count);
int32_t statusOf(const nb::object& result);  // None is 0
std::string textAttribute(nb::handle object, const char* name);
nb::object toFields(const PluginFieldCollection* fields);  // PluginFieldCollection

// A PluginFieldCollection of Python with memory of its own.
class PyFields {
public:
    void set(nb::handle collection);
    const PluginFieldCollection* get() const { return &collection_; }

private:
    std::vector<std::string> names_;
    std::vector<std::vector<char>> bytes_;
    std::vector<PluginField> fields_;
    PluginFieldCollection collection_{0, nullptr};
};

// The C++ objects for Python's; throw TypeError for others.
std::unique_ptr<IPluginV3> wrapV3(nb::handle plugin);
IPluginV2* wrapV2(nb::handle plugin);
std::unique_ptr<IPluginCreatorInterface> wrapCreatorV3(nb::handle creator);
std::unique_ptr<IPluginCreatorInterface> wrapCreatorV2(nb::handle creator);
// The Python object behind a C++ one, None when it is not one of Python's.
nb::object pythonOf(IPluginV3& plugin);
nb::object pythonOf(IPluginV2& plugin);
nb::object pythonOfV3(IPluginCreatorInterface& creator);
nb::object pythonOfV2(IPluginCreatorInterface& creator);

// Plugins of C++ as Python holds them.
struct PluginHandleV2 {
    IPluginV2* plugin;
    bool owned;
    PluginHandleV2(IPluginV2* p, bool o) : plugin(p), owned(o) {}
    PluginHandleV2(const PluginHandleV2&) = delete;
    PluginHandleV2& operator=(const PluginHandleV2&) = delete;
    ~PluginHandleV2() {
        if (owned) plugin->destroy();
    }
};

}  // namespace bireme::python
