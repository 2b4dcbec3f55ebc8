/* SPDX-License-Identifier: MIT */
#include "output/journal.h"

#include "base/bytes.h"
#include "base/printable.h"
#include "base/restart.h"
#include "output/atomic_file.h"
#include "output/output_failure.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

enum { LINE_BYTES = 96, SEAL_BYTES = 10 };

struct journal {
    int fd;
    const char *folder;  /* borrowed, for messages */
    struct bytes noted;  /* lines to be appended; of one thread */
    struct bytes sealed; /* a buffer, of the same thread */
    XXH64_hash_t last;   /* the hash of the line that was written last, of the same thread */
    pthread_mutex_t lock;
    struct bytes lost; /* lines to be appended before those, under the lock */
};

/* The hash of a line, from that of the one before it. */
static XXH64_hash_t hash_line(const char *line, size_t n_bytes, XXH64_hash_t before)
{
    return XXH3_64bits_withSeed(line, n_bytes, before);
}

/* " 0123abcd", with a zero behind it. */
static const char *seal_text(char text[SEAL_BYTES], XXH64_hash_t hash)
{
    snprintf(text, SEAL_BYTES, " %08" PRIx32, (uint32_t)hash);
    return text;
}

static enum status add_bytes(struct bytes *to, const void *text, size_t n, struct error *error)
{
    if (to->capacity_bytes - to->n_bytes < n &&
        bytes_reserve(to, 2 * to->capacity_bytes + n, error) != STATUS_OK)
        return error->status;
    memcpy(to->data + to->n_bytes, text, n);
    to->n_bytes += n;
    return STATUS_OK;
}

static enum status add_text(struct bytes *to, const char *text, struct error *error)
{
    return add_bytes(to, text, strlen(text), error);
}

static enum status add_line(struct bytes *to, unsigned level, uint32_t z, const struct slice_record *record,
                            struct error *error)
{
    char line[LINE_BYTES], hash[FILE_HASH_TEXT];
    snprintf(line, sizeof line, "%u %" PRIu32 " %" PRIu64 " %s\n", level, z, record->n_bytes,
             file_hash_text(hash, &record->hash));
    return add_text(to, line, error);
}

static const char header_word[] = "stackthumb journal 2";

static const char *header_text(char line[LINE_BYTES], const struct journal_manifests *manifests)
{
    char now[FILE_HASH_TEXT], before[FILE_HASH_TEXT] = "";
    if (manifests->before)
        file_hash_text(before, manifests->before);
    snprintf(line, LINE_BYTES, "%s %s%s%s\n", header_word, file_hash_text(now, manifests->now),
             *before ? " " : "", before);
    return line;
}

/* Notes the slices that are there, and those that thumbnails were made with. */
static enum status note_all(struct bytes *lines, const struct slice_records *kept,
                            const struct journal_source *source, struct error *error)
{
    for (uint32_t z = 0; source->was && z < source->nslices; z++) {
        char line[LINE_BYTES];
        snprintf(line, sizeof line, "was %" PRIu32 " %" PRIu32 "\n", z, source->was[z]);
        if (source->was[z] != SLICE_NONE && add_text(lines, line, error) != STATUS_OK)
            return error->status;
    }
    for (unsigned level = 1; level <= kept->nlevels; level++)
        for (uint32_t z = 0; z < kept->nz[level]; z++)
            if (kept->slices[level][z].n_bytes > 0 &&
                add_line(lines, level, z, &kept->slices[level][z], error) != STATUS_OK)
                return error->status;
    return STATUS_OK;
}

/* Moves the lines, each with its seal, behind those in the journal's buffer. */
static enum status seal(struct journal *journal, struct bytes *lines, struct error *error)
{
    for (size_t at = 0, n; at < lines->n_bytes; at += n + 1) {
        char text[SEAL_BYTES];
        const char *line = (const char *)lines->data + at;
        n = (size_t)((const char *)memchr(line, '\n', lines->n_bytes - at) - line);
        journal->last = hash_line(line, n, journal->last);
        if (add_bytes(&journal->sealed, line, n, error) != STATUS_OK ||
            add_text(&journal->sealed, seal_text(text, journal->last), error) != STATUS_OK ||
            add_text(&journal->sealed, "\n", error) != STATUS_OK)
            return error->status;
    }
    lines->n_bytes = 0;
    return STATUS_OK;
}

/* The text of a whole journal that tells of `kept`, in the buffer. */
static enum status whole(struct journal *journal, const struct journal_manifests *manifests,
                         const struct slice_records *kept, const struct journal_source *source,
                         struct error *error)
{
    char header[LINE_BYTES];
    header_text(header, manifests);
    journal->last = hash_line(header, strlen(header), 0);
    if (add_text(&journal->sealed, header, error) != STATUS_OK ||
        note_all(&journal->noted, kept, source, error) != STATUS_OK)
        return error->status;
    return seal(journal, &journal->noted, error);
}

