/* Changes the field, plays the flow, and looks at both ends. */
#include "spdm_fields.h"

#include "spdm/requester.h"
#include "spdm_mitm.h"
#include "test.h"

enum { WRAP = 4, WRAP_ACK = 8, HEADER_BYTES = 4 };

static struct mitm m;
static const field *row;
static unsigned skip, told, accepted, rows_checked, wrong;

/* Bytes in front of the message that is meant, if this one carries it; SIZE_MAX: another. */
static size_t front_of(const uint8_t *message, size_t len)
{
    if (len < HEADER_BYTES)
        return SIZE_MAX;
    if (row->at < FIELDS_INNER)
        return message[1] == row->code ? 0 : SIZE_MAX;
    size_t wrap = message[1] == SPDM_ENCAPSULATED_RESPONSE_ACK ? (size_t)WRAP_ACK : (size_t)WRAP;
    bool carries = message[1] == SPDM_ENCAPSULATED_RESPONSE_ACK ||
                   message[1] == SPDM_ENCAPSULATED_REQUEST ||
                   message[1] == SPDM_DELIVER_ENCAPSULATED_RESPONSE;
    return carries && len > wrap + 1 && message[wrap + 1] == row->code ? wrap : SIZE_MAX;
}

static void change(void *user, struct mitm *who, bool to_responder, uint8_t *message, size_t *len)
{
    uint8_t bytes[64];
    (void)user, (void)to_responder;
    size_t front = front_of(message, *len);
    if (front == SIZE_MAX || told || skip--)
        return;
    told = 1;
    accepted = who->accepted;
    who->last_error = 0;
    who->last_reason = NULL;
    int at = row->at >= FIELDS_INNER ? row->at - FIELDS_INNER : row->at;
    size_t n = test_hex(bytes, sizeof bytes, row->hex);
    size_t from = at < 0 ? *len - (size_t)-at : front + (size_t)at;
    assert_true(from + n <= *len);
    if (n && memcmp(message + from, bytes, n) == 0 && row->status != CAMSEAL_OK)
        bytes[0] ^= 1; /* random, and so by chance */
    memcpy(message + from, bytes, n);
    for (int i = 0; i < row->tail; i++)
        message[*len + (size_t)i] = 0;
    *len = (size_t)((int)*len + row->tail);
}

static void set_see(struct mitm *who)
{
    who->see = change;
}

/* The session is as it is said to be, at the requester, and with the responder if it lives. */
static bool session_is(enum fields_session expected)
{
    const spdm_session *s = &m.p.req->sessions[m.session];
    bool none = m.p.req->sessions[0].state == SPDM_SESSION_FREE;
    m.see = NULL;
    m.p.head = m.p.tail;
    switch (expected) {
    case FIELDS_NONE:
        return none && !m.p.req->connected;
    case FIELDS_CONNECTED:
        return none && m.p.req->connected;
    case FIELDS_DEAD:
        return s->state == SPDM_SESSION_FREE && m.p.req->connected;
    case FIELDS_ORPHANED:
        return s->state == SPDM_SESSION_ESTABLISHED && m.closed == 1;
    default:
        return s->state == SPDM_SESSION_ESTABLISHED && mitm_operate(&m, 'v') == CAMSEAL_OK;
    }
}

static bool explained(void)
{
    const camseal_spdm_failure *f = camseal_spdm_requester_failure(m.p.req);
    const char *said = row->error ? m.last_reason : f->detail;
    bool errand = strchr("kej", m.failed) && f->status == CAMSEAL_OK; /* the responder was told */
    if (row->status != CAMSEAL_OK && !errand && (!f->detail || !f->message))
        return false;
    if (row->error && !said)
        return false;
    return !row->why || (said && strstr(said, row->why));
}

static void check_row(const mitm_flow *flow, unsigned nth)
{
    char text[256];
    skip = nth;
    told = 0;
    mitm_start(&m, flow, 1, set_see);
    camseal_status status = mitm_play(&m);
    mitm_describe(&m, status, text, sizeof text);
    bool right = told && status == row->status && explained();
    if (row->error)
        right &= m.last_error == row->error && m.accepted == accepted;
    if (status != CAMSEAL_OK)
        right &= session_is((enum fields_session)row->session);
    rows_checked++;
    if (!right) {
        print_error("%s, %02x %s = %s%+d: %s%s\n", flow->name, row->code, row->name, row->hex,
                    row->tail, text, told ? "" : " NEVER SENT");
        print_error("    requester: %s, session 0 in state %u\n",
                    m.p.req->connected ? "connected" : "not connected", m.p.req->sessions[0].state);
        wrong++;
    }
    mitm_play_cleanly(&m);
    mitm_stop(&m);
}

void fields_check(const char *flow, unsigned nth, const field *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        row = &rows[i];
        check_row(mitm_flow_named(flow), nth);
    }
}

void fields_assert_all(void **state)
{
    (void)state;
    print_message("%u values\n", rows_checked);
    assert_true(rows_checked > 50);
    assert_int_equal(wrong, 0);
}
