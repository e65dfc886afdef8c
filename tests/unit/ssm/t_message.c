/* Requests and answers: layout against bytes written down by hand, what belongs where, every
 * truncation. */
#include "test.h"

#include "base/load.h"
#include "ssm/message.h"

#define SALT        "000102030405060708090a0b0c0d0e0f"
#define SECRET      "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f"
#define ROLE        "01010100 01 "
#define CREATE_HEAD ROLE "02010100 01 03010100 21 04010100 01 "
#define STREAM      "06010600 002c03002c00 06010600 001203011200 "
#define OWNER       "40012000" SECRET
#define CONFIG_TAIL                                                       \
    "0d010300 030303 0e010300 010202 0f010800 0000000000000000 10011800 " \
    "010000000200000003000000040000000500000006000000 11010300 014400 "

/* Elements of every message in its fullest form; the header is made by the test. */
static const struct {
    uint8_t opcode;
    bool answer;
    const char *tlvs;
} full[] = {
    {0x01, false, ""},
    {0x10, false, CREATE_HEAD STREAM "07010400 03032c00 07010400 03021200 08010300 341222 " OWNER},
    {0x11, false,
     "09011000" SALT "0a012000" SECRET
     "0b010400 07000000 12011000 03000000000000000500000000000000 "
     "12011000 04000000000000000600000000000000 " OWNER},
    {0x12, false, "05010100 0c " CONFIG_TAIL OWNER},
    {0x13, false, "0c010900 000000000000000000 " OWNER},
    {0x14, false, "0c010900 010500000000000000 " OWNER},
    {0x15, false, OWNER},
    {0x16, false, OWNER},
    {0x01, true, "50000b00 0207060600060308100700"},
    {0x10, true, "09001000" SALT},
    {0x11, true, ""},
    {0x12, true, ""},
    {0x13, true, ""},
    {0x14, true, ""},
    {0x15, true,
     "0b000400 07000000 13002800 03000000000000000500000000000000 "
     "060000000000000007000000000000000800000000000000 "
     "14003800 "
     "010000000000000002000000000000000300000000000000040000000000000005000000000000000600000000000"
     "0000700000000000000"},
    {0x16, true, ""},
};
enum { N_FULL = sizeof full / sizeof full[0] };

typedef struct text {
    uint8_t bytes[1500];
    size_t len;
} text;

static text make(uint8_t opcode, uint8_t transaction, uint8_t status, uint16_t ctx_id,
                 const char *tlvs)
{
    text t;
    t.len = 8 + test_hex(t.bytes + 8, sizeof t.bytes - 8, tlvs);
    t.bytes[0] = 1;
    t.bytes[1] = opcode;
    t.bytes[2] = transaction;
    t.bytes[3] = status;
    camseal_store_le16(t.bytes + 4, ctx_id);
    camseal_store_le16(t.bytes + 6, (uint16_t)(t.len - 8));
    return t;
}

static uint16_t ctx_of(uint8_t opcode)
{
    return opcode == 0x01 ? 0 : 0xFE;
}

static camseal_status decode(bool answer, const uint8_t *bytes, size_t len,
                             camseal_ssm_fault *fault)
{
    camseal_ssm_request request;
    camseal_ssm_answer reply;
    /* An exact copy, so that a sanitizer sees the first byte past the end. */
    uint8_t *copy = malloc(len ? len : 1);
    memcpy(copy, bytes, len);
    camseal_span span = camseal_span_of(copy, len);
    camseal_status status = answer ? camseal_ssm_answer_decode(&reply, fault, span)
                                   : camseal_ssm_request_decode(&request, fault, NULL, span);
    free(copy);
    assert_true((status == CAMSEAL_OK) == (fault->detail == NULL));
    return status;
}

static camseal_status decode_text(uint8_t opcode, bool answer, const char *tlvs)
{
    camseal_ssm_fault fault;
    text t = make(opcode, 9, 0, ctx_of(opcode), tlvs);
    return decode(answer, t.bytes, t.len, &fault);
}

