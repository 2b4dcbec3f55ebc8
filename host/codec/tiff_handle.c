/* SPDX-License-Identifier: MIT */
#include "codec/tiff_handle.h"

#include "base/printable.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* What libtiff is told as the file's name. Some of its messages begin with it; ours do with the real one. */
static const char handle_name[] = "TIFF";

/* Copies from n_shown bytes that take the place of the file's from `at` on. Returns how many of the n_bytes
 * at `offset` were among them; else the file's are to be read, and *n_bytes becomes no more than lie before
 * those. */
static size_t read_shown(const unsigned char *shown, size_t n_shown, uint64_t at, void *data, size_t *n_bytes,
                         uint64_t offset)
{
    if (offset < at && at - offset < *n_bytes)
        *n_bytes = (size_t)(at - offset);
    if (offset < at || offset - at >= n_shown)
        return 0;
    size_t rest = n_shown - (size_t)(offset - at), n = rest < *n_bytes ? rest : *n_bytes;
    memcpy(data, shown + (offset - at), n);
    return n;
}

static tmsize_t read_bytes(thandle_t client, void *data, tmsize_t n_bytes)
{
    const struct tiff_handle *handle = client;
    const struct tiff_trimmed *directory = &handle->directory;
    struct tiff_source *source = handle->source;
    size_t wanted = n_bytes > 0 ? (size_t)n_bytes : 0, used = 0;
    while (used < wanted) {
        unsigned char *to = (unsigned char *)data + used;
        size_t most = wanted - used;
        size_t n = read_shown(handle->start, handle->start_bytes, 0, to, &most, source->position);
        if (n == 0 && directory->n_bytes > 0)
            n = read_shown(directory->bytes, directory->n_bytes, directory->at, to, &most, source->position);
        if (n == 0)
            n = tiff_source_read(source, to, most, source->position);
        if (n == 0)
            break;
        source->position += n;
        used += n;
    }
    return (tmsize_t)used;
}

static tmsize_t write_bytes(thandle_t client, void *data, tmsize_t n_bytes)
{
    (void)client, (void)data, (void)n_bytes;
    return 0; /* handles are for reading only, but libtiff demands the procedure */
}

static toff_t seek(thandle_t client, toff_t offset, int whence)
{
    const struct tiff_handle *handle = client;
    struct tiff_source *source = handle->source;
    if (whence == SEEK_CUR)
        offset += source->position;
    else if (whence == SEEK_END)
        offset += source->n_bytes;
    source->position = offset;
    return offset;
}

static int close_nothing(thandle_t client)
{
    (void)client;
    return 0; /* the source belongs to the caller */
}

static toff_t count_bytes(thandle_t client)
{
    const struct tiff_handle *handle = client;
    return handle->source->n_bytes;
}

/* Lets libtiff decode right out of a file that is in memory already, without a gap; one on disk is not
 * mapped.
 */
static int lend_memory(thandle_t client, void **base, toff_t *n_bytes)
{
    const struct tiff_handle *handle = client;
    const struct tiff_source *source = handle->source;
    if (!tiff_source_is_whole(source))
        return 0;
    *base = (void *)source->data; /* libtiff only reads it: it is meant for pages mapped read-only */
    *n_bytes = source->n_bytes;
    return 1;
}

static void take_memory_back(thandle_t client, void *base, toff_t n_bytes)
{
    (void)client, (void)base, (void)n_bytes;
}

__attribute__((format(printf, 4, 0))) static int on_error(TIFF *tif, void *user, const char *module,
                                                          const char *format, va_list arguments)
{
    struct tiff_handle *handle = user;
    (void)tif, (void)module;
    handle->nerrors++;
    vsnprintf(handle->complaint, sizeof handle->complaint, format, arguments);
    return 1; /* dealt with: nothing goes to stderr */
}

__attribute__((format(printf, 4, 0))) static int on_warning(TIFF *tif, void *user, const char *module,
                                                            const char *format, va_list arguments)
{
    struct tiff_handle *handle = user;
    (void)tif, (void)module;
    if (handle->nwarnings++ == 0 && handle->nerrors == 0)
        vsnprintf(handle->complaint, sizeof handle->complaint, format, arguments);
    return 1;
}

