/* SPDX-License-Identifier: MIT
 * gnuplot reads its script from a pipe and draws to its standard output, which is the file: no name of a file
 * ever becomes a part of a script or of a shell's command. */
#include "cli/bench_plot.h"

#include "cli/result_file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static bool ends_in(const char *path, const char *ending)
{
    size_t n = strlen(path), nending = strlen(ending);
    return n > nending && strcasecmp(path + n - nending, ending) == 0;
}

bool bench_plot_name_ok(const char *path)
{
    return ends_in(path, ".svg") || ends_in(path, ".png");
}

/* Starts gnuplot with these files as its first three; -1 for /dev/null. 0, or an errno. */
static int start_gnuplot(pid_t *child, const char *argument, const int files[3])
{
    static char program[] = "gnuplot";
    char *const arguments[] = {program, (char *)(uintptr_t)argument, NULL}; /* not changed */
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t restored, unblocked;
    sigemptyset(&unblocked); /* Ctrl-C ends gnuplot, too */
    sigemptyset(&restored);
    sigaddset(&restored, SIGPIPE); /* ignored here, and that would be inherited */
    if (posix_spawn_file_actions_init(&actions) != 0)
        return ENOMEM;
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigdefault(&attributes, &restored);
    posix_spawnattr_setsigmask(&attributes, &unblocked);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    int errnum = 0;
    for (int fd = 0; errnum == 0 && fd < 3; fd++)
        errnum = files[fd] < 0 ? posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", O_RDWR, 0)
                               : posix_spawn_file_actions_adddup2(&actions, files[fd], fd);
    if (errnum == 0)
        errnum = posix_spawnp(child, program, &actions, &attributes, arguments, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return errnum;
}

/* True when the child ended with status 0. */
static bool wait_for(pid_t child)
{
    int status;
    pid_t waited;
    do
        waited = waitpid(child, &status, 0);
    while (waited < 0 && errno == EINTR);
    return waited == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

enum status bench_plot_check(struct error *error)
{
    const int files[3] = {-1, -1, -1};
    pid_t child;
    int errnum = start_gnuplot(&child, "--version", files);
    if (errnum == ENOENT)
        return error_set(error, STATUS_FAILED,
                         "--plot: gnuplot draws the picture and is not installed; install it (Debian: "
                         "gnuplot-nox), or leave --plot out");
    if (errnum)
        return error_set_errno(error, STATUS_FAILED, errnum, "--plot: gnuplot cannot be run");
    if (wait_for(child))
        return STATUS_OK;
    return error_set(error, STATUS_FAILED,
                     "--plot: gnuplot does not work; try 'gnuplot --version', or leave --plot out");
}

/* Writes a name between the quotes of a data block, where a quote or a backslash would mean something. */
static void write_name(FILE *to, const struct bench_backend *backend)
{
    fprintf(to, "\"%u ", backend->index);
    for (const char *c = backend->name; *c; c++)
        fputc(*c == '"' ? '\'' : *c == '\\' ? '/' : *c, to);
    fputc('"', to);
}

static void write_bar(FILE *to, const double *seconds, unsigned n)
{
    double least = seconds[0], most = seconds[0];
    for (unsigned i = 1; i < n; i++) {
        least = seconds[i] < least ? seconds[i] : least;
        most = seconds[i] > most ? seconds[i] : most;
    }
    fprintf(to, " %.6f %.6f %.6f\n", bench_median(seconds, NULL, n), least, most);
}

static void write_data(FILE *to, const struct bench_result *result)
{
    fprintf(to, "$runs << END\n");
    for (unsigned i = 0; i < result->nbackends; i++) {
        write_name(to, &result->backends[i]);
        write_bar(to, result->backends[i].seconds, result->nruns);
    }
    fprintf(to, "\"the floor\"");
    write_bar(to, result->floor.seconds, result->nruns);
    fprintf(to, "END\n$stages << END\nstage");
    for (unsigned i = 0; i < result->nbackends; i++) {
        fputc(' ', to);
        write_name(to, &result->backends[i]);
    }
    fprintf(to, "\n");
    for (int stage = 0; stage < PIPELINE_STAGES; stage++) {
        fprintf(to, "%s", pipeline_stage_name((enum pipeline_stage)stage));
        for (unsigned i = 0; i < result->nbackends; i++) {
            const struct bench_backend *backend = &result->backends[i];
            const struct stage_stats *at = &backend->stats[bench_middle_run(result, backend)].stages[stage];
            fprintf(to, " %.6f", at->nthreads > 0 ? at->busy_seconds / at->nthreads : 0);
        }
        fprintf(to, "\n");
    }
    fprintf(to, "END\n");
}

void bench_plot_script(FILE *to, const struct bench_result *result, bool svg)
{
    const struct extent extent = result->pyramid.extent;
    const char *size = "size 960,680 noenhanced font 'sans,12'";
    if (svg)
        fprintf(to, "set terminal svg background 'white' %s\n", size);
    else
        fprintf(
            to,
            "if (strstrt(GPVAL_TERMINALS, 'pngcairo') > 0) { set terminal pngcairo %s } else { set terminal "
            "png %s }\n",
            size, size);
    write_data(to, result);
    fprintf(to,
            "set multiplot layout 2,1 title '%u slices of %u x %u %s, %u level%s'\n"
            "set style fill solid 0.8 noborder\n"
            "set grid x\n"
            "set title 'seconds of a whole run: median, least and most'\n"
            "set xrange [0:*]\n"
            "set yrange [%u.5:-0.5]\n"
            "unset key\n"
            "plot $runs using 2:0:(0):2:($0-0.35):($0+0.35):ytic(1) with boxxyerror lc rgb '#4477aa', \\\n"
            "     $runs using 2:0:3:4 with xerrorbars pt 0 lw 2 lc rgb '#222222'\n",
            extent.nz, extent.nx, extent.ny, voxel_name(result->pyramid.type), result->pyramid.nlevels,
            result->pyramid.nlevels == 1 ? "" : "s", result->nbackends);
    fprintf(to,
            "set title 'seconds in which each stage was busy'\n"
            "unset grid\n"
            "set grid y\n"
            "set xrange [*:*]\n"
            "set yrange [0:*]\n"
            "set key below\n"
            "set style data histogram\n"
            "set style histogram clustered gap 1\n"
            "plot for [i=2:%u] $stages using i:xtic(1) title columnheader(i)\n"
            "unset multiplot\n",
            result->nbackends + 1);
}

/* The script in memory, malloc'ed; NULL when that is refused. */
static char *make_script(const struct bench_result *result, bool svg, size_t *n_bytes)
{
    char *script = NULL;
    FILE *memory = open_memstream(&script, n_bytes);
    if (!memory)
        return NULL;
    bench_plot_script(memory, result, svg);
    if (fclose(memory) == 0)
        return script;
    free(script);
    return NULL;
}

/* A gnuplot that ends before it has read everything has failed, and wait_for tells. */
static void feed(int fd, const char *script, size_t n_bytes)
{
    while (n_bytes > 0) {
        ssize_t n = write(fd, script, n_bytes);
        if (n < 0 && errno != EINTR)
            return;
        script += n > 0 ? n : 0;
        n_bytes -= n > 0 ? (size_t)n : 0;
    }
}

/* Draws to the file open as `file`. */
static enum status run_gnuplot(int file, const char *script, size_t n_bytes, bool verbose,
                               struct error *error)
{
    int ends[2];
    pid_t child;
    struct stat about;
    if (pipe2(ends, O_CLOEXEC) != 0)
        return error_set_errno(error, STATUS_FAILED, errno, "--plot: gnuplot cannot be started");
    const int files[3] = {ends[0], file, verbose ? STDERR_FILENO : -1};
    int errnum = start_gnuplot(&child, "--default-settings", files);
    close(ends[0]);
    if (errnum == 0)
        feed(ends[1], script, n_bytes);
    close(ends[1]);
    if (errnum)
        return error_set_errno(error, STATUS_FAILED, errnum, "--plot: gnuplot cannot be started");
    if (wait_for(child) && fstat(file, &about) == 0 && about.st_size > 0)
        return STATUS_OK;
    return error_set(error, STATUS_FAILED,
                     "--plot: gnuplot has failed; --verbose shows what it says, --json keeps the numbers");
}

static enum status draw(const char *path, const char *partial, const char *script, size_t n_bytes,
                        bool verbose, struct error *error)
{
    int file = open(partial, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (file < 0)
        return result_file_failure(error, errno, path);
    enum status status = run_gnuplot(file, script, n_bytes, verbose, error);
    int errnum = close(file) != 0 && errno != EINTR ? errno : 0;
    if (status == STATUS_OK && errnum == 0 && rename(partial, path) != 0)
        errnum = errno;
    if (status == STATUS_OK && errnum)
        status = result_file_failure(error, errnum, path);
    if (status != STATUS_OK)
        unlink(partial);
    return status;
}

enum status bench_plot_draw(const char *path, const struct bench_result *result, bool verbose,
                            struct error *error)
{
    size_t n_bytes;
    char *partial = NULL;
    char *script = make_script(result, ends_in(path, ".svg"), &n_bytes);
    if (!script || asprintf(&partial, "%s.partial", path) < 0) {
        free(script);
        return error_no_memory(error, strlen(path), "the picture");
    }
    enum status status = draw(path, partial, script, n_bytes, verbose, error);
    free(partial);
    free(script);
    return status;
}
