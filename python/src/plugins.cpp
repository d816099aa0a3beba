// SPDX-License-Identifier: Apache-2.0
// The registry of plugins, and plugins of C++ as scripts hold them.
#include "plugins.h"

#include <map>
#include <string>

namespace bireme::python {

namespace {

using Registry = IPluginRegistry;
using Creator = IPluginCreatorInterface;

// The two kinds of creators have the same three names, in classes that share no base with them.
template <typename OfV3, typename OfV2>
std::string nameOf(const Creator& creator, OfV3 ofV3, OfV2 ofV2) {
    const char* text = nullptr;
    if (auto* v3 = dynamic_cast<const IPluginCreatorV3One*>(&creator))
        text = (v3->*ofV3)();
    else if (auto* v2 = dynamic_cast<const IPluginCreator*>(&creator))
        text = (v2->*ofV2)();
    return text ? text : "";
}

// A creator of Python as itself, one of C++ as its handle; None for null.
nb::object creatorObject(Creator* creator) {
    if (!creator) return nb::none();
    for (nb::object own : {pythonOfV3(*creator), pythonOfV2(*creator)})
        if (!own.is_none()) return own;
    return nb::cast(creator, nb::rv_policy::reference);
}

// The C++ creators of those that scripts registered, by the Python object; never destroyed, for the
// registry of the process is not either.
std::map<PyObject*, std::unique_ptr<Creator>>& registered() {
    static auto* map = new std::map<PyObject*, std::unique_ptr<Creator>>;
    return *map;
}

bool registerCreator(Registry& registry, nb::object creator, const std::string& space) {
    if (nb::isinstance<Creator>(creator))
        return registry.registerCreator(*nb::cast<Creator*>(creator), space.c_str());
    nb::object module = pluginModule();
    bool v3 = nb::isinstance(creator, module.attr("IPluginCreatorV3One"));
    if (!v3 && !nb::isinstance(creator, module.attr("IPluginCreator")))
        throw nb::type_error("a creator derives from IPluginCreatorV3One or IPluginCreator");
    auto& held = registered()[creator.ptr()];
    if (!held) held = v3 ? wrapCreatorV3(creator) : wrapCreatorV2(creator);
    return registry.registerCreator(*held, space.c_str());
}

bool deregisterCreator(Registry& registry, nb::object creator) {
    if (nb::isinstance<Creator>(creator))
        return registry.deregisterCreator(*nb::cast<Creator*>(creator));
    auto it = registered().find(creator.ptr());
    if (it == registered().end()) return false;
    bool done = registry.deregisterCreator(*it->second);
    registered().erase(it);
    return done;
}

// A plugin as `creator.create_plugin(name, fields[, phase])` of a C++ creator gives it.
nb::object createPlugin(Creator& creator, const std::string& name, nb::handle fields,
                        TensorRTPhase phase) {
    PyFields own;
    own.set(fields);
    if (auto* v3 = dynamic_cast<IPluginCreatorV3One*>(&creator))
        return nb::cast(v3->createPlugin(name.c_str(), own.get(), phase),
                        nb::rv_policy::take_ownership);
    auto& v2 = dynamic_cast<IPluginCreator&>(creator);
    IPluginV2* plugin = v2.createPlugin(name.c_str(), own.get());
    if (!plugin) return nb::none();
    return nb::cast(new PluginHandleV2(plugin, true), nb::rv_policy::take_ownership);
}

nb::object fieldNames(Creator& creator) {
    if (auto* v3 = dynamic_cast<IPluginCreatorV3One*>(&creator))
        return toFields(v3->getFieldNames());
    return toFields(dynamic_cast<IPluginCreator&>(creator).getFieldNames());
}

nb::list creators(Registry& registry, bool recursive) {
    int32_t count = 0;
    Creator* const* all =
        recursive ? registry.getAllCreatorsRecursive(&count) : registry.getAllCreators(&count);
    nb::list list;
    for (int32_t i = 0; i < count; ++i) list.append(creatorObject(all[i]));
    return list;
}

void bindCreator(nb::module_& m) {
    using V3 = IPluginCreatorV3One;
    using V2 = IPluginCreator;
    nb::class_<Creator, IVersionedInterface>(m, "IPluginCreatorInterface", "Makes plugins.")
        .def_prop_ro(
            "name",
            [](const Creator& c) { return nameOf(c, &V3::getPluginName, &V2::getPluginName); })
        .def_prop_ro("plugin_version",
                     [](const Creator& c) {
                         return nameOf(c, &V3::getPluginVersion, &V2::getPluginVersion);
                     })
        .def_prop_ro("plugin_namespace",
                     [](const Creator& c) {
                         return nameOf(c, &V3::getPluginNamespace, &V2::getPluginNamespace);
                     })
        .def_prop_ro("field_names", &fieldNames)
        .def("create_plugin", &createPlugin, "name"_a, "field_collection"_a,
             "phase"_a = TensorRTPhase::kBUILD, "A plugin; None when the creator makes none.");
    // NOLINTNEXTLINE(bugprone-unused-raii): a class without members
    nb::class_<IPluginV3>(m, "_PluginV3", "A plugin written in C++.");
    nb::class_<PluginHandleV2>(m, "_PluginV2", "A plugin of the second generation, in C++.")
        .def_prop_ro("plugin_type",
                     [](const PluginHandleV2& p) { return p.plugin->getPluginType(); })
        .def_prop_rw(
            "plugin_namespace",
            [](const PluginHandleV2& p) { return p.plugin->getPluginNamespace(); },
            [](PluginHandleV2& p, const char* space) { p.plugin->setPluginNamespace(space); });
    nb::class_<IPluginV3Layer, ILayer>(m, "IPluginV3Layer").def_prop_ro("plugin", [](nb::handle l) {
        IPluginV3& plugin = nb::cast<IPluginV3Layer*>(l)->getPlugin();
        nb::object own = pythonOf(plugin);
        return own.is_none() ? nb::cast(plugin, nb::rv_policy::reference_internal, l) : own;
    });
    nb::class_<IPluginV2Layer, ILayer>(m, "IPluginV2Layer")
        .def_prop_ro("plugin",
                     [](nb::handle l) {
                         IPluginV2& plugin = nb::cast<IPluginV2Layer*>(l)->getPlugin();
                         nb::object own = pythonOf(plugin);
                         if (!own.is_none()) return own;
                         return nb::cast(new PluginHandleV2(&plugin, false),
                                         nb::rv_policy::take_ownership);
                     })
        .def_prop_rw("leading_batch", &IPluginV2Layer::getLeadingBatch,
                     &IPluginV2Layer::setLeadingBatch);
}

}  // namespace

void bindPlugins(nb::module_& m) {
    bindPluginTypes(m);
    bindCreator(m);
    nb::class_<Registry>(m, "IPluginRegistry", "Finds plugin creators.")
        .def_prop_ro("all_creators", [](Registry& s) { return creators(s, false); })
        .def_prop_ro("all_creators_recursive", [](Registry& s) { return creators(s, true); })
        .def_prop_ro("plugin_creator_list", [](Registry& s) { return creators(s, true); })
        .def("register_creator", &registerCreator, "creator"_a, "plugin_namespace"_a = "",
             "The registry keeps the creator. False when its name is taken.")
        .def("deregister_creator", &deregisterCreator, "creator"_a)
        .def(
            "get_creator",
            [](Registry& s, const char* type, const char* version, const char* space) {
                return creatorObject(s.getCreator(type, version, space));
            },
            "type"_a, "version"_a, "plugin_namespace"_a = "")
        .def(
            "get_plugin_creator",
            [](Registry& s, const char* type, const char* version, const char* space) {
                return creatorObject(s.getPluginCreator(type, version, space));
            },
            "type"_a, "version"_a, "plugin_namespace"_a = "")
        .def(
            "load_library",
            [](Registry& s, const std::string& path) {
                return reinterpret_cast<uintptr_t>(s.loadLibrary(path.c_str()));
            },
            "plugin_path"_a,
            "Registers a library's creators; gives its handle, 0 on failure, with the reason in "
            "the "
            "log or on stderr.")
        .def(
            "deregister_library",
            [](Registry& s, uintptr_t handle) {
                s.deregisterLibrary(reinterpret_cast<void*>(handle));
            },
            "handle"_a)
        .def_prop_rw("parent_search_enabled", &Registry::isParentSearchEnabled,
                     &Registry::setParentSearchEnabled);
    m.def("get_plugin_registry", &getPluginRegistry, nb::rv_policy::reference);
    m.def("get_builder_plugin_registry", &getBuilderPluginRegistry, "capability"_a,
          nb::rv_policy::reference);
}

}  // namespace bireme::python
