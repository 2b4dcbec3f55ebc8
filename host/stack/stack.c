#include "stack/stack.h"
