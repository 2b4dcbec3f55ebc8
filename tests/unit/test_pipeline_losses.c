/* SPDX-License-Identifier: MIT
 * Slices that turn out to be unreadable while a run goes on: whenever that is noticed, in whole slices or in
 * a later band of rows, every level is as if they had been missing from the beginning, on both CPU paths. */
#include "codec_fixture.h"
#include "downsample/backends.h"
#include "pipeline_damage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { ROUNDS = 60 };

struct choice {
    bool fast;
    uint64_t seed;
};

static struct downsampler *make(void *context, const struct pyramid *pyramid)
{
    const struct choice *choice = context;
    struct test_random random = {.state = choice->seed};
    struct downsample_plan plan;
    struct downsampler *downsampler;
    struct error error = {0};
    test_plan_random(&plan, pyramid, &random);
    enum status status = choice->fast ? cpu_create(&downsampler, pyramid, &plan, 2, &error)
                                      : reference_create(&downsampler, pyramid, &plan, &error);
    if (status != STATUS_OK)
        fail_msg("%s", error.message);
    return downsampler;
}

static void test_as_if_missing(void **state)
{
    (void)state;
    struct test_random random = test_random_seeded(31);
    const unsigned nrounds = test_rounds(ROUNDS);
    unsigned nagain = 0;
    for (unsigned round = 0; round < nrounds; round++) {
        struct choice choice = {.fast = round % 2, .seed = test_random_next(&random)};
        struct pipeline_folder folder;
        pipeline_folder_init(&folder, &random);
        nagain += pipeline_damage_check(&folder, make, &choice, &random);
        pipeline_folder_end(&folder);
    }
    if (nrounds >= ROUNDS)
        assert_true(nagain > 0); /* or no slice ever failed in a later band */
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_teardown(test_as_if_missing, fixture_end)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
