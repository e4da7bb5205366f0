# elvis_layer(NAME USES TARGET...): the library elvis_NAME from src/NAME/*.cpp, src/NAME/*/*.cpp and include/elvis/NAME/.
# Each layer is installed: cmake/Install.cmake.
# The sources of a layer are compiled together unless ELVIS_UNITY is off: their headers are read once,
# and calls within a layer are inlined.
option(ELVIS_UNITY "Compile the sources of a layer together" ON)
# Tests are compiled once and run once, layers are compiled once and run by all tests.
set(ELVIS_LAYER_OPTIONS "" CACHE STRING "Compiler options of the layers, behind those of all")

function(elvis_layer name)
  cmake_parse_arguments(LAYER "" "" "USES" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${name}/*.cpp
    ${PROJECT_SOURCE_DIR}/src/${name}/*/*.cpp)
  set(target elvis_${name})
  if(sources)
    add_library(${target} STATIC ${sources})
    set(scope PUBLIC)
    target_link_libraries(${target} PUBLIC ${LAYER_USES} PRIVATE $<BUILD_INTERFACE:elvis_options>)
    target_compile_options(${target} PRIVATE ${ELVIS_LAYER_OPTIONS})
    set_target_properties(${target} PROPERTIES UNITY_BUILD ${ELVIS_UNITY} UNITY_BUILD_BATCH_SIZE 8)
  else()
    add_library(${target} INTERFACE)
    set(scope INTERFACE)
    target_link_libraries(${target} INTERFACE ${LAYER_USES})
  endif()
  target_include_directories(${target} ${scope} $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  target_compile_definitions(${target} ${scope} $<INSTALL_INTERFACE:${ELVIS_DEFINITIONS}>)
  target_compile_features(${target} ${scope} $<INSTALL_INTERFACE:cxx_std_20>)
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${name})
  set_property(GLOBAL APPEND PROPERTY ELVIS_LAYERS ${target})
endfunction()
