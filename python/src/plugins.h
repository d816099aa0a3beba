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
nb::list addresses(const nb::list& descs, const void* const* pointers, int32_t count,
                   DeviceType device);
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

// A creator written in Python: what both generations have alike.
template <typename Interface>
class PyCreator : public Interface {
public:
    explicit PyCreator(nb::object creator) : self_(std::move(creator)) {
        name_ = textAttribute(object(), "name");
        version_ = textAttribute(object(), "plugin_version");
        space_ = textAttribute(object(), "plugin_namespace");
        fields_.set(object().attr("field_names"));
    }
    nb::handle object() const { return self_.get(); }
    APILanguage getAPILanguage() const noexcept override { return APILanguage::kPYTHON; }
    const PluginFieldCollection* getFieldNames() noexcept override { return fields_.get(); }
    const char* getPluginName() const noexcept override { return name_.c_str(); }
    const char* getPluginVersion() const noexcept override { return version_.c_str(); }
    const char* getPluginNamespace() const noexcept override { return space_.c_str(); }

protected:
    std::string space_;

private:
    Held self_;
    std::string name_, version_;
    PyFields fields_;
};

// TypeError where `object` is of no class derived from pluginModule()'s `type`.
void requirePlugin(nb::handle object, const char* type);

// The Python object that a C++ object of class Own forwards to; None for objects of other classes.
template <typename Own, typename Interface>
nb::object pythonBehind(Interface& plugin) {
    auto* own = dynamic_cast<Own*>(&plugin);
    return own ? nb::borrow(own->object()) : nb::object(nb::none());
}

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
