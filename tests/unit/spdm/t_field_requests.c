/* Each field of each request with illegal values, on its way through the engines: the ErrorCode and
 * the reason by which the responder refuses, and what lives on. Nothing of a refused request has
 * reached an application. Reserved fields are ignored, and seen by whoever signs or checks. */
#include "spdm_fields.h"
#include "test.h"

/* ---- before a session ----------------------------------------------------------------------- */

static void negotiation(void **state)
{
    (void)state;
    FIELDS("certificate", 0,
           {SPDM_GET_VERSION, "version", 0, "11", 0, REFUSED(0x41, FIELDS_NONE, "version")},
           {SPDM_GET_VERSION, "version", 0, "12", 0, REFUSED(0x41, FIELDS_NONE, "version")},
           {SPDM_GET_VERSION, "code", 1, "80", 0, REFUSED(0x07, FIELDS_NONE, "unknown request")},
           {SPDM_GET_VERSION, "code", 1, "7f", 0, REFUSED(0x07, FIELDS_NONE, "unknown request")},
           {SPDM_GET_VERSION, "Param1", 2, "ff", 0, UNNOTICED(SIGNATURE, FIELDS_NONE)},
           {SPDM_GET_VERSION, "Param2", 3, "ff", 0, UNNOTICED(SIGNATURE, FIELDS_NONE)},
           {SPDM_GET_VERSION, "end", 0, "", 1, REFUSED(0x01, FIELDS_NONE, NULL)},
           {SPDM_GET_VERSION, "end", 0, "", -1, REFUSED(0x01, FIELDS_NONE, "header")});
    FIELDS("certificate", 0,
           {SPDM_GET_CAPABILITIES, "version", 0, "11", 0, REFUSED(0x41, FIELDS_NONE, "version")},
           {SPDM_GET_CAPABILITIES, "version", 0, "13", 0, REFUSED(0x41, FIELDS_NONE, "version")},
           {SPDM_GET_CAPABILITIES, "Param1", 2, "ff", 0, UNNOTICED(SIGNATURE, FIELDS_NONE)},
           {SPDM_GET_CAPABILITIES, "Param2", 3, "ff", 0, UNNOTICED(SIGNATURE, FIELDS_NONE)},
           {SPDM_GET_CAPABILITIES, "reserved", 4, "ff", 0, UNNOTICED(SIGNATURE, FIELDS_NONE)},
           {SPDM_GET_CAPABILITIES, "CTExponent", 5, "20", 0, REFUSED(0x01, FIELDS_NONE, NULL)},
           {SPDM_GET_CAPABILITIES, "CTExponent", 5, "ff", 0, REFUSED(0x01, FIELDS_NONE, NULL)},
           {SPDM_GET_CAPABILITIES, "ExtFlags", 6, "ffff", 0, UNNOTICED(SIGNATURE, FIELDS_NONE)},
           {SPDM_GET_CAPABILITIES, "reserved Flags", 8, "f9", 0, UNNOTICED(SIGNATURE, FIELDS_NONE)},
           {SPDM_GET_CAPABILITIES, "Flags: PSK 2", 9, "7a", 0, REFUSED(0x01, FIELDS_NONE, "PSK")},
           {SPDM_GET_CAPABILITIES, "Flags: PSK 3", 9, "7e", 0, REFUSED(0x01, FIELDS_NONE, "PSK")},
           {SPDM_GET_CAPABILITIES, "Flags: no ENCRYPT, MAC", 8, "00", 0,
            REFUSED(0x01, FIELDS_NONE, "ENCRYPT")},
           {SPDM_GET_CAPABILITIES, "Flags: no KEY_EX", 9, "70", 0,
            REFUSED(0x01, FIELDS_NONE, "session flags")},
           {SPDM_GET_CAPABILITIES, "Flags: MUT_AUTH", 9, "77", 0,
            REFUSED(0x01, FIELDS_NONE, "identity")},
           {SPDM_GET_CAPABILITIES, "Flags: CERT and PUB_KEY_ID", 8, "c27601", 0,
            REFUSED(0x01, FIELDS_NONE, "PUB_KEY_ID")},
           {SPDM_GET_CAPABILITIES, "DataTransferSize", 12, "29000000", 0,
            REFUSED(0x01, FIELDS_NONE, NULL)},
           {SPDM_GET_CAPABILITIES, "DataTransferSize", 12, "00000000", 0,
            REFUSED(0x01, FIELDS_NONE, NULL)},
           {SPDM_GET_CAPABILITIES, "DataTransferSize", 12, "01040000", 0,
            REFUSED(0x01, FIELDS_NONE, NULL)},
           {SPDM_GET_CAPABILITIES, "DataTransferSize", 12, "ffffffff", 0,
            REFUSED(0x01, FIELDS_NONE, NULL)},
           {SPDM_GET_CAPABILITIES, "MaxSPDMmsgSize", 16, "ff030000", 0,
            REFUSED(0x01, FIELDS_NONE, NULL)},
           {SPDM_GET_CAPABILITIES, "MaxSPDMmsgSize", 16, "00000000", 0,
            REFUSED(0x01, FIELDS_NONE, NULL)},
           {SPDM_GET_CAPABILITIES, "MaxSPDMmsgSize", 16, "ffffffff", 0,
            REFUSED(0x01, FIELDS_NONE, NULL)},
           {SPDM_GET_CAPABILITIES, "end", 0, "", 1, REFUSED(0x01, FIELDS_NONE, NULL)},
           {SPDM_GET_CAPABILITIES, "end", 0, "", -1, REFUSED(0x01, FIELDS_NONE, NULL)});
    FIELDS("mutual, CHALLENGE", 0,
           {SPDM_GET_CAPABILITIES, "Param1: algorithms, without CHUNK", 2, "01", 0,
            UNNOTICED(PEER_ERROR, FIELDS_NONE)},
           {SPDM_GET_CAPABILITIES, "Flags: EP_INFO 3", 10, "c2", 0,
            REFUSED(0x01, FIELDS_NONE, "EP_INFO")},
           {SPDM_GET_CAPABILITIES, "Flags: MULTI_KEY 3", 11, "0e", 0,
            REFUSED(0x01, FIELDS_NONE, "MULTI_KEY")},
           {SPDM_GET_CAPABILITIES, "Flags: no CERT", 8, "c4", 0,
            REFUSED(0x01, FIELDS_NONE, "identity")});
    FIELDS(
        "certificate", 0,
        {SPDM_NEGOTIATE_ALGORITHMS, "version", 0, "13", 0, REFUSED(0x41, FIELDS_NONE, "version")},
        {SPDM_NEGOTIATE_ALGORITHMS, "tables", 2, "00", 0, REFUSED(0x01, FIELDS_NONE, NULL)},
        {SPDM_NEGOTIATE_ALGORITHMS, "tables", 2, "04", 0, REFUSED(0x01, FIELDS_NONE, NULL)},
        {SPDM_NEGOTIATE_ALGORITHMS, "tables", 2, "ff", 0, REFUSED(0x01, FIELDS_NONE, NULL)},
        {SPDM_NEGOTIATE_ALGORITHMS, "Param2", 3, "ff", 0, UNNOTICED(SIGNATURE, FIELDS_NONE)},
        {SPDM_NEGOTIATE_ALGORITHMS, "Length", 4, "0000", 0, REFUSED(0x01, FIELDS_NONE, NULL)},
        {SPDM_NEGOTIATE_ALGORITHMS, "Length", 4, "2d00", 0, REFUSED(0x01, FIELDS_NONE, NULL)},
        {SPDM_NEGOTIATE_ALGORITHMS, "Length", 4, "ffff", 0, REFUSED(0x01, FIELDS_NONE, NULL)},
        {SPDM_NEGOTIATE_ALGORITHMS, "OtherParamsSupport", 7, "fe", 0,
         UNNOTICED(SIGNATURE, FIELDS_NONE)},
        {SPDM_NEGOTIATE_ALGORITHMS, "BaseAsymAlgo", 8, "00000000", 0,
         REFUSED(0x01, FIELDS_NONE, "algorithm set")},
        {SPDM_NEGOTIATE_ALGORITHMS, "BaseHashAlgo", 12, "00000000", 0,
         REFUSED(0x01, FIELDS_NONE, "algorithm set")},
        {SPDM_NEGOTIATE_ALGORITHMS, "reserved", 16, "ffffffffffffffffffffffff", 0,
         UNNOTICED(SIGNATURE, FIELDS_NONE)},
        {SPDM_NEGOTIATE_ALGORITHMS, "ExtAsymCount", 28, "01", 0, REFUSED(0x01, FIELDS_NONE, NULL)},
        {SPDM_NEGOTIATE_ALGORITHMS, "ExtAsymCount", 28, "ff", 0, REFUSED(0x01, FIELDS_NONE, NULL)},
        {SPDM_NEGOTIATE_ALGORITHMS, "ExtHashCount", 29, "01", 0, REFUSED(0x01, FIELDS_NONE, NULL)},
        {SPDM_NEGOTIATE_ALGORITHMS, "ExtHashCount", 29, "ff", 0, REFUSED(0x01, FIELDS_NONE, NULL)},
        {SPDM_NEGOTIATE_ALGORITHMS, "AlgType", 32, "01", 0, REFUSED(0x01, FIELDS_NONE, NULL)},
        {SPDM_NEGOTIATE_ALGORITHMS, "AlgType twice", 32, "03", 0, REFUSED(0x01, FIELDS_NONE, NULL)},
        {SPDM_NEGOTIATE_ALGORITHMS, "AlgCount: fixed 1", 33, "10", 0,
         REFUSED(0x01, FIELDS_NONE, NULL)},
        {SPDM_NEGOTIATE_ALGORITHMS, "AlgCount: external 1", 33, "21", 0,
         REFUSED(0x01, FIELDS_NONE, NULL)},
        {SPDM_NEGOTIATE_ALGORITHMS, "AlgCount: external 15", 33, "2f", 0,
         REFUSED(0x01, FIELDS_NONE, NULL)},
        {SPDM_NEGOTIATE_ALGORITHMS, "AlgSupported", 34, "0000", 0,
         REFUSED(0x01, FIELDS_NONE, NULL)},
        {SPDM_NEGOTIATE_ALGORITHMS, "end", 0, "", 1, REFUSED(0x01, FIELDS_NONE, NULL)},
        {SPDM_NEGOTIATE_ALGORITHMS, "end", 0, "", -1, REFUSED(0x01, FIELDS_NONE, NULL)});
}

