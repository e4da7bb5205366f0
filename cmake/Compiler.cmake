# The language, the warnings and the sanitizers of our own targets: elvis_options.

include(${CMAKE_CURRENT_LIST_DIR}/CompilerCheck.cmake)
elvis_compiler_problem(problem)
if(problem)
  message(FATAL_ERROR "${problem}")
endif()

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()
set(CMAKE_CXX_FLAGS_RELEASE "-O3")

set(ELVIS_SANITIZE "" CACHE STRING "Sanitizers: empty, 'address,undefined' or 'thread'")

add_library(elvis_options INTERFACE)
target_compile_options(elvis_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror
  # No compiler may join a multiplication and an addition: util/repeatable_math.hpp.
  -ffp-contract=off)
if(ELVIS_SANITIZE)
  add_compile_options(-fsanitize=${ELVIS_SANITIZE} -fno-omit-frame-pointer
                      -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${ELVIS_SANITIZE})
  # Asio recycles coroutine frames and small blocks, which would hide use after free.
  set(ELVIS_DEFINITIONS ELVIS_SANITIZED)  # what headers look at, also those of the installed package
  add_compile_definitions(ELVIS_SANITIZED BOOST_ASIO_DISABLE_AWAITABLE_FRAME_RECYCLING
                          BOOST_ASIO_DISABLE_SMALL_BLOCK_RECYCLING)
endif()
option(ELVIS_COVERAGE "Count executed lines for llvm-cov (clang; scripts/coverage)" OFF)
if(ELVIS_COVERAGE)
  add_compile_options(-fprofile-instr-generate -fcoverage-mapping)
  add_link_options(-fprofile-instr-generate)
endif()

# The standard library's own cheap checks, where time does not matter.
add_compile_definitions($<$<CONFIG:Debug>:_GLIBCXX_ASSERTIONS>)

find_program(ELVIS_LLD NAMES ld.lld-19 ld.lld)
if(ELVIS_LLD AND CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  add_link_options(--ld-path=${ELVIS_LLD})
endif()
