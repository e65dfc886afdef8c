/* Each field of encapsulated requests and responses, of their wrappers, of chunks and deferred
 * answers with illegal values, on its way through the engines: who refuses, why, what lives on. */
#include "spdm_fields.h"
#include "test.h"

#define IN FIELDS_INNER

/* ---- mutual authentication in a session (1.2) ----------------------------------------------- */

static void wrappers(void **state)
{
    (void)state;
    FIELDS(
        "mutual, encapsulated", 0,
        {SPDM_GET_ENCAPSULATED_REQUEST, "version", 0, "13", 0,
         REFUSED(0x41, FIELDS_DEAD, "version")},
        {SPDM_GET_ENCAPSULATED_REQUEST, "Param1", 2, "ffff", 0, IGNORED},
        {SPDM_GET_ENCAPSULATED_REQUEST, "end", 0, "", 1, REFUSED(0x01, FIELDS_DEAD, NULL)},
        {SPDM_ENCAPSULATED_REQUEST, "version", 0, "13", 0,
         REJECTED(VERSION, FIELDS_DEAD, "version")},
        {SPDM_ENCAPSULATED_REQUEST, "code", 1, "6b", 0, REJECTED(UNEXPECTED, FIELDS_DEAD, NULL)},
        {SPDM_ENCAPSULATED_REQUEST, "RequestID", 2, "09", 0,
         REFUSED(0x01, FIELDS_DEAD, "RequestID")},
        {SPDM_ENCAPSULATED_REQUEST, "Param2", 3, "ff", 0, IGNORED},
        {SPDM_ENCAPSULATED_REQUEST, "inner version", 4, "11", 0,
         REFUSED(0x09, FIELDS_DEAD, "refuses")},
        {SPDM_ENCAPSULATED_REQUEST, "inner code: unknown", 5, "80", 0,
         REFUSED(0x09, FIELDS_DEAD, "refuses")},
        {SPDM_ENCAPSULATED_REQUEST, "inner code: of 1.3", 5, "f1", 0,
         REFUSED(0x09, FIELDS_DEAD, "refuses")},
        {SPDM_ENCAPSULATED_REQUEST, "inner code: GET_VERSION", 5, "84", 0,
         REFUSED(0x09, FIELDS_DEAD, "refuses")},
        {SPDM_ENCAPSULATED_REQUEST, "inner code: CHALLENGE", 5, "83", 0,
         REFUSED(0x09, FIELDS_DEAD, "refuses")},
        {SPDM_ENCAPSULATED_REQUEST, "inner code: KEY_UPDATE", 5, "e9", 0,
         REFUSED(0x09, FIELDS_DEAD, "refuses")},
        {SPDM_ENCAPSULATED_REQUEST, "inner code: itself", 5, "ea", 0,
         REFUSED(0x09, FIELDS_DEAD, "refuses")},
        {SPDM_ENCAPSULATED_REQUEST, "inner Param1", 6, "ffff", 0, IGNORED},
        {SPDM_ENCAPSULATED_REQUEST, "inner end", 0, "", 1, REFUSED(0x09, FIELDS_DEAD, "refuses")},
        {SPDM_ENCAPSULATED_REQUEST, "nothing inside", 0, "", -4,
         REJECTED(TRUNCATED, FIELDS_DEAD, NULL)},
        {SPDM_DELIVER_ENCAPSULATED_RESPONSE, "version", 0, "13", 0,
         REFUSED(0x41, FIELDS_DEAD, "version")},
        {SPDM_DELIVER_ENCAPSULATED_RESPONSE, "RequestID", 2, "00", 0,
         REFUSED(0x01, FIELDS_DEAD, "RequestID")},
        {SPDM_DELIVER_ENCAPSULATED_RESPONSE, "RequestID", 2, "02", 0,
         REFUSED(0x01, FIELDS_DEAD, "RequestID")},
        {SPDM_DELIVER_ENCAPSULATED_RESPONSE, "Param2", 3, "ff", 0, IGNORED},
        {SPDM_DELIVER_ENCAPSULATED_RESPONSE, "inner version", 4, "13", 0,
         REFUSED(0x09, FIELDS_DEAD, "version")},
        {SPDM_DELIVER_ENCAPSULATED_RESPONSE, "inner code", 5, "02", 0,
         REFUSED(0x09, FIELDS_DEAD, "not the response")},
        {SPDM_DELIVER_ENCAPSULATED_RESPONSE, "inner code: ERROR", 5, "7f", 0,
         REFUSED(0x09, FIELDS_DEAD, "refuses")},
        {SPDM_DELIVER_ENCAPSULATED_RESPONSE, "nothing inside", 0, "", -36,
         REFUSED(0x01, FIELDS_DEAD, NULL)},
        {SPDM_ENCAPSULATED_RESPONSE_ACK, "version", 0, "13", 0,
         REJECTED(VERSION, FIELDS_DEAD, "version")},
        {SPDM_ENCAPSULATED_RESPONSE_ACK, "RequestID", 2, "09", 0,
         REFUSED(0x01, FIELDS_DEAD, "RequestID")},
        {SPDM_ENCAPSULATED_RESPONSE_ACK, "payload: none, but there", 3, "00", 0,
         REJECTED(TRAILING, FIELDS_DEAD, NULL)},
        {SPDM_ENCAPSULATED_RESPONSE_ACK, "payload: slot", 3, "02", 0,
         REJECTED(FORMAT, FIELDS_DEAD, NULL)},
        {SPDM_ENCAPSULATED_RESPONSE_ACK, "payload", 3, "03", 0,
         REJECTED(FORMAT, FIELDS_DEAD, NULL)},
        {SPDM_ENCAPSULATED_RESPONSE_ACK, "payload", 3, "ff", 0,
         REJECTED(FORMAT, FIELDS_DEAD, NULL)},
        {SPDM_ENCAPSULATED_RESPONSE_ACK, "AckRequestID", 4, "00", 0,
         REJECTED(FORMAT, FIELDS_DEAD, "acknowledged")},
        {SPDM_ENCAPSULATED_RESPONSE_ACK, "reserved", 5, "ffffff", 0, IGNORED},
        {SPDM_ENCAPSULATED_RESPONSE_ACK, "inner end", 0, "", 1,
         REFUSED(0x09, FIELDS_DEAD, "refuses")},
        {SPDM_ENCAPSULATED_RESPONSE_ACK, "nothing inside", 0, "", -8,
         REJECTED(TRUNCATED, FIELDS_DEAD, NULL)});
    FIELDS(
        "mutual, encapsulated", 1, /* the end of the flow */
        {SPDM_ENCAPSULATED_RESPONSE_ACK, "RequestID", 2, "ff", 0, IGNORED},
        {SPDM_ENCAPSULATED_RESPONSE_ACK, "payload: request", 3, "01", 0,
         REJECTED(TRUNCATED, FIELDS_DEAD, NULL)},
        {SPDM_ENCAPSULATED_RESPONSE_ACK, "payload: slot", 3, "02", 0,
         REJECTED(TRUNCATED, FIELDS_DEAD, NULL)},
        {SPDM_ENCAPSULATED_RESPONSE_ACK, "payload: a slot that is empty", 3, "02", 1, IGNORED},
        {SPDM_ENCAPSULATED_RESPONSE_ACK, "AckRequestID", 4, "01", 0,
         REJECTED(FORMAT, FIELDS_DEAD, "acknowledged")},
        {SPDM_ENCAPSULATED_RESPONSE_ACK, "end", 0, "", 1, REJECTED(TRAILING, FIELDS_DEAD, NULL)});
}

