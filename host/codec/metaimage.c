/* SPDX-License-Identifier: MIT */
#include "codec/metaimage.h"

#include "base/printable.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

enum { AXES_MAX = 10 }; /* the library's own limit */

enum key {
    KEY_OBJECT_TYPE,
    KEY_NDIMS,
    KEY_DIM_SIZE,
    KEY_ELEMENT_TYPE,
    KEY_CHANNELS,
    KEY_BINARY,
    KEY_MSB,
    KEY_COMPRESSED,
    KEY_COMPRESSED_BYTES,
    KEY_HEADER_SIZE,
    KEY_SPACING,
    KEY_SIZE,
    KEY_UNITS,
    KEY_DATA_FILE,
};
enum { KEYS = KEY_DATA_FILE + 1 };

static const struct {
    const char *name, *synonym; /* the latter may be NULL */
} names[KEYS] = {
    [KEY_OBJECT_TYPE] = {"ObjectType", NULL},
    [KEY_NDIMS] = {"NDims", NULL},
    [KEY_DIM_SIZE] = {"DimSize", NULL},
    [KEY_ELEMENT_TYPE] = {"ElementType", NULL},
    [KEY_CHANNELS] = {"ElementNumberOfChannels", NULL},
    [KEY_BINARY] = {"BinaryData", NULL},
    [KEY_MSB] = {"BinaryDataByteOrderMSB", "ElementByteOrderMSB"},
    [KEY_COMPRESSED] = {"CompressedData", NULL},
    [KEY_COMPRESSED_BYTES] = {"CompressedDataSize", NULL},
    [KEY_HEADER_SIZE] = {"HeaderSize", NULL},
    [KEY_SPACING] = {"ElementSpacing", NULL},
    [KEY_SIZE] = {"ElementSize", NULL},
    [KEY_UNITS] = {"DistanceUnits", NULL},
    [KEY_DATA_FILE] = {"ElementDataFile", NULL},
};

/* What is of no use for a pyramid, but somebody's concern. */
static const char *const unused[] = {
    "Offset",
    "Position",
    "Origin",
    "TransformMatrix",
    "Rotation",
    "Orientation",
    "ElementToIntensityFunctionSlope",
    "ElementToIntensityFunctionOffset",
};

struct keys {
    const char *path; /* for messages */
    bool given[KEYS];
    struct text values[KEYS]; /* trimmed */
    struct text rest;         /* behind the line of ElementDataFile */
    uint64_t sizes[AXES_MAX];
    struct volume_axes axes;
};

static enum status refuse(const struct keys *keys, enum key key, const char *why, struct error *error)
{
    char shown[PRINTABLE_BYTES], value[128];
    return error_set(error, STATUS_INPUT, "%s: its MetaImage header says '%s = %s', %s",
                     printable(shown, sizeof shown, keys->path), names[key].name,
                     text_show(value, sizeof value, keys->values[key]), why);
}

static enum status require(const struct keys *keys, enum key key, struct error *error)
{
    char shown[PRINTABLE_BYTES];
    return keys->given[key]
               ? STATUS_OK
               : error_set(error, STATUS_INPUT,
                           "%s: its MetaImage header has no '%s', and cannot be understood without",
                           printable(shown, sizeof shown, keys->path), names[key].name);
}

static enum status keep_key(struct keys *keys, struct volume_header *header, struct text name,
                            struct text value, struct error *error)
{
    for (size_t i = 0; i < sizeof unused / sizeof *unused; i++)
        if (text_is(name, unused[i]))
            volume_note_unused(header, unused[i]);
    for (unsigned key = 0; key < KEYS; key++) {
        if (!text_is(name, names[key].name) && !(names[key].synonym && text_is(name, names[key].synonym)))
            continue;
        struct text before = keys->values[key];
        /* The library writes both names of the byte order into one header. */
        bool same = before.n == value.n && memcmp(before.at ? before.at : "", value.at, value.n) == 0;
        if (keys->given[key] && !(key == KEY_MSB && same))
            return refuse(keys, (enum key)key, "and says it twice; delete one of the lines", error);
        keys->given[key] = true;
        keys->values[key] = value;
    }
    return STATUS_OK;
}

