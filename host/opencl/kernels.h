/* SPDX-License-Identifier: MIT
 * The texts of kernels/, embedded at build time. */
#ifndef STACKTHUMB_OPENCL_KERNELS_H
#define STACKTHUMB_OPENCL_KERNELS_H

extern const char kernel_voxel[];
extern const char kernel_pyramid[];
extern const char kernel_level[];

#endif
