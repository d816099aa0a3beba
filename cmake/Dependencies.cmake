# SPDX-License-Identifier: Apache-2.0
# Foreign libraries. Each is an interface target that only the folder allowed to see it links.
find_package(Threads REQUIRED)

add_library(bireme_dep_parallel INTERFACE)
if(BIREME_OPENMP AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    find_package(OpenMP REQUIRED COMPONENTS CXX)
    target_link_libraries(bireme_dep_parallel INTERFACE OpenMP::OpenMP_CXX)
endif()

add_library(bireme_dep_json INTERFACE)
find_package(nlohmann_json 3.10 REQUIRED)
target_link_libraries(bireme_dep_json INTERFACE nlohmann_json::nlohmann_json)

add_library(bireme_dep_xxhash INTERFACE)
find_path(BIREME_XXHASH_INCLUDE xxhash.h REQUIRED)
target_include_directories(bireme_dep_xxhash SYSTEM INTERFACE "${BIREME_XXHASH_INCLUDE}")

if(BIREME_PARSERS)
    find_path(BIREME_PROTOZERO_INCLUDE protozero/pbf_reader.hpp REQUIRED)
    add_library(bireme_dep_protozero INTERFACE)
    target_include_directories(bireme_dep_protozero SYSTEM INTERFACE "${BIREME_PROTOZERO_INCLUDE}")
endif()
if(BIREME_TOOLS)
    find_package(CLI11 REQUIRED)
endif()
if(BIREME_TESTS)
    find_package(GTest REQUIRED)
endif()

# PyPI's oneDNN lies in the prefix of a virtual environment: the tree's own, or the one that
# runs this build.
if(BIREME_BACKEND_CPU)
    set(prefixes "${PROJECT_SOURCE_DIR}/.venv")
    find_package(Python3 COMPONENTS Interpreter QUIET)
    if(SKBUILD AND Python3_FOUND)
        execute_process(
            COMMAND "${Python3_EXECUTABLE}" -c
                "import sys, os; print(';'.join(os.path.dirname(os.path.dirname(os.path.dirname(p))) for p in sys.path if p.endswith('site-packages')))"
            OUTPUT_VARIABLE python_prefixes OUTPUT_STRIP_TRAILING_WHITESPACE)
        list(PREPEND prefixes ${python_prefixes})
    endif()
    find_package(dnnl 3.1 CONFIG QUIET HINTS ${prefixes})
    find_package(hwy CONFIG QUIET)
    if(dnnl_FOUND AND hwy_FOUND)
        message(STATUS "oneDNN ${dnnl_VERSION} (${dnnl_DIR}), Highway ${hwy_VERSION}")
        add_library(bireme_dep_cpu INTERFACE)
        target_link_libraries(bireme_dep_cpu INTERFACE DNNL::dnnl hwy::hwy bireme_dep_parallel)
    else()
        message(FATAL_ERROR "The CPU backend needs oneDNN 3 and Highway: run scripts/setup, point "
                "CMAKE_PREFIX_PATH at them, or set BIREME_BACKEND_CPU=OFF")
    endif()
endif()
