# What every target of the project is built with, and the one way to declare a room, a test or a
# benchmark.

add_library(waltrack_options INTERFACE)
target_compile_options(waltrack_options INTERFACE -Wall -Wextra -Wpedantic -Werror)
target_include_directories(waltrack_options INTERFACE ${PROJECT_SOURCE_DIR}/src)
target_compile_definitions(waltrack_options INTERFACE WALTRACK_VERSION="${PROJECT_VERSION}")
if(WALTRACK_SANITIZE)
  target_compile_options(waltrack_options INTERFACE
    -fsanitize=${WALTRACK_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(waltrack_options INTERFACE -fsanitize=${WALTRACK_SANITIZE})
endif()
if(WALTRACK_FUZZERS)  # coverage, which is what guides libFuzzer
  target_compile_options(waltrack_options INTERFACE -fsanitize=fuzzer-no-link)
  target_link_options(waltrack_options INTERFACE -fsanitize=fuzzer-no-link)
endif()

# waltrack_room(NAME SOURCES … DEPENDS …): the library waltrack_NAME of src/NAME/.
function(waltrack_room name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS" ${ARGN})
  add_library(waltrack_${name} STATIC ${ARG_SOURCES})
  target_link_libraries(waltrack_${name} PUBLIC waltrack_options ${ARG_DEPENDS})
endfunction()

# waltrack_test(NAME SOURCES … DEPENDS … [TIMEOUT seconds]): the GoogleTest binary NAME, each of its
# tests known to CTest.
function(waltrack_test name)
  cmake_parse_arguments(ARG "" "TIMEOUT" "SOURCES;DEPENDS" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 60)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE waltrack_options ${ARG_DEPENDS} GTest::gtest_main)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  target_compile_definitions(${name} PRIVATE WALTRACK_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  # What is tested is built as released; the tests themselves need not be, and take half the time.
  target_compile_options(${name} PRIVATE $<$<CONFIG:RelWithDebInfo>:-O0$<SEMICOLON>-g1>)
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST PROPERTIES TIMEOUT ${ARG_TIMEOUT})
endfunction()

# waltrack_benchmark(NAME SOURCES … DEPENDS …): a Google Benchmark binary.
function(waltrack_benchmark name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE waltrack_options ${ARG_DEPENDS} benchmark::benchmark_main)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
endfunction()

# waltrack_fuzzer(NAME SEEDS DIR SOURCES … DEPENDS …): SOURCES define LLVMFuzzerTestOneInput. Every
# build makes NAME_seeds, a test that runs the seeds once; with WALTRACK_FUZZERS also the libFuzzer
# binary NAME.
function(waltrack_fuzzer name)
  cmake_parse_arguments(ARG "" "SEEDS" "SOURCES;DEPENDS" ${ARGN})
  add_executable(${name}_seeds ${ARG_SOURCES} ${PROJECT_SOURCE_DIR}/tests/fuzz/run_seeds.cpp)
  target_link_libraries(${name}_seeds PRIVATE waltrack_options ${ARG_DEPENDS})
  target_include_directories(${name}_seeds PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  add_test(NAME ${name}_seeds COMMAND ${name}_seeds ${ARG_SEEDS})
  if(WALTRACK_FUZZERS)
    add_executable(${name} ${ARG_SOURCES})
    target_link_libraries(${name} PRIVATE waltrack_options ${ARG_DEPENDS} -fsanitize=fuzzer)
    target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  endif()
endfunction()
