/* SPDX-License-Identifier: MIT */
#include "cli/command.h"

#include "base/printable.h"
#include "cli/values.h"

#include <stdio.h>
#include <string.h>

const struct command *const commands[] = {
    &command_build, &command_info, &command_devices, &command_bench, &command_verify, &command_help, NULL,
};
enum { COMMANDS = sizeof commands / sizeof *commands - 1 };

const struct command *command_find(const char *name)
{
    for (size_t i = 0; i < COMMANDS; i++)
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    return NULL;
}

const char *command_usage(char *text, const struct command *command)
{
    snprintf(text, COMMAND_USAGE, "stackthumb %s [options]%s%s", command->name, *command->operands ? " " : "",
             command->operands);
    return text;
}

enum status command_unknown(const char *name, struct error *error)
{
    char shown[PRINTABLE_BYTES];
    const char *names[COMMANDS];
    for (size_t i = 0; i < COMMANDS; i++)
        names[i] = commands[i]->name;
    const char *nearest = value_nearest(name, names, COMMANDS);
    printable(shown, sizeof shown, name);
    if (nearest)
        return error_set(error, STATUS_USAGE, "unknown command '%s'; did you mean '%s'?", shown, nearest);
    return error_set(error, STATUS_USAGE, "unknown command '%s'; 'stackthumb --help' lists the commands",
                     shown);
}
