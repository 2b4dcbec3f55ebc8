/* SPDX-License-Identifier: MIT */
#include "cli/progress.h"

#include "base/clock.h"
#include "cli/signals.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

struct progress {
    enum progress_style style; /* never auto or none */
    const struct signals *signals;
    struct progress_totals totals;
    const struct pipeline_progress *state;
    double started;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool stopping; /* under lock */
};

static enum progress_style choose_style(const struct options *options)
{
    const char *terminal = getenv("TERM");
    if (options->quiet)
        return PROGRESS_NONE;
    if (options->progress != PROGRESS_AUTO)
        return options->progress;
    return isatty(STDERR_FILENO) && terminal && strcmp(terminal, "dumb") != 0 ? PROGRESS_BAR : PROGRESS_LINES;
}

/* Milliseconds between two updates. */
static long interval_ms(enum progress_style style)
{
    return style == PROGRESS_LINES ? 5000 : style == PROGRESS_JSON ? 200 : 100;
}

static unsigned terminal_columns(void)
{
    struct winsize window = {0};
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col > 1)
        return window.ws_col - 1u; /* the last column would make some terminals go to the next line */
    return 79;
}

static struct progress_sample sample_state(const struct progress *progress)
{
    const struct pipeline_progress *state = progress->state;
    return (struct progress_sample){
        .seconds = clock_seconds() - progress->started,
        .slices_read = atomic_load_explicit(&state->slices_read, memory_order_relaxed),
        .slices_written = atomic_load_explicit(&state->slices_written, memory_order_relaxed),
        .bytes_read = atomic_load_explicit(&state->bytes_read, memory_order_relaxed),
        .bytes_written = atomic_load_explicit(&state->bytes_written, memory_order_relaxed),
    };
}

/* One line in one write, so that it stays in one piece. A standard error that is gone does not matter. */
static void write_piece(const char *before, const char *text, const char *behind)
{
    char piece[PROGRESS_TEXT + 32];
    int n = snprintf(piece, sizeof piece, "%s%s%s", before, text, behind);
    ssize_t written;
    do
        written = write(STDERR_FILENO, piece, (size_t)n);
    while (written < 0 && errno == EINTR);
}

static void show(const struct progress *progress, bool is_last, enum status status)
{
    char text[PROGRESS_TEXT];
    struct progress_sample sample = sample_state(progress);
    switch (progress->style) {
    case PROGRESS_BAR: /* \x1b[K clears what is left of a longer line */
        write_piece("\r", progress_text_bar(text, terminal_columns(), &progress->totals, &sample),
                    is_last ? "\x1b[K\n" : "\x1b[K");
        break;
    case PROGRESS_JSON:
        write_piece("",
                    progress_text_json(text, is_last ? "end" : "progress",
                                       signals_exit_status(progress->signals, status), &progress->totals,
                                       &sample),
                    "\n");
        break;
    default:
        write_piece("stackthumb: ", progress_text_line(text, &progress->totals, &sample), "\n");
    }
}

static void *progress_main(void *argument)
{
    struct progress *progress = argument;
    pthread_mutex_lock(&progress->lock);
    while (!progress->stopping) {
        struct timespec until = clock_after_ms(interval_ms(progress->style));
        int result = 0;
        while (!progress->stopping && result != ETIMEDOUT)
            result = pthread_cond_timedwait(&progress->changed, &progress->lock, &until);
        if (progress->stopping)
            break;
        pthread_mutex_unlock(&progress->lock);
        show(progress, false, STATUS_OK);
        pthread_mutex_lock(&progress->lock);
    }
    pthread_mutex_unlock(&progress->lock);
    return NULL;
}

static void progress_free(struct progress *progress)
{
    pthread_cond_destroy(&progress->changed);
    pthread_mutex_destroy(&progress->lock);
    free(progress);
}

enum status progress_start(struct progress **result, const struct options *options,
                           const struct progress_totals *totals, const struct pipeline_progress *state,
                           struct error *error)
{
    enum progress_style style = choose_style(options);
    *result = NULL;
    if (style == PROGRESS_NONE)
        return STATUS_OK;
    struct progress *progress = malloc(sizeof *progress);
    if (!progress)
        return error_no_memory(error, sizeof *progress, "the progress display");
    *progress = (struct progress){.style = style,
                                  .signals = options->signals,
                                  .totals = *totals,
                                  .state = state,
                                  .started = clock_seconds()};
    clock_condition_init(&progress->changed);
    pthread_mutex_init(&progress->lock, NULL);
    int failure = pthread_create(&progress->thread, NULL, progress_main, progress);
    if (failure) {
        progress_free(progress);
        return error_set_errno(error, STATUS_FAILED, failure, "the progress display cannot be started");
    }
    *result = progress;
    return STATUS_OK;
}

void progress_stop(struct progress *progress, enum status status)
{
    if (!progress)
        return;
    pthread_mutex_lock(&progress->lock);
    progress->stopping = true;
    pthread_cond_signal(&progress->changed);
    pthread_mutex_unlock(&progress->lock);
    pthread_join(progress->thread, NULL);
    show(progress, true, status);
    progress_free(progress);
}
