/* SPDX-License-Identifier: MIT
 * A raw volume as the user describes it: NXxNYxNZ:TYPE[:big][:skip=N], such as 2048x2048x900:u16:skip=512.
 * TYPE is that of a voxel (u8, i8, u16, i16, u32, i32, f32), or f64, which is read as f32. */
#ifndef STACKTHUMB_CODEC_RAW_TEXT_H
#define STACKTHUMB_CODEC_RAW_TEXT_H

#include "codec/volume_header.h"

/* Fills `header` but for what it tells of data files, which it does not: the voxels lie skip_bytes behind the
 * start of one. *skips is whether a skip was given. False when it is anything else. */
bool raw_text_parse(struct volume_header *header, const char *text, bool *skips);

#endif