/* libtiff comes to a page without reading those before it, as TIFFSetSubDirectory would, when the header of
 * the file tells it that the page is the first one. */
static void begin_at(struct tiff_handle *handle, uint64_t page_at)
{
    struct tiff_source *source = handle->source;
    struct tiff_form form;
    tiff_source_start(source);
    if (!tiff_form_parse(&form, source->start, source->start_bytes))
        return; /* as libtiff will say, too */
    const unsigned n = form.big ? 8 : 4;
    memcpy(handle->start, source->start, sizeof handle->start);
    handle->start_bytes = 2 * n;
    for (unsigned i = 0; i < n; i++)
        handle->start[n + (form.big_endian ? n - 1 - i : i)] = (unsigned char)(page_at >> 8 * i);
    tiff_trim_directory(source, &form, page_at, &handle->directory);
}

enum status tiff_handle_open(struct tiff_handle *handle, struct tiff_source *source, uint64_t page_at,
                             uint64_t max_alloc_bytes, struct error *error)
{
    *handle = (struct tiff_handle){.source = source};
    errno = 0;
    source->position = 0; /* where libtiff takes itself to be */
    TIFFOpenOptions *options = TIFFOpenOptionsAlloc();
    if (!options)
        return error_no_memory(error, 1, "libtiff's options");
    TIFFOpenOptionsSetErrorHandlerExtR(options, on_error, handle);
    TIFFOpenOptionsSetWarningHandlerExtR(options, on_warning, handle);
    TIFFOpenOptionsSetMaxSingleMemAlloc(options, (tmsize_t)max_alloc_bytes);
    if (page_at != 0)
        begin_at(handle, page_at);
    /* r: for reading; c: strips as the file has them, not chopped up; m: no mapping. */
    const char *mode = page_at == 0 && tiff_source_is_whole(source) ? "rc" : "rcm";
    source->position = 0;
    handle->tif = TIFFClientOpenExt(handle_name, mode, handle, read_bytes, write_bytes, seek, close_nothing,
                                    count_bytes, lend_memory, take_memory_back, options);
    TIFFOpenOptionsFree(options);
    if (!handle->tif)
        return tiff_handle_error(handle, "is a damaged TIFF", "copy or export it again", error);
    return STATUS_OK;
}

void tiff_handle_close(struct tiff_handle *handle)
{
    if (handle->tif)
        TIFFClose(handle->tif);
    handle->tif = NULL;
}

void tiff_handle_calm(struct tiff_handle *handle)
{
    handle->nerrors = handle->nwarnings = 0;
    handle->complaint[0] = '\0';
}

/* libtiff's text on one line, without the file's name, the full stop and the line end that some of its
 * messages have. */
static const char *clean_complaint(char *text)
{
    const size_t n_name = sizeof handle_name - 1;
    size_t n = strlen(text);
    while (n > 0 && strchr(".\r\n ", text[n - 1]))
        text[--n] = '\0';
    for (size_t i = 0; i < n; i++)
        if (text[i] == '\n' || text[i] == '\r' || text[i] == '\t')
            text[i] = ' ';
    return strncmp(text, handle_name, n_name) == 0 && strncmp(text + n_name, ": ", 2) == 0 ? text + n_name + 2
                                                                                           : text;
}

enum status tiff_handle_error(const struct tiff_handle *handle, const char *what, const char *remedy,
                              struct error *error)
{
    char path[PRINTABLE_BYTES], complaint[PRINTABLE_BYTES], text[sizeof handle->complaint];
    const struct tiff_source *source = handle->source;
    if (source->error.status != STATUS_OK)
        return error_set(error, source->error.status, "%s", source->error.message);
    printable(path, sizeof path, source->path);
    if (errno == ENOMEM) /* so libtiff was refused memory, and the file may be in order */
        return error_set(error, STATUS_FAILED,
                         "%s: there was no memory to read it; free some memory and run again", path);
    memcpy(text, handle->complaint, sizeof text);
    const char *cleaned = clean_complaint(text);
    if (cleaned[0] == '\0')
        return error_set(error, STATUS_INPUT, "%s: %s; %s", path, what, remedy);
    return error_set(error, STATUS_INPUT, "%s: %s (libtiff: %s); %s", path, what,
                     printable(complaint, sizeof complaint, cleaned), remedy);
}
