/* Both engines on a link, with somebody in the middle who knows all keys: the input says which
 * operation begins, and which of its messages in one direction is changed, and how. */
#ifndef CAMSEAL_FUZZ_SPDM_PLAY_H
#define CAMSEAL_FUZZ_SPDM_PLAY_H

#include "spdm_engines.h"

/* Plays the whole input against the engine that receives what is changed. After the configuration
 * it is a list of operations: a byte with the operation (bits 0-4) and the message that is changed
 * (bits 5-7: none, the n-th, or as the next byte says), then what the operation and the attack
 * read. An input that ends goes on with zeros. */
void play(const uint8_t *data, size_t size, spdm_role target);

#endif
