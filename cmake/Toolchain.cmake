# SPDX-License-Identifier: Apache-2.0
# Language level, flags, caching and output folders, for every target.
if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
    set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

set(CMAKE_LIBRARY_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/lib")
set(CMAKE_ARCHIVE_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/lib")
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")
set(CMAKE_INSTALL_RPATH "$ORIGIN;$ORIGIN/../${CMAKE_INSTALL_LIBDIR}")

string(REPLACE "-O3" "-O2" CMAKE_CXX_FLAGS_RELEASE "${CMAKE_CXX_FLAGS_RELEASE}")

add_compile_options(-Wall -Wextra)
# Designated initializers leave out what keeps its default.
add_compile_options(-Wno-missing-field-initializers)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    # g++ 12 reports overlapping copies inside std::string that cannot happen (GCC bug 105651).
    add_compile_options(-Wno-restrict)
endif()
if(BIREME_WERROR)
    add_compile_options(-Werror)
endif()
# Calls inside a library may be inlined although its symbols are visible to its siblings.
add_compile_options(-fno-semantic-interposition)

if(BIREME_SANITIZE)
    add_compile_options(-fsanitize=${BIREME_SANITIZE} -fno-omit-frame-pointer)
    add_link_options(-fsanitize=${BIREME_SANITIZE})
    if(BIREME_SANITIZE MATCHES "address" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
        # The same checks by calls, which compile faster than code in place.
        add_compile_options("SHELL:--param asan-instrumentation-with-call-threshold=0")
    endif()
    if(BIREME_SANITIZE MATCHES "undefined")
        add_compile_options(-fno-sanitize-recover=undefined)
    endif()
endif()
if(BIREME_FUZZ)
    if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
        message(FATAL_ERROR "BIREME_FUZZ needs clang; use the preset 'fuzz'")
    endif()
    add_compile_options(-fsanitize=fuzzer-no-link)
    add_link_options(-fsanitize=fuzzer-no-link)
endif()
add_link_options(-Wl,--as-needed)

find_program(BIREME_CCACHE ccache)
if(BIREME_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER AND NOT BIREME_PRECOMPILE)
    # Without the hashed folder, all build folders of one tree share one cache.
    set(CMAKE_CXX_COMPILER_LAUNCHER "${CMAKE_COMMAND};-E;env;CCACHE_NOHASHDIR=1;${BIREME_CCACHE}")
endif()
