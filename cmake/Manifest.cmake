# SPDX-License-Identifier: Apache-2.0
# A manifest is a generated source that calls one function per source file of a folder, so that a
# new file is all it takes to add an op, a kernel or an importer.
#
# bireme_manifest(<out-var> FOLDER <dir> NAMESPACE <ns> EACH <prefix> ALL <function>
#                 ARGUMENT <qualified class> [EXCLUDE <regex>])
#
# Every <dir>/*.cpp must define `void <ns>::<prefix><stem>(<class>&)`. Sources in subfolders are
# helpers and not listed. <out-var> gets the path of the generated source.
function(bireme_manifest out)
    cmake_parse_arguments(M "" "FOLDER;NAMESPACE;EACH;ALL;ARGUMENT;EXCLUDE" "" ${ARGN})
    file(GLOB sources CONFIGURE_DEPENDS "${M_FOLDER}/*.cpp")
    if(M_EXCLUDE)
        list(FILTER sources EXCLUDE REGEX "${M_EXCLUDE}")
    endif()
    set(declarations "")
    set(calls "")
    foreach(source IN LISTS sources)
        cmake_path(GET source STEM stem)
        string(APPEND declarations "void ${M_EACH}${stem}(${M_ARGUMENT}&);\n")
        string(APPEND calls "    ${M_EACH}${stem}(target);\n")
    endforeach()
    string(REGEX REPLACE "^(.*)::([^:]*)$" "namespace \\1 { class \\2; }" forward "${M_ARGUMENT}")
    string(MAKE_C_IDENTIFIER "${M_NAMESPACE}_${M_ALL}" name)
    set(path "${CMAKE_BINARY_DIR}/manifest/${name}.cpp")
    file(CONFIGURE OUTPUT "${path}" @ONLY CONTENT "// Generated from the list of files.
${forward}
namespace ${M_NAMESPACE} {
${declarations}
void ${M_ALL}(${M_ARGUMENT}& target);
void ${M_ALL}([[maybe_unused]] ${M_ARGUMENT}& target) {
${calls}}
}  // namespace ${M_NAMESPACE}
")
    set(${out} "${path}" PARENT_SCOPE)
endfunction()

# bireme_embedded_manifest(<out-var> NAME <file stem> BACKENDS <names>...)
#
# A source that defines `std::vector<BackendEntry> bireme::device::embeddedBackends()`: the entries
# `extern "C" bireme_backend_<name>` of the backends linked into the library, in this order.
function(bireme_embedded_manifest out)
    cmake_parse_arguments(E "" "NAME" "BACKENDS" ${ARGN})
    set(declarations "")
    set(entries "")
    foreach(backend IN LISTS E_BACKENDS)
        string(APPEND declarations
            "extern \"C\" bireme::device::Backend* bireme_backend_${backend}(uint32_t api);\n")
        list(APPEND entries "&bireme_backend_${backend}")
    endforeach()
    list(JOIN entries ", " entries)
    set(path "${CMAKE_BINARY_DIR}/manifest/${E_NAME}.cpp")
    file(CONFIGURE OUTPUT "${path}" @ONLY CONTENT "// Generated from the list of embedded backends.
#include \"device/backend.h\"
#include <vector>
${declarations}
namespace bireme::device {
std::vector<BackendEntry> embeddedBackends();
std::vector<BackendEntry> embeddedBackends() { return {${entries}}; }
}  // namespace bireme::device
")
    set(${out} "${path}" PARENT_SCOPE)
endfunction()
