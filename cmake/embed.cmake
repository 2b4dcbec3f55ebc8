# SPDX-License-Identifier: MIT
# cmake -D OUTPUT=file.c -D INPUTS=a.cl;b.cl -P embed.cmake: writes a C file that holds each input, byte for byte, as
# `const char kernel_<name>[]` (terminated by a zero that is not part of the text).

set(text "/* Written by cmake/embed.cmake from kernels/; do not edit. */\n#include \"opencl/kernels.h\"\n")
foreach(input ${INPUTS})
    get_filename_component(name "${input}" NAME_WE)
    file(READ "${input}" hex HEX)
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
    string(REGEX REPLACE "(0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,)" "\\1\n" bytes
        "${bytes}")
    string(APPEND text "\nconst char kernel_${name}[] = {\n${bytes}0x00};\n")
endforeach()
file(WRITE "${OUTPUT}" "${text}")
