/* SPDX-License-Identifier: MIT
 * From slice files to levels: whatever the layout of the files and the split into batches and bands, the
 * pipeline delivers over either CPU path the same bits as the reference fed from memory. */
#include "codec_fixture.h"
#include "downsample/backends.h"
#include "pipeline_folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { ROUNDS = 40 };

enum backend { REFERENCE, FAST };

/* With some split into batches and bands, and some number of threads. */
static struct downsampler *create(enum backend backend, const struct pyramid *pyramid,
                                  struct test_random *random)
{
    struct downsample_plan plan;
    struct downsampler *downsampler;
    struct error error = {0};
    test_plan_random(&plan, pyramid, random);
    enum status status = backend == REFERENCE ? reference_create(&downsampler, pyramid, &plan, &error)
                                              : cpu_create(&downsampler, pyramid, &plan,
                                                           test_random_range(random, 1, 3), &error);
    if (status != STATUS_OK)
        fail_msg("%s", error.message);
    return downsampler;
}

static void test_same_as_from_memory(void **state)
{
    (void)state;
    struct test_random random = test_random_seeded(20);
    for (unsigned round = test_rounds(ROUNDS); round > 0; round--) {
        struct pipeline_folder folder;
        struct test_levels expected;
        pipeline_folder_init(&folder, &random);
        struct downsampler *direct = create(REFERENCE, &folder.volume.pyramid, &random);
        test_run(direct, &folder.volume, 1, &expected);
        direct->ops->destroy(direct);
        for (enum backend backend = REFERENCE; backend <= FAST; backend++)
            pipeline_folder_check(&folder, create(backend, &folder.volume.pyramid, &random), &expected,
                                  &random);
        test_levels_free(&expected);
        pipeline_folder_end(&folder);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_teardown(test_same_as_from_memory, fixture_end)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
