/* SPDX-License-Identifier: MIT
 * The manifest: what is written, what is read back, and what is refused. */
#include "output/json_memory.h"
#include "output/manifest.h"
#include "temp_folder.h"

#include <fcntl.h>
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static const struct source_slice three_slices[] = {
    {.name = "s1.tif", .n_bytes = 123, .mtime_ns = 1700000000123456789},
    {.name = NULL},
    {.name = "s3.tif", .n_bytes = 5000000000, .mtime_ns = -1},
};
static const struct output_source three_source = {
    .folder = "slices", .slices = three_slices, .nslices = 3, .program_version = "1.2.3"};
static const struct pyramid three_pyramid = {
    .extent = {5, 7, 3},
    .type = VOXEL_I16,
    .nlevels = 2,
    .spacing = {5.2, 5.2, 10, UNIT_UM},
};

static void fill_records(struct slice_records *records)
{
    for (unsigned level = 1; level <= records->nlevels; level++)
        for (uint32_t z = 0; z < records->nz[level]; z++) {
            records->slices[level][z].n_bytes = 1000 * level + z;
            for (unsigned i = 0; i < 16; i++)
                records->slices[level][z].hash.bytes[i] = (unsigned char)(level * 16 + z + 17 * i);
        }
}

/* Writes a manifest and gives its text; the caller frees it. */
static char *written(const char *folder, const struct pyramid *pyramid, const struct output_source *source,
                     bool complete)
{
    struct error error = {0};
    size_t n_bytes;
    int fd = open(folder, O_RDONLY | O_DIRECTORY);
    assert_true(fd >= 0);
    struct slice_records records;
    assert_int_equal(slice_records_init(&records, pyramid, &error), STATUS_OK);
    fill_records(&records);
    assert_int_equal(
        manifest_write(fd, folder, pyramid, source, ENCODING_ZSTD, complete ? &records : NULL, false, &error),
        STATUS_OK);
    slice_records_end(&records);
    close(fd);
    return temp_file_read(temp_path(folder, MANIFEST_NAME), &n_bytes);
}

static void test_text(void **state)
{
    const char *folder = *state;
    static const char expected[] =
        "{'format_version': 1, 'program': {'name': 'stackthumb', 'version': '1.2.3'},"
        " 'source': {'folder': 'slices', 'slices': ["
        "  {'name': 's1.tif', 'bytes': 123, 'mtime_ns': 1700000000123456789}, null,"
        "  {'name': 's3.tif', 'bytes': 5000000000, 'mtime_ns': -1}]},"
        " 'extent': {'nx': 5, 'ny': 7, 'nz': 3}, 'type': 'i16',"
        " 'spacing': {'x': 5.2, 'y': 5.2, 'z': 10.0, 'unit': 'um'},"
        " 'levels': [{'level': 1, 'folder': '1', 'extent': {'nx': 3, 'ny': 4, 'nz': 2},"
        "             'spacing': {'x': 10.4, 'y': 10.4, 'z': 20.0, 'unit': 'um'}, 'bytes': [1000, 1001],"
        "             'xxh3_128': ['102132435465768798a9bacbdcedfe0f', '112233445566778899aabbccddeeff10']},"
        "            {'level': 2, 'folder': '2', 'extent': {'nx': 2, 'ny': 2, 'nz': 1},"
        "             'spacing': {'x': 20.8, 'y': 20.8, 'z': 40.0, 'unit': 'um'}, 'bytes': [2000],"
        "             'xxh3_128': ['2031425364758697a8b9cadbecfd0e1f']}],"
        " 'compression': 'zstd', 'complete': true}";
    char *json_text = strdup(expected);
    for (char *at = json_text; (at = strchr(at, '\''));)
        *at = '"';
    char *text = written(folder, &three_pyramid, &three_source, true);
    json_t *a = json_loads(text, 0, NULL), *b = json_loads(json_text, 0, NULL);
    assert_non_null(a);
    assert_non_null(b);
    assert_true(json_equal(a, b));
    assert_non_null(strstr(text, "\"x\": 5.2,"));
    assert_non_null(strstr(text, "\"x\": 20.8,"));
    json_decref(a);
    json_decref(b);
    free(text);
    free(json_text);
    assert_int_equal(temp_count_entries(folder), 1);
}

