# SPDX-License-Identifier: Apache-2.0
# Every switch of the build, once.
option(BIREME_BUILDER "Build the builder, passes and the whole API (off: run-time library alone)" ON)
option(BIREME_PARSERS "Build the model parsers" ON)
option(BIREME_TOOLS "Build the command line" ON)
option(BIREME_PYTHON "Build the Python module" OFF)
option(BIREME_TESTS "Build the tests" ON)
option(BIREME_FUZZ "Build the fuzz targets (needs clang)" OFF)
option(BIREME_BACKEND_CPU "Build the CPU backend (needs oneDNN 3)" ON)
option(BIREME_OPENMP "Run parallel loops on OpenMP threads" ON)
option(BIREME_WERROR "Treat warnings as errors" OFF)
set(BIREME_SANITIZE "" CACHE STRING "Sanitizers for everything, e.g. address,undefined")
set(BIREME_UNITY_OPS 0 CACHE STRING "Sources per unity batch in src/ops; 0 compiles each alone")
