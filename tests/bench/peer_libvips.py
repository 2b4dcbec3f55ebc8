#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""peer_libvips.py INPUT OUTPUT LEVELS: a pyramid by libvips, whose C functions are called through ctypes (Debian 12 has
no pyvips, and a process for each operation of its command line would cost more than the operation).

For every pair of slices one demand-driven pipeline: read in sequence, add, shrink 2x2, halve, round, back to the type
of the slices, into memory; then written, and paired with its neighbour for the next level, so that nothing is read
back. libvips runs such a pipeline strip by strip on threads of its own, though the reading of a file does not
parallelise. Needs memory for a few slices of each level below the input.

Not exact: every level is rounded and computed from the rounded level before; shrink rounds integers, too. 16 bit and
float are kept. Odd rows and columns are repeated ("ceil"), an odd last slice is added to itself: the mean of the voxels
that exist.
"""
import ctypes
import sys
from ctypes import byref, c_char_p, c_double, c_int, c_void_p
from pathlib import Path

vips = ctypes.CDLL("libvips.so.42")
vips.vips_image_new_from_file.restype = c_void_p
vips.vips_image_copy_memory.restype = c_void_p
vips.vips_image_copy_memory.argtypes = [c_void_p]
vips.vips_error_buffer.restype = c_char_p
vips.g_object_unref.argtypes = [c_void_p]
vips.g_object_ref.argtypes = [c_void_p]
SEQUENTIAL = 1  # VIPS_ACCESS_SEQUENTIAL
FLOAT = 6  # VIPS_FORMAT_FLOAT


class Image:
    """A VipsImage, owned."""

    def __init__(self, pointer):
        if not pointer:
            sys.exit("libvips: " + vips.vips_error_buffer().decode())
        self.pointer = c_void_p(pointer)

    def __del__(self):
        vips.g_object_unref(self.pointer)

    @staticmethod
    def open(path):
        name = str(path).encode()
        return Image(vips.vips_image_new_from_file(c_char_p(name), c_char_p(b"access"), c_int(SEQUENTIAL), None))

    def call(self, operation, *arguments):
        """operation(image, &result, argument...)"""
        result = c_void_p()
        vips[operation](self.pointer, byref(result), *arguments, None)
        return Image(result.value)

    def add(self, other):
        result = c_void_p()
        vips.vips_add(self.pointer, other.pointer, byref(result), None)
        return Image(result.value)

    def format(self):
        return vips.vips_image_get_format(self.pointer)

    def render(self):
        """Runs the pipeline: the image, computed and in memory."""
        return Image(vips.vips_image_copy_memory(self.pointer))

    def save(self, path):
        if vips.vips_tiffsave(self.pointer, c_char_p(str(path).encode()), None) != 0:
            sys.exit("libvips: " + vips.vips_error_buffer().decode())


def reduce_pair(a, b):
    half = a.add(b).call("vips_shrink", c_double(2), c_double(2), c_char_p(b"ceil"), c_int(1))
    mean = half.call("vips_linear1", c_double(0.5), c_double(0))
    if a.format() != FLOAT:
        mean = mean.call("vips_rint")
    return mean.call("vips_cast", c_int(a.format())).render()


class Pyramid:
    def __init__(self, output, nlevels):
        self.folders = [output / str(level) for level in range(1, nlevels + 1)]
        self.waiting = [None] * nlevels  # by level: the first slice of a pair
        self.written = [0] * nlevels
        for folder in self.folders:
            folder.mkdir(parents=True)

    def add(self, level, image):
        """Takes the next slice of `level`; every second one makes a slice of the next level."""
        if level == len(self.folders):
            return
        if self.waiting[level] is None:
            self.waiting[level] = image
            return
        first, self.waiting[level] = self.waiting[level], None
        mean = reduce_pair(first, image)
        mean.save(self.folders[level] / f"{self.written[level]:06d}.tif")
        self.written[level] += 1
        self.add(level + 1, mean)

    def end(self):
        """Pairs what still waits with itself."""
        for level in range(len(self.waiting)):
            if self.waiting[level] is not None:
                self.add(level, self.waiting[level])


def main():
    if vips.vips_init(sys.argv[0].encode()) != 0:
        sys.exit("libvips: " + vips.vips_error_buffer().decode())
    pyramid = Pyramid(Path(sys.argv[2]), int(sys.argv[3]))
    for path in sorted(Path(sys.argv[1]).glob("*.tif")):
        pyramid.add(0, Image.open(path))
    pyramid.end()


main()
