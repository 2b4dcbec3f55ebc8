/* SPDX-License-Identifier: MIT
 * What the user names as INPUT:
 *
 *   slices/                    a folder of slices
 *   bone.tif                   a file: one slice, or all of them; bone.nrrd: a volume (volume_stack.h)
 *   'slices/bone_*.tif'        the files of a folder that a pattern (name_pattern.h) matches; what is before
 *                              the last slash is a plain name
 *   @list.txt                  the files that a list names, one on a line (file_list.h)
 *   -                          the same, read from standard input
 */
#ifndef STACKTHUMB_STACK_STACK_INPUT_H
#define STACKTHUMB_STACK_STACK_INPUT_H

enum stack_input { STACK_FOLDER, STACK_FILE, STACK_PATTERN, STACK_LIST };

/* What `input` is: "-" is standard input; else what is there decides, whatever the name looks like. A name
 * behind which there is nothing, and that is no pattern and no list, is taken for a folder's, which then says
 * so. */
enum stack_input stack_input_of(const char *input);

/* "folder", "file", ...: what it is, for programs. */
const char *stack_input_name(enum stack_input kind);

/* Where the pyramid of `input` goes unless the user says it: the folder .thumbnail in that of the slices,
 * where CTHarvester looks for it; for a file, its name with .thumbnail behind; for a list nowhere, that is
 * "". malloc'ed, and the caller frees it; NULL when there is no memory. */
char *stack_input_output(const char *input);

#endif
