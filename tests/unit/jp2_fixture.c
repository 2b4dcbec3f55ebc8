/* SPDX-License-Identifier: MIT */
#include "jp2_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* A file that is being made. */
struct target {
    struct bytes *bytes;
    size_t at; /* where the next byte goes */
};

static OPJ_SIZE_T write_bytes(void *data, OPJ_SIZE_T n_bytes, void *user)
{
    struct target *target = user;
    struct error error = {0};
    assert_int_equal(bytes_reserve(target->bytes, target->at + n_bytes + 1, &error), STATUS_OK);
    memcpy(target->bytes->data + target->at, data, n_bytes);
    target->at += n_bytes;
    if (target->at > target->bytes->n_bytes)
        target->bytes->n_bytes = target->at;
    return n_bytes;
}

static OPJ_OFF_T skip_bytes(OPJ_OFF_T n_bytes, void *user)
{
    static const unsigned char zeros[64] = {0};
    assert_true(n_bytes >= 0 && n_bytes <= (OPJ_OFF_T)sizeof zeros);
    write_bytes((void *)zeros, (OPJ_SIZE_T)n_bytes, user);
    return n_bytes;
}

static OPJ_BOOL seek_to(OPJ_OFF_T position, void *user)
{
    ((struct target *)user)->at = (size_t)position;
    return OPJ_TRUE;
}

static void set_parameters(const struct jp2_file *file, opj_cparameters_t *parameters)
{
    opj_set_default_encoder_parameters(parameters);
    parameters->tcp_numlayers = file->nlayers;
    for (int i = 0; i < file->nlayers; i++)
        parameters->tcp_rates[i] = (float)(2 * (file->nlayers - 1 - i)); /* 0, the last: all */
    parameters->cp_disto_alloc = 1;
    parameters->numresolution = file->nlevels + 1;
    parameters->cblockw_init = file->block_nx;
    parameters->cblockh_init = file->block_ny;
    parameters->tile_size_on = file->tile_nx > 0;
    parameters->cp_tdx = (int)file->tile_nx;
    parameters->cp_tdy = (int)file->tile_ny;
    if (file->precinct) {
        parameters->csty |= 1;
        parameters->res_spec = 1;
        parameters->prcw_init[0] = parameters->prch_init[0] = file->precinct;
    }
    if (file->markers) {
        parameters->csty |= 6;
        parameters->tp_on = 1;
        parameters->tp_flag = 'R';
    }
}

static opj_image_t *make_image(const struct jp2_file *file, const int *voxels)
{
    opj_image_cmptparm_t components[4];
    for (unsigned i = 0; i < file->ncomponents; i++)
        components[i] = (opj_image_cmptparm_t){.dx = file->step,
                                               .dy = file->step,
                                               .w = file->nx,
                                               .h = file->ny,
                                               .x0 = file->x0,
                                               .y0 = file->y0,
                                               .prec = file->bits,
                                               .bpp = file->bits,
                                               .sgnd = file->is_signed};
    opj_image_t *image = opj_image_create(file->ncomponents, components, file->colour);
    assert_non_null(image);
    image->x0 = file->x0;
    image->y0 = file->y0;
    image->x1 = file->x0 + (file->nx - 1) * file->step + 1;
    image->y1 = file->y0 + (file->ny - 1) * file->step + 1;
    size_t n = (size_t)file->nx * file->ny;
    for (unsigned i = 0; i < file->ncomponents; i++)
        memcpy(image->comps[i].data, voxels + i * n, n * sizeof(int));
    return image;
}

static void on_error(const char *message, void *user)
{
    (void)user;
    print_error("OpenJPEG: %s", message);
}

void jp2_fixture_write(struct bytes *bytes, const struct jp2_file *file, const int *voxels)
{
    opj_cparameters_t parameters;
    opj_codec_t *codec = opj_create_compress(file->boxed ? OPJ_CODEC_JP2 : OPJ_CODEC_J2K);
    opj_stream_t *stream = opj_stream_create(4096, OPJ_FALSE);
    opj_image_t *image = make_image(file, voxels);
    struct target target = {.bytes = bytes};
    bytes->n_bytes = 0;
    set_parameters(file, &parameters);
    opj_set_error_handler(codec, on_error, NULL);
    opj_stream_set_user_data(stream, &target, NULL);
    opj_stream_set_write_function(stream, write_bytes);
    opj_stream_set_skip_function(stream, skip_bytes);
    opj_stream_set_seek_function(stream, seek_to);
    assert_true(opj_setup_encoder(codec, &parameters, image));
    assert_true(opj_start_compress(codec, image, stream) && opj_encode(codec, stream) &&
                opj_end_compress(codec, stream));
    opj_image_destroy(image);
    opj_stream_destroy(stream);
    opj_destroy_codec(codec);
}
