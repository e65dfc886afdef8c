/* `camseal spdm decode`: what its files share. */
#ifndef CAMSEAL_TOOL_SPDM_DECODE_H
#define CAMSEAL_TOOL_SPDM_DECODE_H

#include <jansson.h>

#include "spdm/observer.h"

#define DECODE_VERB "spdm decode"

/* A whole file; false: it cannot be read. The caller frees *bytes. */
bool decode_read_file(const char *path, uint8_t **bytes, size_t *len);
/* Hex digits, blanks between bytes allowed. False: something else, or more than fits. */
bool decode_hex(const char *text, uint8_t *out, size_t capacity, size_t *len);

/* ---- spdm_decode_input.c: packets of a file ---------------------------------------------------
 */

enum { DECODE_STREAMS_MAX = 16, DECODE_OTHER = 0xFF };

typedef struct decode_packet {
    uint64_t time_ns;
    size_t offset; /* of the packet's bytes in the file                         */
    uint8_t kind;  /* CAMSEAL_MESSAGE_...; DECODE_OTHER: no SPDM                */
    uint8_t stream;
    spdm_heading heading;
    camseal_span bytes; /* without transport header, in the file                     */
} decode_packet;

typedef struct decode_input {
    decode_packet *packets;
    size_t n, capacity;
    const char *transport; /* for people                                                */
    const camseal_spdm_binding *binding;
    unsigned streams;
    camseal_span keylog; /* from the file itself                                      */
    size_t broken_at;    /* after a failure                                           */
} decode_input;

/* FORMAT: no such capture; TRUNCATED: it ends inside a packet (what stands before is there). */
camseal_status decode_input_read(decode_input *in, camseal_span file);
void decode_input_free(decode_input *in);

/* ---- spdm_decode_secrets.c: what is known beforehand ------------------------------------------
 */

typedef struct decode_known {
    char label[40];
    uint8_t *value;
    size_t len;
    bool used;
} decode_known;

typedef struct decode_secrets {
    camseal_span *shared, *psks, *chains, *anchors; /* heap, also what they point to */
    size_t n_shared, n_psks, n_chains, n_anchors;
    spdm_logged *logged;
    size_t n_logged;
    decode_known *known; /* values of the log in the JSON file */
    size_t n_known;
} decode_secrets;

/* All of these print their error line and return an exit code of cli.h. */
int decode_secrets_json(decode_secrets *s, const char *path);
int decode_secrets_keylog(decode_secrets *s, const char *path);
int decode_secrets_psk(decode_secrets *s, const char *hex);
int decode_secrets_anchor(decode_secrets *s, const char *path);
int decode_secrets_chain(decode_secrets *s, const char *path);
/* Chains in files *certchain*.der: in the folder of `path`; in the folder "ids" beside it, and in
 * its folders. None is no failure. */
void decode_secrets_with(decode_secrets *s, const char *path);
void decode_secrets_beside(decode_secrets *s, const char *path);
void decode_secrets_lines(decode_secrets *s, camseal_span keylog);
void decode_secrets_free(decode_secrets *s);

/* The known value of a label that equals `value`, which is then used up; false: there is none. */
bool decode_known_take(decode_secrets *s, const char *label, camseal_span value);
/* Known values that nothing led to; of one label, or of all (NULL). */
size_t decode_known_left(const decode_secrets *s, const char *label);

/* ---- spdm_decode_fields.c ---------------------------------------------------------------------
 */

/* The fields of a message that matter, as an object of strings and numbers. */
json_t *decode_fields(const spdm_seen *seen);

/* ---- spdm_decode_report.c ---------------------------------------------------------------------
 */

/* Everything is kept until the end: only then is it known which values of the secrets file are left
 * over. */
typedef struct decode_report {
    bool json, quiet;
    const decode_input *input;
    decode_secrets *secrets;
    json_t *messages; /* all, in order                                        */
    json_t *message;  /* the present one, borrowed from there                 */
    json_t *unknown;  /* computed values without a known one: [message, check] */
    unsigned long seen;
    unsigned long count[SPDM_CHECK_VALUE + 1][3];
} decode_report;

void decode_report_message(void *report, const spdm_seen *seen);
void decode_report_finding(void *report, const spdm_seen *seen, const spdm_finding *finding);
void decode_report_value(void *report, const spdm_seen *seen, const char *label, camseal_span value,
                         const spdm_cover *cover);
/* A packet that is no SPDM. */
void decode_report_other(decode_report *r, size_t packet);
void decode_report_begin(decode_report *r);
/* Prints it all and frees it. `status` is that of the file; returns the exit code. */
int decode_report_end(decode_report *r, const char *path, camseal_status status);

#endif
