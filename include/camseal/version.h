#ifndef CAMSEAL_VERSION_H
#define CAMSEAL_VERSION_H

#define CAMSEAL_VERSION_MAJOR 0
#define CAMSEAL_VERSION_MINOR 1
#define CAMSEAL_VERSION_PATCH 0
#define CAMSEAL_VERSION       "0.1.0"
#define CAMSEAL_WIRE_FORMAT   "OP1" /* docs/wire-format.md */

#endif
