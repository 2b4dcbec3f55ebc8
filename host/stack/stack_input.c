/* SPDX-License-Identifier: MIT */
#include "stack/stack_input.h"

#include "base/path.h"
#include "stack/name_pattern.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define OUTPUT_NAME ".thumbnail"

enum stack_input stack_input_of(const char *input)
{
    struct stat about;
    const char *slash = strrchr(input, '/');
    if (strcmp(input, "-") == 0)
        return STACK_LIST;
    if (stat(input, &about) == 0)
        return S_ISDIR(about.st_mode) ? STACK_FOLDER : STACK_FILE;
    if (input[0] == '@')
        return STACK_LIST;
    return name_pattern_is_one(slash ? slash + 1 : input) ? STACK_PATTERN : STACK_FOLDER;
}

/* For a pattern: the folder that it is in. */
static char *output_beside(const char *pattern)
{
    const char *name;
    char *folder = path_folder(pattern, &name);
    char *output = folder ? path_join(folder, OUTPUT_NAME) : NULL;
    free(folder);
    return output;
}

const char *stack_input_name(enum stack_input kind)
{
    switch (kind) {
    case STACK_FOLDER:
        return "folder";
    case STACK_PATTERN:
        return "pattern";
    case STACK_LIST:
        return "list";
    case STACK_FILE:
        break;
    }
    return "file";
}

char *stack_input_output(const char *input)
{
    char *name;
    switch (stack_input_of(input)) {
    case STACK_FILE:
        name = malloc(strlen(input) + sizeof OUTPUT_NAME);
        return name ? strcat(strcpy(name, input), OUTPUT_NAME) : NULL;
    case STACK_PATTERN:
        return output_beside(input);
    case STACK_LIST:
        return strdup("");
    case STACK_FOLDER:
        break;
    }
    return path_join(input, OUTPUT_NAME);
}
