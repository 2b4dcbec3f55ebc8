/* SPDX-License-Identifier: MIT
 * phantom: writes a stack of TIFF slices of any extent, type, compression and layout, for tests, benchmarks
 * and the first try of a new user. What is in them is up to phantom_volume.c; here are the options and the
 * files. */
#include "volume/phantom_volume.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <tiffio.h>

enum { EXIT_WRITING = 1, EXIT_USAGE = 2 };

struct options {
    struct phantom_volume volume;
    uint16_t compression;
    bool predictor, big_endian, big_tiff;
    uint32_t tile_nx, tile_ny; /* 0: strips */
    uint32_t strip_rows;       /* 0: strips of about 256 KiB */
    double spacing_um;         /* 0: none is written */
    const char *prefix, *folder;
};

static const char usage[] =
    "usage: phantom [options] FOLDER\n"
    "Writes a stack of grey TIFF slices into FOLDER, which is made where it is not there.\n"
    "  --extent NXxNYxNZ     512x512x256\n"
    "  --type TYPE           u8 i8 u16 i16 u32 i32 f32 (u16)\n"
    "  --content NAME        phantom (3-D Shepp-Logan with noise), noise, max, alternating, gradient "
    "(phantom)\n"
    "  --compression NAME    none lzw deflate zstd packbits (none)\n"
    "  --predictor           with lzw, deflate or zstd: differences of neighbours\n"
    "  --layout LAYOUT       strips, strip-rows=N, tiles, tiles=WxH (strips)\n"
    "  --big-endian, --bigtiff\n"
    "  --spacing UM          size of a voxel in micrometres (none)\n"
    "  --prefix TEXT         slice_ for slice_0000.tif\n"
    "  --seed N              of the noise (1)\n";

