/* SPDX-License-Identifier: MIT */
#include "stack/volume_data.h"

#include "base/checked.h"
#include "base/printable.h"
#include "codec/raw_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
    LINES_BYTES_MAX = 16 << 20, /* in which skipped lines have to end */
    CHUNK_BYTES = 4096,
    /* Deflate's longest match is 258 bytes and takes 2 bits at least: 1032 bytes of each byte. */
    DEFLATE_RATIO_MAX = 1032,
};

static enum status too_short(const struct volume_header *header, const struct input_file *file,
                             uint64_t held_bytes, uint64_t n_bytes, struct error *error)
{
    char shown[PRINTABLE_BYTES];
    return error_set(error, STATUS_INPUT,
                     "%s: holds %" PRIu64 " bytes of voxels, but %u slices of %u x %u %s take %" PRIu64
                     "; it is truncated, or its description wrong",
                     printable(shown, sizeof shown, file->path), held_bytes, header->nz / header->nfiles,
                     header->nx, header->ny, header->is_f64 ? "f64" : voxel_name(header->type), n_bytes);
}

/* Moves *at behind as many lines as the header says. */
static enum status skip_lines(const struct volume_header *header, const struct input_file *file, uint64_t *at,
                              struct error *error)
{
    char chunk[CHUNK_BYTES], shown[PRINTABLE_BYTES];
    const uint64_t first = *at;
    for (uint64_t nlines = header->line_skip; nlines > 0;) {
        uint64_t left = file->n_bytes > *at ? file->n_bytes - *at : 0;
        size_t n = left < CHUNK_BYTES ? (size_t)left : CHUNK_BYTES;
        if (n == 0 || *at - first >= LINES_BYTES_MAX)
            return error_set(error, STATUS_INPUT,
                             "%s: does not begin with the %" PRIu64
                             " lines that its header says are to be skipped",
                             printable(shown, sizeof shown, file->path), header->line_skip);
        enum status status = input_file_read(file, chunk, n, *at, error);
        if (status != STATUS_OK)
            return status;
        const char *end = memchr(chunk, '\n', n);
        *at += end ? (uint64_t)(end + 1 - chunk) : n;
        nlines -= end != NULL;
    }
    return STATUS_OK;
}

static enum status check_stream(struct volume_data_place *place, const struct volume_header *header,
                                const struct input_file *file, struct error *error)
{
    unsigned char head[2] = {0};
    char shown[PRINTABLE_BYTES];
    if (place->stream.n_bytes >= sizeof head) {
        enum status status = input_file_read(file, head, sizeof head, place->stream.offset, error);
        if (status != STATUS_OK)
            return status;
    }
    place->is_gzip = head[0] == 0x1f && head[1] == 0x8b;
    bool is_zlib = (head[0] & 15) == 8 && (head[0] * 256 + head[1]) % 31 == 0;
    if (!place->is_gzip && !is_zlib)
        return error_set(error, STATUS_INPUT,
                         "%s: has no gzip or zlib stream at byte %" PRIu64
                         ", where its header says that the voxels are; it is damaged, or not compressed",
                         printable(shown, sizeof shown, file->path), place->stream.offset);
    if ((place->offset + place->n_bytes) / DEFLATE_RATIO_MAX > place->stream.n_bytes)
        return error_set(error, STATUS_INPUT,
                         "%s: has %" PRIu64 " compressed bytes, which cannot give the %" PRIu64
                         " bytes of %u slices of %u x %u voxels; it is truncated, or its header wrong",
                         printable(shown, sizeof shown, file->path), place->stream.n_bytes, place->n_bytes,
                         header->nz / header->nfiles, header->nx, header->ny);
    return STATUS_OK;
}

/* The stream begins at `at`, what is to be skipped of the file left out. */
static enum status find_stream(struct volume_data_place *place, const struct volume_header *header,
                               const struct input_file *file, uint64_t at, struct error *error)
{
    uint64_t held_bytes = file->n_bytes, wanted = header->compressed_bytes;
    if (header->from_end)
        at = held_bytes > wanted ? held_bytes - wanted : 0;
    uint64_t left = held_bytes > at ? held_bytes - at : 0;
    if (wanted > left) {
        char shown[PRINTABLE_BYTES];
        return error_set(error, STATUS_INPUT,
                         "%s: holds %" PRIu64 " compressed bytes where its header says %" PRIu64
                         "; it is truncated",
                         printable(shown, sizeof shown, file->path), left, wanted);
    }
    place->stream = (struct file_part){at, wanted ? wanted : left};
    place->offset = header->skips_file ? 0 : header->skip_bytes;
    if (place->offset > INT64_MAX - place->n_bytes)
        return too_short(header, file, 0, place->n_bytes, error);
    return check_stream(place, header, file, error);
}

