/* SPDX-License-Identifier: MIT */
#include "pipeline/inflater.h"

#include "base/clock.h"
#include "base/printable.h"
#include "pipeline/pipeline.h"
#include "pipeline/source.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    INPUT_BYTES = 256 << 10,
    WASTE_BYTES = 64 << 10,
    STEP_BYTES = 1 << 20,   /* inflated between two looks for a stop: some ms */
    WINDOW_BITS = 15 + 32,  /* zlib's largest window, and gzip or zlib by the stream's first bytes */
    MEMBER_HEAD_BYTES = 18, /* of the shortest gzip member: nothing less is one */
};

enum status inflater_init(struct inflater *inflater, const struct stack *stack, struct source *source,
                          struct error *error)
{
    *inflater = (struct inflater){.source = source, .file.fd = -1};
    if (pipeline_load_of(stack).nstreamed == 0)
        return STATUS_OK;
    inflater->input = malloc(INPUT_BYTES);
    inflater->waste = malloc(WASTE_BYTES);
    if (inflater->input && inflater->waste && inflateInit2(&inflater->zlib, WINDOW_BITS) == Z_OK)
        return STATUS_OK;
    free(inflater->input);
    free(inflater->waste);
    return error_no_memory(error, INFLATER_HOST_BYTES, "inflating");
}

void inflater_end(struct inflater *inflater)
{
    input_file_close(&inflater->file);
    if (inflater->input)
        inflateEnd(&inflater->zlib);
    free(inflater->input);
    free(inflater->waste);
    *inflater = (struct inflater){.file.fd = -1};
}

static bool is_in_stream(const struct inflater *inflater, const struct slice *slice)
{
    const struct slice *open = inflater->slice;
    return open && open->header.stream.offset == slice->header.stream.offset &&
           strcmp(open->path, slice->path) == 0;
}

static enum status leave_stream(struct inflater *inflater, struct error *error)
{
    const struct slice *slice = inflater->slice;
    if (!slice)
        return STATUS_OK;
    bool same = input_file_unchanged(&inflater->file);
    input_file_close(&inflater->file);
    inflater->slice = NULL;
    return same ? STATUS_OK : source_changed(slice, error);
}

static enum status open_stream(struct inflater *inflater, const struct slice *slice, struct error *error)
{
    enum status status = leave_stream(inflater, error);
    if (status == STATUS_OK)
        status = source_open_file(inflater->source, &inflater->file, slice, error);
    if (status != STATUS_OK)
        return status;
    const struct file_part head = {slice->header.stream.offset, 1};
    inflater->from_disk = !source_is_cached(&inflater->file, head);
    inflater->slice = slice;
    inflater->read_bytes = inflater->given_bytes = 0;
    inflater->ended = false;
    inflater->zlib.next_in = inflater->input;
    inflater->zlib.avail_in = 0;
    inflateReset2(&inflater->zlib, WINDOW_BITS); /* cannot fail: the state is there, the bits are right */
    return STATUS_OK;
}

/* Reads more of the stream behind what zlib has not taken yet, as much as there is room for. */
static enum status refill(struct inflater *inflater, struct error *error)
{
    z_stream *zlib = &inflater->zlib;
    const struct file_part *stream = &inflater->slice->header.stream;
    uint64_t left = stream->n_bytes - inflater->read_bytes;
    memmove(inflater->input, zlib->next_in, zlib->avail_in);
    zlib->next_in = inflater->input;
    size_t room = INPUT_BYTES - zlib->avail_in, n = left < room ? (size_t)left : room;
    if (n == 0)
        return STATUS_OK;
    enum status status = input_file_read(&inflater->file, inflater->input + zlib->avail_in, n,
                                         stream->offset + inflater->read_bytes, error);
    if (status != STATUS_OK)
        return status;
    zlib->avail_in += (uInt)n;
    inflater->read_bytes += n;
    source_count(inflater->source, n, inflater->from_disk);
    return STATUS_OK;
}

static enum status damaged(const struct inflater *inflater, struct error *error)
{
    char shown[PRINTABLE_BYTES];
    return error_set(error, STATUS_INPUT,
                     "%s: its compressed voxels are damaged behind %" PRIu64
                     " bytes of them (%s); copy or compress it again",
                     printable(shown, sizeof shown, inflater->slice->path), inflater->given_bytes,
                     inflater->zlib.msg ? inflater->zlib.msg : "no deflate data");
}

static enum status too_short(const struct inflater *inflater, struct error *error)
{
    char shown[PRINTABLE_BYTES];
    const uint64_t wanted_bytes = inflater->slice->header.stream_end_bytes;
    printable(shown, sizeof shown, inflater->slice->path);
    if (inflater->given_bytes >= wanted_bytes)
        return error_set(error, STATUS_INPUT,
                         "%s: its compressed voxels have no end, and so no checksum; it is truncated", shown);
    return error_set(
        error, STATUS_INPUT,
        "%s: its compressed voxels end after %" PRIu64 " bytes, where %" PRIu64 " were expected; %s", shown,
        inflater->given_bytes, wanted_bytes, inflater->ended ? "its header does not fit" : "it is truncated");
}

