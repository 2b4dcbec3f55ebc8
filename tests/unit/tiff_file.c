/* SPDX-License-Identifier: MIT */
#include "tiff_file.h"

#include "format_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void put(struct tiff_file *file, uint64_t value, unsigned n_bytes)
{
    (file->big_endian ? format_put_be : format_put_le)(&file->bytes, value, n_bytes);
}

void tiff_file_start(struct tiff_file *file, bool big_endian)
{
    *file = (struct tiff_file){.big_endian = big_endian, .link_at = 4};
    format_put(&file->bytes, big_endian ? "MM" : "II", 2);
    put(file, 42, 2);
    put(file, 0, 4);
}

void tiff_file_link(struct tiff_file *file, uint32_t offset)
{
    for (unsigned i = 0; i < 4; i++)
        file->bytes.data[file->link_at + (file->big_endian ? 3 - i : i)] = (unsigned char)(offset >> 8 * i);
}

void tiff_file_put_bytes(struct tiff_file *file, unsigned char value, size_t n_bytes)
{
    unsigned char *data = malloc(n_bytes + 1);
    assert_non_null(data);
    memset(data, value, n_bytes);
    format_put(&file->bytes, data, n_bytes);
    free(data);
}

void tiff_file_put_directory(struct tiff_file *file, const struct tiff_file_entry *entries, unsigned n)
{
    if (file->bytes.n_bytes % 2)
        tiff_file_put_bytes(file, 0, 1);
    tiff_file_link(file, (uint32_t)file->bytes.n_bytes);
    put(file, n, 2);
    for (unsigned i = 0; i < n; i++) {
        const bool is_short = entries[i].type == 3 && entries[i].count == 1;
        put(file, entries[i].tag, 2);
        put(file, entries[i].type, 2);
        put(file, entries[i].count, 4);
        put(file, entries[i].value, is_short ? 2 : 4);
        put(file, 0, is_short ? 2 : 0);
    }
    file->link_at = file->bytes.n_bytes;
    put(file, 0, 4);
}

void tiff_file_put_page(struct tiff_file *file, const struct tiff_file_page *page)
{
    const size_t n_text = page->description ? strlen(page->description) + 1 : 0;
    const uint32_t n_voxels = (page->nx * page->bits + 7) / 8 * page->ny;
    const unsigned nentries = 8u + (page->subfile != 0) + (n_text > 0) + page->nmore;
    const size_t directory_at = file->bytes.n_bytes + file->bytes.n_bytes % 2;
    const uint32_t text_at = (uint32_t)directory_at + 2 + 12 * nentries + 4;
    const uint32_t voxels_at = page->voxels_at ? page->voxels_at : text_at + (uint32_t)n_text;
    struct tiff_file_entry entries[32];
    unsigned n = 0;
    assert_true(nentries <= 32 && n_text != 1); /* a text of up to 4 bytes would be in its entry */
    if (page->subfile)
        entries[n++] = (struct tiff_file_entry){254, 4, 1, page->subfile};
    entries[n++] = (struct tiff_file_entry){256, 4, 1, page->nx};
    entries[n++] = (struct tiff_file_entry){257, 4, 1, page->ny};
    entries[n++] = (struct tiff_file_entry){258, 3, 1, page->bits};
    entries[n++] = (struct tiff_file_entry){259, 3, 1, page->compression ? (uint32_t)page->compression : 1};
    entries[n++] = (struct tiff_file_entry){262, 3, 1, page->photometric};
    if (n_text > 0)
        entries[n++] = (struct tiff_file_entry){270, 2, (uint32_t)n_text, text_at};
    entries[n++] = (struct tiff_file_entry){273, 4, 1, voxels_at};
    entries[n++] = (struct tiff_file_entry){278, 4, 1, page->ny};
    entries[n++] = (struct tiff_file_entry){279, 4, 1, n_voxels};
    for (unsigned i = 0; i < page->nmore; i++)
        entries[n++] = page->more[i];
    tiff_file_put_directory(file, entries, n);
    format_put(&file->bytes, page->description ? page->description : "", n_text);
    if (!page->voxels_at)
        tiff_file_put_bytes(file, 7, n_voxels);
}