static void requesters_identity(void **state)
{
    (void)state;
    FIELDS(
        "mutual, encapsulated", 0,
        {SPDM_DIGESTS, "inner SlotMask", IN + 3, "00", 0, REFUSED(0x01, FIELDS_DEAD, NULL)},
        {SPDM_DIGESTS, "inner SlotMask", IN + 3, "02", 0, REFUSED(0x01, FIELDS_DEAD, "slot")},
        {SPDM_DIGESTS, "inner SlotMask", IN + 3, "03", 0, REFUSED(0x01, FIELDS_DEAD, NULL)},
        {SPDM_DIGESTS, "inner SlotMask", IN + 3, "ff", 0, REFUSED(0x01, FIELDS_DEAD, NULL)},
        {SPDM_DIGESTS, "inner digest", IN + 4, "00", 0, REFUSED(0x06, FIELDS_DEAD, "DIGESTS")},
        {SPDM_DIGESTS, "inner end", IN + 0, "", 1, REFUSED(0x01, FIELDS_DEAD, NULL)},
        {SPDM_DIGESTS, "inner end", IN + 0, "", -1, REFUSED(0x01, FIELDS_DEAD, NULL)},
        {SPDM_GET_CERTIFICATE, "inner SlotID", IN + 2, "01", 0,
         REFUSED(0x09, FIELDS_DEAD, "refuses")},
        {SPDM_GET_CERTIFICATE, "inner SlotID", IN + 2, "08", 0,
         REFUSED(0x09, FIELDS_DEAD, "refuses")},
        {SPDM_GET_CERTIFICATE, "inner reserved", IN + 3, "fe", 0, IGNORED},
        {SPDM_GET_CERTIFICATE, "inner Offset: exact", IN + 4, "6400", 0,
         REFUSED(0x09, FIELDS_DEAD, "refuses")},
        {SPDM_GET_CERTIFICATE, "inner Offset", IN + 4, "ffff", 0,
         REFUSED(0x09, FIELDS_DEAD, "refuses")},
        {SPDM_GET_CERTIFICATE, "inner Length", IN + 6, "0000", 0,
         REFUSED(0x09, FIELDS_DEAD, "refuses")},
        {SPDM_GET_CERTIFICATE, "inner Length", IN + 6, "ffff", 0, IGNORED},
        {SPDM_GET_CERTIFICATE, "inner end", IN + 0, "", -1, REFUSED(0x09, FIELDS_DEAD, "refuses")},
        {SPDM_CERTIFICATE, "inner SlotID", IN + 2, "01", 0, REFUSED(0x01, FIELDS_DEAD, "portion")},
        {SPDM_CERTIFICATE, "inner SlotID", IN + 2, "08", 0, REFUSED(0x01, FIELDS_DEAD, NULL)},
        {SPDM_CERTIFICATE, "inner PortionLength", IN + 4, "0000", 0,
         REFUSED(0x01, FIELDS_DEAD, NULL)},
        {SPDM_CERTIFICATE, "inner PortionLength", IN + 4, "6500", 0,
         REFUSED(0x01, FIELDS_DEAD, NULL)},
        {SPDM_CERTIFICATE, "inner PortionLength", IN + 4, "ffff", 0,
         REFUSED(0x01, FIELDS_DEAD, NULL)},
        {SPDM_CERTIFICATE, "inner RemainderLength", IN + 6, "0100", 0,
         REFUSED(0x09, FIELDS_DEAD, "refuses")},
        {SPDM_CERTIFICATE, "inner RemainderLength", IN + 6, "ffff", 0,
         REFUSED(0x05, FIELDS_DEAD, "too long")},
        {SPDM_CERTIFICATE, "inner chain Length", IN + 8, "63", 0,
         REFUSED(0x06, FIELDS_DEAD, "DIGESTS")},
        {SPDM_CERTIFICATE, "inner certificate", IN + 60, "01", 0,
         REFUSED(0x06, FIELDS_DEAD, "DIGESTS")},
        {SPDM_CERTIFICATE, "inner end", IN + 0, "", 1, REFUSED(0x01, FIELDS_DEAD, NULL)});
    FIELDS(
        "mutual, CHALLENGE", 0,
        {SPDM_CHALLENGE, "inner SlotID", IN + 2, "01", 0, REFUSED(0x09, FIELDS_NONE, "refuses")},
        {SPDM_CHALLENGE, "inner SlotID", IN + 2, "08", 0, REFUSED(0x09, FIELDS_NONE, "refuses")},
        {SPDM_CHALLENGE, "inner summary", IN + 3, "01", 0, REFUSED(0x09, FIELDS_NONE, "refuses")},
        {SPDM_CHALLENGE, "inner summary", IN + 3, "02", 0, REFUSED(0x09, FIELDS_NONE, "refuses")},
        {SPDM_CHALLENGE, "inner Nonce", IN + 4, "00", 0, REFUSED(0x06, FIELDS_NONE, "signature")},
        {SPDM_CHALLENGE, "inner end", IN + 0, "", 1, REFUSED(0x09, FIELDS_NONE, "refuses")},
        {SPDM_CHALLENGE_AUTH, "inner SlotID", IN + 2, "01", 0,
         REFUSED(0x01, FIELDS_NONE, "CHALLENGE_AUTH")},
        {SPDM_CHALLENGE_AUTH, "inner BasicMutAuthReq", IN + 2, "80", 0,
         REFUSED(0x01, FIELDS_NONE, "CHALLENGE_AUTH")},
        {SPDM_CHALLENGE_AUTH, "inner SlotMask", IN + 3, "00", 0,
         REFUSED(0x01, FIELDS_NONE, "CHALLENGE_AUTH")},
        {SPDM_CHALLENGE_AUTH, "inner CertChainHash", IN + 4, "00", 0,
         REFUSED(0x06, FIELDS_NONE, "chain")},
        {SPDM_CHALLENGE_AUTH, "inner Nonce", IN + 36, "00", 0,
         REFUSED(0x06, FIELDS_NONE, "signature")},
        {SPDM_CHALLENGE_AUTH, "inner OpaqueDataLength", IN + 68, "0100", 0,
         REFUSED(0x01, FIELDS_NONE, NULL)},
        {SPDM_CHALLENGE_AUTH, "inner OpaqueDataLength", IN + 68, "0104", 0,
         REFUSED(0x01, FIELDS_NONE, NULL)},
        {SPDM_CHALLENGE_AUTH, "inner OpaqueDataLength", IN + 68, "ffff", 0,
         REFUSED(0x01, FIELDS_NONE, NULL)},
        {SPDM_CHALLENGE_AUTH, "inner context", IN + 70, "01", 0,
         REFUSED(0x01, FIELDS_NONE, "CHALLENGE_AUTH")},
        {SPDM_CHALLENGE_AUTH, "inner Signature", IN + 78, "00", 0,
         REFUSED(0x06, FIELDS_NONE, "signature")},
        {SPDM_CHALLENGE_AUTH, "inner end", IN + 0, "", 1, REFUSED(0x01, FIELDS_NONE, NULL)},
        {SPDM_CHALLENGE_AUTH, "inner end", IN + 0, "", -1, REFUSED(0x01, FIELDS_NONE, NULL)});
}

