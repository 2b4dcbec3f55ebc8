/* SPDX-License-Identifier: MIT
 * getopt_long splits the command line; the table below says what an option means and who takes it. */
#include "cli/options.h"

#include "base/printable.h"
#include "cli/bench_plot.h"
#include "cli/values.h"
#include "codec/raw_text.h"

#include <getopt.h>
#include <sched.h>
#include <string.h>

enum {
    LEVELS_UNTIL_PIXELS = 500, /* the default of --until */
    THREADS_MAX = 1024,
    RUNS = 5,             /* the default of --runs */
    DEVICE_TIMEOUT = 300, /* the default of --device-timeout, in seconds */
    RUNS_MAX = 1000,
    ROWS_MAX = 1 << 30, /* of a batch or a band: far beyond every volume, and doubled it still fits 32 bits */
};

/* Stores the value (NULL for a flag); false when it is not one. */
typedef bool (*option_parse)(struct options *options, const char *value);

struct option_row {
    char letter; /* the short form, or 0 */
    const char *name;
    const char *argument; /* what help calls the value; NULL for a flag */
    unsigned commands;    /* FOR_ bits */
    option_parse parse;
    const char *wanted; /* what a right value is, for messages; NULL for a flag */
    const char *help;   /* lines; the first stands behind the name */
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

enum {
    FOR_RUNS = FOR_BUILD | FOR_VERIFY,
    FOR_STACKS = FOR_BUILD | FOR_INFO | FOR_VERIFY,
    FOR_ALL = FOR_STACKS | FOR_DEVICES | FOR_BENCH | FOR_HELP,
};

static const struct option_row rows[] = {
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
    {0, "missing", "fail|ignore", FOR_BUILD | FOR_VERIFY | FOR_BENCH, parse_missing, "fail or ignore",
     "what to do when numbers are missing among the slices: stop\n"
     "(default), or go on as if they had no voxels"},
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
enum { ROWS = sizeof rows / sizeof *rows };
_Static_assert(ROWS <= 64, "a bit for each row");

/* getopt's view of the table: options are numbered from FIRST_ROW on, above every character. */
enum { FIRST_ROW = 256 };
struct getopt_table {
    struct option options[ROWS + 1];
    char letters[2 + ROWS + 1];
};

/* Whether the row is to be known to a command of these bits: an option of two rows, for different commands,
 * is that of the command, and the last one where neither is. */
static bool row_counts(int index, unsigned bit)
{
    for (int i = 0; i < ROWS; i++)
        if (i != index && strcmp(rows[i].name, rows[index].name) == 0)
            return rows[index].commands & bit || (!(rows[i].commands & bit) && index > i);
    return true;
}

/* For a command of `bit`, or 0 where it is not known yet. */
static void fill_getopt_table(struct getopt_table *table, unsigned bit)
{
    /* '-': operands are returned in place, as option 1; ':': a value that is missing is told apart. */
    char *letter = table->letters;
    struct option *option = table->options;
    *letter++ = '-';
    *letter++ = ':';
    for (int i = 0; i < ROWS; i++) {
        if (!row_counts(i, bit))
            continue;
        *option++ = (struct option){
            .name = rows[i].name,
            .has_arg = rows[i].argument ? required_argument : no_argument,
            .val = FIRST_ROW + i,
        };
        if (rows[i].letter)
            *letter++ = rows[i].letter; /* none of these takes a value */
    }
    *option = (struct option){0};
    *letter = '\0';
}

/* The bit of the command, which is the first operand that names one; 0 when none does. Options may stand
 * before it, and which they are depends on it. */
static unsigned find_command_bit(int argc, char **argv)
{
    struct getopt_table table;
    int value;
    fill_getopt_table(&table, 0);
    optind = 0; /* GNU: start anew, which tests need */
    while ((value = getopt_long(argc, argv, table.letters, table.options, NULL)) != -1) {
        const struct command *command = value == 1 ? command_find(optarg) : NULL;
        if (command)
            return command->bit;
    }
    return 0;
}

static const struct option_row *find_row(int value)
{
    for (int i = 0; i < ROWS; i++)
        if (value == FIRST_ROW + i || (rows[i].letter && value == rows[i].letter))
            return &rows[i];
    return NULL;
}

/* The error for what getopt did not know: `argument` is the word, `value` what optopt says about it. */
static enum status refuse_option(const char *argument, int value, struct error *error)
{
    char shown[PRINTABLE_BYTES];
    const char *names[ROWS];
    char name[64] = "";
    const struct option_row *row = find_row(value);
    if (row)
        return error_set(error, STATUS_USAGE, "option --%s takes no value", row->name);
    if (strncmp(argument, "--", 2) != 0)
        return error_set(error, STATUS_USAGE, "unknown option '-%s'; see 'stackthumb --help'",
                         printable(shown, sizeof shown, (char[]){(char)value, '\0'}));
    size_t ncharacters = strcspn(argument + 2, "=");
    if (ncharacters < sizeof name)
        memcpy(name, argument + 2, ncharacters);
    for (int i = 0; i < ROWS; i++)
        names[i] = rows[i].name;
    const char *nearest = value_nearest(name, names, ROWS);
    printable(shown, sizeof shown, argument);
    if (nearest)
        return error_set(error, STATUS_USAGE, "unknown option '%s'; did you mean --%s?", shown, nearest);
    return error_set(error, STATUS_USAGE, "unknown option '%s'; see 'stackthumb --help'", shown);
}

/* An operand: the first one is the command. */
static enum status take_operand(struct options *options, const char *operand, struct error *error)
{
    char shown[PRINTABLE_BYTES], usage[COMMAND_USAGE];
    if (!options->command) {
        options->command = command_find(operand);
        return options->command ? STATUS_OK : command_unknown(operand, error);
    }
    if (*operand == '\0')
        return error_set(error, STATUS_USAGE, "an empty name was given to 'stackthumb %s'; name a folder",
                         options->command->name);
    if (options->noperands == options->command->max_operands)
        return error_set(error, STATUS_USAGE, "'%s' is one name too many%s; usage: %s",
                         printable(shown, sizeof shown, operand),
                         options->command->bit & FOR_STACKS ? " (a pattern of names has to be in quotes)"
                                                            : "",
                         command_usage(usage, options->command));
    options->operands[options->noperands++] = operand;
    return STATUS_OK;
}

static enum status take_option(struct options *options, const struct option_row *row, const char *value,
                               struct error *error)
{
    char shown[PRINTABLE_BYTES];
    if (row->parse(options, value))
        return STATUS_OK;
    return error_set(error, STATUS_USAGE, "--%s %s: the value is not right; it is %s", row->name,
                     printable(shown, sizeof shown, *value ? value : "''"), row->wanted);
}

/* What can only be said when everything was read. `given` has a bit for every row that was seen. */
static enum status check_options(const struct options *options, uint64_t given, struct error *error)
{
    const struct command *command = options->command;
    char usage[COMMAND_USAGE];
    if (options->help || options->version)
        return STATUS_OK;
    if (!command)
        return error_set(error, STATUS_USAGE,
                         "no command; usage: stackthumb build [options] INPUT [OUTPUT], or see 'stackthumb "
                         "--help'");
    for (unsigned i = 0; i < ROWS; i++)
        if ((given >> i & 1) && !(rows[i].commands & command->bit))
            return error_set(error, STATUS_USAGE,
                             "'stackthumb %s' takes no option --%s; see 'stackthumb %s --help'",
                             command->name, rows[i].name, command->name);
    if (options->noperands < command->min_operands)
        return error_set(error, STATUS_USAGE, "a name is missing; usage: %s", command_usage(usage, command));
    if (options->nlevels && options->until_given)
        return error_set(error, STATUS_USAGE, "--levels and --until say the same thing; give one of them");
    return STATUS_OK;
}

enum status options_parse(struct options *options, int argc, char **argv, struct error *error)
{
    struct getopt_table table;
    uint64_t given = 0;
    *options = (struct options){.until_pixels = LEVELS_UNTIL_PIXELS,
                                .missing = MISSING_FAIL,
                                .nruns = RUNS,
                                .device_timeout_seconds = DEVICE_TIMEOUT};
    opterr = 0;
    fill_getopt_table(&table, find_command_bit(argc, argv));
    optind = 0;
    enum status status = STATUS_OK;
    while (status == STATUS_OK) {
        int before = optind > 0 ? optind : 1;
        int value = getopt_long(argc, argv, table.letters, table.options, NULL);
        if (value == -1)
            break;
        const struct option_row *row = find_row(value == ':' ? optopt : value);
        if (value == 1) {
            status = take_operand(options, optarg, error);
        } else if (value == ':') {
            status = error_set(error, STATUS_USAGE, "option --%s needs a value: %s", row->name, row->wanted);
        } else if (value == '?') {
            status = refuse_option(argv[before], optopt, error);
        } else {
            given |= UINT64_C(1) << (row - rows);
            status = take_option(options, row, optarg, error);
        }
    }
    while (status == STATUS_OK && optind < argc) /* behind "--" */
        status = take_operand(options, argv[optind++], error);
    return status == STATUS_OK ? check_options(options, given, error) : status;
}

/* Writes one row of help: the name, then the lines of its text in a column. */
static void print_row(FILE *to, const struct option_row *row)
{
    char name[64];
    snprintf(name, sizeof name, "%s--%s%s%s", row->letter ? (char[]){'-', row->letter, ',', ' ', '\0'} : "",
             row->name, row->argument ? " " : "", row->argument ? row->argument : "");
    const char *line = row->help;
    for (int i = 0; line; i++) {
        const char *end = strchr(line, '\n');
        size_t ncharacters = end ? (size_t)(end - line) : strlen(line);
        fprintf(to, "  %-23s %.*s\n", i == 0 ? name : "", (int)ncharacters, line);
        line = end ? end + 1 : NULL;
    }
}

void options_print_help(FILE *to, unsigned bits)
{
    for (int i = 0; i < ROWS; i++)
        if (rows[i].commands & bits)
            print_row(to, &rows[i]);
}

unsigned options_processors(void)
{
    cpu_set_t allowed;
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0)
        return 1; /* more CPUs than a cpu_set_t holds: --threads tells */
    int count = CPU_COUNT(&allowed);
    return count < 1 ? 1 : count > THREADS_MAX ? THREADS_MAX : (unsigned)count;
}

unsigned options_threads(const struct options *options)
{
    return options->nthreads ? options->nthreads : options_processors();
}

struct output_form options_form(const struct options *options)
{
    return (struct output_form){
        .encoding = options->encoding, .nthreads = options_threads(options), .unsynced = options->no_sync};
}

unsigned options_computing_threads(const struct options *options)
{
    return (options_threads(options) + 1) / 2;
}