enum status journal_create(struct journal **result, int folder_fd, const char *folder,
                           const struct journal_manifests *manifests, const struct slice_records *kept,
                           const struct journal_source *source, bool durable, struct error *error)
{
    struct journal *journal = calloc(1, sizeof *journal);
    if (!journal)
        return error_no_memory(error, sizeof *journal, "the journal");
    journal->folder = folder;
    journal->fd = -1;
    pthread_mutex_init(&journal->lock, NULL);
    enum status status = whole(journal, manifests, kept, source, error);
    if (status == STATUS_OK)
        status = atomic_file_write(folder_fd, folder, JOURNAL_NAME, journal->sealed.data,
                                   journal->sealed.n_bytes, durable, error);
    if (status == STATUS_OK) {
        journal->fd =
            restart_openat(folder_fd, JOURNAL_NAME, O_WRONLY | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0);
        if (journal->fd < 0)
            status = output_failure(error, errno, folder, JOURNAL_NAME);
    }
    journal->sealed.n_bytes = 0;
    if (status == STATUS_OK)
        *result = journal;
    else
        journal_close(journal);
    return status;
}

enum status journal_add(struct journal *journal, unsigned level, uint32_t z,
                        const struct slice_record *record, struct error *error)
{
    return add_line(&journal->noted, level, z, record, error);
}

enum status journal_lose(struct journal *journal, uint32_t z, struct error *error)
{
    char line[LINE_BYTES];
    snprintf(line, sizeof line, "lost %" PRIu32 "\n", z);
    pthread_mutex_lock(&journal->lock);
    enum status status = add_text(&journal->lost, line, error);
    pthread_mutex_unlock(&journal->lock);
    return status;
}

