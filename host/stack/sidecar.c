/* SPDX-License-Identifier: MIT */
#include "stack/sidecar.h"

const struct sidecar_format sidecar_formats[SIDECAR_FORMATS] = {
    {"log", sidecar_skyscan_parse}, {"xtekVolume", sidecar_xtek_parse}, {"xtekct", sidecar_xtek_parse},
    {"vgi", sidecar_vgi_parse},     {"pcr", sidecar_pcr_parse},         {"pca", sidecar_pca_parse},
};
