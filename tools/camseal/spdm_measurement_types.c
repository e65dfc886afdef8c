#include "spdm_measurement_types.h"

#include <string.h>

static const char *const names[] = {
    "rom",           "firmware",      "hardware-config",    "firmware-config",
    "manifest",      "device-mode",   "firmware-version",   "secure-version",
    "hash-extended", "informational", "structured-manifest"};

enum { NAMES = sizeof names / sizeof names[0] };

const char *spdm_measurement_type_name(uint8_t type)
{
    return type < NAMES ? names[type] : "?";
}

bool spdm_measurement_type_of(const char *name, uint8_t *type)
{
    for (uint8_t i = 0; i < NAMES; i++)
        if (!strcmp(name, names[i])) {
            *type = i;
            return true;
        }
    return false;
}
