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
#include <unistd.h>

/* A driver that hangs holds the thread that all would be ended on. Whatever is under a final name is whole,
 * as after any other sudden end, and the next run goes on from there. */
static _Noreturn void end_hanging(void *context, const char *who, const char *what, double seconds)
{
    const struct options *options = context;
    struct error error = {0};
    if (!options->quiet && isatty(STDERR_FILENO))
        fputs("\r\x1b[K", stderr); /* the progress bar */
    error_set(
        &error, STATUS_DEVICE,
        "%s: no answer for %.0f s (%s); what was finished stays; restart the device, or the machine, and "
        "run again, or use another --device; --device-timeout gives it more time",
        who, seconds, what);
    message_error(&error);
    _exit(STATUS_DEVICE);
}

/* Runs the command, with an eye on the drivers that it calls. */
static enum status run_watched(struct options *options, struct error *error)
{
    struct watchdog watchdog;
    enum status status =
        watchdog_init(&watchdog, options->device_timeout_seconds, end_hanging, options, error);
    if (status != STATUS_OK)
        return status;
    options->watchdog = &watchdog;
    status = options->command->run(options, error);
    watchdog_end(&watchdog);
    return status;
}

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
    return run_watched(&options, error);
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
