# SPDX-License-Identifier: MIT
cmake_minimum_required(VERSION 3.25)
# cmake -P cmake/check_rooms.cmake: fails when a file of host/ includes a header of a room that it may not use, and when
# CL/cl.h is included outside host/opencl. Run from the project's root.

set(base_may base)
set(volume_may volume base)
set(codec_may codec volume base)
set(downsample_may downsample volume base)
set(stack_may stack codec volume base)
set(output_may output codec volume base)
set(opencl_may opencl downsample volume base)
set(pipeline_may pipeline stack output downsample codec volume base)
set(cli_may cli pipeline opencl output stack downsample codec volume base)

set(failures 0)
foreach(room base volume codec downsample stack output opencl pipeline cli)
    file(GLOB files host/${room}/*.c host/${room}/*.h)
    foreach(file ${files})
        file(STRINGS ${file} includes REGEX "^#include [\"<]")
        foreach(line ${includes})
            if(line MATCHES "\"([a-z]+)/" AND NOT CMAKE_MATCH_1 IN_LIST ${room}_may)
                message(SEND_ERROR "${file}: ${line}: ${room} may only use: ${${room}_may}")
            elseif(line MATCHES "CL/" AND NOT room STREQUAL "opencl")
                message(SEND_ERROR "${file}: ${line}: only host/opencl may use OpenCL")
            endif()
        endforeach()
    endforeach()
endforeach()
