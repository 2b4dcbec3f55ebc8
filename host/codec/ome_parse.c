/* SPDX-License-Identifier: MIT
 * OME-XML by expat. Of the elements
 *
 *   OME UUID, BinaryOnly MetadataFile
 *     Image
 *       Pixels DimensionOrder SizeZ SizeC SizeT PhysicalSizeX ...
 *         Channel SamplesPerPixel
 *         TiffData IFD FirstZ FirstC FirstT PlaneCount
 *           UUID FileName
 *
 * those of the first image are taken; its Pixels begin before everything that is within them. */
#include "codec/ome.h"

#include "base/printable.h"
#include "codec/ome_spacing.h"

#include <expat.h>
#include <stdlib.h>
#include <string.h>

enum {
    UUID_BYTES = 128, /* "urn:uuid:" and the number; longer ones are cut, which makes them equal to none */
    PAGE_RUNS_MAX = 1 << 22, /* far more than a file has pages */
};

struct parse {
    XML_Parser parser;
    struct ome *ome;
    bool spacing_only; /* stop behind the first Pixels' start */
    bool has_root, is_ome, has_pixels, in_pixels, in_pages, in_uuid;
    bool no_memory;
    const char *wrong;            /* why parsing was stopped; NULL when it was not, or for good */
    uint32_t size_c;              /* colours count several */
    uint32_t nchannels, nsamples; /* Channel elements, and the samples of all of them */
    char uuid[UUID_BYTES];
    size_t uuid_bytes;
};

static void stop(struct parse *parse, const char *wrong)
{
    if (!parse->wrong)
        parse->wrong = wrong;
    XML_StopParser(parse->parser, XML_FALSE);
}

static const char *local_name(const char *name)
{
    const char *colon = strrchr(name, ':');
    return colon ? colon + 1 : name;
}

/* The whole number of an attribute, or `otherwise` where there is none; stops at what is no such number. */
static uint32_t number(struct parse *parse, const char *const *attributes, const char *name,
                       uint32_t otherwise)
{
    const char *text = ome_attribute(attributes, name);
    uint64_t value = 0;
    if (!text)
        return otherwise;
    size_t n = strspn(text, "0123456789");
    for (size_t i = 0; i < n && value <= UINT32_MAX; i++)
        value = 10 * value + (uint64_t)(text[i] - '0');
    if (n > 0 && text[n] == '\0' && value < UINT32_MAX)
        return (uint32_t)value;
    stop(parse, "an attribute is no whole number");
    return otherwise;
}

static char *copy(struct parse *parse, const char *text)
{
    char *copied = text ? strdup(text) : NULL;
    if (text && !copied) {
        parse->no_memory = true;
        stop(parse, "");
    }
    return copied;
}

/* Makes room for one more of the n elements; false when memory is refused. */
static bool grow(struct parse *parse, void **elements, size_t n, size_t *capacity, size_t element_bytes)
{
    if (n < *capacity)
        return true;
    size_t more = *capacity ? 2 * *capacity : 16;
    void *grown = reallocarray(*elements, more, element_bytes);
    if (!grown) {
        parse->no_memory = true;
        stop(parse, "");
        return false;
    }
    *elements = grown;
    *capacity = more;
    return true;
}

static void take_order(struct parse *parse, const char *order)
{
    static const char *const orders[] = {"XYZCT", "XYZTC", "XYCTZ", "XYCZT", "XYTCZ", "XYTZC"};
    for (size_t i = 0; order && i < sizeof orders / sizeof *orders; i++)
        if (strcmp(order, orders[i]) == 0) {
            memcpy(parse->ome->order, orders[i] + 2, sizeof parse->ome->order);
            return;
        }
    stop(parse, "the order of its dimensions is none of the six that there are");
}

static void start_pixels(struct parse *parse, const char *const *attributes)
{
    struct ome *ome = parse->ome;
    parse->has_pixels = parse->in_pixels = true;
    ome->spacing = ome_spacing_of(attributes);
    if (parse->spacing_only) {
        stop(parse, NULL);
        return;
    }
    take_order(parse, ome_attribute(attributes, "DimensionOrder"));
    ome->nz = number(parse, attributes, "SizeZ", 0);
    ome->nframes = number(parse, attributes, "SizeT", 0);
    parse->size_c = number(parse, attributes, "SizeC", 0);
    if (ome->nz == 0 || ome->nframes == 0 || parse->size_c == 0)
        stop(parse, "SizeZ, SizeC or SizeT is missing or 0");
}

