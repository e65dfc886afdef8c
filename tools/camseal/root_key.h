/* The effective context root key of `protect` and `verify`: made, read from a file, or out of a key
 * log, together with the context that it belongs to. Never printed. */
#ifndef CAMSEAL_TOOL_ROOT_KEY_H
#define CAMSEAL_TOOL_ROOT_KEY_H

#include "cse_profile.h"
#include "keylog.h"

enum { ROOT_KEYS_MAX = 256 };

typedef struct root_keys {
    size_t n;
    struct {
        uint32_t epoch;
        uint8_t key[32];
    } of[ROOT_KEYS_MAX]; /* ascending epochs */
} root_keys;

/* From the file, which only its owner may read, or random when `path` is NULL. Exit code, or -1. */
int root_key_get(uint8_t key[32], const char *verb, const char *path, const camseal_crypto *crypto);
/* Key and context as lines of the log. */
void root_key_log(keylog *log, const cse_profile *profile, const uint8_t key[32], uint32_t epoch);
/* All epochs of one context in the text of a key log: of the one asked for by --context, else the
 * first one. *described: its config came along, and is in *profile; else protocol, suite and
 * context id are, as the key's line says. Exit code, or -1. */
int root_keys_read(root_keys *keys, cse_profile *profile, bool *described, const char *verb,
                   const char *name, camseal_span text);
void root_keys_wipe(root_keys *keys);

#endif
