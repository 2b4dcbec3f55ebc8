/* SPDX-License-Identifier: MIT
 * Text files of scanners, taken for each of the formats. */
#include "fuzz.h"
#include "stack/sidecar.h"

#include <string.h>

static void check_fact(const struct sidecar *sidecar, unsigned i)
{
    const struct sidecar_fact *fact = &sidecar->facts[i];
    FUZZ_REQUIRE(fact->name && fact->name[0]);
    FUZZ_REQUIRE(memchr(fact->text, '\0', sizeof fact->text) && fact->text[0]);
    fuzz_check_line(fact->text);
    for (unsigned k = 0; k < i; k++)
        FUZZ_REQUIRE(strcmp(sidecar->facts[k].name, fact->name) != 0);
}

static void check_sidecar(const struct sidecar *sidecar)
{
    fuzz_check_spacing(sidecar->spacing);
    FUZZ_REQUIRE((sidecar->spacing.x > 0) == (sidecar->spacing.y > 0));
    FUZZ_REQUIRE(sidecar->nfacts <= SIDECAR_FACTS_MAX);
    for (unsigned i = 0; i < sidecar->nfacts; i++)
        check_fact(sidecar, i);
    FUZZ_REQUIRE(memchr(sidecar->note, '\0', sizeof sidecar->note));
    fuzz_check_line(sidecar->note);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes)
{
    for (int i = 0; i < SIDECAR_FORMATS; i++) {
        struct sidecar sidecar;
        memset(&sidecar, 0xc3, sizeof sidecar);
        if (sidecar_formats[i].parse(data, n_bytes, &sidecar))
            check_sidecar(&sidecar);
        else
            FUZZ_REQUIRE(sidecar.nfacts == 0 && !sidecar.note[0] && sidecar.spacing.x == 0 &&
                         sidecar.spacing.unit == UNIT_NONE && sidecar.nslices == 0);
    }
    return 0;
}
