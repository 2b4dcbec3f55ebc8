/* SPDX-License-Identifier: MIT
 * One command of the program: what help says about it and the function that runs it. */
#ifndef STACKTHUMB_CLI_COMMAND_H
#define STACKTHUMB_CLI_COMMAND_H

#include "base/error.h"

struct options;

struct command {
    const char *name;
    const char *operands; /* as usage shows them: "INPUT [OUTPUT]" */
    unsigned min_operands, max_operands;
    const char *summary;     /* half a line, for the list of commands */
    const char *description; /* whole lines, for the command's own help */
    unsigned bit;            /* which rows of the table of options it takes (options.c) */
    enum status (*run)(const struct options *options, struct error *error);
};

extern const struct command command_build, command_info, command_devices, command_bench, command_verify,
    command_help;

/* Values of command.bit. */
enum { FOR_BUILD = 1, FOR_INFO = 2, FOR_DEVICES = 4, FOR_VERIFY = 8, FOR_HELP = 16, FOR_BENCH = 32 };

/* All of them, in the order of help; NULL-terminated. */
extern const struct command *const commands[];

/* The command of that name, or NULL. */
const struct command *command_find(const char *name);

enum { COMMAND_USAGE = 80 };

/* "stackthumb build [options] INPUT [OUTPUT]". Returns `text` (COMMAND_USAGE large). */
const char *command_usage(char *text, const struct command *command);

/* STATUS_USAGE for a name that is no command, with a hint. */
enum status command_unknown(const char *name, struct error *error);

#endif
