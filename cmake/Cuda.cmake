# SPDX-License-Identifier: Apache-2.0
# Headers of the CUDA backend, from a toolkit or from Python's nvidia-* packages; nothing is linked,
# every library is opened at run time. Sets BIREME_CUDA, and BIREME_CUDA_EXCLUDE: the sources whose
# library has no headers here (<what>_<library>.cpp, and the library's folder).
set(BIREME_CUDA OFF)
set(BIREME_CUDA_EXCLUDE "")
if(BIREME_BACKEND_CUDA STREQUAL "OFF")
    return()
endif()

file(GLOB cuda_folders
    "${PROJECT_SOURCE_DIR}/.venv/lib/python3*/site-packages/nvidia/*/include"
    "${PROJECT_SOURCE_DIR}/.venv/lib/python3*/site-packages/include"
    "${PROJECT_SOURCE_DIR}/.venv/include")
if(SKBUILD)
    foreach(prefix IN LISTS python_prefixes)
        file(GLOB found "${prefix}/lib/python3*/site-packages/nvidia/*/include"
            "${prefix}/lib/python3*/site-packages/include" "${prefix}/include")
        list(APPEND cuda_folders ${found})
    endforeach()
endif()
list(APPEND cuda_folders /usr/local/cuda/include)

function(bireme_cuda_header variable header)
    find_path(${variable} ${header} HINTS ${cuda_folders})
    mark_as_advanced(${variable})
endfunction()
bireme_cuda_header(BIREME_CUDA_INCLUDE cuda.h)
bireme_cuda_header(BIREME_NVRTC_INCLUDE nvrtc.h)
bireme_cuda_header(BIREME_CUBLASLT_INCLUDE cublasLt.h)
bireme_cuda_header(BIREME_CUDNN_INCLUDE cudnn.h)
bireme_cuda_header(BIREME_CUDNN_FRONTEND_INCLUDE cudnn_frontend.h)
bireme_cuda_header(BIREME_NVTX_INCLUDE nvtx3/nvToolsExt.h)

if(NOT BIREME_CUDA_INCLUDE OR NOT BIREME_NVRTC_INCLUDE)
    if(BIREME_BACKEND_CUDA STREQUAL "ON")
        message(FATAL_ERROR "The CUDA backend needs cuda.h and nvrtc.h: install a CUDA toolkit or the "
                "Python packages of requirements/cuda.txt, or set BIREME_BACKEND_CUDA=OFF")
    endif()
    message(STATUS "CUDA backend: not built, cuda.h and nvrtc.h are not here")
    return()
endif()

set(BIREME_CUDA ON)
add_library(bireme_dep_cuda INTERFACE)
target_link_libraries(bireme_dep_cuda INTERFACE ${CMAKE_DL_LIBS})
target_include_directories(bireme_dep_cuda SYSTEM INTERFACE
    "${BIREME_CUDA_INCLUDE}" "${BIREME_NVRTC_INCLUDE}")
set(excluded "")
set(with "")
foreach(library CUBLASLT CUDNN CUDNN_FRONTEND NVTX)
    if(BIREME_${library}_INCLUDE)
        target_include_directories(bireme_dep_cuda SYSTEM INTERFACE "${BIREME_${library}_INCLUDE}")
        target_compile_definitions(bireme_dep_cuda INTERFACE BIREME_HAVE_${library})
        string(APPEND with " ${library}")
    endif()
endforeach()
if(NOT BIREME_CUBLASLT_INCLUDE)
    list(APPEND excluded "_cublaslt\\.cpp$" "/cublaslt/")
endif()
if(NOT BIREME_CUDNN_INCLUDE OR NOT BIREME_CUDNN_FRONTEND_INCLUDE)
    list(APPEND excluded "_cudnn\\.cpp$" "/cudnn/")
    message(WARNING "The CUDA backend is built without cuDNN: cudnn.h or cudnn_frontend.h is not here "
            "(packages of requirements/cuda.txt). Convolutions and attention will be slower.")
endif()
list(JOIN excluded "|" BIREME_CUDA_EXCLUDE)
message(STATUS "CUDA backend: ${BIREME_CUDA_INCLUDE}, with headers of${with}")

# bireme_cuda_sources(<out-var> FOLDER <dir>): a generated source that holds every <dir>/*.cu and
# *.cuh as text, by name: bireme::cuda::deviceSources().
function(bireme_cuda_sources out)
    cmake_parse_arguments(S "" "FOLDER" "" ${ARGN})
    file(GLOB files CONFIGURE_DEPENDS "${S_FOLDER}/*.cu" "${S_FOLDER}/*.cuh")
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${files})
    set(rows "")
    foreach(file IN LISTS files)
        cmake_path(GET file FILENAME name)
        file(READ "${file}" text)
        # A compiler need not take literals above 64 KiB, and gcc takes them.
        string(APPEND rows "    {\"${name}\", R\"__cu(${text})__cu\"},\n")
    endforeach()
    set(path "${CMAKE_BINARY_DIR}/manifest/cuda_device_sources.cpp")
    file(CONFIGURE OUTPUT "${path}" @ONLY CONTENT "// Generated from backends/cuda/cu.
#include \"backends/cuda/jit/sources.h\"
namespace bireme::cuda {
const std::vector<DeviceSource>& deviceSources() {
    static const std::vector<DeviceSource> sources{
${rows}    };
    return sources;
}
}  // namespace bireme::cuda
")
    set(${out} "${path}" PARENT_SCOPE)
endfunction()
