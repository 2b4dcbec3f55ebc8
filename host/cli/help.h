/* SPDX-License-Identifier: MIT */
#ifndef STACKTHUMB_CLI_HELP_H
#define STACKTHUMB_CLI_HELP_H

struct command;

/* Writes the help of a command, or of the program for NULL, to standard output. */
void help_print(const struct command *command);

#endif
