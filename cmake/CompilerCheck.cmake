# Which compilers will do, for Elvis itself and for what is built against the installed package:
# elvis_compiler_problem(VARIABLE) sets it to what is wrong, or to nothing.

function(elvis_compiler_problem result)
  set(version ${CMAKE_CXX_COMPILER_VERSION})
  set(cure "Use clang 17 or newer (clang++-19 on Debian 12; scripts/setup installs it) or g++ 13 or newer.")
  set(problem "")
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND version VERSION_LESS 13)
    string(CONCAT problem
      "g++ ${version} miscompiles C++20 coroutines (temporaries in a co_await "
      "expression are destroyed twice, co_return in a switch or a loop gets lost). ${cure}")
  elseif(CMAKE_CXX_COMPILER_ID MATCHES "Clang" AND version VERSION_LESS 17)
    set(problem "clang ${version} is too old for this project's C++20. ${cure}")
  endif()
  set(${result} "${problem}" PARENT_SCOPE)
endfunction()
