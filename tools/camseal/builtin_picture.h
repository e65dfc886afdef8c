/* The picture inside the command: assets/hdr_room.png, byte by byte. */
#ifndef CAMSEAL_TOOL_BUILTIN_PICTURE_H
#define CAMSEAL_TOOL_BUILTIN_PICTURE_H

#include <stdint.h>

extern const uint8_t camseal_builtin_picture[];
extern const uint8_t camseal_builtin_picture_end[];

#endif
