/* SPDX-License-Identifier: MIT
 * The table of all options, and what their values do. How a command line becomes words of it:
 * options_parse.c. */
#include "cli/options.h"

#include "cli/bench_plot.h"
#include "cli/options_table.h"
#include "cli/values.h"
#include "codec/raw_text.h"

#include <string.h>

enum {
    LEVELS_UNTIL_PIXELS = 500, /* the default of --until */
    RUNS = 5,                  /* the default of --runs */
    DEVICE_TIMEOUT = 300,      /* the default of --device-timeout, in seconds */
    RUNS_MAX = 1000,
    ROWS_MAX = 1 << 30, /* of a batch or a band: far beyond every volume, and doubled it still fits 32 bits */
};

static bool parse_u32(const char *value, uint32_t maximum, uint32_t *number)
{
    uint64_t parsed;
    if (!value_parse_number(value, 1, maximum, &parsed))
        return false;
    *number = (uint32_t)parsed;
    return true;
}

/* Finds `value` in a NULL-terminated list. */
static bool parse_word(const char *value, const char *const *words, unsigned *index)
{
    for (unsigned i = 0; words[i]; i++)
        if (strcmp(value, words[i]) == 0) {
            *index = i;
            return true;
        }
    return false;
}

static bool parse_device(struct options *options, const char *value)
{
    options->device = value;
    return *value != '\0';
}

static bool parse_memory(struct options *options, const char *value)
{
    return value_parse_bytes(value, &options->memory_bytes);
}

static bool parse_device_memory(struct options *options, const char *value)
{
    return value_parse_bytes(value, &options->device_memory_bytes);
}

static bool parse_device_timeout(struct options *options, const char *value)
{
    uint64_t seconds;
    if (!value_parse_number(value, 0, UINT32_MAX, &seconds))
        return false;
    options->device_timeout_seconds = (uint32_t)seconds;
    return true;
}

static bool parse_levels(struct options *options, const char *value)
{
    return parse_u32(value, LEVELS_MAX, &options->nlevels);
}

static bool parse_until(struct options *options, const char *value)
{
    options->until_given = true;
    return parse_u32(value, UINT32_MAX, &options->until_pixels);
}

static bool parse_threads(struct options *options, const char *value)
{
    return parse_u32(value, THREADS_MAX, &options->nthreads);
}

static bool parse_compression(struct options *options, const char *value)
{
    return encoding_parse(value, &options->encoding);
}

static bool parse_missing(struct options *options, const char *value)
{
    static const char *const words[] = {"fail", "ignore", NULL};
    static const enum missing_policy policies[] = {MISSING_FAIL, MISSING_IGNORE};
    unsigned index;
    if (!parse_word(value, words, &index))
        return false;
    options->missing = policies[index];
    return true;
}

static bool parse_pattern(struct options *options, const char *value)
{
    options->pattern = value;
    return *value != '\0';
}

static bool parse_range(struct options *options, const char *value)
{
    return value_parse_range(value, &options->range);
}

static bool parse_channel(struct options *options, const char *value)
{
    return parse_u32(value, UINT32_MAX, &options->channel);
}

static bool parse_time(struct options *options, const char *value)
{
    return parse_u32(value, UINT32_MAX, &options->time);
}

static bool parse_gray(struct options *options, const char *value)
{
    (void)value;
    return options->gray = true;
}

static bool parse_widen(struct options *options, const char *value)
{
    (void)value;
    return options->widen = true;
}

static bool parse_raw(struct options *options, const char *value)
{
    struct volume_header ignored;
    bool skips;
    options->raw = value;
    return raw_text_parse(&ignored, value, &skips);
}

static bool parse_voxel_size(struct options *options, const char *value)
{
    return spacing_parse(value, &options->spacing);
}

static bool parse_batch_slices(struct options *options, const char *value)
{
    return parse_u32(value, ROWS_MAX, &options->batch_slices);
}

static bool parse_band_rows(struct options *options, const char *value)
{
    return parse_u32(value, ROWS_MAX, &options->band_rows);
}

static bool parse_progress(struct options *options, const char *value)
{
    static const char *const words[] = {"auto", "bar", "lines", "json", "none", NULL};
    static const enum progress_style styles[] = {PROGRESS_AUTO, PROGRESS_BAR, PROGRESS_LINES, PROGRESS_JSON,
                                                 PROGRESS_NONE};
    unsigned index;
    if (!parse_word(value, words, &index))
        return false;
    options->progress = styles[index];
    return true;
}

static bool parse_runs(struct options *options, const char *value)
{
    return parse_u32(value, RUNS_MAX, &options->nruns);
}

static bool parse_phantom(struct options *options, const char *value)
{
    options->phantom_given = true;
    return value_parse_phantom(value, &options->phantom_extent, &options->phantom_type);
}

static bool parse_output(struct options *options, const char *value)
{
    options->output_folder = value;
    return *value != '\0';
}

static bool parse_json(struct options *options, const char *value)
{
    options->json_file = value;
    return *value != '\0';
}

static bool parse_as_json(struct options *options, const char *value)
{
    (void)value;
    return options->as_json = true;
}

