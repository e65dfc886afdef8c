/* What a hostile bridge does to the packets and messages that pass it.
 *
 * A set of attacks, each `NAME[:key=value,...]`, works as a chain: what the first lets out goes
 * into the second. Everything is repeatable from one seed. The log says exactly what was done: it
 * is the ground truth against which a sink's verdicts are judged. Knows formats, no keys, no
 * sockets. Thread rule: one set, one thread at a time.
 */
#ifndef CAMSEAL_TOOL_ATTACK_H
#define CAMSEAL_TOOL_ATTACK_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "camseal/bytes.h"
#include "camseal/status.h"

enum { ATTACK_MAX = 32, ATTACK_LOG_MAX = 65536 };

typedef struct attack_set attack_set;

attack_set *attack_set_new(uint64_t seed); /* NULL: no memory */
void attack_set_free(attack_set *set);     /* NULL is allowed */

typedef struct attack_error {
    char text[256];
} attack_error;

/* Adds one attack. ARGUMENT with a sentence for an unknown name, key or value; SPACE when there are
 * too many. */
CAMSEAL_NODISCARD camseal_status attack_add(attack_set *set, const char *text, attack_error *error);

/* Names, parameters and meaning of all attacks, for --help. */
void attack_help(FILE *out);

/* ---- passing -----------------------------------------------------------------------------------
 */

/* What has to be sent, in order. The spans lie in the input (which is altered in place) or in
 * memory of the output itself; both must stay until attack_release. Start with all zeros. */
typedef struct attack_output {
    camseal_span *spans;
    size_t n, capacity;
    uint8_t **owned;
    size_t n_owned, owned_capacity, owned_bytes;
} attack_output;

/* One CSI-2 packet from the sensor. */
void attack_data(attack_set *set, camseal_mspan packet, attack_output *out);
/* The stream ended: lets out what is held back. */
void attack_data_end(attack_set *set, attack_output *out);

/* One control message; `connection` counts from 1. Every output span is a message of the same type.
 */
typedef struct attack_message {
    camseal_mspan bytes;
    uint8_t type; /* enum camseal_tcp_type */
    bool request; /* towards the sensor    */
    uint32_t connection;
} attack_message;
void attack_control(attack_set *set, const attack_message *message, attack_output *out);

/* Everything in `out` was sent: empties it for the next call. */
void attack_release(attack_output *out);
void attack_output_free(attack_output *out);

/* MEMORY once an allocation failed, or attacks made more than 256 MiB out of one call: from then on
 * packets pass unaltered. */
camseal_status attack_status(const attack_set *set);

/* ---- log ---------------------------------------------------------------------------------------
 */

typedef struct attack_entry {
    uint16_t attack; /* index: the order of attack_add */
    bool control;
    /* data: one packet, or `packets` of one frame */
    uint8_t wire_vc, evc;
    bool has_count; /* frame_count, evc and the message numbers are known (a SEP packet was hit) */
    uint32_t frame; /* number of the frame on this virtual channel as seen here, from 1 */
    uint32_t frame_count; /* low 32 bits, from the header as it arrived */
    uint32_t first_message, last_message;
    uint32_t packets;
    uint32_t offset, length; /* bytes altered in the packet, or where it was cut */
    /* control */
    uint32_t connection, message; /* message: from 1 in its connection, both directions */
    bool request;
    const char *message_name;
    char detail[80];
} attack_entry;

size_t attack_log(const attack_set *set, const attack_entry **entries);
uint64_t attack_log_lost(const attack_set *set); /* entries beyond ATTACK_LOG_MAX */

typedef struct attack_info {
    const char *name, *text; /* text: as given */
    bool control, legal;     /* legal: what an honest bridge may do; must verify */
    uint64_t hits;           /* frames or packets or messages that it touched    */
} attack_info;
size_t attack_count(const attack_set *set);
attack_info attack_info_of(const attack_set *set, size_t index);

#endif
