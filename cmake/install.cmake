# Install rules, find_package(camseal) and pkg-config.
include(CMakePackageConfigHelpers)

install(TARGETS camseal_core EXPORT camseal-targets)
if(CAMSEAL_OPENSSL)
    install(TARGETS camseal_openssl EXPORT camseal-targets)
endif()
if(CAMSEAL_TOOLS)
    install(TARGETS camseal RUNTIME)
endif()
install(DIRECTORY include/camseal DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(EXPORT camseal-targets NAMESPACE camseal:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/camseal)
configure_package_config_file(cmake/camseal-config.cmake.in camseal-config.cmake
    INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/camseal)
write_basic_package_version_file(camseal-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/camseal-config.cmake
              ${CMAKE_CURRENT_BINARY_DIR}/camseal-config-version.cmake
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/camseal)
# The .pc files find their prefix from where they lie, so the package can be moved.
file(RELATIVE_PATH camseal_pc_to_prefix /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
foreach(pc camseal camseal-openssl)
    configure_file(cmake/${pc}.pc.in ${pc}.pc @ONLY)
    if(pc STREQUAL "camseal" OR CAMSEAL_OPENSSL)
        install(FILES ${CMAKE_CURRENT_BINARY_DIR}/${pc}.pc
                DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
    endif()
endforeach()
find_program(CAMSEAL_SCDOC scdoc)
if(CAMSEAL_SCDOC AND CAMSEAL_TOOLS)
    add_custom_command(OUTPUT camseal.1 DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/docs/man/camseal.1.scd
        COMMAND sh -c [["$0" <"$1" >camseal.1]] ${CAMSEAL_SCDOC} ${CMAKE_CURRENT_SOURCE_DIR}/docs/man/camseal.1.scd
        VERBATIM)
    add_custom_target(man ALL DEPENDS camseal.1)
    install(FILES ${CMAKE_CURRENT_BINARY_DIR}/camseal.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
endif()