/* The voxels begin at `at`, or end the file. */
static enum status find_plain(struct volume_data_place *place, const struct volume_header *header,
                              const struct input_file *file, uint64_t at, struct error *error)
{
    uint64_t held_bytes = file->n_bytes > at ? file->n_bytes - at : 0, behind = 0;
    if (header->from_end) {
        held_bytes = held_bytes > header->skip_bytes ? held_bytes - header->skip_bytes : 0;
        at = held_bytes > place->n_bytes ? file->n_bytes - header->skip_bytes - place->n_bytes : at;
    } else if (held_bytes > place->n_bytes) {
        behind = held_bytes - place->n_bytes;
    }
    if (held_bytes < place->n_bytes)
        return too_short(header, file, held_bytes, place->n_bytes, error);
    place->offset = at;
    place->surplus_bytes = behind;
    return STATUS_OK;
}

/* Writes " (...)" with a description that would fit n_bytes of voxels, or nothing. */
static void suggest(char text[128], const struct volume_header *header, uint64_t n_bytes)
{
    static const struct {
        const char *name;
        unsigned n_bytes;
    } types[] = {{"u8", 1}, {"u16", 2}, {"f32", 4}, {"f64", 8}};
    const char *type = header->is_f64 ? "f64" : voxel_name(header->type);
    uint64_t slice_bytes = volume_slice_bytes(header);
    *text = '\0';
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (saturated_mul3((uint64_t)header->nx * header->ny, header->nz, types[i].n_bytes) == n_bytes)
            snprintf(text, 128, " (%ux%ux%u:%s would fit)", header->nx, header->ny, header->nz,
                     types[i].name);
    if (!*text && n_bytes > 0 && n_bytes % slice_bytes == 0)
        snprintf(text, 128, " (%ux%ux%" PRIu64 ":%s would fit)", header->nx, header->ny,
                 n_bytes / slice_bytes, type);
}

/* The file has to be just as long as the user says, unless they told of bytes to skip: what is behind the
 * voxels then is a note. */
static enum status check_raw(const struct volume_header *header, const struct input_file *file,
                             const char *raw, struct error *error)
{
    char shown[300], fits[128], shown_raw[128];
    uint64_t wanted = saturated_mul3(volume_slice_bytes(header), header->nz, 1);
    uint64_t held = file->n_bytes > header->skip_bytes ? file->n_bytes - header->skip_bytes : 0;
    struct volume_header again;
    bool skips;
    raw_text_parse(&again, raw, &skips);
    if (held == wanted || (held > wanted && skips))
        return STATUS_OK;
    suggest(fits, header, held);
    printable(shown, sizeof shown, file->path);
    printable(shown_raw, sizeof shown_raw, raw);
    if (held < wanted)
        return error_set(
            error, STATUS_INPUT,
            "%s: holds %" PRIu64 " bytes%s, but %s takes %" PRIu64 "%s; check extent, type and skip", shown,
            held, header->skip_bytes ? " behind those skipped" : "", shown_raw, wanted, fits);
    return error_set(error, STATUS_INPUT,
                     "%s: holds %" PRIu64 " bytes, which is %" PRIu64
                     " more than %s takes%s; if they come first "
                     "add :skip=%" PRIu64 ", if last :skip=0",
                     shown, held, held - wanted, shown_raw, fits, held - wanted);
}

enum status volume_data_find(struct volume_data_place *place, const struct volume_header *header,
                             const struct input_file *file, const char *raw, struct error *error)
{
    uint64_t at = header->data == VOLUME_ATTACHED ? header->data_at : 0;
    enum status status = STATUS_OK;
    *place = (struct volume_data_place){0};
    place->n_bytes = saturated_mul3(volume_slice_bytes(header), header->nz / header->nfiles, 1);
    if (raw)
        status = check_raw(header, file, raw, error);
    if (status == STATUS_OK)
        status = skip_lines(header, file, &at, error);
    if (status != STATUS_OK)
        return status;
    bool skips_file = header->skips_file || !header->compressed;
    if (header->skips_file && header->skip_bytes > 0)
        at = 0; /* MetaImage counts from the file's beginning, whatever is there */
    if (skips_file && !header->from_end)
        at = saturated_add(at, header->skip_bytes);
    return header->compressed ? find_stream(place, header, file, at, error)
                              : find_plain(place, header, file, at, error);
}
