# ELVIS_TEST_PROPERTIES: what every test runs under. The suppression file is empty and stays so. (One
# variable a property: a list would not survive gtest_discover_tests.)

set(ELVIS_TEST_TIMEOUT 60)
set(ELVIS_TEST_PROPERTIES)
if(ELVIS_SANITIZE OR ELVIS_COVERAGE)
  set(ELVIS_TEST_TIMEOUT 300)
endif()
if(ELVIS_SANITIZE MATCHES "thread")
  set(ELVIS_TEST_PROPERTIES
    ENVIRONMENT "TSAN_OPTIONS=halt_on_error=1:suppressions=${PROJECT_SOURCE_DIR}/tests/tsan.supp")
elseif(ELVIS_SANITIZE)
  set(ELVIS_TEST_PROPERTIES
    ENVIRONMENT "ASAN_OPTIONS=detect_stack_use_after_return=1"
    ENVIRONMENT_MODIFICATION "UBSAN_OPTIONS=set:print_stacktrace=1")
endif()
list(APPEND ELVIS_TEST_PROPERTIES TIMEOUT ${ELVIS_TEST_TIMEOUT})
