# SPDX-License-Identifier: Apache-2.0
# bireme_precompile(<target> [<header>...]): with BIREME_PRECOMPILE, the standard headers and those
# named are read once for the whole target.
function(bireme_precompile target)
    if(BIREME_PRECOMPILE)
        target_precompile_headers(${target} PRIVATE <algorithm> <array> <atomic> <cstdint> <cstring>
            <functional> <map> <memory> <mutex> <optional> <set> <sstream> <string> <string_view>
            <unordered_map> <variant> <vector> ${ARGN})
        # What g++ 12 says of its own library is hidden in system headers, precompiled ones are none.
        target_compile_options(${target} PRIVATE -Wno-array-bounds -Wno-stringop-overflow)
    endif()
endfunction()

# bireme_together(<target>): with BIREME_PRECOMPILE, its sources are compiled eight at a time.
function(bireme_together target)
    if(BIREME_PRECOMPILE)
        set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 8)
    endif()
endfunction()

# bireme_module(<name> FOLDER <dir> [EXPORTED] [SOURCES <extra>...] [EXCLUDE <regex>]
#               [ONLY <regex>] [TOGETHER] [DEPS <modules>...] [LIBS <targets>...]
#               [PRECOMPILE <headers>...])
#
# One folder is one module, and makes two targets:
#   bireme_<name>_objects   its compiled sources, for the shared libraries
#   bireme_<name>           a static library of them, linked with its DEPS, for tests
# EXPORTED modules keep their symbols visible to the sibling libraries of the same build.
# With BIREME_PRECOMPILE the sources of a module that is TOGETHER are compiled eight at a time, so
# none may hide a name that another one of them has.
# A folder that has no sources yet still gives both targets.
function(bireme_module name)
    cmake_parse_arguments(M "EXPORTED;TOGETHER" "FOLDER;EXCLUDE;ONLY" "SOURCES;DEPS;LIBS;PRECOMPILE" ${ARGN})
    file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${M_FOLDER}/*.cpp")
    if(M_EXCLUDE)
        list(FILTER sources EXCLUDE REGEX "${M_EXCLUDE}")
    endif()
    if(M_ONLY)
        list(FILTER sources INCLUDE REGEX "${M_ONLY}")
    endif()
    list(APPEND sources ${M_SOURCES})
    if(NOT sources)
        set(sources "${CMAKE_BINARY_DIR}/manifest/empty_${name}.cpp")
        file(CONFIGURE OUTPUT "${sources}" CONTENT "// The module ${name} has no sources yet.\n")
    endif()

    set(objects bireme_${name}_objects)
    add_library(${objects} OBJECT ${sources})
    target_include_directories(${objects} PUBLIC
        "${PROJECT_SOURCE_DIR}/include" "${PROJECT_SOURCE_DIR}/src" "${PROJECT_SOURCE_DIR}")
    target_link_libraries(${objects} PUBLIC ${M_LIBS})
    list(LENGTH sources count)
    if(M_TOGETHER)
        bireme_together(${objects})
        math(EXPR count "(${count} + 7) / 8")
    endif()
    if(count GREATER 4)
        bireme_precompile(${objects} ${M_PRECOMPILE})
    endif()
    if(M_EXPORTED)
        set_target_properties(${objects} PROPERTIES CXX_VISIBILITY_PRESET default)
    endif()

    add_library(bireme_${name} STATIC $<TARGET_OBJECTS:${objects}>)
    target_include_directories(bireme_${name} PUBLIC
        "${PROJECT_SOURCE_DIR}/include" "${PROJECT_SOURCE_DIR}/src" "${PROJECT_SOURCE_DIR}")
    set_target_properties(bireme_${name} PROPERTIES LINKER_LANGUAGE CXX EXCLUDE_FROM_ALL ON)
    list(TRANSFORM M_DEPS PREPEND bireme_)
    target_link_libraries(bireme_${name} PUBLIC ${M_DEPS} ${M_LIBS})
endfunction()

# bireme_shared(<target> OUTPUT <file> [MODULE] PARTS <modules>... [LIBS <targets>...])
# A shared library made of modules.
function(bireme_shared target)
    cmake_parse_arguments(S "MODULE" "OUTPUT" "PARTS;LIBS" ${ARGN})
    set(kind SHARED)
    if(S_MODULE)
        set(kind MODULE)
    endif()
    add_library(${target} ${kind})
    foreach(part IN LISTS S_PARTS)
        target_link_libraries(${target} PRIVATE bireme_${part}_objects)
    endforeach()
    target_link_libraries(${target} PUBLIC ${S_LIBS})
    target_include_directories(${target} PUBLIC
        "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>"
        "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")
    if(NOT BIREME_SANITIZE AND NOT BIREME_FUZZ)
        target_link_options(${target} PRIVATE -Wl,--no-undefined)
    endif()
    set_target_properties(${target} PROPERTIES OUTPUT_NAME "${S_OUTPUT}" LINKER_LANGUAGE CXX)
    if(NOT S_MODULE AND NOT SKBUILD)
        set_target_properties(${target} PROPERTIES
            VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR})
    endif()
endfunction()