static void assert_round_trip(const char *folder, const struct pyramid *pyramid,
                              const struct output_source *source, bool complete)
{
    struct error error = {0};
    struct manifest manifest;
    free(written(folder, pyramid, source, complete));
    assert_int_equal(manifest_read(folder, &manifest, &error), STATUS_OK);
    const struct pyramid *read = &manifest.pyramid;
    assert_int_equal(manifest.complete, complete);
    assert_int_equal(read->type, pyramid->type);
    assert_int_equal(read->nlevels, pyramid->nlevels);
    assert_memory_equal(&read->extent, &pyramid->extent, sizeof read->extent);
    struct slice_records expected;
    assert_int_equal(slice_records_init(&expected, pyramid, &error), STATUS_OK);
    fill_records(&expected);
    for (unsigned level = 1; complete && level <= expected.nlevels; level++)
        assert_memory_equal(manifest.records.slices[level], expected.slices[level],
                            expected.nz[level] * sizeof *expected.slices[level]);
    slice_records_end(&expected);
    manifest_end(&manifest);
    if (!spacing_known(pyramid->spacing)) {
        assert_false(spacing_known(read->spacing));
        return;
    }
    assert_true(read->spacing.x == pyramid->spacing.x && read->spacing.y == pyramid->spacing.y);
    assert_true(read->spacing.z == pyramid->spacing.z);
    assert_int_equal(read->spacing.unit, pyramid->spacing.unit);
}

static void test_round_trips(void **state)
{
    for (uint64_t round = 0; round < 100; round++) {
        uint64_t seed = round;
        struct pyramid pyramid = {
            .extent = {1 + temp_random(&seed) % 100000, 1 + temp_random(&seed), 1 + temp_random(&seed) % 50},
            .type = (enum voxel_type)(temp_random(&seed) % VOXEL_TYPES),
            .nlevels = 1 + temp_random(&seed) % 8,
        };
        if (temp_random(&seed) % 2) {
            pyramid.spacing.x = 1 / (1.0 + temp_random(&seed));
            pyramid.spacing.y = temp_random(&seed) / 3.0 + 1e-9;
            pyramid.spacing.z = temp_random(&seed) % 2 ? 0 : 0.1 * (1 + temp_random(&seed) % 1000);
            pyramid.spacing.unit = (enum length_unit)(temp_random(&seed) % (UNIT_INCH + 1));
        }
        struct source_slice slices[50];
        for (int i = 0; i < 50; i++)
            slices[i] = (struct source_slice){.name = temp_random(&seed) % 4 ? "x.tif" : NULL,
                                              .n_bytes = temp_random(&seed),
                                              .mtime_ns = 1};
        struct output_source source = {
            .folder = "folder", .slices = slices, .nslices = 50, .program_version = "0"};
        assert_round_trip(*state, &pyramid, &source, temp_random(&seed) % 2);
    }
}

static void test_names_that_are_not_utf8(void **state)
{
    const char *folder = *state;
    const struct source_slice slices[] = {{.name = "a\xff\n1.tif", .n_bytes = 1, .mtime_ns = 2},
                                          {.name = "\xc3\xa9\n2.tif", .n_bytes = 1, .mtime_ns = 2}};
    const struct output_source source = {
        .folder = "in\xfe", .slices = slices, .nslices = 2, .program_version = "1"};
    struct pyramid pyramid = {.extent = {1, 1, 2}, .nlevels = 1};
    char *text = written(folder, &pyramid, &source, false);
    json_t *json = json_loads(text, 0, NULL);
    const json_t *written_source = json_object_get(json, "source");
    const json_t *written_slices = json_object_get(written_source, "slices");
    assert_string_equal(json_string_value(json_object_get(written_source, "folder")), "in\\xfe");
    assert_string_equal(json_string_value(json_object_get(json_array_get(written_slices, 0), "name")),
                        "a\\xff\\x0a1.tif");
    assert_string_equal(json_string_value(json_object_get(json_array_get(written_slices, 1), "name")),
                        "\xc3\xa9\n2.tif");
    json_decref(json);
    free(text);
}

static void assert_refused(const char *folder, const char *part)
{
    struct error error = {0};
    struct manifest manifest;
    assert_int_equal(manifest_read(folder, &manifest, &error), STATUS_INPUT);
    assert_non_null(strstr(error.message, MANIFEST_NAME));
    if (!strstr(error.message, part))
        fail_msg("'%s' does not say '%s'", error.message, part);
    assert_null(strchr(error.message, '\n'));
}

