# elvis/stamp.hpp: which Elvis this is, and a digest of all public headers, so that a plug-in which was
# built from others is known. Made when a header has changed; a few sources include it.
#
# As a script: cmake -DINCLUDE=… -DVERSION=… -DOUTPUT=… -P Stamp.cmake

if(CMAKE_SCRIPT_MODE_FILE)
  file(GLOB_RECURSE headers RELATIVE ${INCLUDE} ${INCLUDE}/*.hpp)
  list(SORT headers)
  set(digests "")
  foreach(header IN LISTS headers)
    file(SHA256 ${INCLUDE}/${header} digest)
    string(APPEND digests "${header} ${digest}\n")
  endforeach()
  string(SHA256 digest "${digests}")
  string(SUBSTRING ${digest} 0 16 digest)
  file(WRITE ${OUTPUT} "// SPDX-License-Identifier: MIT
// Which Elvis these headers are of. Made by cmake/Stamp.cmake.
#pragma once

#include <cstdint>
#include <string_view>

namespace elvis {

/// For example \"0.1.0\".
inline constexpr std::string_view version = \"${VERSION}\";
/// What all public headers come to.
inline constexpr std::uint64_t headers_digest = 0x${digest};

}  // namespace elvis
")
  return()
endif()

set(folder ${PROJECT_BINARY_DIR}/include)
file(GLOB_RECURSE headers CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/include/*.hpp)
add_custom_command(OUTPUT ${folder}/elvis/stamp.hpp
  COMMAND ${CMAKE_COMMAND} -DINCLUDE=${PROJECT_SOURCE_DIR}/include -DVERSION=${PROJECT_VERSION}
          -DOUTPUT=${folder}/elvis/stamp.hpp -P ${CMAKE_CURRENT_LIST_FILE}
  DEPENDS ${headers} ${CMAKE_CURRENT_LIST_FILE}
  COMMENT "Digesting the public headers" VERBATIM)
add_custom_target(elvis_stamp DEPENDS ${folder}/elvis/stamp.hpp)
add_dependencies(elvis_simulation elvis_stamp)
target_include_directories(elvis_simulation PUBLIC $<BUILD_INTERFACE:${folder}>)