static enum status read_keys(struct keys *keys, struct volume_header *header, struct text text,
                             struct error *error)
{
    char shown[PRINTABLE_BYTES];
    struct text line;
    keys->rest = text;
    while (!keys->given[KEY_DATA_FILE] && text_take_line(&keys->rest, &line)) {
        size_t n = 0;
        while (n < line.n && line.at[n] != '=' && line.at[n] != ':')
            n++;
        if (n == line.n && text_trim(line).n == 0)
            continue;
        if (n == line.n || memchr(line.at, '\0', line.n))
            return error_set(
                error, STATUS_INPUT,
                "%s: has a line that is no 'Key = value' where a MetaImage header has to be; it is "
                "damaged, or something else",
                printable(shown, sizeof shown, keys->path));
        enum status status = keep_key(keys, header, text_trim((struct text){line.at, n}),
                                      text_trim((struct text){line.at + n + 1, line.n - n - 1}), error);
        if (status != STATUS_OK)
            return status;
    }
    return require(keys, KEY_DATA_FILE, error);
}

/* "True", or "False" and "": as the library takes it, the first letter decides. */
static bool is_true(const struct keys *keys, enum key key, bool otherwise)
{
    struct text value = keys->values[key];
    if (!keys->given[key] || value.n == 0)
        return otherwise;
    return *value.at == 'T' || *value.at == 't' || *value.at == '1';
}

static enum status parse_axes(struct keys *keys, struct error *error)
{
    struct text rest = keys->values[KEY_DIM_SIZE], word;
    uint64_t naxes = 0;
    enum status status = require(keys, KEY_NDIMS, error);
    if (status == STATUS_OK)
        status = require(keys, KEY_DIM_SIZE, error);
    if (status != STATUS_OK)
        return status;
    if (!text_is_count(keys->values[KEY_NDIMS], &naxes) || naxes < 2 || naxes > AXES_MAX)
        return refuse(keys, KEY_NDIMS, "which is no number of axes from 2 to 10", error);
    for (unsigned i = 0; i < naxes; i++)
        if (!text_take_word(&rest, &word) || !text_is_count(word, &keys->sizes[i]) || keys->sizes[i] == 0)
            return refuse(keys, KEY_DIM_SIZE, "which is not one number, at least 1, for each axis", error);
    if (text_take_word(&rest, &word))
        return refuse(keys, KEY_DIM_SIZE, "which are more numbers than there are axes", error);
    keys->axes = (struct volume_axes){(unsigned)naxes, keys->sizes};
    for (unsigned i = 3; i < naxes; i++)
        if (keys->sizes[i] != 1) {
            char shown[PRINTABLE_BYTES];
            return error_set(
                error, STATUS_INPUT,
                "%s: has %u axes, and axis %u (%" PRIu64 " values) is none of x, y and z; save one of "
                "these as a volume of its own",
                printable(shown, sizeof shown, keys->path), (unsigned)naxes, i + 1, keys->sizes[i]);
        }
    return STATUS_OK;
}

static enum status parse_type(const struct keys *keys, struct volume_header *header, struct error *error)
{
    /* MET_LONG has 4 bytes on every machine: MET_ValueTypeSize in metaTypes.h. */
    static const struct {
        const char *name;
        enum voxel_type type;
        bool is_f64;
    } types[] = {
        {"MET_CHAR", VOXEL_I8, false},    {"MET_UCHAR", VOXEL_U8, false},  {"MET_SHORT", VOXEL_I16, false},
        {"MET_USHORT", VOXEL_U16, false}, {"MET_INT", VOXEL_I32, false},   {"MET_UINT", VOXEL_U32, false},
        {"MET_LONG", VOXEL_I32, false},   {"MET_ULONG", VOXEL_U32, false}, {"MET_FLOAT", VOXEL_F32, false},
        {"MET_DOUBLE", VOXEL_F32, true},
    };
    struct text value = keys->values[KEY_ELEMENT_TYPE];
    enum status status = require(keys, KEY_ELEMENT_TYPE, error);
    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (text_is(value, types[i].name)) {
            header->type = types[i].type;
            header->is_f64 = types[i].is_f64;
            return STATUS_OK;
        }
    if (text_is(value, "MET_LONG_LONG") || text_is(value, "MET_ULONG_LONG"))
        return refuse(keys, KEY_ELEMENT_TYPE,
                      "64-bit integers, which are not supported; save it with 32 bits, or as MET_FLOAT",
                      error);
    return refuse(keys, KEY_ELEMENT_TYPE, "which is no type that can be read", error);
}

