# SPDX-License-Identifier: Apache-2.0
# What `cmake --install` puts where: a C++ package, or (under scikit-build-core) a Python package.
include(CMakePackageConfigHelpers)

set(libraries libbireme_runtime)
if(TARGET libbireme)
    list(APPEND libraries libbireme)
endif()
if(TARGET libbireme_onnx)
    list(APPEND libraries libbireme_onnx)
endif()

# oneDNN of a Python package and Highway travel with the libraries that need them, under the names
# the loader asks for; `lib` is the folder they go to, `doc` that of their licences.
function(bireme_install_foreign lib doc)
    foreach(target DNNL::dnnl hwy::hwy)
        if(NOT TARGET ${target})
            continue()
        endif()
        foreach(config RELEASE NONE NOCONFIG)
            get_target_property(file ${target} IMPORTED_LOCATION_${config})
            get_target_property(name ${target} IMPORTED_SONAME_${config})
            if(file)
                break()
            endif()
        endforeach()
        file(REAL_PATH "${file}" file)
        install(FILES "${file}" DESTINATION "${lib}" RENAME "${name}")
    endforeach()
    install(FILES "${dnnl_DIR}/../../../share/doc/onednn/LICENSE"
        "${dnnl_DIR}/../../../share/doc/onednn/THIRD-PARTY-PROGRAMS"
        DESTINATION "${doc}/onednn" OPTIONAL)
    install(FILES /usr/share/doc/libhwy-dev/copyright DESTINATION "${doc}/highway" OPTIONAL)
endfunction()

if(SKBUILD)
    set(BIREME_PACKAGE bireme)
    set_target_properties(${libraries} PROPERTIES INSTALL_RPATH "$ORIGIN")
    install(TARGETS ${libraries} LIBRARY DESTINATION ${BIREME_PACKAGE})
    if(TARGET libbireme_cpu)
        set_target_properties(libbireme_cpu PROPERTIES INSTALL_RPATH "$ORIGIN")
        install(TARGETS libbireme_cpu LIBRARY DESTINATION ${BIREME_PACKAGE})
        bireme_install_foreign(${BIREME_PACKAGE} ${BIREME_PACKAGE}/licenses)
    endif()
    if(TARGET _bireme)
        install(TARGETS _bireme LIBRARY DESTINATION ${BIREME_PACKAGE})
    endif()
    return()
endif()

set_target_properties(libbireme_runtime PROPERTIES EXPORT_NAME runtime)
add_library(bireme::runtime ALIAS libbireme_runtime)
if(TARGET libbireme)
    set_target_properties(libbireme PROPERTIES EXPORT_NAME bireme)
    add_library(bireme::bireme ALIAS libbireme)
endif()
if(TARGET libbireme_onnx)
    set_target_properties(libbireme_onnx PROPERTIES EXPORT_NAME onnx)
    add_library(bireme::onnx ALIAS libbireme_onnx)
endif()

install(TARGETS ${libraries} EXPORT bireme LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
    INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
if(TARGET libbireme_cpu)
    install(TARGETS libbireme_cpu LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
    bireme_install_foreign(${CMAKE_INSTALL_LIBDIR} ${CMAKE_INSTALL_DOCDIR})
endif()
if(TARGET bireme)
    install(TARGETS bireme RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/" DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" DESTINATION ${CMAKE_INSTALL_DOCDIR})

set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/bireme")
install(EXPORT bireme NAMESPACE bireme:: FILE biremeTargets.cmake DESTINATION "${package_dir}")
write_basic_package_version_file("${CMAKE_BINARY_DIR}/biremeConfigVersion.cmake"
    COMPATIBILITY SameMinorVersion)
configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/biremeConfig.cmake.in"
    "${CMAKE_BINARY_DIR}/biremeConfig.cmake" INSTALL_DESTINATION "${package_dir}")
install(FILES "${CMAKE_BINARY_DIR}/biremeConfig.cmake" "${CMAKE_BINARY_DIR}/biremeConfigVersion.cmake"
    DESTINATION "${package_dir}")
