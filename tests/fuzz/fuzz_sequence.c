/* SPDX-License-Identifier: MIT
 * The names in a folder, one on each line: every name becomes a slice or is ignored, numbers rise, and each
 * is what its name says; all of them, those with any gaps, and those of a range. */
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
    FUZZ_REQUIRE(npositions >= 1 && npositions <= SEQUENCE_POSITIONS_MAX);
    FUZZ_REQUIRE(sequence->first >= sequence->slices[0].number);
    FUZZ_REQUIRE(sequence->last <= sequence->slices[sequence->nslices - 1].number);
    check_ranges(sequence);
}

/* Finds what `request` asks for; *sequence is to be ended when that is STATUS_OK. */
static enum status find(struct sequence *sequence, char *const *names, size_t nnames,
                        const struct sequence_request *request)
{
    struct error error = {0};
    enum status status = sequence_find(sequence, (const char *const *)names, nnames, request, &error);
    FUZZ_REQUIRE(status == error.status);
    if (status == STATUS_OK)
        check_sequence(sequence, nnames);
    else
        fuzz_check_error(&error, STATUS_INPUT, FUZZ_PATH_SHOWN ": ");
    return status;
}

/* The part between two slices of `all`, which is what is known of the same names without the range. */
static void check_part(const struct sequence *all, char *const *names, size_t nnames, bool keeps_gaps)
{
    const struct sequence_slice *slices = all->slices;
    uint64_t first = slices[all->nslices / 3].number, last = slices[all->nslices * 2 / 3].number;
    struct sequence_request request = {.takes = takes, .folder = FUZZ_PATH, .keeps_gaps = keeps_gaps};
    struct sequence part;
    request.range = (struct slice_range){true, first, last};
    if (find(&part, names, nnames, &request) == STATUS_OK) {
        FUZZ_REQUIRE(part.first == first && part.last == last && part.nslices == all->nslices);
        sequence_end(&part);
    } else {
        FUZZ_REQUIRE(!keeps_gaps || last - first >= SEQUENCE_POSITIONS_MAX);
    }
    if (last < UINT64_MAX) { /* from where there need not be one */
        request.range = (struct slice_range){true, last + 1, UINT64_MAX};
        if (find(&part, names, nnames, &request) == STATUS_OK) {
            FUZZ_REQUIRE(part.first == last + 1 && part.last == slices[all->nslices - 1].number);
            sequence_end(&part);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes)
{
    char *names[NAMES_MAX], *text = fuzz_string(data, n_bytes);
    struct sequence_request request = {.takes = takes, .folder = FUZZ_PATH};
    struct sequence sequence, sparse;
    size_t nnames = fuzz_split(text, names, NAMES_MAX);
    enum status status = find(&sequence, names, nnames, &request);
    request.keeps_gaps = true;
    enum status more = find(&sparse, names, nnames, &request);
    FUZZ_REQUIRE(status != STATUS_OK || more == STATUS_OK);
    if (more == STATUS_OK && sparse.nslices > 0) {
        check_part(&sparse, names, nnames, false);
        check_part(&sparse, names, nnames, true);
    }
    if (more == STATUS_OK)
        sequence_end(&sparse);
    if (status == STATUS_OK)
        sequence_end(&sequence);
    free(text);
    return 0;
}