/* A requester with several keys tells what each is for. */
static void requesters_keys(void **state)
{
    (void)state;
    FIELDS("multi-key, mutual", 0,
           {SPDM_DIGESTS, "inner CertificateInfo: none", IN + 37, "00", 0,
            REFUSED(0x01, FIELDS_DEAD, NULL)},
           {SPDM_DIGESTS, "inner CertificateInfo: no such model", IN + 37, "04", 0,
            REFUSED(0x01, FIELDS_DEAD, NULL)},
           {SPDM_DIGESTS, "inner KeyUsageMask: nothing", IN + 38, "0000", 0,
            REFUSED(0x01, FIELDS_DEAD, "something else")},
           {SPDM_DIGESTS, "inner KeyUsageMask: not for sessions", IN + 38, "0e00", 0,
            REFUSED(0x01, FIELDS_DEAD, "something else")},
           {SPDM_DIGESTS, "inner KeyPairID: seen by the signature", IN + 36, "07", 0,
            REFUSED(0x06, FIELDS_DEAD, "signature")},
           {SPDM_DIGESTS, "inner end", IN + 0, "", 1, REFUSED(0x01, FIELDS_DEAD, NULL)},
           {SPDM_DIGESTS, "inner end", IN + 0, "", -1, REFUSED(0x01, FIELDS_DEAD, NULL)});
}