static void test_cut_short_anywhere(void **state)
{
    const char *folder = *state;
    char *text = written(folder, &three_pyramid, &three_source, true);
    for (size_t n = 0; n + 1 < strlen(text); n++) {
        temp_file_write(temp_path(folder, MANIFEST_NAME), text, n);
        assert_refused(folder, "damaged");
    }
    free(text);
}

static void test_wrong_contents(void **state)
{
    const char *folder = *state;
    const struct {
        const char *from, *to, *part;
    } cases[] = {
        {"\"format_version\": 1", "\"format_version\": 2", "format version 2"},
        {"\"format_version\": 1", "\"format_version\": \"1\"", "not a manifest"},
        {"\"name\": \"stackthumb\"", "\"name\": \"other\"", "not a manifest"},
        {"\"type\": \"i16\"", "\"type\": \"i17\"", "not a manifest"},
        {"\"type\": \"i16\"", "\"type\": 16", "not a manifest"},
        {"\"nx\": 5", "\"nx\": 0", "not a manifest"},
        {"\"nx\": 5", "\"nx\": -5", "not a manifest"},
        {"\"nx\": 5", "\"nx\": 4294967301", "not a manifest"},
        {"\"nx\": 5", "\"nx\": 5.0", "not a manifest"},
        {"\"nx\": 3", "\"nx\": 2", "not a manifest"}, /* level 1 */
        {"\"ny\": 4", "\"ny\": 5", "not a manifest"},
        {"\"nz\": 2", "\"nz\": 1", "not a manifest"},
        {"\"level\": 2", "\"level\": 3", "not a manifest"},
        {"\"unit\": \"um\"", "\"unit\": \"ell\"", "not a manifest"},
        {"\"x\": 5.2", "\"x\": -5.2", "not a manifest"},
        {"\"complete\": true", "\"complete\": 1", "not a manifest"},
        {"\"complete\"", "\"type\"", "damaged"}, /* twice */
        {"\"levels\"", "\"lovels\"", "not a manifest"},
        {"s1.tif", "s\xff.tif", "damaged"},
        {"\"format_version\"", "\"format\"", "not a manifest"},
        {"\"program\": {", "\"program\": 1, \"x\": {", "not a manifest"},
        {"\"name\": \"stackthumb\"", "\"name\": null", "not a manifest"},
        {"\"type\"", "\"tape\"", "not a manifest"},
        {"\"extent\"", "\"extant\"", "not a manifest"},
        {"\"nx\": 5", "\"nx\": 4294967296", "not a manifest"},
        {"\"nx\": 5", "\"nx\": 18446744073709551615", "damaged"},
        {"\"nx\": 5", "\"nx\": true", "not a manifest"},
        {"\"ny\": 7", "\"ny\": 0", "not a manifest"},
        {"\"nz\": 3", "\"nz\": \"3\"", "not a manifest"},
        {"\"nx\": 3", "\"nx\": 0", "not a manifest"},
        {"\"spacing\"", "\"spicing\"", "not a manifest"},
        {"\"x\": 5.2", "\"x\": 0", "not a manifest"},
        {"\"x\": 5.2", "\"x\": \"5.2\"", "not a manifest"},
        {"\"y\": 5.2", "\"y\": []", "not a manifest"},
        {"\"z\": 10.0", "\"z\": -10.0", "not a manifest"},
        {"\"unit\": \"um\"", "\"unit\": \"\"", "not a manifest"},
        {"\"unit\": \"um\"", "\"unit\": 3", "not a manifest"},
        {"\"level\": 2", "\"level\": \"2\"", "not a manifest"},
        {"\"complete\": true", "\"complete\": null", "not a manifest"},
        {"\"complete\": true", "\"finished\": true", "not a manifest"},
        {"\"levels\": [", "\"levels\": [1, ", "not a manifest"},
        {"\"levels\": [", "\"levels\": [], \"others\": [", "not a manifest"},
        {"\"levels\": [", "\"levels\": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, ",
         "not a manifest"},
        /* Of each slice, when it is complete. */
        {"1001", "0", "does not tell of every slice"},
        {"1001", "-1001", "does not tell of every slice"},
        {"1001", "1001.5", "does not tell of every slice"},
        {"1001", "null", "does not tell of every slice"},
        {"1000,", "", "does not tell of every slice"},
        {"1001", "1001, 1002", "does not tell of every slice"},
        {"\"bytes\": [", "\"bites\": [", "does not tell of every slice"},
        {"\"xxh3_128\"", "\"xxh3_64\"", "does not tell of every slice"},
        {"\"102132435465768798a9bacbdcedfe0f\"", "16", "does not tell of every slice"},
        {"102132435465768798a9bacbdcedfe0f", "102132435465768798a9bacbdcedfe0",
         "does not tell of every slice"},
        {"102132435465768798a9bacbdcedfe0f", "102132435465768798A9bacbdcedfe0f",
         "does not tell of every slice"},
        {"102132435465768798a9bacbdcedfe0f", "/02132435465768798a9bacbdcedfe0f",
         "does not tell of every slice"},
        {"102132435465768798a9bacbdcedfe0f", "1021324354657687g8a9bacbdcedfe0f",
         "does not tell of every slice"},
    };
    char *text = written(folder, &three_pyramid, &three_source, true);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char changed[8192];
        const char *at = strstr(text, cases[i].from);
        assert_non_null(at);
        snprintf(changed, sizeof changed, "%.*s%s%s", (int)(at - text), text, cases[i].to,
                 at + strlen(cases[i].from));
        temp_text_write(temp_path(folder, MANIFEST_NAME), changed);
        assert_refused(folder, cases[i].part);
    }
    free(text);
    temp_text_write(temp_path(folder, MANIFEST_NAME), "[1, 2]");
    assert_refused(folder, "not a manifest");
    temp_text_write(temp_path(folder, MANIFEST_NAME), "");
    assert_refused(folder, "damaged");
}