static void full_messages_come_back_byte_for_byte(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_FULL; i++) {
        text t = make(full[i].opcode, 0xA5, 0, ctx_of(full[i].opcode), full[i].tlvs);
        uint8_t again[CAMSEAL_SSM_MESSAGE_MAX];
        camseal_buf out = {again, sizeof again, 0};
        camseal_ssm_fault fault;
        camseal_ssm_request request;
        camseal_ssm_answer answer;
        if (full[i].answer) {
            assert_status(
                camseal_ssm_answer_decode(&answer, &fault, camseal_span_of(t.bytes, t.len)),
                CAMSEAL_OK);
            assert_status(camseal_ssm_answer_encode(&out, &answer), CAMSEAL_OK);
        } else {
            assert_status(
                camseal_ssm_request_decode(&request, &fault, NULL, camseal_span_of(t.bytes, t.len)),
                CAMSEAL_OK);
            assert_status(camseal_ssm_request_encode(&out, &request), CAMSEAL_OK);
        }
        assert_int_equal(out.len, t.len);
        assert_memory_equal(again, t.bytes, t.len);
        for (size_t room = 0; room < t.len; room++) {
            camseal_buf small = {again, room, 99};
            assert_status(full[i].answer ? camseal_ssm_answer_encode(&small, &answer)
                                         : camseal_ssm_request_encode(&small, &request),
                          CAMSEAL_E_SPACE);
            assert_int_equal(small.len, 0);
        }
    }
}

static void every_cut_is_noticed(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_FULL; i++) {
        camseal_ssm_fault fault;
        text t = make(full[i].opcode, 1, 0, ctx_of(full[i].opcode), full[i].tlvs);
        for (size_t n = 0; n < t.len; n++)
            assert_status(decode(full[i].answer, t.bytes, n, &fault), CAMSEAL_E_TRUNCATED);
        t.bytes[t.len] = 0;
        assert_status(decode(full[i].answer, t.bytes, t.len + 1, &fault), CAMSEAL_E_TRAILING);
    }
}

/* Each inner length shortened and lengthened by one, with the outer length kept true to it. */
static void every_wrong_element_length_is_noticed(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_FULL; i++) {
        camseal_ssm_fault fault;
        text t = make(full[i].opcode, 1, 0, ctx_of(full[i].opcode), full[i].tlvs);
        for (size_t at = 8; at < t.len; at += 4u + camseal_load_le16(t.bytes + at + 2)) {
            uint16_t len = camseal_load_le16(t.bytes + at + 2);
            for (int change = -1; change <= 1; change += 2) {
                text wrong = t;
                size_t end = at + 4 + len;
                memmove(wrong.bytes + end + change, t.bytes + end, t.len - end);
                wrong.len = (size_t)((int)t.len + change);
                camseal_store_le16(wrong.bytes + at + 2, (uint16_t)(len + change));
                camseal_store_le16(wrong.bytes + 6, (uint16_t)(wrong.len - 8));
                assert_status(decode(full[i].answer, wrong.bytes, wrong.len, &fault),
                              CAMSEAL_E_FORMAT);
                assert_int_equal(fault.tlv, t.bytes[at]);
            }
        }
    }
}

static void header_fields_are_judged(void **state)
{
    (void)state;
    static const struct {
        uint8_t at, value;
        camseal_status request, answer;
    } rows[] = {
        {0, 0, CAMSEAL_E_VERSION, CAMSEAL_E_VERSION},
        {0, 2, CAMSEAL_E_VERSION, CAMSEAL_E_VERSION},
        {1, 0x00, CAMSEAL_E_UNSUPPORTED, CAMSEAL_E_UNSUPPORTED},
        {1, 0x02, CAMSEAL_E_UNSUPPORTED, CAMSEAL_E_UNSUPPORTED},
        {1, 0x17, CAMSEAL_E_UNSUPPORTED, CAMSEAL_E_UNSUPPORTED},
        {1, 0x20, CAMSEAL_E_UNSUPPORTED, CAMSEAL_E_UNSUPPORTED},
        {1, 0xFF, CAMSEAL_E_UNSUPPORTED, CAMSEAL_E_UNSUPPORTED},
        {2, 0xFF, CAMSEAL_OK, CAMSEAL_OK},
        {3, 1, CAMSEAL_E_FORMAT, CAMSEAL_OK},
        {3, 0xFF, CAMSEAL_E_FORMAT, CAMSEAL_OK},
        {4, 0, CAMSEAL_E_FORMAT, CAMSEAL_E_FORMAT},
        {5, 1, CAMSEAL_E_FORMAT, CAMSEAL_E_FORMAT},
        {6, 1, CAMSEAL_E_TRUNCATED, CAMSEAL_E_TRUNCATED},
        {7, 0xFF, CAMSEAL_E_TRUNCATED, CAMSEAL_E_TRUNCATED},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        camseal_ssm_fault fault;
        text t = make(CAMSEAL_SSM_CTX_DESTROY, 1, 0, 7, "");
        t.bytes[rows[i].at] = rows[i].value;
        assert_status(decode(false, t.bytes, t.len, &fault), rows[i].request);
        assert_status(decode(true, t.bytes, t.len, &fault), rows[i].answer);
    }
    camseal_ssm_fault fault;
    text caps = make(CAMSEAL_SSM_GET_CAPS, 1, 0, 1, "");
    assert_status(decode(false, caps.bytes, caps.len, &fault), CAMSEAL_E_FORMAT);
}