static void start_channel(struct parse *parse, const char *const *attributes)
{
    uint32_t nsamples = number(parse, attributes, "SamplesPerPixel", 1);
    if (nsamples > UINT32_MAX - parse->nsamples)
        stop(parse, "its channels have too many samples");
    else
        parse->nsamples += nsamples;
    parse->nchannels++;
}

static void take_pages(struct parse *parse, const char *const *attributes)
{
    struct ome *ome = parse->ome;
    uint32_t one = ome_attribute(attributes, "IFD") != NULL; /* else all */
    ome->pages[ome->npages++] = (struct ome_pages){
        .page = number(parse, attributes, "IFD", 0),
        .z = number(parse, attributes, "FirstZ", 0),
        .channel = number(parse, attributes, "FirstC", 0),
        .frame = number(parse, attributes, "FirstT", 0),
        .nplanes = number(parse, attributes, "PlaneCount", one),
    };
    parse->in_pages = true;
}

static void start_pages(struct parse *parse, const char *const *attributes)
{
    struct ome *ome = parse->ome;
    if (ome->npages == PAGE_RUNS_MAX)
        stop(parse, "it has too many TiffData");
    else if (!grow(parse, (void **)&ome->pages, ome->npages, &ome->pages_capacity, sizeof *ome->pages))
        parse->in_pages = false;
    else
        take_pages(parse, attributes);
}