/* zlib has come to the end of a stream: another gzip member may follow, where input begins with its magic
 * number. */
static enum status next_member(struct inflater *inflater, struct error *error)
{
    z_stream *zlib = &inflater->zlib;
    enum status status = zlib->avail_in < MEMBER_HEAD_BYTES ? refill(inflater, error) : STATUS_OK;
    if (status != STATUS_OK)
        return status;
    if (zlib->avail_in >= MEMBER_HEAD_BYTES && zlib->next_in[0] == 0x1f && zlib->next_in[1] == 0x8b)
        inflateReset(zlib);
    else
        inflater->ended = true;
    return STATUS_OK;
}

/* Inflates up to n bytes to `to`. *given is how many: fewer only where the stream ends. */
static enum status inflate_some(struct inflater *inflater, unsigned char *to, size_t n, size_t *given,
                                struct error *error)
{
    z_stream *zlib = &inflater->zlib;
    enum status status = STATUS_OK;
    zlib->next_out = to;
    zlib->avail_out = (uInt)n;
    while (status == STATUS_OK && zlib->avail_out > 0 && !inflater->ended) {
        if (zlib->avail_in == 0)
            status = refill(inflater, error);
        if (status != STATUS_OK)
            break;
        bool starved = zlib->avail_in == 0;
        uInt room = zlib->avail_out;
        int said = inflate(zlib, Z_NO_FLUSH);
        inflater->given_bytes += room - zlib->avail_out;
        if (said == Z_STREAM_END)
            status = next_member(inflater, error);
        else if (said == Z_MEM_ERROR)
            status = error_no_memory(error, INFLATER_HOST_BYTES, "inflating");
        else if (said != Z_OK && said != Z_BUF_ERROR)
            status = damaged(inflater, error);
        else if (starved && zlib->avail_out == room)
            status = too_short(inflater, error);
    }
    *given = n - zlib->avail_out;
    return status;
}

/* Inflates n bytes, in steps that let a stop be noticed: to `to`, or with NULL to nowhere. */
static enum status inflate_steps(struct inflater *inflater, unsigned char *to, uint64_t n,
                                 struct error *error)
{
    const size_t most = to ? STEP_BYTES : WASTE_BYTES;
    while (n > 0) {
        size_t step = n < most ? (size_t)n : most, given = 0;
        enum status status = stop_check(inflater->source->stop, error);
        if (status == STATUS_OK)
            status = inflate_some(inflater, to ? to : inflater->waste, step, &given, error);
        if (status == STATUS_OK && given < step)
            status = too_short(inflater, error);
        if (status != STATUS_OK)
            return status;
        to = to ? to + step : NULL;
        n -= step;
    }
    return STATUS_OK;
}

/* Goes on to the stream's end, where its checksum is; what it gives there is surplus. */
static enum status finish_stream(struct inflater *inflater, struct error *error)
{
    enum status status = STATUS_OK;
    size_t given;
    while (status == STATUS_OK && !inflater->ended) {
        status = stop_check(inflater->source->stop, error);
        if (status == STATUS_OK)
            status = inflate_some(inflater, inflater->waste, WASTE_BYTES, &given, error);
    }
    uint64_t surplus_bytes = inflater->given_bytes - inflater->slice->header.stream_end_bytes;
    if (status == STATUS_OK && inflater->source->progress)
        atomic_fetch_add_explicit(&inflater->source->progress->surplus_bytes, surplus_bytes,
                                  memory_order_relaxed);
    return status == STATUS_OK ? leave_stream(inflater, error) : status;
}

static enum status read_slice(struct inflater *inflater, const struct slice *slice, void *data,
                              struct error *error)
{
    const struct file_part *part = &slice->header.parts[0];
    enum status status = STATUS_OK;
    if (!is_in_stream(inflater, slice))
        status = open_stream(inflater, slice, error);
    if (status == STATUS_OK)
        status = inflate_steps(inflater, NULL, part->offset - inflater->given_bytes, error);
    if (status == STATUS_OK)
        status = inflate_steps(inflater, data, part->n_bytes, error);
    if (status == STATUS_OK && part->offset + part->n_bytes == slice->header.stream_end_bytes)
        status = finish_stream(inflater, error);
    return status;
}

enum status inflater_read(struct inflater *inflater, const struct slice *slice, void *data,
                          struct error *error)
{
    double began = clock_seconds();
    enum status status = read_slice(inflater, slice, data, error);
    busy_add(&inflater->source->busy, began, 0);
    return status;
}