/* Of a requester; those of a responder, and how long they make one wait, are in t_retries.c. */
static void every_ct_exponent(void **state)
{
    (void)state;
    for (unsigned n = 0; n < 256; n++) {
        char hex[3];
        snprintf(hex, sizeof hex, "%02x", n);
        const field row = {SPDM_GET_CAPABILITIES, "CTExponent",      5,           hex, 0,
                           CAMSEAL_E_PEER_ERROR,  n > 31 ? 0x01 : 0, FIELDS_NONE, NULL};
        field legal = row;
        legal.status = n == 0 ? CAMSEAL_OK : CAMSEAL_E_SIGNATURE; /* it is 0, and signed */
        fields_check("certificate", 0, n > 31 ? &row : &legal, 1);
    }
}

static void identity(void **state)
{
    (void)state;
    FIELDS("certificate", 0,
           {SPDM_GET_DIGESTS, "version", 0, "13", 0, REFUSED(0x41, FIELDS_NONE, "version")},
           {SPDM_GET_DIGESTS, "Param1", 2, "ff", 0, UNNOTICED(SIGNATURE, FIELDS_NONE)},
           {SPDM_GET_DIGESTS, "Param2", 3, "ff", 0, UNNOTICED(SIGNATURE, FIELDS_NONE)},
           {SPDM_GET_DIGESTS, "end", 0, "", 1, REFUSED(0x01, FIELDS_NONE, NULL)},
           {SPDM_GET_CERTIFICATE, "version", 0, "11", 0, REFUSED(0x41, FIELDS_NONE, "version")},
           {SPDM_GET_CERTIFICATE, "SlotID", 2, "01", 0, REFUSED(0x01, FIELDS_NONE, "slot")},
           {SPDM_GET_CERTIFICATE, "SlotID", 2, "08", 0, REFUSED(0x01, FIELDS_NONE, NULL)},
           {SPDM_GET_CERTIFICATE, "SlotID", 2, "0f", 0, REFUSED(0x01, FIELDS_NONE, NULL)},
           {SPDM_GET_CERTIFICATE, "reserved", 3, "ff", 0, UNNOTICED(SIGNATURE, FIELDS_NONE)},
           {SPDM_GET_CERTIFICATE, "Offset: exact", 4, "6400", 0, REFUSED(0x01, FIELDS_NONE, NULL)},
           {SPDM_GET_CERTIFICATE, "Offset", 4, "ffff", 0, REFUSED(0x01, FIELDS_NONE, NULL)},
           {SPDM_GET_CERTIFICATE, "Length", 6, "0000", 0, REFUSED(0x01, FIELDS_NONE, NULL)},
           {SPDM_GET_CERTIFICATE, "Length", 6, "ffff", 0, UNNOTICED(SIGNATURE, FIELDS_NONE)},
           {SPDM_GET_CERTIFICATE, "end", 0, "", 1, REFUSED(0x01, FIELDS_NONE, NULL)},
           {SPDM_GET_CERTIFICATE, "end", 0, "", -1, REFUSED(0x01, FIELDS_NONE, NULL)},
           {SPDM_CHALLENGE, "version", 0, "14", 0, REFUSED(0x41, FIELDS_NONE, "version")},
           {SPDM_CHALLENGE, "SlotID", 2, "01", 0, REFUSED(0x01, FIELDS_NONE, "slot")},
           {SPDM_CHALLENGE, "SlotID", 2, "08", 0, REFUSED(0x01, FIELDS_NONE, NULL)},
           {SPDM_CHALLENGE, "SlotID", 2, "ff", 0, REFUSED(0x01, FIELDS_NONE, "slot")},
           {SPDM_CHALLENGE, "summary", 3, "02", 0, REFUSED(0x01, FIELDS_NONE, NULL)},
           {SPDM_CHALLENGE, "summary", 3, "fe", 0, REFUSED(0x01, FIELDS_NONE, NULL)},
           {SPDM_CHALLENGE, "Nonce", 4, "00", 0, UNNOTICED(SIGNATURE, FIELDS_NONE)},
           {SPDM_CHALLENGE, "end", 0, "", 1, REFUSED(0x01, FIELDS_NONE, NULL)},
           {SPDM_CHALLENGE, "end", 0, "", -1, REFUSED(0x01, FIELDS_NONE, NULL)});
    FIELDS("certificate 1.4", 0,
           {SPDM_GET_CERTIFICATE, "LargeCertChain", 2, "80", 0, REFUSED(0x01, FIELDS_NONE, NULL)},
           {SPDM_GET_CERTIFICATE, "SlotSizeRequested", 3, "01", 0, UNNOTICED(FORMAT, FIELDS_NONE)},
           {SPDM_CHALLENGE, "context", 36, "01", 0, UNNOTICED(FORMAT, FIELDS_NONE)},
           {SPDM_CHALLENGE, "context cut", 0, "", -8, REFUSED(0x01, FIELDS_NONE, NULL)});
}

