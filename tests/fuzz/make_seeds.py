#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""make_seeds.py: writes seeds/{bmp,png,jpeg,jp2,nrrd,metaimage} anew, small files of each kind that a codec tells apart. They are
committed, so that building takes neither Pillow nor NumPy."""
import gzip
import io
import os
import struct
import zlib

import numpy as np
from PIL import Image

NX, NY = 19, 7
here = os.path.join(os.path.dirname(os.path.abspath(__file__)), "seeds")
voxels = (np.add.outer(np.arange(NY) * 5, np.arange(NX) * 3) % 256).astype(np.uint8)


def put(kind, name, data):
    os.makedirs(os.path.join(here, kind), exist_ok=True)
    with open(os.path.join(here, kind, name), "wb") as file:
        file.write(data)


def bmp(bits, header=40, compression=0, top_down=False, ncolours=None, masks=b"", colour=False):
    row = (NX * bits + 31) // 32 * 4
    ncolours = (1 << bits if ncolours is None else ncolours) if bits <= 8 else 0
    entry = 3 if header == 12 else 4
    palette = b"".join(bytes((i * 255 // max(1, ncolours - 1), i * 255 // max(1, ncolours - 1), 7 if colour else
                              i * 255 // max(1, ncolours - 1), 0))[:entry] for i in range(ncolours))
    body = bytes(range(256))[:row] * NY
    extra = masks if header == 40 else b""
    at = 14 + header + len(extra) + len(palette)
    if header == 12:
        info = struct.pack("<IHHHH", 12, NX, NY, 1, bits)
    else:
        info = struct.pack("<IiiHHIIiiII", header, NX, -NY if top_down else NY, 1, bits, compression, len(body), 51282, 51282,
                           ncolours if ncolours != 1 << bits else 0, 0)
        info = (info + (masks if header > 40 else b"")).ljust(header, b"\0")[:header]
    return b"BM" + struct.pack("<IHHI", at + len(body), 0, 0, at) + info + extra + palette + body


MASKS = struct.pack("<III", 0xff0000, 0xff00, 0xff)
put("bmp", "u1", bmp(1))
put("bmp", "u4_top_down", bmp(4, top_down=True))
put("bmp", "u8", bmp(8))
put("bmp", "u8_short_palette", bmp(8, ncolours=16))
put("bmp", "u8_colour", bmp(8, ncolours=16, colour=True))
put("bmp", "u4_os2", bmp(4, header=12))
put("bmp", "u4_os2_long", bmp(4, header=64))
put("bmp", "u8_v5", bmp(8, header=124, ncolours=16))
put("bmp", "rgb", bmp(24))
put("bmp", "rgba", bmp(32, top_down=True))
put("bmp", "rgba_masks", bmp(32, compression=3, masks=MASKS))
put("bmp", "rgba_v4", bmp(32, header=108, compression=3, masks=MASKS + b"\0\0\0\xff"))
put("bmp", "u16", bmp(16))
put("bmp", "rle8", bmp(8, ncolours=16, compression=1))


def png(depth, colour, interlace=0, extra=b"", rows=None):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    nsamples = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour]
    row = (NX * depth * nsamples + 7) // 8
    data = b"".join(bytes([y % 5]) + bytes((x * 3 + y) & 0x11 if colour == 3 else (x * 3 + y) & 255 for x in range(row))
                    for y in range(NY))
    if interlace:
        data = b""
        for x0, y0, dx, dy in ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)):
            nx, ny = (NX - x0 + dx - 1) // dx, (NY - y0 + dy - 1) // dy
            data += (b"\0" + b"\5" * ((nx * depth * nsamples + 7) // 8)) * ny
    palette = chunk(b"PLTE", b"".join(bytes((i, i, i)) for i in range(16))) if colour == 3 else b""
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", NX, NY, depth, colour, 0, 0, interlace)) + extra +
            chunk(b"pHYs", struct.pack(">IIB", 51282, 51282, 1)) + palette + chunk(b"IDAT", zlib.compress(data)) +
            chunk(b"IEND", b""))


TRNS = struct.pack(">I", 2) + b"tRNS\0\3" + struct.pack(">I", zlib.crc32(b"tRNS\0\3"))
GAMA = struct.pack(">I", 4) + b"gAMA" + struct.pack(">I", 45455) + struct.pack(">I", zlib.crc32(b"gAMA" + struct.pack(">I", 45455)))
for depth in 1, 2, 4, 8, 16:
    put("png", "u%d" % depth, png(depth, 0))
put("png", "u16_interlaced", png(16, 0, 1))
put("png", "u8_transparent", png(8, 0, 0, TRNS))
put("png", "u8_gamma", png(8, 0, 0, GAMA))
put("png", "grey_alpha", png(8, 4))
put("png", "grey_alpha16", png(16, 4))
put("png", "rgb", png(8, 2))
put("png", "rgba16", png(16, 6, 1))
put("png", "palette", png(8, 3))
put("png", "palette4", png(4, 3))

image = Image.fromarray(voxels)
colour = Image.merge("RGB", (image, image.transpose(Image.Transpose.FLIP_LEFT_RIGHT), image))


def saved(picture, kind, **options):
    data = io.BytesIO()
    picture.save(data, kind, **options)
    return data.getvalue()


put("jpeg", "grey", saved(image, "JPEG", quality=80, dpi=(508, 508)))
put("jpeg", "grey_progressive", saved(image, "JPEG", quality=30, progressive=True))
put("jpeg", "colour", saved(colour, "JPEG", quality=60, subsampling=2))
put("jpeg", "cmyk", saved(colour.convert("CMYK"), "JPEG", quality=30))
put("jp2", "grey", saved(image, "JPEG2000", num_resolutions=2))
put("jp2", "grey_lossy", saved(image, "JPEG2000", irreversible=True, quality_mode="rates", quality_layers=[4]))
put("jp2", "u16", saved(Image.fromarray(voxels.astype(np.uint16) * 257), "JPEG2000", num_resolutions=1))
put("jp2", "colour", saved(colour, "JPEG2000", num_resolutions=2))
put("jp2", "tiles", saved(image, "JPEG2000", num_resolutions=1, tile_size=(8, 8)))
codestream = saved(image, "JPEG2000", num_resolutions=2)
put("jp2", "codestream", codestream[codestream.index(b"\xff\x4f\xff\x51"):])

volume = bytes(range(24))


def nrrd(name, lines, data):
    put("nrrd", name, b"NRRD0004\n# a comment\n" + "".join(line + "\n" for line in lines).encode() + b"\n" + data)


SIZES = ["dimension: 3", "sizes: 4 3 2"]
nrrd("u8", ["type: uint8", *SIZES, "encoding: raw", "spacings: 0.5 0.5 2", "space units: \"mm\" \"mm\" \"mm\""], volume)
nrrd("i16_gzip", ["type: short", *SIZES, "encoding: gzip", "endian: big", "space: left-posterior-superior",
                  "space directions: (0.5,0,0) (0,0.5,0) (0,0,1.5)", "space origin: (0,0,0)", "kinds: domain domain domain",
                  "key:=value"], gzip.compress(volume * 2, mtime=0))
nrrd("f32_detached", ["type: float", *SIZES, "encoding: raw", "endian: little", "data file: volume.raw", "byte skip: 16"], b"")
nrrd("f64_ascii", ["type: double", *SIZES, "encoding: ascii", "units: \"um\" \"um\" \"um\"", "thicknesses: nan nan 3"], b"1 2 3")
nrrd("list", ["type: uchar", *SIZES, "encoding: raw", "line skip: 1", "data file: slice_%03d.raw 0 1 1 2"], b"")


def metaimage(name, lines, data):
    put("metaimage", name, "".join(line + "\n" for line in lines).encode() + data)


DIMS = ["ObjectType = Image", "NDims = 3", "BinaryData = True", "BinaryDataByteOrderMSB = False", "DimSize = 4 3 2"]
metaimage("u8_local", [*DIMS, "CompressedData = False", "ElementSpacing = 0.5 0.5 2", "ElementType = MET_UCHAR",
                       "ElementDataFile = LOCAL"], volume)
metaimage("u16_big", [*DIMS[:3], "BinaryDataByteOrderMSB = True", DIMS[4], "ElementSize = 1 1 1", "HeaderSize = -1",
                      "Offset = 0 0 0", "TransformMatrix = 1 0 0 0 1 0 0 0 1", "ElementType = MET_USHORT",
                      "ElementDataFile = volume.raw"], b"")
packed = zlib.compress(volume * 4)
metaimage("f32_compressed", [*DIMS, "CompressedData = True", "CompressedDataSize = %d" % len(packed), "ElementNumberOfChannels = 1",
                             "ElementType = MET_FLOAT", "ElementDataFile = LOCAL"], packed)
metaimage("list", [*DIMS, "ElementType = MET_SHORT", "ElementDataFile = LIST 2D"], b"a.raw\nb.raw\n")
metaimage("pattern", [*DIMS, "ElementType = MET_CHAR", "ElementDataFile = s%03d.raw 0 1 1"], b"")