/* ---- what a responder asks for in a session (1.3) ------------------------------------------- */

/* The requester refuses what it is asked for; the errand ends, nothing else. */
#define DECLINED CAMSEAL_E_PEER_ERROR, 0, FIELDS_ALIVE, NULL

static void errands(void **state)
{
    (void)state;
    FIELDS("events", 0, {SPDM_SEND_EVENT, "inner EventCount", IN + 4, "00000000", 0, DECLINED},
           {SPDM_SEND_EVENT, "inner EventCount", IN + 4, "02000000", 0, DECLINED},
           {SPDM_SEND_EVENT, "inner EventCount", IN + 4, "ffffffff", 0, DECLINED},
           {SPDM_SEND_EVENT, "inner EventDetailLen", IN + 20, "ffff", 0, DECLINED},
           {SPDM_SEND_EVENT, "inner end", IN + 0, "", 1, DECLINED},
           {SPDM_EVENT_ACK, "inner code", IN + 1, "70", 0,
            REFUSED(0x09, FIELDS_ALIVE, "not the response")},
           {SPDM_EVENT_ACK, "inner Param1", IN + 2, "ffff", 0, IGNORED},
           {SPDM_EVENT_ACK, "inner end", IN + 0, "", 1, REFUSED(0x01, FIELDS_ALIVE, NULL)});
    /* The new key is undone on both sides while it is not proven. */
    FIELDS(
        "events", 0, {SPDM_KEY_UPDATE, "inner operation", IN + 2, "00", 0, DECLINED},
        {SPDM_KEY_UPDATE, "inner operation: all keys", IN + 2, "02", 0, DECLINED},
        {SPDM_KEY_UPDATE, "inner operation: VerifyNewKey at once", IN + 2, "03", 0, DECLINED},
        {SPDM_KEY_UPDATE, "inner operation", IN + 2, "ff", 0, DECLINED},
        {SPDM_KEY_UPDATE, "inner end", IN + 0, "", 1, DECLINED},
        {SPDM_KEY_UPDATE, "inner Tag", IN + 3, "00", 0, REFUSED(0x01, FIELDS_ALIVE, "KEY_UPDATE")},
        {SPDM_KEY_UPDATE_ACK, "inner operation", IN + 2, "02", 0,
         REFUSED(0x01, FIELDS_ALIVE, "KEY_UPDATE")},
        {SPDM_KEY_UPDATE_ACK, "inner Tag", IN + 3, "00", 0,
         REFUSED(0x01, FIELDS_ALIVE, "KEY_UPDATE")},
        {SPDM_KEY_UPDATE_ACK, "inner end", IN + 0, "", 1, REFUSED(0x01, FIELDS_ALIVE, NULL)});
    FIELDS("events", 1,
           {SPDM_KEY_UPDATE, "inner operation: again", IN + 2, "01", 0,
            REFUSED(0x09, FIELDS_DEAD, "refuses")},
           {SPDM_KEY_UPDATE, "inner end", IN + 0, "", 1, REFUSED(0x09, FIELDS_DEAD, "refuses")},
           {SPDM_KEY_UPDATE_ACK, "inner operation", IN + 2, "01", 0,
            REFUSED(0x01, FIELDS_ORPHANED, "KEY_UPDATE")},
           {SPDM_KEY_UPDATE_ACK, "inner Tag", IN + 3, "00", 0,
            REFUSED(0x01, FIELDS_ORPHANED, "KEY_UPDATE")});
    FIELDS("events", 0, {SPDM_GET_ENDPOINT_INFO, "inner SubCode", IN + 2, "02", 0, DECLINED},
           {SPDM_GET_ENDPOINT_INFO, "inner attributes: signature", IN + 4, "01", 0, DECLINED},
           {SPDM_GET_ENDPOINT_INFO, "inner reserved", IN + 5, "ffffff", 0, IGNORED},
           {SPDM_GET_ENDPOINT_INFO, "inner end", IN + 0, "", 1, DECLINED},
           {SPDM_ENDPOINT_INFO, "inner EPInfoLen", IN + 8, "00000000", 0,
            REFUSED(0x01, FIELDS_ALIVE, NULL)},
           {SPDM_ENDPOINT_INFO, "inner EPInfoLen", IN + 8, "0d000000", 0,
            REFUSED(0x01, FIELDS_ALIVE, NULL)},
           {SPDM_ENDPOINT_INFO, "inner EPInfoLen", IN + 8, "ffffffff", 0,
            REFUSED(0x01, FIELDS_ALIVE, NULL)},
           {SPDM_ENDPOINT_INFO, "inner NumIdentifiers", IN + 12, "02", 0,
            REFUSED(0x01, FIELDS_ALIVE, NULL)},
           {SPDM_ENDPOINT_INFO, "inner end", IN + 0, "", 1, REFUSED(0x01, FIELDS_ALIVE, NULL)});
}