/* What is no volume of grey voxels in binary form. */
static enum status check_kind(const struct keys *keys, struct error *error)
{
    uint64_t nchannels = 1;
    if (keys->given[KEY_OBJECT_TYPE] && !text_is(keys->values[KEY_OBJECT_TYPE], "Image"))
        return refuse(keys, KEY_OBJECT_TYPE, "which is no image", error);
    if (keys->given[KEY_CHANNELS] &&
        (!text_is_count(keys->values[KEY_CHANNELS], &nchannels) || nchannels != 1))
        return refuse(keys, KEY_CHANNELS, "which is no grey; save one channel as a volume of its own", error);
    if (!is_true(keys, KEY_BINARY, true))
        return refuse(keys, KEY_BINARY, "voxels as text, which are not supported; save them in binary form",
                      error);
    return STATUS_OK;
}

static enum status parse_skip(const struct keys *keys, struct volume_header *header, struct error *error)
{
    int64_t skip = 0;
    if (keys->given[KEY_HEADER_SIZE] && (!text_is_integer(keys->values[KEY_HEADER_SIZE], &skip) || skip < -1))
        return refuse(keys, KEY_HEADER_SIZE, "which is no number of bytes", error);
    if (header->compressed && keys->given[KEY_COMPRESSED_BYTES] &&
        !text_is_count(keys->values[KEY_COMPRESSED_BYTES], &header->compressed_bytes))
        return refuse(keys, KEY_COMPRESSED_BYTES, "which is no number of bytes", error);
    if (skip < 0 && header->compressed && header->compressed_bytes == 0)
        return refuse(keys, KEY_HEADER_SIZE,
                      "which cannot be with compressed voxels unless CompressedDataSize is told", error);
    header->from_end = skip < 0;
    header->skip_bytes = skip < 0 ? 0 : (uint64_t)skip;
    header->skips_file = true;
    return STATUS_OK;
}

static enum status parse_spacing(const struct keys *keys, struct volume_header *header, struct error *error)
{
    enum key key = keys->given[KEY_SPACING] ? KEY_SPACING : KEY_SIZE;
    struct text rest = keys->values[key], word;
    double lengths[3] = {0}, factor = 1;
    enum length_unit unit = UNIT_NONE;
    for (unsigned i = 0; keys->given[key] && i < 3 && i < keys->axes.naxes; i++) {
        if (!text_take_word(&rest, &word) || !text_is_decimal(word, &lengths[i]))
            return refuse(keys, key, "which is not one number for each axis", error);
        lengths[i] = fabs(lengths[i]);
    }
    if (keys->given[KEY_UNITS])
        volume_unit(keys->values[KEY_UNITS], &unit, &factor);
    double x = lengths[0] * factor, y = lengths[1] * factor, z = lengths[2] * factor;
    if (x > 0 && y > 0 && isfinite(x) && isfinite(y) && isfinite(z)) /* metres may pass what fits */
        header->spacing = (struct spacing){x, y, z, unit};
    else
        header->spacing_origin = SPACING_NOWHERE;
    return STATUS_OK;
}

static enum status parse_files(const struct keys *keys, struct volume_header *header, size_t n_bytes,
                               struct error *error)
{
    if (text_is(keys->values[KEY_DATA_FILE], "LOCAL")) {
        header->data_at = n_bytes - keys->rest.n;
        header->nfiles = 1;
        return STATUS_OK;
    }
    return volume_set_files(header, keys->values[KEY_DATA_FILE], keys->rest, &keys->axes, keys->path, error);
}

enum status metaimage_parse(struct volume_header *header, const char *text, size_t n_bytes, const char *path,
                            struct error *error)
{
    struct keys keys = {.path = path};
    *header = (struct volume_header){.format = "MetaImage", .spacing_origin = SPACING_METAIMAGE};
    enum status status = read_keys(&keys, header, (struct text){text, n_bytes}, error);
    if (status == STATUS_OK)
        status = check_kind(&keys, error);
    if (status == STATUS_OK)
        status = parse_axes(&keys, error);
    if (status == STATUS_OK)
        status = parse_type(&keys, header, error);
    if (status != STATUS_OK)
        return status;
    const uint64_t extent[3] = {keys.sizes[0], keys.sizes[1], keys.axes.naxes > 2 ? keys.sizes[2] : 1};
    header->big_endian = is_true(&keys, KEY_MSB, false);
    header->compressed = is_true(&keys, KEY_COMPRESSED, false);
    status = volume_set_extent(header, extent, path, error);
    if (status == STATUS_OK)
        status = parse_skip(&keys, header, error);
    if (status == STATUS_OK)
        status = parse_files(&keys, header, n_bytes, error);
    return status == STATUS_OK ? parse_spacing(&keys, header, error) : status;
}