/* ---- sessions begin ------------------------------------------------------------------------- */

static void key_exchange(void **state)
{
    (void)state;
    FIELDS(
        "certificate", 0,
        {SPDM_KEY_EXCHANGE, "version", 0, "13", 0, REFUSED(0x41, FIELDS_DEAD, "version")},
        {SPDM_KEY_EXCHANGE, "summary", 2, "02", 0, REFUSED(0x01, FIELDS_DEAD, NULL)},
        {SPDM_KEY_EXCHANGE, "summary", 2, "fe", 0, REFUSED(0x01, FIELDS_DEAD, NULL)},
        {SPDM_KEY_EXCHANGE, "SlotID", 3, "01", 0, REFUSED(0x01, FIELDS_DEAD, "slot")},
        {SPDM_KEY_EXCHANGE, "SlotID", 3, "08", 0, REFUSED(0x01, FIELDS_DEAD, NULL)},
        {SPDM_KEY_EXCHANGE, "SlotID", 3, "ff", 0, REFUSED(0x01, FIELDS_DEAD, "slot")},
        {SPDM_KEY_EXCHANGE, "ReqSessionID", 4, "0000", 0, UNNOTICED(SIGNATURE, FIELDS_DEAD)},
        {SPDM_KEY_EXCHANGE, "SessionPolicy", 6, "ff", 0, UNNOTICED(SIGNATURE, FIELDS_DEAD)},
        {SPDM_KEY_EXCHANGE, "reserved", 7, "ff", 0, UNNOTICED(SIGNATURE, FIELDS_DEAD)},
        {SPDM_KEY_EXCHANGE, "RandomData", 8, "00", 0, UNNOTICED(SIGNATURE, FIELDS_DEAD)},
        {SPDM_KEY_EXCHANGE, "ExchangeData: no point", 40, "ff", 0,
         REFUSED(0x01, FIELDS_DEAD, "key exchange")},
        {SPDM_KEY_EXCHANGE, "OpaqueDataLength", 104, "0000", 0, REFUSED(0x01, FIELDS_DEAD, NULL)},
        {SPDM_KEY_EXCHANGE, "OpaqueDataLength", 104, "0f00", 0, REFUSED(0x01, FIELDS_DEAD, NULL)},
        {SPDM_KEY_EXCHANGE, "OpaqueDataLength", 104, "1100", 0, REFUSED(0x01, FIELDS_DEAD, NULL)},
        {SPDM_KEY_EXCHANGE, "OpaqueDataLength", 104, "0004", 0, REFUSED(0x01, FIELDS_DEAD, NULL)},
        {SPDM_KEY_EXCHANGE, "OpaqueDataLength", 104, "0104", 0, REFUSED(0x01, FIELDS_DEAD, NULL)},
        {SPDM_KEY_EXCHANGE, "OpaqueDataLength", 104, "ffff", 0, REFUSED(0x01, FIELDS_DEAD, NULL)},
        {SPDM_KEY_EXCHANGE, "TotalElements", 106, "00", 0, REFUSED(0x01, FIELDS_DEAD, "versions")},
        {SPDM_KEY_EXCHANGE, "TotalElements", 106, "02", 0, REFUSED(0x01, FIELDS_DEAD, "versions")},
        {SPDM_KEY_EXCHANGE, "TotalElements", 106, "ff", 0, REFUSED(0x01, FIELDS_DEAD, "versions")},
        {SPDM_KEY_EXCHANGE, "opaque reserved", 107, "ffffff", 0, UNNOTICED(SIGNATURE, FIELDS_DEAD)},
        {SPDM_KEY_EXCHANGE, "element ID", 110, "0c", 0, REFUSED(0x01, FIELDS_DEAD, "versions")},
        {SPDM_KEY_EXCHANGE, "VendorLen", 111, "01", 0, REFUSED(0x01, FIELDS_DEAD, "versions")},
        {SPDM_KEY_EXCHANGE, "VendorLen", 111, "ff", 0, REFUSED(0x01, FIELDS_DEAD, "versions")},
        {SPDM_KEY_EXCHANGE, "OpaqueElementDataLen", 112, "0000", 0,
         REFUSED(0x01, FIELDS_DEAD, "versions")},
        {SPDM_KEY_EXCHANGE, "OpaqueElementDataLen", 112, "0600", 0,
         REFUSED(0x01, FIELDS_DEAD, "versions")},
        {SPDM_KEY_EXCHANGE, "OpaqueElementDataLen", 112, "ffff", 0,
         REFUSED(0x01, FIELDS_DEAD, "versions")},
        {SPDM_KEY_EXCHANGE, "SMDataVersion", 114, "02", 0, REFUSED(0x01, FIELDS_DEAD, "versions")},
        {SPDM_KEY_EXCHANGE, "SMDataID", 115, "07", 0, REFUSED(0x01, FIELDS_DEAD, "versions")},
        {SPDM_KEY_EXCHANGE, "SM version count", 116, "00", 0,
         REFUSED(0x01, FIELDS_DEAD, "versions")},
        {SPDM_KEY_EXCHANGE, "SM version count", 116, "03", 0,
         REFUSED(0x01, FIELDS_DEAD, "versions")},
        {SPDM_KEY_EXCHANGE, "SM version count", 116, "ff", 0,
         REFUSED(0x01, FIELDS_DEAD, "versions")},
        {SPDM_KEY_EXCHANGE, "SM versions", 117, "00100020", 0,
         REFUSED(0x01, FIELDS_DEAD, "common")},
        {SPDM_KEY_EXCHANGE, "padding", 121, "01", 0, REFUSED(0x01, FIELDS_DEAD, "versions")},
        {SPDM_KEY_EXCHANGE, "end", 0, "", 1, REFUSED(0x01, FIELDS_DEAD, NULL)},
        {SPDM_KEY_EXCHANGE, "end", 0, "", -1, REFUSED(0x01, FIELDS_DEAD, NULL)});
}

