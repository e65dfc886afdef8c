/* `camseal spdm exec`: a script of steps. What its files share: the script as it was read, the
 * state of a run, and how steps are described. */
#ifndef CAMSEAL_TOOL_SPDM_EXEC_H
#define CAMSEAL_TOOL_SPDM_EXEC_H

#include "camseal/spdm_events.h"
#include "spdm_client.h"
#include "yaml_file.h"

enum {
    EXEC_EXPECT_MAX = 4,
    EXEC_DEPTH_MAX = 4, /* of repeat in repeat */
    EXEC_STEPS_MAX = 4096,
    EXEC_BYTES_MAX = 16384
};

/* What a step may be told. Rows of spdm_exec_script.c. */
enum exec_field {
    EXEC_SLOT,
    EXEC_SUMMARY,
    EXEC_INDEX,
    EXEC_SIGNED,
    EXEC_RAW,
    EXEC_FRESH,
    EXEC_SESSION,
    EXEC_ALL,
    EXEC_MS,
    EXEC_TIMES,
    EXEC_STANDARD,
    EXEC_COUNT,
    EXEC_FLIP,
    EXEC_PAD,
    EXEC_ID,
    EXEC_HINT,
    EXEC_SEND,
    EXEC_ANSWER,
    EXEC_BODY, /* of repeat: steps */
    EXEC_FIELDS
};
#define EXEC_BIT(field) (1u << (field))

typedef struct exec_value {
    bool set;
    uint64_t number;
    const char *text; /* of bytes, as they stand in the script */
} exec_value;

/* What a step may end with. */
typedef enum exec_outcome_kind {
    EXEC_OK,       /* done; raw: any answer but ERROR      */
    EXEC_STATUS,   /* refused, or failed, at this side     */
    EXEC_ERROR,    /* the responder answered this ERROR    */
    EXEC_RESPONSE, /* raw: it answered this                */
    EXEC_SILENCE,  /* raw: it did not answer               */
    EXEC_ANY_ERROR /* only expected: any ERROR             */
} exec_outcome_kind;

typedef struct exec_outcome {
    exec_outcome_kind kind;
    int32_t value;       /* status, ErrorCode, or response code   */
    char detail[128];    /* for people: why                       */
    bool answer_differs; /* raw, vendor: not the bytes expected  */
} exec_outcome;

typedef struct exec_expectation {
    exec_outcome_kind kind;
    int32_t value;
    const char *text; /* as it stands in the script */
} exec_expectation;

struct exec_run;
struct exec_step;

typedef struct exec_kind {
    const char *name;
    uint32_t fields; /* EXEC_BIT of those that it takes                           */
    uint8_t main;    /* the one that a plain value goes to; EXEC_FIELDS: none     */
    uint32_t needs;  /* those that it must have                                   */
    void (*run)(struct exec_run *x, const struct exec_step *step, exec_outcome *out);
} exec_kind;

typedef struct exec_step {
    const exec_kind *kind;
    const char *name; /* what the script calls it, or the kind's name */
    size_t line;
    size_t body; /* repeat: so many of the following steps       */
    exec_value values[EXEC_FIELDS];
    exec_expectation expect[EXEC_EXPECT_MAX];
    size_t n_expect;
} exec_step;

typedef struct exec_script {
    yaml_file file;
    exec_step *steps;
    size_t n_steps, room;
} exec_script;

/* ---- spdm_exec_script.c -----------------------------------------------------------------------
 */

/* Reads "steps". Exit code. */
int exec_script_read(exec_script *s, const yaml_node_t *steps);
void exec_script_free(exec_script *s);

/* Bytes as a script writes them: hex digits in pairs, spaces between; "vv" is the version of the
 * connection. In an answer also "??", any byte, and "*" at the end, any more bytes. `mask` (or
 * NULL: no wildcards) gets 0xFF where a byte counts. False: not such a text. */
bool exec_bytes(const char *text, uint8_t version, uint8_t *bytes, uint8_t *mask, size_t *len,
                bool *open_end);

/* ---- spdm_exec_steps.c ------------------------------------------------------------------------
 */

typedef struct exec_run {
    spdm_client *client;
    exec_script script;
    bool keep_going, show_messages;
    size_t number; /* of the step that runs */
    size_t passed, failed;
    bool stopped;
    uint8_t slot;                   /* certificate slot in use                   */
    uint8_t session;                /* the newest; SPDM_CLIENT_OUTSIDE: none     */
    uint32_t open;                  /* mask of sessions                          */
    camseal_spdm_event_list events; /* that the responder offers */
    uint8_t event_bytes[1024];
    uint8_t bytes[EXEC_BYTES_MAX], answer[SPDM_CLIENT_MESSAGE_MAX];
    json_t *results;
} exec_run;

/* NULL: there is no such kind. */
const exec_kind *exec_kind_named(const char *name);
/* Ends an operation of the engine: what became of it. */
void exec_settle(exec_run *x, camseal_status status, exec_outcome *out);
/* Where a step belongs. */
uint8_t exec_place(const exec_run *x, const exec_step *step);
/* Whether `got` is what "answer" of the step says; sets out->answer_differs. */
void exec_compare(const exec_run *x, const exec_step *step, camseal_span got, exec_outcome *out);

/* ---- spdm_exec_raw.c --------------------------------------------------------------------------
 */

void exec_raw(exec_run *x, const exec_step *step, exec_outcome *out);

/* ---- spdm_exec_report.c -----------------------------------------------------------------------
 */

/* "ok", a status name, an ERROR's or a response's name. False: nobody knows it. */
bool exec_expectation_of(const char *text, exec_expectation *out);
/* Judges, prints a row of the table, counts. True: as expected. */
bool exec_judge(exec_run *x, const exec_step *step, const exec_outcome *out, uint64_t us);
void exec_summary(exec_run *x);

#endif
