/* SPDX-License-Identifier: MIT */
#include "cli/build_verify.h"

#include "base/clock.h"
#include "cli/messages.h"
#include "downsample/spot_check.h"
#include "downsample/spot_sample.h"

#include <inttypes.h>
#include <sys/random.h>
#include <unistd.h>

/* Nine digits at most, for people to type; where the system has no random bits, the time will do. */
static uint64_t draw_seed(void)
{
    enum { SEEDS = 1000000000 };
    uint64_t drawn;
    if (getrandom(&drawn, sizeof drawn, GRND_NONBLOCK) != (ssize_t)sizeof drawn)
        drawn = (uint64_t)(clock_seconds() * 1e6) ^ (uint64_t)getpid() << 32;
    return drawn % SEEDS;
}

void build_verify_init(struct build_verify *verify, const struct options *options)
{
    *verify = (struct build_verify){.options = options};
    if (options->verify)
        verify->seed = options->seed_given ? options->verify_seed : draw_seed();
}

enum status build_verify_begin(const struct build_verify *verify, struct downsampler **downsampler,
                               const struct pyramid *pyramid, uint32_t first_slice, const char *device,
                               struct error *error)
{
    const struct spot_check_options options = {
        .seed = verify->seed, .first_slice = first_slice, .device = device};
    struct spot_sample sample;
    if (!verify->options->verify)
        return STATUS_OK;
    spot_sample_init(&sample, pyramid, verify->seed);
    message_detail(verify->options, "--verify-seed %" PRIu64 " looks at the same sample again", verify->seed);
    if (sample.nlevels < pyramid->nlevels)
        message_note(verify->options,
                     "--verify looks at levels 1 to %u: one voxel of the others takes too much of a slice",
                     sample.nlevels);
    return spot_check_create(downsampler, *downsampler, pyramid, &options, error);
}

bool build_verify_end(struct build_verify *verify, const struct downsampler *downsampler)
{
    if (!verify->options->verify)
        return true;
    verify->nvoxels += spot_check_voxels(downsampler);
    return !spot_check_found(downsampler);
}

void build_verify_print_plan(const struct build_verify *verify, const struct pyramid *pyramid)
{
    struct spot_sample sample;
    if (!verify->options->verify)
        return;
    spot_sample_init(&sample, pyramid, verify->seed);
    printf("%-14s %.2g %% of the voxels of levels 1 to %u, in %u columns of each %u slices\n", "verifies",
           100 * spot_sample_part(&sample), sample.nlevels, (unsigned)sample.ncolumns, 1u << sample.nlevels);
}

void build_verify_print_stats(const struct build_verify *verify)
{
    if (verify->options->verify)
        printf("%-14s %" PRIu64 " voxels of all levels, by --verify-seed %" PRIu64 "\n", "verified",
               verify->nvoxels, verify->seed);
}

const char *build_verify_text(const struct build_verify *verify, char text[BUILD_VERIFY_TEXT])
{
    *text = '\0';
    if (verify->options->verify)
        snprintf(text, BUILD_VERIFY_TEXT, "; %" PRIu64 " voxels verified", verify->nvoxels);
    return text;
}