static void finish(void **state)
{
    (void)state;
    FIELDS(
        "certificate", 0,
        {SPDM_FINISH, "version", 0, "13", 0, REFUSED(0x41, FIELDS_DEAD, "version")},
        {SPDM_FINISH, "code: PSK_FINISH", 1, "e7", 0, REFUSED(0x04, FIELDS_DEAD, "KEY_EXCHANGE")},
        {SPDM_FINISH, "SignatureIncluded", 2, "01", 0, REFUSED(0x01, FIELDS_DEAD, NULL)},
        {SPDM_FINISH, "SignatureIncluded, with room for it", 2, "01", 64,
         REFUSED(0x01, FIELDS_DEAD, NULL)},
        {SPDM_FINISH, "reserved bits", 2, "fe", 0, REFUSED(0x06, FIELDS_DEAD, "VerifyData")},
        {SPDM_FINISH, "SlotID", 3, "08", 0, REFUSED(0x01, FIELDS_DEAD, NULL)},
        {SPDM_FINISH, "SlotID, without signature", 3, "01", 0,
         REFUSED(0x06, FIELDS_DEAD, "VerifyData")},
        {SPDM_FINISH, "VerifyData", 4, "00", 0, REFUSED(0x06, FIELDS_DEAD, "VerifyData")},
        {SPDM_FINISH, "VerifyData", -1, "00", 0, REFUSED(0x06, FIELDS_DEAD, "VerifyData")},
        {SPDM_FINISH, "end", 0, "", 1, REFUSED(0x01, FIELDS_DEAD, NULL)},
        {SPDM_FINISH, "end", 0, "", -1, REFUSED(0x01, FIELDS_DEAD, NULL)});
    FIELDS("certificate 1.4", 0,
           {SPDM_FINISH, "OpaqueLength", 4, "0100", 0, REFUSED(0x01, FIELDS_DEAD, NULL)},
           {SPDM_FINISH, "OpaqueLength", 4, "2000", 0, REFUSED(0x01, FIELDS_DEAD, NULL)},
           {SPDM_FINISH, "OpaqueLength", 4, "0104", 0, REFUSED(0x01, FIELDS_DEAD, NULL)},
           {SPDM_FINISH, "OpaqueLength", 4, "ffff", 0, REFUSED(0x01, FIELDS_DEAD, NULL)});
    FIELDS("mutual, encapsulated", 0,
           {SPDM_FINISH, "SignatureIncluded", 2, "00", 0, REFUSED(0x01, FIELDS_DEAD, NULL)},
           {SPDM_FINISH, "without its signature", 2, "00", -64,
            REFUSED(0x01, FIELDS_DEAD, "signature")},
           {SPDM_FINISH, "SlotID", 3, "01", 0, REFUSED(0x01, FIELDS_DEAD, "slot")},
           {SPDM_FINISH, "SlotID", 3, "ff", 0, REFUSED(0x01, FIELDS_DEAD, "slot")},
           {SPDM_FINISH, "Signature", 4, "00", 0, REFUSED(0x06, FIELDS_DEAD, "signature")},
           {SPDM_FINISH, "VerifyData", -1, "00", 0, REFUSED(0x06, FIELDS_DEAD, "VerifyData")});
}

