/* SPDX-License-Identifier: MIT */
#include "cli/messages.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

void message_init(void)
{
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF) {
            /* The lowest free descriptor is `fd`. Read only: what is written there is found to be lost. */
            int opened = open("/dev/null", O_RDONLY);
            if (opened >= 0 && opened != fd)
                close(opened);
        }
}

/* Writes `text` in one piece, with control characters as blanks: one message is one line. */
static void write_line(const char *lead, const char *text)
{
    char line[1200];
    int used = snprintf(line, sizeof line - 1, "%s%s", lead, text);
    if (used < 0)
        return;
    if ((size_t)used > sizeof line - 2)
        used = sizeof line - 2;
    for (int i = 0; i < used; i++)
        if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
            line[i] = ' ';
    line[used++] = '\n';
    fwrite(line, 1, (size_t)used, stderr); /* when standard error is lost, there is nowhere to say so */
}

void message_error(const struct error *error)
{
    write_line("stackthumb: ", error->message);
}

void message_note(const struct options *options, const char *format, ...)
{
    char text[1100];
    va_list arguments;
    if (options->quiet)
        return;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    write_line("stackthumb: ", text);
}

void message_detail(const struct options *options, const char *format, ...)
{
    char text[1100];
    va_list arguments;
    if (!options->verbose)
        return;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    write_line("stackthumb: ", text);
}

void message_log(const char *text)
{
    char line[512];
    while (*text) {
        size_t n = 0;
        while (text[n] && text[n] != '\n' && n < sizeof line - 1) {
            line[n] = text[n];
            n++;
        }
        line[n] = '\0';
        write_line("  ", line);
        text += n + (text[n] == '\n');
    }
}

enum status message_flush(struct error *error)
{
    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout))
        return STATUS_OK;
    if (errno)
        return error_set_errno(error, STATUS_FAILED, errno, "standard output: cannot be written");
    return error_set(error, STATUS_FAILED, "standard output: not everything could be written");
}