__attribute__((format(printf, 2, 3), noreturn)) static void fail(int status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("phantom: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(status);
}

/* A number from 1 to `most` at *text, which then points behind it; 0 when there is none. */
static uint32_t take_number(const char **text, uint32_t most)
{
    char *end;
    if (**text < '0' || **text > '9')
        return 0;
    errno = 0;
    unsigned long long number = strtoull(*text, &end, 10);
    *text = end;
    return errno == 0 && number <= most ? (uint32_t)number : 0;
}

static bool parse_extent(const char *text, struct extent *extent)
{
    extent->nx = take_number(&text, 1u << 20);
    if (extent->nx == 0 || *text++ != 'x')
        return false;
    extent->ny = take_number(&text, 1u << 20);
    if (extent->ny == 0 || *text++ != 'x')
        return false;
    extent->nz = take_number(&text, 1000000);
    return extent->nz > 0 && *text == '\0' && (uint64_t)extent->nx * extent->ny <= 1u << 30;
}

static bool parse_compression(const char *name, uint16_t *compression)
{
    static const struct {
        const char *name;
        uint16_t number;
    } known[] = {{"none", COMPRESSION_NONE},
                 {"lzw", COMPRESSION_LZW},
                 {"deflate", COMPRESSION_ADOBE_DEFLATE},
                 {"zstd", COMPRESSION_ZSTD},
                 {"packbits", COMPRESSION_PACKBITS}};
    for (unsigned i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(name, known[i].name) == 0) {
            *compression = known[i].number;
            return true;
        }
    return false;
}

static bool parse_layout(const char *text, struct options *options)
{
    options->strip_rows = options->tile_nx = options->tile_ny = 0;
    if (strcmp(text, "strips") == 0)
        return true;
    if (strncmp(text, "strip-rows=", 11) == 0) {
        text += 11;
        options->strip_rows = take_number(&text, 1u << 20);
        return options->strip_rows > 0 && *text == '\0';
    }
    options->tile_nx = options->tile_ny = 256;
    if (strcmp(text, "tiles") == 0)
        return true;
    if (strncmp(text, "tiles=", 6) != 0)
        return false;
    text += 6;
    options->tile_nx = take_number(&text, 1u << 14);
    if (*text++ != 'x')
        return false;
    options->tile_ny = take_number(&text, 1u << 14);
    return *text == '\0' && options->tile_nx > 0 && options->tile_nx % 16 == 0 && options->tile_ny > 0 &&
           options->tile_ny % 16 == 0;
}

static bool parse_spacing(const char *text, double *spacing_um)
{
    char *end;
    *spacing_um = strtod(text, &end);
    return *end == '\0' && isfinite(*spacing_um) && *spacing_um > 0;
}

static bool parse_seed(const char *text, uint64_t *seed)
{
    char *end;
    errno = 0;
    *seed = strtoull(text, &end, 10);
    return *text >= '0' && *text <= '9' && *end == '\0' && errno == 0;
}

/* Takes one option with its value; false when the value is not understood. */
static bool take_option(int option, const char *value, struct options *options)
{
    switch (option) {
    case 'e':
        return parse_extent(value, &options->volume.extent);
    case 't':
        return voxel_parse(value, &options->volume.type);
    case 'c':
        return phantom_content_parse(value, &options->volume.content);
    case 'z':
        return parse_compression(value, &options->compression);
    case 'l':
        return parse_layout(value, options);
    case 's':
        return parse_spacing(value, &options->spacing_um);
    case 'n':
        return parse_seed(value, &options->volume.seed);
    case 'x':
        options->prefix = value;
        return strchr(value, '/') == NULL;
    case 'p':
        options->predictor = true;
        return true;
    case 'b':
        options->big_endian = true;
        return true;
    default:
        options->big_tiff = true;
        return true;
    }
}

/* What cannot be had together. */
static void check_options(const struct options *options)
{
    bool differences =
        options->compression != COMPRESSION_NONE && options->compression != COMPRESSION_PACKBITS;
    if (options->predictor && !differences)
        fail(EXIT_USAGE, "--predictor goes with --compression lzw, deflate or zstd only");
    if (options->predictor && options->big_endian && options->volume.type == VOXEL_F32)
        fail(EXIT_USAGE, "--predictor for f32 cannot be had with --big-endian: libtiff writes it wrong");
    if (!TIFFIsCODECConfigured(options->compression))
        fail(EXIT_USAGE, "this libtiff was built without that compression; choose another");
}

static void parse_options(int argc, char **argv, struct options *options)
{
    static const struct option known[] = {
        {"extent", required_argument, NULL, 'e'},
        {"type", required_argument, NULL, 't'},
        {"content", required_argument, NULL, 'c'},
        {"compression", required_argument, NULL, 'z'},
        {"layout", required_argument, NULL, 'l'},
        {"spacing", required_argument, NULL, 's'},
        {"seed", required_argument, NULL, 'n'},
        {"prefix", required_argument, NULL, 'x'},
        {"predictor", no_argument, NULL, 'p'},
        {"big-endian", no_argument, NULL, 'b'},
        {"bigtiff", no_argument, NULL, 'B'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int option, index = 0;
    opterr = 0;
    while ((option = getopt_long(argc, argv, "", known, &index)) != -1) {
        if (option == '?')
            fail(EXIT_USAGE, "%s: unknown option, or its value is missing; try --help", argv[optind - 1]);
        if (option == 'h') {
            fputs(usage, stdout);
            exit(EXIT_SUCCESS);
        }
        if (!take_option(option, optarg, options))
            fail(EXIT_USAGE, "--%s %s is not understood; try --help", known[index].name, optarg);
    }
    if (optind != argc - 1)
        fail(EXIT_USAGE, "name one FOLDER to write to; try --help");
    options->folder = argv[optind];
    check_options(options);
}

static void set_spacing(TIFF *tif, double spacing_um)
{
    char description[96];
    snprintf(description, sizeof description, "ImageJ=1.11a\nunit=um\nspacing=%.10g\n", spacing_um);
    TIFFSetField(tif, TIFFTAG_XRESOLUTION, 1 / spacing_um);
    TIFFSetField(tif, TIFFTAG_YRESOLUTION, 1 / spacing_um);
    TIFFSetField(tif, TIFFTAG_RESOLUTIONUNIT, RESUNIT_NONE);
    TIFFSetField(tif, TIFFTAG_IMAGEDESCRIPTION, description);
}

static void set_fields(TIFF *tif, const struct options *options)
{
    const enum voxel_type type = options->volume.type;
    TIFFSetField(tif, TIFFTAG_IMAGEWIDTH, options->volume.extent.nx);
    TIFFSetField(tif, TIFFTAG_IMAGELENGTH, options->volume.extent.ny);
    TIFFSetField(tif, TIFFTAG_BITSPERSAMPLE, (int)(8 * voxel_bytes(type)));
    TIFFSetField(tif, TIFFTAG_SAMPLESPERPIXEL, 1);
    TIFFSetField(tif, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISBLACK);
    TIFFSetField(tif, TIFFTAG_SAMPLEFORMAT,
                 type == VOXEL_F32       ? SAMPLEFORMAT_IEEEFP
                 : voxel_is_signed(type) ? SAMPLEFORMAT_INT
                                         : SAMPLEFORMAT_UINT);
    TIFFSetField(tif, TIFFTAG_COMPRESSION, (int)options->compression);
    if (options->predictor)
        TIFFSetField(tif, TIFFTAG_PREDICTOR,
                     type == VOXEL_F32 ? PREDICTOR_FLOATINGPOINT : PREDICTOR_HORIZONTAL);
    if (options->tile_nx) {
        TIFFSetField(tif, TIFFTAG_TILEWIDTH, options->tile_nx);
        TIFFSetField(tif, TIFFTAG_TILELENGTH, options->tile_ny);
    } else {
        TIFFSetField(tif, TIFFTAG_ROWSPERSTRIP, options->strip_rows);
    }
    if (options->spacing_um > 0)
        set_spacing(tif, options->spacing_um);
}

static bool write_strips(TIFF *tif, const struct options *options, unsigned char *voxels)
{
    const uint32_t ny = options->volume.extent.ny, rows = options->strip_rows;
    const size_t row_bytes = options->volume.extent.nx * voxel_bytes(options->volume.type);
    for (uint32_t y = 0; y < ny; y += rows) {
        tmsize_t n_bytes = (tmsize_t)((ny - y < rows ? ny - y : rows) * row_bytes);
        if (TIFFWriteEncodedStrip(tif, y / rows, voxels + y * row_bytes, n_bytes) != n_bytes)
            return false;
    }
    return true;
}

/* `tile` is scratch; what sticks out of the image is 0. */
static bool write_tiles(TIFF *tif, const struct options *options, const unsigned char *voxels,
                        unsigned char *tile)
{
    const uint32_t nx = options->volume.extent.nx, ny = options->volume.extent.ny;
    const size_t voxel = voxel_bytes(options->volume.type), tile_row = options->tile_nx * voxel;
    const tmsize_t n_bytes = (tmsize_t)(options->tile_ny * tile_row);
    for (uint32_t y = 0; y < ny; y += options->tile_ny)
        for (uint32_t x = 0; x < nx; x += options->tile_nx) {
            uint32_t n = nx - x < options->tile_nx ? nx - x : options->tile_nx;
            memset(tile, 0, (size_t)n_bytes);
            for (uint32_t row = 0; row < options->tile_ny && y + row < ny; row++)
                memcpy(tile + row * tile_row, voxels + ((size_t)(y + row) * nx + x) * voxel, n * voxel);
            if (TIFFWriteEncodedTile(tif, TIFFComputeTile(tif, x, y, 0, 0), tile, n_bytes) != n_bytes)
                return false;
        }
    return true;
}

/* libtiff tells on stderr what is wrong; voxels are changed when they must be byte-swapped. */
static bool write_slice(const struct options *options, const char *path, unsigned char *voxels,
                        unsigned char *tile)
{
    char mode[8];
    snprintf(mode, sizeof mode, "w%s%s", options->big_tiff ? "8" : "", options->big_endian ? "b" : "l");
    TIFF *tif = TIFFOpen(path, mode);
    if (!tif)
        return false;
    set_fields(tif, options);
    bool ok = options->tile_nx ? write_tiles(tif, options, voxels, tile) : write_strips(tif, options, voxels);
    ok = TIFFFlush(tif) && ok;
    TIFFClose(tif);
    return ok;
}

static void *allocate(size_t n_bytes)
{
    void *data = malloc(n_bytes ? n_bytes : 1);
    if (!data)
        fail(EXIT_WRITING, "no memory for a slice; make it smaller");
    return data;
}

/* The end of `text` that shows all numbers up to nz - 1 with the same length, at least 4 digits. */
static const char *slice_number(char text[16], uint32_t z, uint32_t nz)
{
    int ndigits = 4;
    for (uint32_t rest = (nz - 1) / 10000; rest > 0; rest /= 10)
        ndigits++;
    return text + snprintf(text, 16, "%010" PRIu32, z) - ndigits;
}

static void write_stack(const struct options *options)
{
    const struct phantom_volume *volume = &options->volume;
    const struct extent extent = volume->extent;
    const size_t voxel = voxel_bytes(volume->type);
    const size_t path_bytes = strlen(options->folder) + strlen(options->prefix) + 32;
    unsigned char *voxels = allocate((size_t)extent.nx * extent.ny * voxel);
    unsigned char *tile = allocate((size_t)options->tile_nx * options->tile_ny * voxel);
    double *row = allocate(extent.nx * sizeof *row);
    char *path = allocate(path_bytes), first[16], last[16];
    if (mkdir(options->folder, 0777) != 0 && errno != EEXIST)
        fail(EXIT_WRITING, "%s: cannot be made: %s", options->folder, strerror(errno));
    for (uint32_t z = 0; z < extent.nz; z++) {
        phantom_slice(volume, z, row, voxels);
        snprintf(path, path_bytes, "%s/%s%s.tif", options->folder, options->prefix,
                 slice_number(last, z, extent.nz));
        if (!write_slice(options, path, voxels, tile))
            fail(EXIT_WRITING, "%s: could not be written; is there space left?", path);
    }
    printf("%s: %" PRIu32 " slices of %" PRIu32 "x%" PRIu32 " %s, %s%s.tif to %s.tif\n", options->folder,
           extent.nz, extent.nx, extent.ny, voxel_name(volume->type), options->prefix,
           slice_number(first, 0, extent.nz), slice_number(last, extent.nz - 1, extent.nz));
    free(path);
    free(row);
    free(tile);
    free(voxels);
}

int main(int argc, char **argv)
{
    struct options options = {
        .volume = {{512, 512, 256}, VOXEL_U16, PHANTOM_HEAD, 1},
        .compression = COMPRESSION_NONE,
        .prefix = "slice_",
    };
    parse_options(argc, argv, &options);
    if (options.tile_nx == 0 && options.strip_rows == 0) {
        size_t row_bytes = options.volume.extent.nx * voxel_bytes(options.volume.type);
        options.strip_rows = row_bytes < 262144 ? (uint32_t)(262144 / row_bytes) : 1;
    }
    if (options.strip_rows > options.volume.extent.ny)
        options.strip_rows = options.volume.extent.ny;
    write_stack(&options);
    return EXIT_SUCCESS;
}