static void psk(void **state)
{
    (void)state;
    FIELDS(
        "psk", 0, {SPDM_PSK_EXCHANGE, "version", 0, "11", 0, REFUSED(0x41, FIELDS_DEAD, "version")},
        {SPDM_PSK_EXCHANGE, "summary", 2, "02", 0, REFUSED(0x01, FIELDS_DEAD, NULL)},
        {SPDM_PSK_EXCHANGE, "SessionPolicy", 3, "ff", 0, UNNOTICED(AUTH, FIELDS_DEAD)},
        {SPDM_PSK_EXCHANGE, "ReqSessionID", 4, "0000", 0, UNNOTICED(AUTH, FIELDS_DEAD)},
        {SPDM_PSK_EXCHANGE, "PSKHintLength", 6, "0000", 0, REFUSED(0x01, FIELDS_DEAD, NULL)},
        {SPDM_PSK_EXCHANGE, "PSKHintLength", 6, "0b00", 0, REFUSED(0x01, FIELDS_DEAD, NULL)},
        {SPDM_PSK_EXCHANGE, "PSKHintLength", 6, "0d00", 0, REFUSED(0x01, FIELDS_DEAD, NULL)},
        {SPDM_PSK_EXCHANGE, "PSKHintLength", 6, "ffff", 0, REFUSED(0x01, FIELDS_DEAD, NULL)},
        {SPDM_PSK_EXCHANGE, "ContextLength", 8, "0000", 0, REFUSED(0x01, FIELDS_DEAD, NULL)},
        {SPDM_PSK_EXCHANGE, "ContextLength", 8, "4100", 0, REFUSED(0x01, FIELDS_DEAD, NULL)},
        {SPDM_PSK_EXCHANGE, "ContextLength", 8, "ffff", 0, REFUSED(0x01, FIELDS_DEAD, NULL)},
        {SPDM_PSK_EXCHANGE, "OpaqueDataLength", 10, "0000", 0, REFUSED(0x01, FIELDS_DEAD, NULL)},
        {SPDM_PSK_EXCHANGE, "OpaqueDataLength", 10, "1100", 0, REFUSED(0x01, FIELDS_DEAD, NULL)},
        {SPDM_PSK_EXCHANGE, "OpaqueDataLength", 10, "ffff", 0, REFUSED(0x01, FIELDS_DEAD, NULL)},
        {SPDM_PSK_EXCHANGE, "all three wrap", 6, "ffffffffffff", 0,
         REFUSED(0x01, FIELDS_DEAD, NULL)},
        {SPDM_PSK_EXCHANGE, "all three add up", 6, "1c0030001000", 0,
         REFUSED(0x01, FIELDS_DEAD, "hint")},
        {SPDM_PSK_EXCHANGE, "PSKHint", 12, "00", 0, REFUSED(0x01, FIELDS_DEAD, "hint")},
        {SPDM_PSK_EXCHANGE, "RequesterContext", 24, "00", 0, UNNOTICED(AUTH, FIELDS_DEAD)},
        {SPDM_PSK_EXCHANGE, "TotalElements", 88, "00", 0, REFUSED(0x01, FIELDS_DEAD, "versions")},
        {SPDM_PSK_EXCHANGE, "end", 0, "", 1, REFUSED(0x01, FIELDS_DEAD, NULL)},
        {SPDM_PSK_EXCHANGE, "end", 0, "", -1, REFUSED(0x01, FIELDS_DEAD, NULL)},
        {SPDM_PSK_FINISH, "version", 0, "13", 0, REFUSED(0x41, FIELDS_DEAD, "version")},
        {SPDM_PSK_FINISH, "code: FINISH, no KEY_EX", 1, "e5", 0, REFUSED(0x07, FIELDS_DEAD, NULL)},
        {SPDM_PSK_FINISH, "Param1", 2, "01", 0, REFUSED(0x06, FIELDS_DEAD, "VerifyData")},
        {SPDM_PSK_FINISH, "VerifyData", -1, "00", 0, REFUSED(0x06, FIELDS_DEAD, "VerifyData")},
        {SPDM_PSK_FINISH, "end", 0, "", 1, REFUSED(0x01, FIELDS_DEAD, NULL)},
        {SPDM_PSK_FINISH, "end", 0, "", -1, REFUSED(0x01, FIELDS_DEAD, NULL)});
    FIELDS("psk 1.4", 0,
           {SPDM_PSK_FINISH, "OpaqueLength", 4, "0100", 0, REFUSED(0x01, FIELDS_DEAD, NULL)},
           {SPDM_PSK_FINISH, "OpaqueLength", 4, "0104", 0, REFUSED(0x01, FIELDS_DEAD, NULL)},
           {SPDM_PSK_FINISH, "OpaqueLength", 4, "ffff", 0, REFUSED(0x01, FIELDS_DEAD, NULL)});
}

/* ---- in a session --------------------------------------------------------------------------- */

