/* SPDX-License-Identifier: MIT
 * getopt_long splits the command line; the table in options.c says what an option means and who takes it.
 * Help is the table as text. */
#include "base/printable.h"
#include "cli/options.h"
#include "cli/options_table.h"
#include "cli/values.h"

#include <getopt.h>
#include <string.h>

/* getopt's view of the table: options are numbered from FIRST_ROW on, above every character. */
enum { FIRST_ROW = 256 };
struct getopt_table {
    struct option options[OPTION_ROWS_MAX + 1];
    char letters[2 + OPTION_ROWS_MAX + 1];
};

/* Whether the row is to be known to a command of these bits: an option of two rows, for different commands,
 * is that of the command, and the last one where neither is. */
static bool row_counts(int index, unsigned bit)
{
    for (int i = 0; i < option_nrows; i++)
        if (i != index && strcmp(option_rows[i].name, option_rows[index].name) == 0)
            return option_rows[index].commands & bit || (!(option_rows[i].commands & bit) && index > i);
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
    for (int i = 0; i < option_nrows; i++) {
        if (!row_counts(i, bit))
            continue;
        *option++ = (struct option){
            .name = option_rows[i].name,
            .has_arg = option_rows[i].argument ? required_argument : no_argument,
            .val = FIRST_ROW + i,
        };
        if (option_rows[i].letter)
            *letter++ = option_rows[i].letter; /* none of these takes a value */
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
    for (int i = 0; i < option_nrows; i++)
        if (value == FIRST_ROW + i || (option_rows[i].letter && value == option_rows[i].letter))
            return &option_rows[i];
    return NULL;
}

/* The error for what getopt did not know: `argument` is the word, `value` what optopt says about it. */
static enum status refuse_option(const char *argument, int value, struct error *error)
{
    char shown[PRINTABLE_BYTES];
    const char *names[OPTION_ROWS_MAX];
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
    for (int i = 0; i < option_nrows; i++)
        names[i] = option_rows[i].name;
    const char *nearest = value_nearest(name, names, (size_t)option_nrows);
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
    for (int i = 0; i < option_nrows; i++)
        if ((given >> i & 1) && !(option_rows[i].commands & command->bit))
            return error_set(error, STATUS_USAGE,
                             "'stackthumb %s' takes no option --%s; see 'stackthumb %s --help'",
                             command->name, option_rows[i].name, command->name);
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
    options_set_defaults(options);
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
            given |= UINT64_C(1) << (row - option_rows);
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
    for (int i = 0; i < option_nrows; i++)
        if (option_rows[i].commands & bits)
            print_row(to, &option_rows[i]);
}
