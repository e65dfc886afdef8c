/* `camseal spdm`: its sub-verbs, one line an entry, in the order of its help. Each defines
 * `int spdm_NAME(int argc, char **argv)`; argv[0] is the sub-verb. An underscore is typed as a
 * hyphen. */
#ifndef CAMSEAL_TOOL_SPDM_H
#define CAMSEAL_TOOL_SPDM_H

/* clang-format off */
#define SPDM_VERBS(VERB) \
    VERB(caps, "show versions, capabilities and algorithms of a responder") \
    VERB(cert, "show a certificate chain, judge every rule") \
    VERB(challenge, "authenticate a responder") \
    VERB(measurements, "read measurements, verify their signature, write evidence") \
    VERB(evidence, "check measurements that a device signed, without the device") \
    VERB(session, "open a session, heartbeat, new keys, end it") \
    VERB(vendor, "send a vendor-defined request in a session") \
    VERB(exec, "run a script of steps, each with what it is to end with") \
    VERB(keys, "show the key pairs of a responder, change one") \
    VERB(csr, "get a certificate request of a device") \
    VERB(set_cert, "set or erase the certificates of a slot") \
    VERB(respond, "be a responder") \
    VERB(decode, "decode a capture, decrypt it, check every signature, HMAC and record")
/* clang-format on */

#define SPDM_VERB_PROTOTYPE(name, help) int spdm_##name(int argc, char **argv);
SPDM_VERBS(SPDM_VERB_PROTOTYPE)

#endif