static bool parse_plot(struct options *options, const char *value)
{
    options->plot_file = value;
    return bench_plot_name_ok(value);
}

static bool parse_force(struct options *options, const char *value)
{
    (void)value;
    return options->force = true;
}

static bool parse_check(struct options *options, const char *value)
{
    (void)value;
    return options->check = true;
}

static bool parse_verify(struct options *options, const char *value)
{
    (void)value;
    return options->verify = true;
}

static bool parse_verify_seed(struct options *options, const char *value)
{
    options->verify = options->seed_given = true;
    return value_parse_number(value, 0, UINT64_MAX, &options->verify_seed);
}

static bool parse_no_sync(struct options *options, const char *value)
{
    (void)value;
    return options->no_sync = true;
}

static bool parse_dry_run(struct options *options, const char *value)
{
    (void)value;
    return options->dry_run = true;
}

static bool parse_stats(struct options *options, const char *value)
{
    (void)value;
    return options->stats = true;
}

static bool parse_quiet(struct options *options, const char *value)
{
    (void)value;
    return options->quiet = true;
}

static bool parse_verbose(struct options *options, const char *value)
{
    (void)value;
    return options->verbose = true;
}

static bool parse_help(struct options *options, const char *value)
{
    (void)value;
    return options->help = true;
}

static bool parse_version(struct options *options, const char *value)
{
    (void)value;
    return options->version = true;
}

