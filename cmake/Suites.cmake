# elvis_discover_suites(TARGET [EXCEPT FILTER] PROPERTIES PROPERTY VALUE...): every suite of a program of
# GoogleTest's is a ctest, without the tests that FILTER names. Under a sanitizer a process takes longer to
# begin than most tests take, so there each test is none of its own.
#
# ctest asks the program for its suites when it starts: this file is also what it runs for that.

if(ELVIS_SUITES_OF)
  execute_process(COMMAND ${ELVIS_SUITES_OF} --gtest_list_tests OUTPUT_VARIABLE listed TIMEOUT 60)
  # A suite begins its line and ends with a point; behind it there may be a comment.
  string(REGEX MATCHALL "(^|\n)[A-Za-z0-9_/]+[.]" suites "${listed}")
  if(NOT suites)
    add_test(${ELVIS_SUITES_OF}_NOT_BUILT ${ELVIS_SUITES_OF}_NOT_BUILT)
  endif()
  foreach(suite IN LISTS suites)
    string(REGEX REPLACE "[\n.]" "" suite "${suite}")
    add_test(${suite} ${ELVIS_SUITES_OF} --gtest_filter=${suite}.*-${ELVIS_SUITES_EXCEPT})
    set_tests_properties(${suite} PROPERTIES ${ELVIS_SUITES_PROPERTIES})
  endforeach()
  return()
endif()

function(elvis_discover_suites target)
  cmake_parse_arguments(SUITES "" "EXCEPT" "PROPERTIES" ${ARGN})
  set(file ${CMAKE_CURRENT_BINARY_DIR}/${target}_suites.cmake)
  file(GENERATE OUTPUT ${file} CONTENT "set(ELVIS_SUITES_OF \"$<TARGET_FILE:${target}>\")
set(ELVIS_SUITES_EXCEPT \"${SUITES_EXCEPT}\")
set(ELVIS_SUITES_PROPERTIES \"${SUITES_PROPERTIES}\")
include(\"${CMAKE_CURRENT_FUNCTION_LIST_FILE}\")
")
  set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES ${file})
endfunction()