static void services(void **state)
{
    (void)state;
    FIELDS("certificate", 0,
           {SPDM_HEARTBEAT, "version", 0, "13", 0, REFUSED(0x41, FIELDS_ALIVE, "version")},
           {SPDM_HEARTBEAT, "Param1", 2, "ff", 0, IGNORED},
           {SPDM_HEARTBEAT, "Param2", 3, "ff", 0, IGNORED},
           {SPDM_HEARTBEAT, "end", 0, "", 1, REFUSED(0x01, FIELDS_ALIVE, NULL)},
           {SPDM_HEARTBEAT, "end", 0, "", -1, REFUSED(0x01, FIELDS_ALIVE, "header")},
           {SPDM_KEY_UPDATE, "operation", 2, "00", 0, REFUSED(0x01, FIELDS_ALIVE, NULL)},
           {SPDM_KEY_UPDATE, "operation", 2, "04", 0, REFUSED(0x01, FIELDS_ALIVE, NULL)},
           {SPDM_KEY_UPDATE, "operation", 2, "ff", 0, REFUSED(0x01, FIELDS_ALIVE, NULL)},
           {SPDM_KEY_UPDATE, "VerifyNewKey at once", 2, "03", 0,
            REFUSED(0x01, FIELDS_ALIVE, "no key to verify")},
           {SPDM_KEY_UPDATE, "end", 0, "", 1, REFUSED(0x01, FIELDS_ALIVE, NULL)},
           {SPDM_END_SESSION, "version", 0, "14", 0, REFUSED(0x41, FIELDS_DEAD, "version")},
           {SPDM_END_SESSION, "Param1", 2, "ff", 0, IGNORED},
           {SPDM_END_SESSION, "Param2", 3, "ff", 0, IGNORED},
           {SPDM_END_SESSION, "end", 0, "", 1, REFUSED(0x01, FIELDS_DEAD, NULL)});
    FIELDS("certificate", 1,
           {SPDM_KEY_UPDATE, "instead of VerifyNewKey", 2, "01", 0,
            REFUSED(0x01, FIELDS_DEAD, "not verified yet")},
           {SPDM_KEY_UPDATE, "instead of VerifyNewKey", 2, "02", 0,
            REFUSED(0x01, FIELDS_DEAD, "not verified yet")});
    FIELDS(
        "certificate", 0,
        {SPDM_VENDOR_DEFINED_REQUEST, "version", 0, "13", 0,
         REFUSED(0x41, FIELDS_ALIVE, "version")},
        {SPDM_VENDOR_DEFINED_REQUEST, "Param1", 2, "ff", 0, IGNORED},
        {SPDM_VENDOR_DEFINED_REQUEST, "StandardID", 4, "ffff", 0, UNNOTICED(FORMAT, FIELDS_DEAD)},
        {SPDM_VENDOR_DEFINED_REQUEST, "VendorIDLen", 6, "00", 0, REFUSED(0x01, FIELDS_ALIVE, NULL)},
        {SPDM_VENDOR_DEFINED_REQUEST, "VendorIDLen", 6, "05", 0, REFUSED(0x01, FIELDS_ALIVE, NULL)},
        {SPDM_VENDOR_DEFINED_REQUEST, "VendorIDLen", 6, "ff", 0, REFUSED(0x01, FIELDS_ALIVE, NULL)},
        {SPDM_VENDOR_DEFINED_REQUEST, "ReqLength", 11, "0000", 0,
         REFUSED(0x01, FIELDS_ALIVE, NULL)},
        {SPDM_VENDOR_DEFINED_REQUEST, "ReqLength", 11, "2500", 0,
         REFUSED(0x01, FIELDS_ALIVE, NULL)},
        {SPDM_VENDOR_DEFINED_REQUEST, "ReqLength", 11, "ffff", 0,
         REFUSED(0x01, FIELDS_ALIVE, NULL)},
        {SPDM_VENDOR_DEFINED_REQUEST, "end", 0, "", 1, REFUSED(0x01, FIELDS_ALIVE, NULL)});
    FIELDS(
        "certificate 1.4", 0,
        {SPDM_VENDOR_DEFINED_REQUEST, "large form", 2, "80", 0, REFUSED(0x01, FIELDS_ALIVE, NULL)});
    FIELDS("certificate", 0,
           {SPDM_HEARTBEAT, "GET_VERSION", 0, "1084", 0, REFUSED(0x04, FIELDS_ALIVE, NULL)},
           {SPDM_HEARTBEAT, "code: CHALLENGE", 1, "83", 0, REFUSED(0x04, FIELDS_ALIVE, NULL)},
           {SPDM_HEARTBEAT, "code: KEY_EXCHANGE", 1, "e4", 0, REFUSED(0x04, FIELDS_ALIVE, NULL)},
           {SPDM_HEARTBEAT, "code: FINISH", 1, "e5", 0, REFUSED(0x04, FIELDS_ALIVE, NULL)},
           {SPDM_HEARTBEAT, "code: RESPOND_IF_READY", 1, "ff", 0,
            REFUSED(0x04, FIELDS_ALIVE, "deferred")},
           {SPDM_HEARTBEAT, "code: a response", 1, "68", 0,
            REFUSED(0x07, FIELDS_ALIVE, "unknown request")});
}

static void measurements(void **state)
{
    (void)state;
    FIELDS(
        "measurements", 0, /* signed, outside */
        {SPDM_GET_MEASUREMENTS, "version", 0, "12", 0, REFUSED(0x41, FIELDS_CONNECTED, "version")},
        {SPDM_GET_MEASUREMENTS, "attributes: no signature", 2, "00", 0,
         REFUSED(0x01, FIELDS_CONNECTED, NULL)},
        {SPDM_GET_MEASUREMENTS, "operation", 3, "03", 0, REFUSED(0x01, FIELDS_CONNECTED, NULL)},
        {SPDM_GET_MEASUREMENTS, "operation", 3, "fd", 0, REFUSED(0x01, FIELDS_CONNECTED, NULL)},
        {SPDM_GET_MEASUREMENTS, "Nonce", 4, "00", 0, UNNOTICED(SIGNATURE, FIELDS_NONE)},
        {SPDM_GET_MEASUREMENTS, "SlotID", 36, "01", 0, REFUSED(0x01, FIELDS_CONNECTED, "slot")},
        {SPDM_GET_MEASUREMENTS, "SlotID", 36, "08", 0, REFUSED(0x01, FIELDS_CONNECTED, NULL)},
        {SPDM_GET_MEASUREMENTS, "SlotID", 36, "0f", 0, REFUSED(0x01, FIELDS_CONNECTED, "slot")},
        {SPDM_GET_MEASUREMENTS, "SlotID reserved", 36, "f0", 0, UNNOTICED(SIGNATURE, FIELDS_NONE)},
        {SPDM_GET_MEASUREMENTS, "context", 37, "01", 0, UNNOTICED(FORMAT, FIELDS_NONE)},
        {SPDM_GET_MEASUREMENTS, "end", 0, "", 1, REFUSED(0x01, FIELDS_CONNECTED, NULL)},
        {SPDM_GET_MEASUREMENTS, "end", 0, "", -1, REFUSED(0x01, FIELDS_CONNECTED, NULL)});
    FIELDS("measurements", 1, /* unsigned, in the session */
           {SPDM_GET_MEASUREMENTS, "attributes: signature", 2, "01", 0,
            REFUSED(0x01, FIELDS_ALIVE, NULL)},
           {SPDM_GET_MEASUREMENTS, "attributes reserved", 2, "f8", 0,
            UNNOTICED(SIGNATURE, FIELDS_DEAD)},
           {SPDM_GET_MEASUREMENTS, "operation", 3, "03", 0, REFUSED(0x01, FIELDS_ALIVE, NULL)},
           {SPDM_GET_MEASUREMENTS, "context", 4, "01", 0, UNNOTICED(FORMAT, FIELDS_DEAD)},
           {SPDM_GET_MEASUREMENTS, "end", 0, "", 1, REFUSED(0x01, FIELDS_ALIVE, NULL)});
    FIELDS("measurements", 0, {SPDM_GET_MEASUREMENT_EXTENSION_LOG, "Param1", 2, "ffff", 0, IGNORED},
           {SPDM_GET_MEASUREMENT_EXTENSION_LOG, "Offset: exact", 4, "1f000000", 0,
            REFUSED(0x01, FIELDS_ALIVE, NULL)},
           {SPDM_GET_MEASUREMENT_EXTENSION_LOG, "Offset", 4, "ffffffff", 0,
            REFUSED(0x01, FIELDS_ALIVE, NULL)},
           {SPDM_GET_MEASUREMENT_EXTENSION_LOG, "Length", 8, "00000000", 0,
            REFUSED(0x01, FIELDS_ALIVE, NULL)},
           {SPDM_GET_MEASUREMENT_EXTENSION_LOG, "Length", 8, "ffffffff", 0, IGNORED},
           {SPDM_GET_MEASUREMENT_EXTENSION_LOG, "Offset + Length wraps", 4, "01000000ffffffff", 0,
            UNNOTICED(FORMAT, FIELDS_DEAD)},
           {SPDM_GET_MEASUREMENT_EXTENSION_LOG, "end", 0, "", 1, REFUSED(0x01, FIELDS_ALIVE, NULL)},
           {SPDM_GET_ENDPOINT_INFO, "SubCode", 2, "00", 0, REFUSED(0x01, FIELDS_ALIVE, NULL)},
           {SPDM_GET_ENDPOINT_INFO, "SubCode", 2, "ff", 0, REFUSED(0x01, FIELDS_ALIVE, NULL)},
           {SPDM_GET_ENDPOINT_INFO, "SlotID, unsigned", 3, "ff", 0, IGNORED},
           {SPDM_GET_ENDPOINT_INFO, "attributes: signature", 4, "01", 0,
            REFUSED(0x01, FIELDS_ALIVE, NULL)},
           {SPDM_GET_ENDPOINT_INFO, "attributes reserved", 4, "fe", 0, IGNORED},
           {SPDM_GET_ENDPOINT_INFO, "reserved", 5, "ffffff", 0, IGNORED},
           {SPDM_GET_ENDPOINT_INFO, "end", 0, "", 1, REFUSED(0x01, FIELDS_ALIVE, NULL)});
}

