/* SPDX-License-Identifier: MIT
 * The names in a folder, one on each line: every name becomes a slice or is ignored, numbers rise, and each
 * is what its name says. */
#include "codec/codec.h"
#include "fuzz.h"
#include "stack/ranges.h"
#include "stack/sequence.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { NAMES_MAX = 512 };

static bool takes(const char *name)
{
    return codec_for_file(name) != NULL;
}

static void check_slice(const struct sequence *sequence, const struct sequence_slice *slice)
{
    const struct sequence_pattern *pattern = &sequence->patterns[0];
    size_t n = pattern->number.prefix_bytes;
    FUZZ_REQUIRE(takes(slice->name));
    if (pattern->series)
        return; /* each of its names has its number elsewhere */
    FUZZ_REQUIRE(strlen(slice->name) > n);
    FUZZ_REQUIRE(memcmp(slice->name, pattern->name, n) == 0);
    const char *digits = slice->name + n, *suffix = pattern->name + n + pattern->number.n_bytes;
    size_t ndigits = strspn(digits, "0123456789");
    FUZZ_REQUIRE(ndigits >= pattern->width && pattern->width > 0);
    FUZZ_REQUIRE(strtoull(digits, NULL, 10) == slice->number);
    FUZZ_REQUIRE(strcasecmp(digits + ndigits, suffix) == 0);
}

/* The numbers without a slice, as a message lists them. */
static void check_ranges(const struct sequence *sequence)
{
    struct ranges ranges = {.width = sequence->patterns[0].width};
    struct error error = {0};
    char *text = NULL, shown[64];
    for (size_t i = 1; i < sequence->nslices; i++)
        if (sequence->slices[i].number - sequence->slices[i - 1].number > 1)
            FUZZ_REQUIRE(ranges_add(&ranges, sequence->slices[i - 1].number + 1,
                                    sequence->slices[i].number - 1, &error) == STATUS_OK);
    FUZZ_REQUIRE(ranges_take(&ranges, &text, &error) == STATUS_OK);
    FUZZ_REQUIRE(strlen(ranges_show(shown, sizeof shown, text)) < sizeof shown);
    fuzz_check_line(shown);
    bytes_end(&ranges.text);
    free(text);
}

static void check_sequence(const struct sequence *sequence, size_t nnames)
{
    size_t nothers = sequence->nignored + sequence->naside;
    for (size_t i = 0; i < sequence->npatterns; i++)
        nothers += sequence->patterns[i].count;
    FUZZ_REQUIRE(nothers == nnames);
    FUZZ_REQUIRE(sequence->nslices == (sequence->npatterns ? sequence->patterns[0].count : 0));
    for (size_t i = 1; i < sequence->nignored; i++)
        FUZZ_REQUIRE(strcmp(sequence->ignored[i - 1], sequence->ignored[i]) <= 0);
    if (sequence->nslices == 0)
        return;
    for (size_t i = 0; i < sequence->nslices; i++) {
        check_slice(sequence, &sequence->slices[i]);
        FUZZ_REQUIRE(i == 0 || sequence->slices[i - 1].number < sequence->slices[i].number);
    }
    uint32_t npositions = sequence_positions(sequence);
    FUZZ_REQUIRE(npositions >= sequence->nslices && npositions <= SEQUENCE_POSITIONS_MAX);
    check_ranges(sequence);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes)
{
    char *names[NAMES_MAX], *text = fuzz_string(data, n_bytes);
    struct sequence sequence;
    struct error error = {0};
    size_t nnames = fuzz_split(text, names, NAMES_MAX);
    enum status status =
        sequence_find(&sequence, (const char *const *)names, nnames, takes, NULL, FUZZ_PATH, &error);
    FUZZ_REQUIRE(status == error.status);
    if (status == STATUS_OK) {
        check_sequence(&sequence, nnames);
        sequence_end(&sequence);
    } else {
        fuzz_check_error(&error, STATUS_INPUT, FUZZ_PATH_SHOWN ": ");
    }
    free(text);
    return 0;
}