static void what_belongs_where_is_judged(void **state)
{
    (void)state;
    static const struct {
        uint8_t opcode;
        bool answer;
        camseal_status status;
        const char *tlvs;
    } rows[] = {
        /* the least that is legal */
        {0x10, false, CAMSEAL_OK, CREATE_HEAD},
        {0x11, false, CAMSEAL_OK, "0a012000" SECRET "0b010400 07000000"},
        {0x12, false, CAMSEAL_OK, CONFIG_TAIL},
        {0x15, false, CAMSEAL_OK, ""},
        {0x10, true, CAMSEAL_OK, ""},
        {0x15, true, CAMSEAL_OK, ""},
        /* flag 0 is fine for a known type */
        {0x10, false, CAMSEAL_OK, "01000100 01 02000100 01 03000100 21 04000100 01"},
        /* missing, one after the other */
        {0x10, false, CAMSEAL_E_FORMAT, ""},
        {0x10, false, CAMSEAL_E_FORMAT, "02010100 01 03010100 21 04010100 01 "},
        {0x10, false, CAMSEAL_E_FORMAT, ROLE "03010100 21 04010100 01 "},
        {0x10, false, CAMSEAL_E_FORMAT, ROLE "02010100 01 04010100 01 "},
        {0x10, false, CAMSEAL_E_FORMAT, ROLE "02010100 01 03010100 21 "},
        {0x11, false, CAMSEAL_E_FORMAT, "0a012000" SECRET},
        {0x11, false, CAMSEAL_E_FORMAT, "0b010400 07000000"},
        {0x12, false, CAMSEAL_E_FORMAT, "0d010300 030303 0e010300 010202"},
        {0x13, false, CAMSEAL_E_FORMAT, ""},
        {0x01, true, CAMSEAL_E_FORMAT, ""},
        /* twice */
        {0x10, false, CAMSEAL_E_FORMAT, ROLE CREATE_HEAD},
        {0x10, true, CAMSEAL_E_FORMAT, "09001000" SALT "09001000" SALT},
        {0x15, false, CAMSEAL_E_FORMAT, OWNER OWNER},
        {0x12, false, CAMSEAL_E_FORMAT, "05010100 0c 05010100 0c" CONFIG_TAIL},
        /* out of order */
        {0x10, false, CAMSEAL_E_FORMAT, "02010100 01" ROLE "03010100 21 04010100 01 "},
        /* a known element in a message that has none such */
        {0x01, false, CAMSEAL_E_FORMAT, OWNER},
        {0x01, false, CAMSEAL_E_FORMAT, "01000100 01"},
        {0x15, false, CAMSEAL_E_FORMAT, "01000100 01"},
        {0x11, true, CAMSEAL_E_FORMAT, "09001000" SALT},
        {0x10, true, CAMSEAL_E_FORMAT, "40002000" SECRET},
        {0x10, false, CAMSEAL_E_FORMAT, CREATE_HEAD "0a012000" SECRET},
        /* unknown elements: first, between, last, repeated, of any length */
        {0x15, false, CAMSEAL_OK, "00000000" OWNER},
        {0x15, false, CAMSEAL_OK, "30000100 ff 30000200 ffff" OWNER},
        {0x15, false, CAMSEAL_OK, OWNER "ff000300 000000"},
        {0x10, false, CAMSEAL_OK, "00000000" CREATE_HEAD "41000000"},
        {0x15, false, CAMSEAL_E_UNSUPPORTED, "00010000" OWNER},
        {0x15, false, CAMSEAL_E_UNSUPPORTED, "30000100 ff 30010100 ff" OWNER},
        {0x15, false, CAMSEAL_E_UNSUPPORTED, OWNER "ff010000"},
        {0x15, true, CAMSEAL_E_UNSUPPORTED, "21012000" SECRET},
        {0x15, true, CAMSEAL_OK, "21002000" SECRET},
        /* reserved flags */
        {0x15, false, CAMSEAL_E_FORMAT, "40022000" SECRET},
        {0x15, false, CAMSEAL_E_FORMAT, "40812000" SECRET},
        {0x15, false, CAMSEAL_E_FORMAT, "ff020000"},
        /* an illegal value inside a message */
        {0x10, false, CAMSEAL_E_FORMAT, "01010100 05 02010100 01 03010100 21 04010100 01"},
        {0x13, false, CAMSEAL_E_FORMAT, "0c010900 020000000000000000"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        camseal_status status = decode_text(rows[i].opcode, rows[i].answer, rows[i].tlvs);
        if (status != rows[i].status)
            fail_msg("%s %s '%s': %s", camseal_ssm_opcode_name(rows[i].opcode),
                     rows[i].answer ? "answer" : "request", rows[i].tlvs,
                     camseal_status_name(status));
    }
}

static void lists_end_at_their_limit(void **state)
{
    (void)state;
    static const struct {
        uint8_t opcode;
        bool answer;
        const char *before, *element, *after;
        unsigned max;
    } rows[] = {
        {0x10, false, CREATE_HEAD, "06010600 002c03002c00", "", CAMSEAL_CONTEXT_MAX_STREAMS},
        {0x10, false, CREATE_HEAD, "07010400 03032c00", OWNER, CAMSEAL_SSM_SLOTS_MAX},
        {0x11, false, "0a012000" SECRET "0b010400 07000000",
         "12011000 03000000000000000500000000000000", "", CAMSEAL_CONTEXT_MAX_EVCS},
        {0x15, true, "",
         "13002800 "
         "03000000000000000500000000000000060000000000000007000000000000000800000000000000",
         "", CAMSEAL_CONTEXT_MAX_EVCS},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (unsigned n = rows[i].max; n <= rows[i].max + 1; n++) {
            static char hex[16384];
            strcpy(hex, rows[i].before);
            for (unsigned k = 0; k < n; k++)
                strcat(hex, rows[i].element);
            strcat(hex, rows[i].after);
            assert_status(decode_text(rows[i].opcode, rows[i].answer, hex),
                          n > rows[i].max ? CAMSEAL_E_FORMAT : CAMSEAL_OK);
        }
}

static void a_refusal_has_no_body(void **state)
{
    (void)state;
    camseal_ssm_fault fault;
    camseal_ssm_answer answer;
    text t = make(CAMSEAL_SSM_GET_CAPS, 1, CAMSEAL_SSM_OWNER, 0, "");
    assert_status(camseal_ssm_answer_decode(&answer, &fault, camseal_span_of(t.bytes, t.len)),
                  CAMSEAL_OK);
    assert_int_equal(answer.header.status, CAMSEAL_SSM_OWNER);
    t = make(CAMSEAL_SSM_GET_CAPS, 1, CAMSEAL_SSM_OWNER, 0, "50000b00 0207060600060308100700");
    assert_status(decode(true, t.bytes, t.len, &fault), CAMSEAL_E_FORMAT);

    uint8_t bytes[64];
    camseal_buf out = {bytes, sizeof bytes, 0};
    assert_status(camseal_ssm_answer_encode(&out, &answer), CAMSEAL_OK);
    assert_int_equal(out.len, 8);
}

static void fields_land_where_they_belong(void **state)
{
    (void)state;
    camseal_ssm_fault fault;
    camseal_ssm_request r;
    camseal_span tlvs;
    text t = make(full[1].opcode, 0x5A, 0, 0xFE, full[1].tlvs);
    assert_status(camseal_ssm_request_decode(&r, &fault, &tlvs, camseal_span_of(t.bytes, t.len)),
                  CAMSEAL_OK);
    assert_ptr_equal(tlvs.data, t.bytes + 8);
    assert_int_equal(tlvs.len, t.len - 8);
    assert_int_equal(r.header.transaction, 0x5A);
    assert_int_equal(r.header.ctx_id, 0xFE);
    assert_int_equal(r.body.create.role, CAMSEAL_ROLE_SOURCE);
    assert_int_equal(r.body.create.suite, CAMSEAL_SUITE_PERF_128_IE);
    assert_int_equal(r.body.create.n_streams, 2);
    assert_int_equal(r.body.create.streams[1].edt, 0x12);
    assert_true(r.body.create.streams[1].embedded);
    assert_false(r.body.create.streams[0].embedded);
    assert_int_equal(r.body.create.n_slots, 2);
    assert_int_equal(r.body.create.slots[1].fp, 2);
    assert_int_equal(r.body.create.target.id, 0x1234);
    assert_int_equal(r.n_owner, 1);
    assert_int_equal(r.owner[31], 0x5F);

    t = make(full[2].opcode, 0, 0, 1, full[2].tlvs);
    assert_status(camseal_ssm_request_decode(&r, &fault, &tlvs, camseal_span_of(t.bytes, t.len)),
                  CAMSEAL_OK);
    assert_int_equal(r.body.key_load.n_least, 2);
    assert_int_equal(r.body.key_load.least[1].evc, 4);
    assert_int_equal(r.body.key_load.least[1].frame_count, 6);
    assert_int_equal(r.body.key_load.epoch, 7);
    assert_int_equal(r.body.key_load.salt[15], 15);
    assert_int_equal(r.body.key_load.key[0], 0x40);
}

static void a_refused_request_leaves_no_secret_behind(void **state)
{
    (void)state;
    camseal_ssm_fault fault;
    camseal_ssm_request r;
    text t = make(0x11, 0, 0, 1, "0a012000" SECRET "0b010400 07000000" OWNER "ff010000");
    assert_status(camseal_ssm_request_decode(&r, &fault, NULL, camseal_span_of(t.bytes, t.len)),
                  CAMSEAL_E_UNSUPPORTED);
    assert_int_equal(fault.tlv, 0xFF);
    for (size_t i = sizeof r.header; i < sizeof r; i++)
        assert_int_equal(((uint8_t *)&r)[i], 0);
    assert_int_equal(r.header.opcode, 0x11);
}

static void codes_and_statuses_agree(void **state)
{
    (void)state;
    for (unsigned code = 0; code <= CAMSEAL_SSM_INTERNAL; code++) {
        camseal_status status = camseal_ssm_status_of((uint8_t)code);
        assert_int_equal(camseal_ssm_code_of(status), code);
        assert_string_not_equal(camseal_ssm_code_name((uint8_t)code), "?");
    }
    assert_status(camseal_ssm_status_of(0x7F), CAMSEAL_E_PEER_ERROR);
    assert_string_equal(camseal_ssm_code_name(0x7F), "?");
    assert_int_equal(camseal_ssm_code_of(CAMSEAL_E_BUG), CAMSEAL_SSM_INTERNAL);
    assert_int_equal(camseal_ssm_code_of(CAMSEAL_E_RANDOM), CAMSEAL_SSM_INTERNAL);
    assert_int_equal(camseal_ssm_code_of(CAMSEAL_E_TRAILING), CAMSEAL_SSM_FORMAT);
    assert_string_equal(camseal_ssm_opcode_name(0x14), "CTX_ROTATE");
    assert_string_equal(camseal_ssm_opcode_name(0x77), "?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(full_messages_come_back_byte_for_byte),
        cmocka_unit_test(every_cut_is_noticed),
        cmocka_unit_test(every_wrong_element_length_is_noticed),
        cmocka_unit_test(header_fields_are_judged),
        cmocka_unit_test(what_belongs_where_is_judged),
        cmocka_unit_test(lists_end_at_their_limit),
        cmocka_unit_test(a_refusal_has_no_body),
        cmocka_unit_test(fields_land_where_they_belong),
        cmocka_unit_test(a_refused_request_leaves_no_secret_behind),
        cmocka_unit_test(codes_and_statuses_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