/* Lengths and their unit need not be known, each by itself. */
static void test_what_may_be_unknown(void **state)
{
    const char *folder = *state;
    static const char *const cases[][2] = {{"\"x\": 5.2", "\"x\": null"},
                                           {"\"unit\": \"um\"", "\"unit\": null"},
                                           {"\"z\": 10.0", "\"z\": 10"},
                                           {"\"y\": 5.2", "\"w\": 5.2, \"y\": null"}};
    char *text = written(folder, &three_pyramid, &three_source, true);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct manifest manifest;
        struct error error = {0};
        char changed[8192];
        const char *at = strstr(text, cases[i][0]);
        assert_non_null(at);
        snprintf(changed, sizeof changed, "%.*s%s%s", (int)(at - text), text, cases[i][1],
                 at + strlen(cases[i][0]));
        temp_text_write(temp_path(folder, MANIFEST_NAME), changed);
        if (manifest_read(folder, &manifest, &error) != STATUS_OK)
            fail_msg("%s", error.message);
        assert_true(manifest.pyramid.spacing.x == (i == 0 ? 0 : 5.2));
        assert_true(manifest.pyramid.spacing.y == (i == 3 ? 0 : 5.2));
        assert_true(manifest.pyramid.spacing.z == 10);
        assert_int_equal(manifest.pyramid.spacing.unit, i == 1 ? UNIT_NONE : UNIT_UM);
        manifest_end(&manifest);
    }
    free(text);
}

/* Any byte changed to any other is refused, or changes nothing that must agree with the rest. */
static void test_any_byte(void **state)
{
    const char *folder = *state;
    static const char others[] = {'\0', '0', '9', '-', '"', ',', ']', '}', 'a', ' '};
    char *text = written(folder, &three_pyramid, &three_source, true);
    const size_t n_bytes = strlen(text);
    for (size_t at = 0; at < n_bytes; at++) {
        struct manifest manifest;
        struct error error = {0};
        const char before = text[at];
        text[at] = others[at % sizeof others];
        temp_file_write(temp_path(folder, MANIFEST_NAME), text, n_bytes);
        if (manifest_read(folder, &manifest, &error) == STATUS_OK) {
            const struct pyramid *pyramid = &manifest.pyramid;
            assert_true(pyramid->nlevels == 2 && extent_at_level(pyramid->extent, 1).nz == 2);
            assert_true(manifest.records.nlevels == 2 || !manifest.complete);
            manifest_end(&manifest);
        } else {
            assert_int_equal(error.status, STATUS_INPUT);
            assert_null(strchr(error.message, '\n'));
        }
        text[at] = before;
    }
    free(text);
}