const struct option_row option_rows[] = {
    {0, "device", "NAME", FOR_STACKS | FOR_BENCH, parse_device,
     "auto, cpu, reference, opencl, an index or a name",
     "where to compute: auto (the GPU with the most memory, else\n"
     "the CPU path), cpu (the CPU path), opencl (the first OpenCL\n"
     "device of any kind), reference (slow, written to check the\n"
     "others), or an index or a part of a name that\n"
     "'stackthumb devices' shows; bench compares the CPU path\n"
     "with several, separated by commas (default: all)"},
    {0, "memory", "SIZE", FOR_STACKS | FOR_BENCH, parse_memory,
     "a number of bytes such as 512MiB, 2G or 300000",
     "hold at most SIZE of the host's memory (default: a quarter\n"
     "of it, and at most 2GiB)"},
    {0, "device-memory", "SIZE", FOR_STACKS | FOR_BENCH, parse_device_memory,
     "a number of bytes such as 512MiB, 2G or 300000",
     "use at most SIZE of an OpenCL device's memory\n"
     "(default: planned from what the device reports)"},
    {0, "device-timeout", "N", FOR_STACKS | FOR_BENCH | FOR_DEVICES, parse_device_timeout,
     "a number of seconds",
     "give up when an OpenCL device does not answer for N seconds,\n"
     "and one more for each MiB that it was given (default: 300;\n"
     "0: never)"},
    {0, "levels", "N", FOR_BUILD | FOR_INFO | FOR_BENCH, parse_levels, "a number from 1 to 16",
     "build levels 1 to N"},
    {0, "until", "PIXELS", FOR_BUILD | FOR_INFO | FOR_BENCH, parse_until, "a number of pixels, at least 1",
     "build levels until a slice is at most PIXELS wide and high\n"
     "(default: 500, and at least one level)"},
    {0, "compression", "NAME", FOR_BUILD | FOR_INFO | FOR_BENCH, parse_compression, "none, deflate or zstd",
     "how to compress the slices that are written: none\n"
     "(default), deflate (slow, read by nearly everything) or zstd\n"
     "(fast; read by programs with libtiff, and by tifffile)"},
    {0, "missing", "fail|ignore", FOR_STACKS | FOR_BENCH, parse_missing, "fail or ignore",
     "what to do about slices that are missing or cannot be read:\n"
     "stop (default), or go on as if they had no voxels"},
    {0, "pattern", "PATTERN", FOR_STACKS | FOR_BENCH, parse_pattern,
     "a pattern of names such as 'scan_*.tif', scan_%04d.tif or scan_####.tif",
     "of several patterns of names in the folder INPUT take this\n"
     "one and not the most common: as 'info' shows it\n"
     "(scan_####.tif), a glob ('scan_*.tif') or as for printf\n"
     "(scan_%04d.tif)"},
    {0, "range", "A:B", FOR_STACKS | FOR_BENCH, parse_range,
     "two numbers of slices such as 100:299, 100: or :299",
     "take only the slices with the numbers A to B, as 'info'\n"
     "shows them; A: and :B leave one end open"},
    {0, "channel", "N", FOR_STACKS | FOR_BENCH, parse_channel,
     "the number of a channel, the first one being 1",
     "take channel N of a file with several, such as an OME-TIFF\n"
     "or a hyperstack of ImageJ; the first one is 1"},
    {0, "time", "N", FOR_STACKS | FOR_BENCH, parse_time, "the number of a time point, the first one being 1",
     "take time point N of a file with several; the first one\n"
     "is 1"},
    {0, "gray", NULL, FOR_STACKS | FOR_BENCH, parse_gray, NULL,
     "take colour slices, as their luma (ITU-R BT.601)"},
    {0, "widen", NULL, FOR_STACKS | FOR_BENCH, parse_widen, NULL,
     "scale 8-bit slices among 16-bit ones to 16 bits (x257)"},
    {0, "raw", "NXxNYxNZ:TYPE", FOR_STACKS | FOR_BENCH, parse_raw,
     "an extent and a type (u8, i8, u16, i16, u32, i32, f32 or f64), then :big and :skip=N where needed, "
     "such as "
     "2048x2048x900:u16:big:skip=512",
     "read the file INPUT as voxels of this extent and type, x\n"
     "fastest, little-endian or, with :big behind it, big-endian,\n"
     "the first N bytes passed over with :skip=N"},
    {0, "voxel-size", "LENGTH", FOR_BUILD | FOR_INFO, parse_voxel_size,
     "a length with its unit (nm, um, mm, cm, inch) such as 5.2um or 5.2x5.2x10um",
     "spacing of the input, for all axes (5.2um) or x, y and z\n"
     "(5.2x5.2x10um); default: as the slices, or the files of the\n"
     "scanner beside them, say"},
    {0, "threads", "N", FOR_STACKS | FOR_BENCH, parse_threads, "a number from 1 to 1024",
     "threads to decode, compute and encode with\n"
     "(default: all cores)"},
    {0, "batch-slices", "N", FOR_STACKS | FOR_BENCH, parse_batch_slices, "a number of slices, at least 1",
     "slices of one batch, for experiments (default: planned)"},
    {0, "band-rows", "N", FOR_STACKS | FOR_BENCH, parse_band_rows, "a number of rows, at least 1",
     "rows of one batch, for experiments (default: planned)"},
    {0, "runs", "N", FOR_BENCH, parse_runs, "a number from 1 to 1000", "runs of each device (default: 5)"},
    {0, "phantom", "NXxNYxNZ:TYPE", FOR_BENCH, parse_phantom,
     "an extent and a type (u8, i8, u16, i16, u32, i32 or f32) such as 1024x1024x256:u16",
     "build from a phantom of this extent and type, made for it,\n"
     "in place of INPUT"},
    {0, "output", "FOLDER", FOR_BENCH, parse_output, "the name of a folder",
     "write below FOLDER, which chooses the disk (default:\n"
     "$TMPDIR, or /tmp)"},
    {0, "json", "FILE", FOR_BENCH, parse_json, "the name of a file", "write the measurements to FILE, too"},
    {0, "json", NULL, FOR_INFO, parse_as_json, NULL, "print all of it as one JSON object, for programs"},
    {0, "plot", "FILE", FOR_BENCH, parse_plot, "the name of a file that ends in .svg or .png",
     "draw them with gnuplot, as .svg or .png"},
    {0, "progress", "STYLE", FOR_RUNS, parse_progress, "auto, bar, lines, json or none",
     "auto (a bar on a terminal, else lines), bar, lines, json\n"
     "(one object per line) or none; written to standard error"},
    {0, "force", NULL, FOR_BUILD, parse_force, NULL,
     "build anew, whatever an earlier run left in OUTPUT, and\n"
     "beside files of others, which are left alone"},
    {0, "verify", NULL, FOR_BUILD, parse_verify, NULL,
     "while building, compute a random sample of the voxels of\n"
     "every level on the CPU reference, too, and stop at the\n"
     "first difference"},
    {0, "verify-seed", "N", FOR_BUILD, parse_verify_seed, "a whole number",
     "the same with the sample that an earlier run told"},
    {0, "check", NULL, FOR_BUILD, parse_check, NULL,
     "look at the contents, not only at the lengths, of what an\n"
     "earlier run left in OUTPUT before going on from there"},
    {0, "no-sync", NULL, FOR_BUILD, parse_no_sync, NULL,
     "leave it to the system when what was written reaches the\n"
     "disk: faster, and not safe against a power failure"},
    {0, "dry-run", NULL, FOR_BUILD, parse_dry_run, NULL, "say what would be done, and do nothing"},
    {0, "stats", NULL, FOR_BUILD, parse_stats, NULL,
     "say at the end how busy each stage of the run was, what\n"
     "held it up, and how much time and memory it took"},
    {'q', "quiet", NULL, FOR_STACKS | FOR_DEVICES | FOR_BENCH, parse_quiet, NULL, "say nothing but errors"},
    {'v', "verbose", NULL, FOR_STACKS | FOR_DEVICES | FOR_BENCH, parse_verbose, NULL, "say more"},
    {'h', "help", NULL, FOR_ALL, parse_help, NULL, "show help, for a command where one is given"},
    {'V', "version", NULL, FOR_ALL, parse_version, NULL, "show the version"},
};
const int option_nrows = sizeof option_rows / sizeof *option_rows;
_Static_assert(sizeof option_rows / sizeof *option_rows <= OPTION_ROWS_MAX, "a bit for each row");

void options_set_defaults(struct options *options)
{
    *options = (struct options){.until_pixels = LEVELS_UNTIL_PIXELS,
                                .missing = MISSING_FAIL,
                                .nruns = RUNS,
                                .device_timeout_seconds = DEVICE_TIMEOUT};
}