static void events(void **state)
{
    (void)state;
    FIELDS(
        "events", 0, {SPDM_GET_SUPPORTED_EVENT_TYPES, "Param1", 2, "ffff", 0, IGNORED},
        {SPDM_GET_SUPPORTED_EVENT_TYPES, "end", 0, "", 1, REFUSED(0x01, FIELDS_ALIVE, NULL)},
        {SPDM_SUBSCRIBE_EVENT_TYPES, "groups", 2, "00", 0, REFUSED(0x01, FIELDS_ALIVE, NULL)},
        {SPDM_SUBSCRIBE_EVENT_TYPES, "groups", 2, "02", 0, REFUSED(0x01, FIELDS_ALIVE, NULL)},
        {SPDM_SUBSCRIBE_EVENT_TYPES, "groups", 2, "ff", 0, REFUSED(0x01, FIELDS_ALIVE, NULL)},
        {SPDM_SUBSCRIBE_EVENT_TYPES, "Param2", 3, "ff", 0, IGNORED},
        {SPDM_SUBSCRIBE_EVENT_TYPES, "list length", 4, "00000000", 0,
         REFUSED(0x01, FIELDS_ALIVE, NULL)},
        {SPDM_SUBSCRIBE_EVENT_TYPES, "list length", 4, "15000000", 0,
         REFUSED(0x01, FIELDS_ALIVE, NULL)},
        {SPDM_SUBSCRIBE_EVENT_TYPES, "list length", 4, "17000000", 0,
         REFUSED(0x01, FIELDS_ALIVE, NULL)},
        {SPDM_SUBSCRIBE_EVENT_TYPES, "list length", 4, "ffffffff", 0,
         REFUSED(0x01, FIELDS_ALIVE, NULL)},
        {SPDM_SUBSCRIBE_EVENT_TYPES, "registry", 8, "0c", 0, REFUSED(0x01, FIELDS_ALIVE, NULL)},
        {SPDM_SUBSCRIBE_EVENT_TYPES, "VendorIDLen", 9, "01", 0, REFUSED(0x01, FIELDS_ALIVE, NULL)},
        {SPDM_SUBSCRIBE_EVENT_TYPES, "VendorIDLen", 9, "ff", 0, REFUSED(0x01, FIELDS_ALIVE, NULL)},
        {SPDM_SUBSCRIBE_EVENT_TYPES, "EventTypeCount", 10, "0000", 0,
         REFUSED(0x01, FIELDS_ALIVE, NULL)},
        {SPDM_SUBSCRIBE_EVENT_TYPES, "EventTypeCount", 10, "0400", 0,
         REFUSED(0x01, FIELDS_ALIVE, NULL)},
        {SPDM_SUBSCRIBE_EVENT_TYPES, "EventTypeCount", 10, "ffff", 0,
         REFUSED(0x01, FIELDS_ALIVE, NULL)},
        {SPDM_SUBSCRIBE_EVENT_TYPES, "end", 0, "", 1, REFUSED(0x01, FIELDS_ALIVE, NULL)},
        {SPDM_SEND_EVENT, "Param1", 2, "ffff", 0, IGNORED},
        {SPDM_SEND_EVENT, "EventCount", 4, "00000000", 0, REFUSED(0x01, FIELDS_ALIVE, NULL)},
        {SPDM_SEND_EVENT, "EventCount", 4, "02000000", 0, REFUSED(0x01, FIELDS_ALIVE, NULL)},
        {SPDM_SEND_EVENT, "EventCount", 4, "ffffffff", 0, REFUSED(0x01, FIELDS_ALIVE, NULL)},
        {SPDM_SEND_EVENT, "instance", 8, "ffffffff", 0, IGNORED},
        {SPDM_SEND_EVENT, "reserved", 12, "ffffffff", 0, IGNORED},
        {SPDM_SEND_EVENT, "registry", 16, "0c", 0, REFUSED(0x01, FIELDS_ALIVE, NULL)},
        {SPDM_SEND_EVENT, "VendorIDLen", 17, "ff", 0, REFUSED(0x01, FIELDS_ALIVE, NULL)},
        {SPDM_SEND_EVENT, "EventDetailLen", 20, "0000", 0, REFUSED(0x01, FIELDS_ALIVE, NULL)},
        {SPDM_SEND_EVENT, "EventDetailLen", 20, "0200", 0, REFUSED(0x01, FIELDS_ALIVE, NULL)},
        {SPDM_SEND_EVENT, "EventDetailLen", 20, "ffff", 0, REFUSED(0x01, FIELDS_ALIVE, NULL)},
        {SPDM_SEND_EVENT, "end", 0, "", 1, REFUSED(0x01, FIELDS_ALIVE, NULL)});
}

