/* SPDX-License-Identifier: MIT */
#include "stack/stack_input.h"

#include "base/path.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define OUTPUT_NAME ".thumbnail"

enum stack_input stack_input_of(const char *input)
{
    struct stat about;
    return stat(input, &about) == 0 && !S_ISDIR(about.st_mode) ? STACK_FILE : STACK_FOLDER;
}

const char *stack_input_name(enum stack_input kind)
{
    switch (kind) {
    case STACK_FOLDER:
        return "folder";
    case STACK_FILE:
        break;
    }
    return "file";
}

char *stack_input_output(const char *input)
{
    if (stack_input_of(input) == STACK_FOLDER)
        return path_join(input, OUTPUT_NAME);
    char *name = malloc(strlen(input) + sizeof OUTPUT_NAME);
    if (name)
        strcat(strcpy(name, input), OUTPUT_NAME);
    return name;
}
