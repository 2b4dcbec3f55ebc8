/* SPDX-License-Identifier: MIT
 * The program: reads the command line, runs one command, and is the one place where an error becomes a line
 * on standard error and an exit status. */
#include "cli/command.h"
#include "cli/help.h"
#include "cli/messages.h"
#include "cli/options.h"
#include "cli/signals.h"

#include <stdio.h>
#include <sys/resource.h>

static enum status run(int argc, char **argv, const struct signals *signals, struct error *error)
{
    struct options options;
    enum status status = options_parse(&options, argc, argv, error);
    if (status != STATUS_OK)
        return status;
    options.signals = signals;
    if (options.version) {
        puts("stackthumb " STACKTHUMB_VERSION);
        return STATUS_OK;
    }
    if (options.help) {
        help_print(options.command);
        return STATUS_OK;
    }
    return options.command->run(&options, error);
}

/* A deep batch in bands of rows has a file open for each of its slices, read and written. More than are
 * allowed by default are allowed to who asks; where not, the file that cannot be opened is told. */
static void allow_open_files(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

int main(int argc, char **argv)
{
    struct signals signals;
    struct error error = {0};
    message_init();
    allow_open_files();
    if (signals_init(&signals, &error) != STATUS_OK) {
        message_error(&error);
        return (int)error.status;
    }
    enum status status = run(argc, argv, &signals, &error);
    enum status flushed = message_flush(&error); /* keeps an error that is there already */
    if (status == STATUS_OK)
        status = flushed;
    if (status != STATUS_OK)
        message_error(&error);
    signals_end(&signals);
    return signals_exit_status(&signals, status);
}
