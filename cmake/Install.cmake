# cmake --install: the program, the layers as libraries, the public headers, and how to find them from
# CMake (find_package(elvis)) and pkg-config. Nothing in it names a folder of the build, so the prefix
# may be moved.
include(CMakePackageConfigHelpers)

get_property(layers GLOBAL PROPERTY ELVIS_LAYERS)
set(ELVIS_STATIC_LAYERS "")  # those that are not headers alone
foreach(layer IN LISTS layers)
  get_target_property(type ${layer} TYPE)
  if(type STREQUAL "STATIC_LIBRARY")
    list(APPEND ELVIS_STATIC_LAYERS ${layer})
  endif()
endforeach()
list(TRANSFORM ELVIS_STATIC_LAYERS REPLACE "^elvis_" "elvis::" OUTPUT_VARIABLE host_layers)
list(JOIN host_layers " " ELVIS_HOST_LAYERS)
set(package ${CMAKE_INSTALL_LIBDIR}/cmake/elvis)

# All layers, for a program that has the simulator in it.
add_library(elvis_all INTERFACE)
target_link_libraries(elvis_all INTERFACE ${layers})
set_target_properties(elvis_all PROPERTIES EXPORT_NAME elvis)

# The headers alone, for a plug-in: the program that loads it has the code.
add_library(elvis_plugin INTERFACE)
target_include_directories(elvis_plugin INTERFACE $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
target_link_libraries(elvis_plugin INTERFACE Boost::headers)
target_compile_features(elvis_plugin INTERFACE cxx_std_20)
target_compile_definitions(elvis_plugin INTERFACE $<INSTALL_INTERFACE:${ELVIS_DEFINITIONS}>)
# No compiler may join a multiplication and an addition: util/repeatable_math.hpp.
target_compile_options(elvis_plugin INTERFACE $<INSTALL_INTERFACE:-ffp-contract=off>)
target_compile_options(elvis_all INTERFACE $<INSTALL_INTERFACE:-ffp-contract=off>)
set_target_properties(elvis_plugin PROPERTIES EXPORT_NAME plugin)

install(TARGETS elvis_all elvis_plugin ${layers} EXPORT elvis ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY include/ ${PROJECT_BINARY_DIR}/include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
  FILES_MATCHING PATTERN *.hpp)
install(EXPORT elvis NAMESPACE elvis:: FILE elvisTargets.cmake DESTINATION ${package})
configure_package_config_file(cmake/elvisConfig.cmake.in ${PROJECT_BINARY_DIR}/elvisConfig.cmake
  INSTALL_DESTINATION ${package} NO_SET_AND_CHECK_MACRO)
# Before 1.0 every minor version may change anything.
write_basic_package_version_file(${PROJECT_BINARY_DIR}/elvisConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/elvisConfig.cmake ${PROJECT_BINARY_DIR}/elvisConfigVersion.cmake
  cmake/CompilerCheck.cmake DESTINATION ${package})

# A static library needs those that come behind it.
set(ELVIS_PC_LIBRARIES "")
foreach(layer IN LISTS ELVIS_STATIC_LAYERS)
  string(PREPEND ELVIS_PC_LIBRARIES "-l${layer} ")
endforeach()
list(TRANSFORM ELVIS_DEFINITIONS PREPEND -D OUTPUT_VARIABLE definitions)
list(JOIN definitions " " ELVIS_PC_DEFINITIONS)
file(RELATIVE_PATH ELVIS_PC_PREFIX /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
configure_file(cmake/elvis.pc.in ${PROJECT_BINARY_DIR}/elvis.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/elvis.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

install(FILES LICENSE README.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY docs DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY ndl DESTINATION ${CMAKE_INSTALL_DOCDIR} FILES_MATCHING PATTERN *.ndl PATTERN *.csv)