static void test_no_regular_file(void **state)
{
    const char *folder = *state;
    const char *path = temp_path(folder, MANIFEST_NAME);
    assert_refused(folder, "cannot be opened");
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_refused(folder, "not a regular file");
    unlink(path);
    temp_text_write(path, "{}");
    assert_int_equal(truncate(path, (off_t)1 << 40), 0); /* sparse */
    assert_refused(folder, "too large");
}

/* Fills n_bytes at `text` with `part` again and again, between a head and a tail. */
static void repeat(char *text, size_t n_bytes, const char *head, const char *part, const char *tail)
{
    const size_t ends = strlen(head) + strlen(tail), n = (n_bytes - ends) / strlen(part);
    size_t at = strlen(head);
    memcpy(text, head, at);
    for (size_t i = 0; i < n; i++, at += strlen(part))
        memcpy(text + at, part, strlen(part));
    memset(text + at, ' ', n_bytes - strlen(tail) - at);
    memcpy(text + n_bytes - strlen(tail), tail, strlen(tail));
}

/* The last two are not dense. */
static const char *const dense[][3] = {{"{\"a\":[{}", ",{}", "]}"},
                                       {"[0", ",0", "]"},
                                       {"[[]", ",[]", "]"},
                                       {"[\"\"", ",\"\"", "]"},
                                       {"[{\"\":0}", ",{\"\":0}", "]"},
                                       {"[{\"a\":1,\"b\":[]}", ",{\"a\":1,\"b\":[]}", "]"},
                                       {"[[[[1]]]", ",[[[1]]]", "]"},
                                       {"[1e5", ",1e5", "]"},
                                       {"[\"\\u0001\"", ",\"\\u0001\"", "]"}};
enum { SHAPES = sizeof dense / sizeof *dense };

/* More than any manifest tells for its length is not even parsed: it would take 100 times that. */
static void test_dense(void **state)
{
    const char *folder = *state;
    const size_t n_bytes = 1 << 20;
    char *text = malloc(n_bytes);
    for (size_t i = 0; i < SHAPES; i++) {
        repeat(text, n_bytes, dense[i][0], dense[i][1], dense[i][2]);
        temp_file_write(temp_path(folder, MANIFEST_NAME), text, n_bytes);
        assert_refused(folder,
                       i + 2 < SHAPES ? "tells of more than a manifest can; build" : "is not a manifest");
    }
    free(text);
    /* What is not dense, but is too much all the same: objects of 50 bytes. */
    const size_t long_bytes = 200 << 20;
    char part[64] = ",";
    text = malloc(long_bytes);
    memset(part + 1, ' ', 40);
    strcpy(part + 41, "{\"a\":1}");
    repeat(text, long_bytes, "[0", part, "]");
    temp_file_write(temp_path(folder, MANIFEST_NAME), text, long_bytes);
    assert_refused(folder, "tells of more than a manifest can; build");
    free(text);
}

/* Jansson's memory: a library's functions have no one to be handed their state by. */
static size_t held_bytes, most_bytes;

/* What stands before every block: how long it is. */
enum { BEFORE_BYTES = 16 };

/* What glibc takes for a block, unless it has one that is a little longer at hand. */
static size_t block_bytes(size_t n_bytes)
{
    const size_t n = (n_bytes + 8 + 15) / 16 * 16;
    return n < 32 ? 32 : n;
}

static void *counted_malloc(size_t n_bytes)
{
    unsigned char *block = malloc(BEFORE_BYTES + n_bytes);
    if (!block)
        return NULL;
    memcpy(block, &n_bytes, sizeof n_bytes);
    held_bytes += block_bytes(n_bytes);
    most_bytes = held_bytes > most_bytes ? held_bytes : most_bytes;
    return block + BEFORE_BYTES;
}

static void counted_free(void *block)
{
    size_t n_bytes;
    if (!block)
        return;
    memcpy(&n_bytes, (unsigned char *)block - BEFORE_BYTES, sizeof n_bytes);
    held_bytes -= block_bytes(n_bytes);
    free((unsigned char *)block - BEFORE_BYTES);
}