/* ---- chunks, deferred answers --------------------------------------------------------------- */

static void chunks(void **state)
{
    (void)state;
    FIELDS(
        "chunks 1.2", 0,
        {SPDM_CHUNK_SEND, "version", 0, "13", 0, REFUSED(0x41, FIELDS_NONE, "version")},
        {SPDM_CHUNK_SEND, "LastChunk", 2, "01", 0, REFUSED(0x01, FIELDS_NONE, "chunk")},
        {SPDM_CHUNK_SEND, "ChunkSeqNo", 4, "0100", 0, CAMSEAL_E_FORMAT, 0x01, FIELDS_NONE, "chunk"},
        {SPDM_CHUNK_SEND, "ChunkSeqNo", 4, "ffff", 0, CAMSEAL_E_FORMAT, 0x01, FIELDS_NONE, "chunk"},
        {SPDM_CHUNK_SEND, "ChunkSize", 8, "00000000", 0, REFUSED(0x01, FIELDS_NONE, "chunk")},
        {SPDM_CHUNK_SEND, "ChunkSize", 8, "19000000", 0, REFUSED(0x01, FIELDS_NONE, "chunk")},
        {SPDM_CHUNK_SEND, "ChunkSize", 8, "1b000000", 0, REFUSED(0x01, FIELDS_NONE, "chunk")},
        {SPDM_CHUNK_SEND, "ChunkSize", 8, "ffffffff", 0, REFUSED(0x01, FIELDS_NONE, "chunk")},
        {SPDM_CHUNK_SEND, "LargeMessageSize", 12, "00000000", 0,
         REFUSED(0x01, FIELDS_NONE, "chunk")},
        {SPDM_CHUNK_SEND, "LargeMessageSize: as one chunk", 12, "1a000000", 0,
         REFUSED(0x01, FIELDS_NONE, "chunk")},
        {SPDM_CHUNK_SEND, "LargeMessageSize", 12, "01040000", 0,
         REFUSED(0x0E, FIELDS_NONE, "MaxSPDMmsgSize")},
        {SPDM_CHUNK_SEND, "LargeMessageSize", 12, "ffffffff", 0,
         REFUSED(0x0E, FIELDS_NONE, "MaxSPDMmsgSize")},
        {SPDM_CHUNK_SEND, "end", 0, "", 1, REFUSED(0x01, FIELDS_NONE, NULL)},
        {SPDM_CHUNK_SEND, "end", 0, "", -1, REFUSED(0x01, FIELDS_NONE, NULL)},
        {SPDM_CHUNK_SEND_ACK, "EarlyError", 2, "01", 0, REJECTED(TRUNCATED, FIELDS_NONE, NULL)},
        {SPDM_CHUNK_SEND_ACK, "Handle", 3, "ff", 0, REJECTED(FORMAT, FIELDS_NONE, "chunk")},
        {SPDM_CHUNK_SEND_ACK, "ChunkSeqNo", 4, "ffff", 0, REJECTED(FORMAT, FIELDS_NONE, "chunk")},
        {SPDM_CHUNK_SEND_ACK, "a response too early", 0, "", 4,
         REJECTED(FORMAT, FIELDS_NONE, "last")},
        {SPDM_CHUNK_SEND_ACK, "end", 0, "", 1, REJECTED(TRAILING, FIELDS_NONE, NULL)});
    FIELDS(
        "chunks 1.2", 1,
        {SPDM_CHUNK_SEND, "LastChunk", 2, "00", 0, REFUSED(0x01, FIELDS_NONE, "chunk")},
        {SPDM_CHUNK_SEND, "Handle", 3, "ff", 0, CAMSEAL_E_FORMAT, 0x01, FIELDS_NONE, "chunk"},
        {SPDM_CHUNK_SEND, "ChunkSeqNo", 4, "0000", 0, CAMSEAL_E_FORMAT, 0x01, FIELDS_NONE, "chunk"},
        {SPDM_CHUNK_SEND, "ChunkSeqNo", 4, "0200", 0, CAMSEAL_E_FORMAT, 0x01, FIELDS_NONE, "chunk"},
        {SPDM_CHUNK_SEND, "ChunkSize", 8, "ffffffff", 0, REFUSED(0x01, FIELDS_NONE, "chunk")});
    FIELDS(
        "chunks 1.2", 0,
        {SPDM_ERROR, "LargeResponse: no handle", 0, "", -1, REJECTED(FORMAT, FIELDS_NONE, NULL)},
        {SPDM_ERROR, "LargeResponse: a byte more", 0, "", 1, REJECTED(TRAILING, FIELDS_NONE, NULL)},
        {SPDM_CHUNK_GET, "Handle", 3, "ff", 0, REFUSED(0x01, FIELDS_NONE, "chunk")},
        {SPDM_CHUNK_GET, "ChunkSeqNo", 4, "0100", 0, REFUSED(0x01, FIELDS_NONE, "chunk")},
        {SPDM_CHUNK_GET, "ChunkSeqNo", 4, "ffff", 0, REFUSED(0x01, FIELDS_NONE, "chunk")},
        {SPDM_CHUNK_GET, "end", 0, "", 1, REFUSED(0x01, FIELDS_NONE, NULL)},
        {SPDM_CHUNK_GET, "end", 0, "", -1, REFUSED(0x01, FIELDS_NONE, NULL)},
        {SPDM_CHUNK_RESPONSE, "LastChunk", 2, "01", 0, REJECTED(FORMAT, FIELDS_NONE, NULL)},
        {SPDM_CHUNK_RESPONSE, "Handle", 3, "ff", 0, REJECTED(UNEXPECTED, FIELDS_NONE, "chunk")},
        {SPDM_CHUNK_RESPONSE, "ChunkSeqNo", 4, "ffff", 0, REJECTED(TRAILING, FIELDS_NONE, NULL)},
        {SPDM_CHUNK_RESPONSE, "ChunkSize", 8, "00000000", 0, REJECTED(FORMAT, FIELDS_NONE, NULL)},
        {SPDM_CHUNK_RESPONSE, "ChunkSize", 8, "1b000000", 0,
         REJECTED(TRUNCATED, FIELDS_NONE, NULL)},
        {SPDM_CHUNK_RESPONSE, "ChunkSize", 8, "ffffffff", 0,
         REJECTED(TRUNCATED, FIELDS_NONE, NULL)},
        {SPDM_CHUNK_RESPONSE, "LargeMessageSize", 12, "00000000", 0,
         REJECTED(FORMAT, FIELDS_NONE, NULL)},
        {SPDM_CHUNK_RESPONSE, "LargeMessageSize", 12, "01040000", 0,
         REJECTED(SPACE, FIELDS_NONE, NULL)},
        {SPDM_CHUNK_RESPONSE, "LargeMessageSize", 12, "ffffffff", 0,
         REJECTED(SPACE, FIELDS_NONE, NULL)},
        {SPDM_CHUNK_RESPONSE, "end", 0, "", 1, REJECTED(TRAILING, FIELDS_NONE, NULL)});
}