static void provisioning(void **state)
{
    (void)state;
    FIELDS(
        "provisioning", 0,
        {SPDM_GET_CSR, "key pair", 2, "01", 0, REFUSED(0x01, FIELDS_ALIVE, NULL)},
        {SPDM_GET_CSR, "attributes: no such model", 3, "04", 0, REFUSED(0x01, FIELDS_ALIVE, NULL)},
        {SPDM_GET_CSR, "attributes: Overwrite with a tag", 3, "88", 0,
         REFUSED(0x01, FIELDS_ALIVE, NULL)},
        {SPDM_GET_CSR, "RequesterInfoLength", 4, "0100", 0, REFUSED(0x01, FIELDS_ALIVE, NULL)},
        {SPDM_GET_CSR, "RequesterInfoLength", 4, "ffff", 0, REFUSED(0x01, FIELDS_ALIVE, NULL)},
        {SPDM_GET_CSR, "OpaqueDataLength", 6, "0100", 0, REFUSED(0x01, FIELDS_ALIVE, NULL)},
        {SPDM_GET_CSR, "OpaqueDataLength", 6, "0104", 0, REFUSED(0x01, FIELDS_ALIVE, NULL)},
        {SPDM_GET_CSR, "OpaqueDataLength", 6, "ffff", 0, REFUSED(0x01, FIELDS_ALIVE, NULL)},
        {SPDM_GET_CSR, "both lengths", 4, "ffffffff", 0, REFUSED(0x01, FIELDS_ALIVE, NULL)},
        {SPDM_GET_CSR, "end", 0, "", 1, REFUSED(0x01, FIELDS_ALIVE, NULL)},
        {SPDM_SET_CERTIFICATE, "SlotID", 2, "02", 0, REFUSED(0x01, FIELDS_ALIVE, NULL)},
        {SPDM_SET_CERTIFICATE, "SlotID", 2, "08", 0, REFUSED(0x01, FIELDS_ALIVE, NULL)},
        {SPDM_SET_CERTIFICATE, "Erase with a chain", 2, "81", 0, REFUSED(0x01, FIELDS_ALIVE, NULL)},
        {SPDM_SET_CERTIFICATE, "chain Length", 4, "0000", 0, REFUSED(0x01, FIELDS_ALIVE, NULL)},
        {SPDM_SET_CERTIFICATE, "chain Length", 4, "6300", 0, REFUSED(0x01, FIELDS_ALIVE, NULL)},
        {SPDM_SET_CERTIFICATE, "chain Length", 4, "6500", 0, REFUSED(0x01, FIELDS_ALIVE, NULL)},
        {SPDM_SET_CERTIFICATE, "chain Length", 4, "ffff", 0, REFUSED(0x01, FIELDS_ALIVE, NULL)},
        {SPDM_SET_CERTIFICATE, "RootHash", 8, "00", 0, REFUSED(0x05, FIELDS_ALIVE, "RootHash")},
        {SPDM_SET_CERTIFICATE, "certificate", 60, "01", 0,
         REFUSED(0x05, FIELDS_ALIVE, "certificate")},
        {SPDM_SET_CERTIFICATE, "end", 0, "", 1, REFUSED(0x01, FIELDS_ALIVE, NULL)},
        {SPDM_GET_KEY_PAIR_INFO, "KeyPairID", 4, "00", 0, REFUSED(0x01, FIELDS_ALIVE, NULL)},
        {SPDM_GET_KEY_PAIR_INFO, "KeyPairID", 4, "02", 0, REFUSED(0x01, FIELDS_ALIVE, NULL)},
        {SPDM_GET_KEY_PAIR_INFO, "KeyPairID", 4, "ff", 0, REFUSED(0x01, FIELDS_ALIVE, NULL)},
        {SPDM_GET_KEY_PAIR_INFO, "end", 0, "", 1, REFUSED(0x01, FIELDS_ALIVE, NULL)},
        {SPDM_SET_KEY_PAIR_INFO, "operation", 2, "03", 0, REFUSED(0x01, FIELDS_ALIVE, NULL)},
        {SPDM_SET_KEY_PAIR_INFO, "operation", 2, "ff", 0, REFUSED(0x01, FIELDS_ALIVE, NULL)},
        {SPDM_SET_KEY_PAIR_INFO, "erase with values", 2, "01", 0,
         REFUSED(0x01, FIELDS_ALIVE, NULL)},
        {SPDM_SET_KEY_PAIR_INFO, "KeyPairID", 4, "00", 0, REFUSED(0x01, FIELDS_ALIVE, NULL)},
        {SPDM_SET_KEY_PAIR_INFO, "KeyPairID", 4, "02", 0, REFUSED(0x01, FIELDS_ALIVE, NULL)},
        {SPDM_SET_KEY_PAIR_INFO, "reserved", 5, "ff", 0, IGNORED},
        {SPDM_SET_KEY_PAIR_INFO, "usage", 6, "0080", 0, REFUSED(0x01, FIELDS_ALIVE, NULL)},
        {SPDM_SET_KEY_PAIR_INFO, "algorithms", 8, "18000000", 0, REFUSED(0x01, FIELDS_ALIVE, NULL)},
        {SPDM_SET_KEY_PAIR_INFO, "slots", 12, "02", 0, REFUSED(0x01, FIELDS_ALIVE, NULL)},
        {SPDM_SET_KEY_PAIR_INFO, "end", 0, "", 1, REFUSED(0x01, FIELDS_ALIVE, NULL)},
        {SPDM_SET_KEY_PAIR_INFO, "end", 0, "", -1, REFUSED(0x01, FIELDS_ALIVE, NULL)});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(negotiation),
        cmocka_unit_test(every_ct_exponent),
        cmocka_unit_test(identity),
        cmocka_unit_test(key_exchange),
        cmocka_unit_test(finish),
        cmocka_unit_test(psk),
        cmocka_unit_test(services),
        cmocka_unit_test(measurements),
        cmocka_unit_test(events),
        cmocka_unit_test(provisioning),
        cmocka_unit_test(fields_assert_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
