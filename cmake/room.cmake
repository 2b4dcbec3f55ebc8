# SPDX-License-Identifier: MIT
# How a room (a library of host/) and a test are declared, and the flags that all of them share.

set(STACKTHUMB_SANITIZE "" CACHE STRING "Sanitizers to build with, as -fsanitize= takes them (address,undefined or thread)")
option(STACKTHUMB_FUZZ "Build the fuzz targets for libFuzzer, which takes clang, and no other test")

add_library(stackthumb_flags INTERFACE)
target_include_directories(stackthumb_flags INTERFACE "${CMAKE_SOURCE_DIR}/host")
target_compile_definitions(stackthumb_flags INTERFACE _GNU_SOURCE _FILE_OFFSET_BITS=64)
# No contraction of a*b+c: float results must be the same on every backend.
target_compile_options(stackthumb_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes
    -Wmissing-prototypes -Wvla -Wformat=2 -Wundef -Werror=implicit-function-declaration -ffp-contract=off -fno-math-errno
    -fno-trapping-math)
if(STACKTHUMB_SANITIZE)
    target_compile_options(stackthumb_flags INTERFACE -fsanitize=${STACKTHUMB_SANITIZE} -fno-sanitize-recover=all
        -fno-omit-frame-pointer)
    target_link_options(stackthumb_flags INTERFACE -fsanitize=${STACKTHUMB_SANITIZE})
endif()
if(STACKTHUMB_FUZZ)
    target_compile_options(stackthumb_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

# stackthumb_room(NAME SOURCES file... LINKS library...): the static library of one room.
function(stackthumb_room name)
    cmake_parse_arguments(ROOM "" "" "SOURCES;LINKS" ${ARGN})
    add_library(${name} STATIC ${ROOM_SOURCES})
    target_link_libraries(${name} PUBLIC stackthumb_flags ${ROOM_LINKS})
endfunction()

# stackthumb_test(NAME LABEL label SOURCES file... LINKS library... [ARGS argument...]): one test program, run by CTest
# with the project's root as working directory. Exit status 77 means skipped.
function(stackthumb_test name)
    cmake_parse_arguments(TEST "" "LABEL;TIMEOUT" "SOURCES;LINKS;ARGS" ${ARGN})
    add_executable(${name} ${TEST_SOURCES})
    target_link_libraries(${name} PRIVATE stackthumb_flags ${TEST_LINKS})
    add_test(NAME ${name} COMMAND ${name} ${TEST_ARGS} WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}")
    if(NOT TEST_TIMEOUT)
        set(TEST_TIMEOUT 300)
    endif()
    set_tests_properties(${name} PROPERTIES LABELS ${TEST_LABEL} SKIP_RETURN_CODE 77 TIMEOUT ${TEST_TIMEOUT})
endfunction()
