// SPDX-License-Identifier: Apache-2.0
// The registry of plugins, as far as scripts look into it.
#include <string>

#include "bindings.h"

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

nb::list creators(Registry& registry, bool recursive) {
    int32_t count = 0;
    Creator* const* all =
        recursive ? registry.getAllCreatorsRecursive(&count) : registry.getAllCreators(&count);
    nb::list list;
    for (int32_t i = 0; i < count; ++i) list.append(nb::cast(all[i], nb::rv_policy::reference));
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
        .def_prop_ro("plugin_namespace", [](const Creator& c) {
            return nameOf(c, &V3::getPluginNamespace, &V2::getPluginNamespace);
        });
}

}  // namespace

void bindPlugins(nb::module_& m) {
    bindCreator(m);
    nb::class_<Registry>(m, "IPluginRegistry", "Finds plugin creators.")
        .def_prop_ro("all_creators", [](Registry& s) { return creators(s, false); })
        .def_prop_ro("all_creators_recursive", [](Registry& s) { return creators(s, true); })
        .def_prop_ro("plugin_creator_list", [](Registry& s) { return creators(s, true); })
        .def("get_creator", &Registry::getCreator, "type"_a, "version"_a, "plugin_namespace"_a = "",
             nb::rv_policy::reference)
        .def(
            "load_library",
            [](Registry& s, const std::string& path) {
                return reinterpret_cast<uintptr_t>(s.loadLibrary(path.c_str()));
            },
            "plugin_path"_a, "Registers a library's creators; gives its handle, 0 on failure.")
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
