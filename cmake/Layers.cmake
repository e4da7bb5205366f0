# elvis_layer(NAME USES TARGET...): the library elvis_NAME from src/NAME/*.cpp, src/NAME/*/*.cpp and include/elvis/NAME/.
# The sources of a layer are compiled together unless ELVIS_UNITY is off: their headers are read once,
# and calls within a layer are inlined.
option(ELVIS_UNITY "Compile the sources of a layer together" ON)

function(elvis_layer name)
  cmake_parse_arguments(LAYER "" "" "USES" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${name}/*.cpp
    ${PROJECT_SOURCE_DIR}/src/${name}/*/*.cpp)
  set(target elvis_${name})
  if(sources)
    add_library(${target} STATIC ${sources})
    target_include_directories(${target} PUBLIC ${PROJECT_SOURCE_DIR}/include)
    target_link_libraries(${target} PUBLIC ${LAYER_USES} PRIVATE elvis_options)
    set_target_properties(${target} PROPERTIES UNITY_BUILD ${ELVIS_UNITY} UNITY_BUILD_BATCH_SIZE 8)
  else()
    add_library(${target} INTERFACE)
    target_include_directories(${target} INTERFACE ${PROJECT_SOURCE_DIR}/include)
    target_link_libraries(${target} INTERFACE ${LAYER_USES})
  endif()
endfunction()