static bool same(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

/* The UUID element of the pages that were begun last: its FileName comes first, its text behind that. */
static void start_uuid(struct parse *parse, const char *const *attributes)
{
    struct ome *ome = parse->ome;
    if (!grow(parse, (void **)&ome->files, ome->nfiles, &ome->files_capacity, sizeof *ome->files))
        return;
    ome->files[ome->nfiles++] = (struct ome_file){.name = copy(parse, ome_attribute(attributes, "FileName"))};
    parse->in_uuid = true;
    parse->uuid_bytes = 0;
}

/* A file that is the same as the one before it is not kept twice. */
static void end_uuid(struct parse *parse)
{
    struct ome *ome = parse->ome;
    struct ome_file *file = &ome->files[ome->nfiles - 1];
    parse->in_uuid = false;
    parse->uuid[parse->uuid_bytes] = '\0';
    if (parse->uuid_bytes > 0)
        file->uuid = copy(parse, parse->uuid);
    if (ome->nfiles > 1 && same(file[-1].name, file->name) && same(file[-1].uuid, file->uuid)) {
        free(file->name);
        free(file->uuid);
        ome->nfiles--;
    }
    ome->pages[ome->npages - 1].file = (uint32_t)ome->nfiles;
}

static void start_root(struct parse *parse, const char *name, const char *const *attributes)
{
    parse->has_root = true;
    parse->is_ome = strcmp(name, "OME") == 0;
    if (parse->is_ome)
        parse->ome->uuid = copy(parse, ome_attribute(attributes, "UUID"));
    else
        stop(parse, NULL);
}

static void XMLCALL on_start(void *user, const char *qualified, const char **attributes)
{
    struct parse *parse = user;
    const char *name = local_name(qualified), *const *values = attributes;
    bool first = parse->ome->nimages == 1;
    if (!parse->has_root)
        start_root(parse, name, values);
    else if (strcmp(name, "Image") == 0)
        parse->ome->nimages++;
    else if (strcmp(name, "BinaryOnly") == 0 && !parse->ome->metadata_file)
        parse->ome->metadata_file = copy(parse, ome_attribute(values, "MetadataFile"));
    else if (strcmp(name, "Pixels") == 0 && first && !parse->has_pixels)
        start_pixels(parse, values);
    else if (parse->in_pixels && strcmp(name, "Channel") == 0)
        start_channel(parse, values);
    else if (parse->in_pixels && strcmp(name, "TiffData") == 0)
        start_pages(parse, values);
    else if (parse->in_pages && !parse->in_uuid && strcmp(name, "UUID") == 0)
        start_uuid(parse, values);
}

static void XMLCALL on_end(void *user, const char *qualified)
{
    struct parse *parse = user;
    const char *name = local_name(qualified);
    if (strcmp(name, "Pixels") == 0)
        parse->in_pixels = parse->in_pages = false;
    else if (strcmp(name, "TiffData") == 0)
        parse->in_pages = false;
    else if (parse->in_uuid && strcmp(name, "UUID") == 0)
        end_uuid(parse);
}

static void XMLCALL on_text(void *user, const char *text, int n)
{
    struct parse *parse = user;
    for (int i = 0; parse->in_uuid && i < n && parse->uuid_bytes + 1 < sizeof parse->uuid; i++)
        if (!strchr(" \t\r\n", text[i]))
            parse->uuid[parse->uuid_bytes++] = text[i];
}

static void XMLCALL on_doctype(void *user, const char *name, const char *system, const char *public,
                               int has_internal)
{
    (void)name, (void)system, (void)public, (void)has_internal;
    stop(user, "it has a document type, which OME-XML never has");
}

/* Parses as of the given encoding, or as the text says it is (NULL). */
static enum XML_Error parse_as(struct parse *parse, const char *encoding, const char *text, size_t n_bytes)
{
    parse->parser = XML_ParserCreate(encoding);
    if (!parse->parser)
        return XML_ERROR_NO_MEMORY;
    XML_SetUserData(parse->parser, parse);
    XML_SetElementHandler(parse->parser, on_start, on_end);
    XML_SetCharacterDataHandler(parse->parser, on_text);
    XML_SetStartDoctypeDeclHandler(parse->parser, on_doctype);
    enum XML_Error wrong = XML_ERROR_NONE;
    if (XML_Parse(parse->parser, text, (int)n_bytes, XML_TRUE) != XML_STATUS_OK)
        wrong = XML_GetErrorCode(parse->parser);
    XML_ParserFree(parse->parser);
    parse->parser = NULL;
    return wrong;
}

/* Texts that were UTF-16 in their program's memory say so still, when they are UTF-8 in a TIFF. */
static enum XML_Error parse_text(struct parse *parse, struct ome *ome, bool spacing_only, const char *text,
                                 size_t n_bytes)
{
    *ome = (struct ome){0};
    *parse = (struct parse){.ome = ome, .spacing_only = spacing_only};
    enum XML_Error wrong = parse_as(parse, NULL, text, n_bytes);
    if (wrong != XML_ERROR_INCORRECT_ENCODING && wrong != XML_ERROR_UNKNOWN_ENCODING)
        return wrong;
    ome_end(ome);
    *parse = (struct parse){.ome = ome, .spacing_only = spacing_only};
    return parse_as(parse, "UTF-8", text, n_bytes);
}

struct spacing ome_parse_spacing(const char *text, size_t n_bytes)
{
    struct ome ome;
    struct parse parse;
    if (n_bytes > OME_TEXT_BYTES_MAX)
        return (struct spacing){0};
    parse_text(&parse, &ome, true, text, n_bytes);
    struct spacing spacing = ome.spacing;
    ome_end(&ome);
    return spacing;
}

bool ome_suspected(const char *text)
{
    enum { LOOKED_AT = 4096 }; /* before its root: a declaration and a comment */
    size_t n = strnlen(text, LOOKED_AT);
    if (n >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
        text += 3, n -= 3;
    while (n > 0 && strchr(" \t\r\n", *text))
        text++, n--;
    return n > 0 && *text == '<' && (n > LOOKED_AT - 8 || memmem(text, n, "OME", 3) != NULL);
}

static enum status damaged(const char *path, const char *why, struct error *error)
{
    char shown[PRINTABLE_BYTES];
    return error_set(error, STATUS_INPUT, "%s: its OME-XML is damaged: %s; export it again",
                     printable(shown, sizeof shown, path), why);
}

enum status ome_parse(const char *text, size_t n_bytes, const char *path, struct ome *ome, bool *is_ome,
                      struct error *error)
{
    struct parse parse;
    if (n_bytes > OME_TEXT_BYTES_MAX)
        return damaged(path, "it has more than 64 MiB", error);
    enum XML_Error wrong = parse_text(&parse, ome, false, text, n_bytes);
    enum status status = STATUS_OK;
    *is_ome = parse.is_ome;
    bool other = parse.has_root ? !parse.is_ome : !parse.wrong;
    if (parse.no_memory || wrong == XML_ERROR_NO_MEMORY)
        status = error_no_memory(error, n_bytes, "OME-XML");
    else if (other)
        ome_end(ome);
    else if (wrong != XML_ERROR_NONE)
        status = damaged(path, parse.wrong ? parse.wrong : XML_ErrorString(wrong), error);
    else if (!parse.has_pixels && !ome->metadata_file)
        status = damaged(path, "it tells of no image", error);
    if (status != STATUS_OK)
        ome_end(ome);
    if (status != STATUS_OK || other)
        return status;
    bool colours =
        parse.nchannels > 0 && parse.nsamples == parse.size_c && parse.size_c % parse.nchannels == 0;
    ome->nchannels = colours ? parse.nchannels : parse.size_c;
    ome->nsamples = colours ? parse.nsamples / parse.nchannels : 1;
    return STATUS_OK;
}