static void deferred(void **state)
{
    (void)state;
    FIELDS(
        "deferred", 0,
        {SPDM_RESPOND_IF_READY, "version", 0, "12", 0, REFUSED(0x41, FIELDS_NONE, "version")},
        {SPDM_RESPOND_IF_READY, "request code", 2, "81", 0, REFUSED(0x01, FIELDS_NONE, "deferred")},
        {SPDM_RESPOND_IF_READY, "request code", 2, "00", 0, REFUSED(0x01, FIELDS_NONE, "deferred")},
        {SPDM_RESPOND_IF_READY, "Token", 3, "00", 0, REFUSED(0x01, FIELDS_NONE, "deferred")},
        {SPDM_RESPOND_IF_READY, "Token", 3, "ff", 0, REFUSED(0x01, FIELDS_NONE, "deferred")},
        {SPDM_RESPOND_IF_READY, "end", 0, "", 1, REFUSED(0x01, FIELDS_NONE, NULL)},
        {SPDM_ERROR, "ResponseNotReady: RDTExponent", 4, "1a", 0,
         REJECTED(TIMEOUT, FIELDS_NONE, "RDTExponent")},
        {SPDM_ERROR, "ResponseNotReady: RDTExponent", 4, "20", 0,
         REJECTED(FORMAT, FIELDS_NONE, NULL)},
        {SPDM_ERROR, "ResponseNotReady: request", 5, "84", 0,
         REJECTED(FORMAT, FIELDS_NONE, "another request")},
        {SPDM_ERROR, "ResponseNotReady: token", 6, "ff", 0, REFUSED(0x01, FIELDS_NONE, "deferred")},
        {SPDM_ERROR, "ResponseNotReady: RDTM", 7, "00", 0, REJECTED(FORMAT, FIELDS_NONE, NULL)},
        {SPDM_ERROR, "ResponseNotReady: RDTM", 7, "01", 0, REJECTED(FORMAT, FIELDS_NONE, NULL)},
        {SPDM_ERROR, "ResponseNotReady: end", 0, "", 1, REJECTED(TRAILING, FIELDS_NONE, NULL)},
        {SPDM_ERROR, "ResponseNotReady: end", 0, "", -1, REJECTED(FORMAT, FIELDS_NONE, NULL)},
        {SPDM_ERROR, "code: none", 2, "00", -4, REJECTED(PEER_ERROR, FIELDS_NONE, NULL)},
        {SPDM_ERROR, "header only", 0, "", -5, REJECTED(TRUNCATED, FIELDS_NONE, NULL)});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrappers),
        cmocka_unit_test(requesters_identity),
        cmocka_unit_test(requesters_keys),
        cmocka_unit_test(errands),
        cmocka_unit_test(chunks),
        cmocka_unit_test(deferred),
        cmocka_unit_test(fields_assert_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
