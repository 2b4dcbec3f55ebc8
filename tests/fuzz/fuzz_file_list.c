/* SPDX-License-Identifier: MIT
 * A list of file names: every entry is a line of it, in their order, and none is there twice. */
#include "fuzz.h"
#include "stack/file_list.h"

#include <string.h>

static void check_list(const struct file_list *list, size_t n_bytes)
{
    FUZZ_REQUIRE(list->count > 0);
    for (size_t i = 0; i < list->count; i++) {
        const struct file_list_entry *entry = &list->entries[i];
        size_t n = strlen(entry->name);
        FUZZ_REQUIRE(n > 0 && n <= FILE_LIST_NAME_MAX);
        FUZZ_REQUIRE(!strchr(entry->name, '\n'));
        FUZZ_REQUIRE(entry->name >= list->text && entry->name + n <= list->text + n_bytes);
        FUZZ_REQUIRE(entry->line > (i > 0 ? entry[-1].line : 0));
        FUZZ_REQUIRE(i == 0 || strcmp(entry->name, entry[-1].name) != 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes)
{
    struct file_list list;
    struct error error = {0};
    enum status status = file_list_parse(&list, data, n_bytes, FUZZ_PATH_SHOWN, &error);
    FUZZ_REQUIRE(status == error.status);
    if (status == STATUS_OK) {
        check_list(&list, n_bytes);
        file_list_end(&list);
    } else {
        fuzz_check_error(&error, STATUS_INPUT, FUZZ_PATH_SHOWN ":");
    }
    return 0;
}