/* It never takes more than was said beforehand, in growing texts of every shape. */
static void test_memory(void **state)
{
    (void)state;
    json_malloc_t present_malloc;
    json_free_t present_free;
    char *text = malloc(100000);
    json_get_alloc_funcs(&present_malloc, &present_free);
    json_set_alloc_funcs(counted_malloc, counted_free);
    for (size_t i = 0; i < SHAPES; i++)
        for (size_t n_bytes = 40; n_bytes < 100000; n_bytes += 1 + n_bytes / 9) {
            repeat(text, n_bytes, dense[i][0], dense[i][1], dense[i][2]);
            most_bytes = held_bytes;
            const size_t before = held_bytes;
            json_t *json = json_loadb(text, n_bytes, 0, NULL);
            if (!json)
                fail_msg("%s", text);
            json_decref(json);
            assert_int_equal(held_bytes, before);
            if (most_bytes - before > json_memory_bytes(text, n_bytes))
                fail_msg("%s: %zu bytes take %zu, not %zu", dense[i][1], n_bytes, most_bytes - before,
                         (size_t)json_memory_bytes(text, n_bytes));
        }
    json_set_alloc_funcs(present_malloc, present_free);
    free(text);
}

/* A hundred thousand slices: with the longest names, of what looks like structure, and with the shortest. */
static void test_many_slices(void **state)
{
    enum { NZ = 100000 };
    static const char some[] = "{[,:]}\"\\ 0";
    char long_name[256];
    struct source_slice *slices = calloc(NZ, sizeof *slices);
    const struct output_source source = {
        .folder = "in", .slices = slices, .nslices = NZ, .program_version = "1"};
    const struct pyramid pyramid = {.extent = {1, 1, NZ}, .nlevels = 3};
    for (size_t i = 0; i < sizeof long_name - 1; i++)
        long_name[i] = some[i % (sizeof some - 1)];
    long_name[255] = '\0';
    const struct source_slice kinds[] = {
        {.name = long_name, .n_bytes = 1, .mtime_ns = 1},
        {.name = "1", .n_bytes = 1, .mtime_ns = 1},
        {.name = "1", .part = "page", .n_bytes = 1, .mtime_ns = 1, .part_number = 1, .unreadable = true},
        {.name = NULL}};
    for (size_t kind = 0; kind < sizeof kinds / sizeof *kinds; kind++) {
        for (uint32_t z = 0; z < NZ; z++)
            slices[z] = kinds[kind];
        assert_round_trip(*state, &pyramid, &source, kind % 2 == 0);
        assert_round_trip(*state, &pyramid, &source, kind % 2 != 0);
    }
    free(slices);
}

/* Of more slices than it names an incomplete one can tell nothing: no room is made for them. */
static void test_slices_that_are_not_there(void **state)
{
    const char *folder = *state;
    static const uint32_t others[] = {1, 2, 4, 1000000000, 4294967295};
    char *text = written(folder, &three_pyramid, &three_source, false);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        char changed[8192];
        const char *at = strstr(text, "\"nz\": 3");
        snprintf(changed, sizeof changed, "%.*s\"nz\": %u%s", (int)(at - text), text, others[i], at + 7);
        for (unsigned level = 1; level <= 2; level++) {
            char *extent =
                strstr(strstr(changed, level == 1 ? "\"level\": 1" : "\"level\": 2"), "\"nz\": ") + 6;
            char *behind = strdup(extent + 1);
            sprintf(extent, "%u%s", extent_reduce(others[i], level), behind);
            free(behind);
        }
        temp_text_write(temp_path(folder, MANIFEST_NAME), changed);
        assert_refused(folder, "is not a manifest of this program; build the pyramid again");
    }
    free(text);
}

static int make(void **state)
{
    *state = malloc(TEMP_PATH_BYTES);
    temp_folder_make(*state);
    return 0;
}

static int clear(void **state)
{
    temp_folder_remove(*state);
    free(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_text, make, clear),
        cmocka_unit_test_setup_teardown(test_round_trips, make, clear),
        cmocka_unit_test_setup_teardown(test_names_that_are_not_utf8, make, clear),
        cmocka_unit_test_setup_teardown(test_cut_short_anywhere, make, clear),
        cmocka_unit_test_setup_teardown(test_wrong_contents, make, clear),
        cmocka_unit_test_setup_teardown(test_what_may_be_unknown, make, clear),
        cmocka_unit_test_setup_teardown(test_any_byte, make, clear),
        cmocka_unit_test_setup_teardown(test_no_regular_file, make, clear),
        cmocka_unit_test_setup_teardown(test_dense, make, clear),
        cmocka_unit_test(test_memory),
        cmocka_unit_test_setup_teardown(test_many_slices, make, clear),
        cmocka_unit_test_setup_teardown(test_slices_that_are_not_there, make, clear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
