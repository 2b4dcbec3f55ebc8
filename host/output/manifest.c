#include "output/manifest.h"
