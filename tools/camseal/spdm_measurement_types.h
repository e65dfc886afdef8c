/* Types of measurement blocks (DSP0274 DMTFSpecMeasurementValueType) as words. */
#ifndef CAMSEAL_TOOL_SPDM_MEASUREMENT_TYPES_H
#define CAMSEAL_TOOL_SPDM_MEASUREMENT_TYPES_H

#include <stdbool.h>
#include <stdint.h>

/* "?" for a type that has none. */
const char *spdm_measurement_type_name(uint8_t type);
bool spdm_measurement_type_of(const char *name, uint8_t *type);

#endif