static enum status append(struct journal *journal, struct error *error)
{
    struct bytes *sealed = &journal->sealed;
    for (size_t at = 0; at < sealed->n_bytes;) {
        ssize_t n = write(journal->fd, sealed->data + at, sealed->n_bytes - at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return output_failure(error, n < 0 ? errno : EIO, journal->folder, JOURNAL_NAME);
        at += (size_t)n;
    }
    sealed->n_bytes = 0;
    return STATUS_OK;
}

enum status journal_write(struct journal *journal, bool durable, struct error *error)
{
    pthread_mutex_lock(&journal->lock);
    enum status status = seal(journal, &journal->lost, error);
    pthread_mutex_unlock(&journal->lock);
    if (status == STATUS_OK)
        status = seal(journal, &journal->noted, error);
    if (status == STATUS_OK)
        status = append(journal, error);
    if (status != STATUS_OK)
        return status;
    return !durable || restart_fdatasync(journal->fd) == 0
               ? STATUS_OK
               : output_failure(error, errno, journal->folder, JOURNAL_NAME);
}

void journal_close(struct journal *journal)
{
    if (!journal)
        return;
    if (journal->fd >= 0)
        close(journal->fd); /* what was to be kept was synced */
    bytes_end(&journal->noted);
    bytes_end(&journal->sealed);
    bytes_end(&journal->lost);
    pthread_mutex_destroy(&journal->lock);
    free(journal);
}

enum status journal_remove(int folder_fd, const char *folder, struct error *error)
{
    return unlinkat(folder_fd, JOURNAL_NAME, 0) == 0 || errno == ENOENT
               ? STATUS_OK
               : output_failure(error, errno, folder, JOURNAL_NAME);
}

/* A decimal number and the character `end` behind it; moves *text behind that. */
static bool take_number(const char **text, char end, uint64_t *number)
{
    char *behind;
    if (**text < '0' || **text > '9')
        return false;
    errno = 0;
    unsigned long long value = strtoull(*text, &behind, 10);
    if (errno != 0 || *behind != end)
        return false;
    *number = value;
    *text = behind + 1;
    return true;
}

/* What a journal tells. */
struct told {
    struct slice_records *records;
    const struct journal_source *source;
};

/* Moves *line behind `word`, when it begins with that. */
static bool take_word(const char **line, const char *word)
{
    const size_t n = strlen(word);
    if (strncmp(*line, word, n) != 0)
        return false;
    *line += n;
    return true;
}

/* One line, without its end. What it does not understand it leaves out. */
static void take_line(const char *line, const struct told *told)
{
    uint64_t level, z, at;
    struct slice_records *records = told->records;
    struct slice_record record;
    const struct journal_source *source = told->source;
    if (take_word(&line, "lost ")) {
        if (take_number(&line, '\0', &z) && z < source->nslices)
            source->lost[z] = true;
    } else if (take_word(&line, "was ")) {
        if (take_number(&line, ' ', &z) && z < source->nslices && take_number(&line, '\0', &at) &&
            at < SLICE_NONE)
            source->was[z] = (uint32_t)at;
    } else if (take_number(&line, ' ', &level) && level >= 1 && level <= records->nlevels &&
               take_number(&line, ' ', &z) && z < records->nz[level] &&
               take_number(&line, ' ', &record.n_bytes) && record.n_bytes > 0 &&
               file_hash_parse(line, &record.hash))
        records->slices[level][z] = record;
}

/* Takes the seal off a line of n bytes; false when it is not the one that it must have, *last being the hash
 * of the line before. */
static bool take_seal(char *line, size_t n, XXH64_hash_t *last)
{
    char text[SEAL_BYTES];
    const size_t seal_bytes = SEAL_BYTES - 1;
    if (n < seal_bytes)
        return false;
    *last = hash_line(line, n - seal_bytes, *last);
    if (memcmp(line + n - seal_bytes, seal_text(text, *last), seal_bytes) != 0)
        return false;
    line[n - seal_bytes] = '\0';
    return true;
}

/* The header of a journal that belongs to the manifest, with its end; 0 bytes long when there is none. */
static size_t header_bytes(const char *text, const struct file_hash *manifest)
{
    char hash[FILE_HASH_TEXT];
    const char *end = strchr(text, '\n'), *line = text;
    if (!end || !take_word(&line, header_word))
        return 0;
    for (file_hash_text(hash, manifest); take_word(&line, " ") && end - line >= FILE_HASH_TEXT - 1;
         line += FILE_HASH_TEXT - 1)
        if (strncmp(line, hash, FILE_HASH_TEXT - 1) == 0)
            return (size_t)(end - text) + 1;
    return 0;
}

/* `text` ends in a zero, and is changed. */
static void take_lines(char *text, const struct file_hash *manifest, const struct told *told)
{
    const size_t n = header_bytes(text, manifest);
    if (n == 0)
        return;
    XXH64_hash_t last = hash_line(text, n, 0);
    char *line = text + n;
    for (char *end; (end = strchr(line, '\n')) && take_seal(line, (size_t)(end - line), &last);
         line = end + 1)
        take_line(line, told);
}

/* One that is there and cannot be read tells nothing, and is not taken for none: all would be made again, and
 * nobody told why. `errnum` 0: what has its name is no journal. */
static enum status not_read(struct error *error, int errnum, const char *folder)
{
    char shown[PRINTABLE_BYTES];
    printable(shown, sizeof shown, folder);
    return errnum != 0
               ? error_set_errno(error, STATUS_OUTPUT, errnum, "%s/%s: cannot be read", shown, JOURNAL_NAME)
               : error_set(error, STATUS_OUTPUT,
                           "%s/%s: is no journal of this program; remove it and run again", shown,
                           JOURNAL_NAME);
}

/* More than a journal of these slices has: a line for each, and two for each of the source. */
static uint64_t bytes_most(const struct told *told)
{
    uint64_t nlines = 1 + 2 * (uint64_t)told->source->nslices;
    for (unsigned level = 1; level <= told->records->nlevels; level++)
        nlines += told->records->nz[level];
    return nlines * (LINE_BYTES + SEAL_BYTES);
}

/* The file, as far as it can be ours, with a zero behind it; the caller frees it. */
static enum status read_text(int fd, const char *folder, uint64_t bytes_max, char **text, struct error *error)
{
    struct stat about;
    if (fstat(fd, &about) != 0)
        return not_read(error, errno, folder);
    if (!S_ISREG(about.st_mode))
        return not_read(error, 0, folder);
    const size_t n_bytes =
        (size_t)((uint64_t)about.st_size < bytes_max ? (uint64_t)about.st_size : bytes_max);
    *text = malloc(n_bytes + 1);
    if (!*text)
        return error_no_memory(error, (unsigned long long)n_bytes + 1, "the journal");
    errno = 0;
    const size_t n = restart_read(fd, *text, n_bytes, 0);
    (*text)[n] = '\0';
    /* EINTR: it was read on after that, and was cut meanwhile. */
    return n == n_bytes || errno == 0 || errno == EINTR ? STATUS_OK : not_read(error, errno, folder);
}

enum status journal_read(int folder_fd, const char *folder, const struct file_hash *manifest,
                         struct slice_records *records, const struct journal_source *source,
                         struct error *error)
{
    const struct told told = {.records = records, .source = source};
    char *text = NULL;
    int fd = restart_openat(folder_fd, JOURNAL_NAME, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0);
    if (fd < 0)
        return errno == ENOENT ? STATUS_OK : not_read(error, errno == ELOOP ? 0 : errno, folder);
    enum status status = read_text(fd, folder, bytes_most(&told), &text, error);
    if (status == STATUS_OK)
        take_lines(text, manifest, &told);
    free(text);
    close(fd);
    return status;
}
