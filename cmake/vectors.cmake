# SPDX-License-Identifier: MIT
# Inner loops: one source, one object for each instruction set that the compiler can make and ask for.
include(CheckCSourceCompiles)

# stackthumb_vectors(ROOM TABLE SETS set...): compiles TABLE.c of the room once for every processor, into the table
# TABLE_baseline, and once for each set (avx2, avx512), into TABLE_SET. TABLE_usable.c chooses among those that there are:
# STACKTHUMB_HAVE_AVX2 and STACKTHUMB_HAVE_AVX512 tell it.
function(stackthumb_vectors room table)
    cmake_parse_arguments(VECTORS "" "" "SETS" ${ARGN})
    stackthumb_vector_object(${room} ${table} baseline)
    if(NOT CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$")
        return()
    endif()
    set(avx2_features avx2)
    set(avx512_features avx512f avx512bw avx512dq avx512vl)
    foreach(set ${VECTORS_SETS})
        list(TRANSFORM ${set}_features PREPEND -m OUTPUT_VARIABLE flags)
        list(TRANSFORM ${set}_features REPLACE "(.+)" "__builtin_cpu_supports(\"\\1\")" OUTPUT_VARIABLE tests)
        list(JOIN tests " && " test)
        list(JOIN flags " " CMAKE_REQUIRED_FLAGS)
        string(TOUPPER ${set} upper)
        check_c_source_compiles("int main(void) { return ${test}; }" STACKTHUMB_HAVE_${upper})
        if(STACKTHUMB_HAVE_${upper})
            stackthumb_vector_object(${room} ${table} ${set} ${flags})
            set_property(SOURCE ${table}_usable.c APPEND PROPERTY COMPILE_DEFINITIONS STACKTHUMB_HAVE_${upper})
        endif()
    endforeach()
endfunction()

function(stackthumb_vector_object room table set)
    set(name ${table}_${set})
    add_library(${name} OBJECT ${table}.c)
    target_link_libraries(${name} PRIVATE stackthumb_flags)
    target_compile_definitions(${name} PRIVATE VECTORS_TABLE=${name} VECTORS_NAME="${set}")
    target_compile_options(${name} PRIVATE ${ARGN})
    if(CMAKE_BUILD_TYPE MATCHES "Rel") # -O2 leaves these loops to scalar instructions
        target_compile_options(${name} PRIVATE -O3)
    endif()
    target_sources(${room} PRIVATE $<TARGET_OBJECTS:${name}>)
endfunction()
