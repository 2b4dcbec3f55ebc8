/* SPDX-License-Identifier: MIT */
#include "cli/help.h"

#include "cli/command.h"
#include "cli/options.h"

#include <stdio.h>

static void print_program(void)
{
    printf(
        "stackthumb builds the thumbnail pyramid of an image stack: every level (1/2, 1/4, 1/8 ... along x,\n"
        "y and z) as the exact mean of the original voxels, computed on an OpenCL device or the CPU.\n"
        "\n"
        "Usage: stackthumb COMMAND [options] ...\n"
        "\n"
        "Commands:\n");
    for (size_t i = 0; commands[i]; i++)
        printf("  %-8s %-17s %s\n", commands[i]->name, commands[i]->operands, commands[i]->summary);
    printf(
        "\n"
        "'stackthumb help COMMAND' shows the options of a command. First steps:\n"
        "  stackthumb info slices/             what the stack is, and what a build would do\n"
        "  stackthumb build slices/ thumbs/    build its pyramid\n"
        "\n"
        "INPUT is one of\n"
        "  slices/             a folder: of the names that differ in one number only the largest group\n"
        "  'slices/s_*.tif'    those of these names; or as for printf, 's_%%04d.tif', or as info shows it,\n"
        "                      's_####.tif'\n"
        "  @list.txt           the files that a list names, one on a line, in that order; for - it is read\n"
        "                      from standard input\n"
        "  bone.nhdr           a file: a slice, a TIFF of several pages, an NRRD (.nrrd, .nhdr) or a\n"
        "                      MetaImage (.mhd, .mha), or, with --raw, bare voxels\n"
        "\n"
        "Exit status: 0 done, 1 failed while running, 2 usage, 3 bad input, 4 output could not be written,\n"
        "5 device, 130 interrupted by Ctrl-C (143 by SIGTERM, 129 by SIGHUP).\n");
}

void help_print(const struct command *command)
{
    char usage[COMMAND_USAGE];
    if (!command) {
        print_program();
        return;
    }
    printf("Usage: %s\n\n%s\n\nOptions:\n", command_usage(usage, command), command->description);
    options_print_help(stdout, command->bit);
}

static enum status help_run(const struct options *options, struct error *error)
{
    const struct command *command = NULL;
    if (options->noperands == 1) {
        command = command_find(options->operands[0]);
        if (!command)
            return command_unknown(options->operands[0], error);
    }
    help_print(command);
    return STATUS_OK;
}

const struct command command_help = {
    .name = "help",
    .operands = "[COMMAND]",
    .max_operands = 1,
    .summary = "show help",
    .description = "Shows what a command does and its options; without COMMAND, which commands there are.",
    .bit = FOR_HELP,
    .run = help_run,
};
