/* SPDX-License-Identifier: MIT
 * A command line, one argument on each line, and each of them as a value of every kind. */
#include "base/printable.h"
#include "cli/options.h"
#include "cli/values.h"
#include "codec/raw_text.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

enum { ARGUMENTS_MAX = 64 };

static void check_options(char **arguments, size_t n)
{
    struct options options;
    struct error error = {0};
    enum status status = options_parse(&options, (int)n, arguments, &error);
    FUZZ_REQUIRE(status == error.status);
    if (status != STATUS_OK) {
        fuzz_check_error(&error, STATUS_USAGE, "");
        return;
    }
    FUZZ_REQUIRE(options.command || options.help || options.version);
    FUZZ_REQUIRE(options.noperands <= 2);
    FUZZ_REQUIRE(options.nlevels <= LEVELS_MAX);
    FUZZ_REQUIRE(options_threads(&options) >= 1 && options_computing_threads(&options) >= 1);
    fuzz_check_spacing(options.spacing);
}

static void check_values(const char *text)
{
    static const char *const words[] = {"--levels", "--until", "--memory", "--device-memory", "build"};
    uint64_t number = 0;
    struct extent extent;
    enum voxel_type type;
    struct spacing spacing;
    struct slice_range range;
    struct volume_header volume;
    bool skips;
    char shown[VALUE_BYTES];
    if (value_parse_number(text, 3, 1000, &number))
        FUZZ_REQUIRE(number >= 3 && number <= 1000);
    if (value_parse_bytes(text, &number)) {
        FUZZ_REQUIRE(number >= 1 && number <= INT64_MAX);
        FUZZ_REQUIRE(strlen(value_bytes(shown, number)) < sizeof shown);
        FUZZ_REQUIRE(strlen(value_memory(shown, number)) < sizeof shown);
    }
    if (value_parse_phantom(text, &extent, &type))
        FUZZ_REQUIRE(extent.nx && extent.ny && extent.nz && (unsigned)type < VOXEL_TYPES &&
                     (uint64_t)extent.nx * extent.ny <= 1u << 30);
    if (value_parse_range(text, &range))
        FUZZ_REQUIRE(range.given && range.first <= range.last);
    if (raw_text_parse(&volume, text, &skips))
        FUZZ_REQUIRE(volume.nx && volume.ny && volume.nz && volume.nz <= VOLUME_SLICES_MAX &&
                     volume_slice_bytes(&volume) <= UINT64_C(4) << 30);
    if (spacing_parse(text, &spacing)) {
        fuzz_check_spacing(spacing);
        FUZZ_REQUIRE(spacing.x > 0 && spacing.y > 0 && spacing.z > 0 && spacing.unit != UNIT_NONE);
    }
    value_nearest(text, words, sizeof words / sizeof *words);
}

/* The text, however little room there is for it, is a line that ends within that room. */
static void check_printable(const char *text)
{
    for (size_t room = 1; room < 40; room++) {
        char *shown = malloc(room);
        FUZZ_REQUIRE(shown && printable(shown, room, text) == shown);
        FUZZ_REQUIRE(memchr(shown, '\0', room));
        fuzz_check_line(shown);
        free(shown);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes)
{
    char *arguments[ARGUMENTS_MAX + 2] = {(char[]){"stackthumb"}}, *text = fuzz_string(data, n_bytes);
    check_printable(text);
    size_t n = 1 + fuzz_split(text, arguments + 1, ARGUMENTS_MAX);
    for (size_t i = 1; i < n; i++)
        check_values(arguments[i]);
    check_options(arguments, n);
    free(text);
    return 0;
}
