/* The verbs of the command: one line an entry, in the order of `camseal --help`. Each lives in its
 * own file, which includes this header and defines `int verb_NAME(int argc, char **argv)`; argv[0]
 * is the verb. */
#ifndef CAMSEAL_TOOL_VERBS_H
#define CAMSEAL_TOOL_VERBS_H

/* Entries come and go without touching their neighbours. */
/* clang-format off */
#define CLI_VERBS(VERB) \
    VERB(demo, "run everything on this machine, attacked in every way") \
    VERB(run, "run a scenario: many cameras, bridges, ECUs, attacks") \
    VERB(sensor, "be a camera sensor: authenticate, stream protected frames") \
    VERB(ecu, "authenticate a sensor, verify every packet, report") \
    VERB(pki, "make and show the certificates of cameras and hosts") \
    VERB(spdm, "authenticate, measure and talk to any SPDM device; decode captures") \
    VERB(bridge, "forward the links, untrusted, and attack them") \
    VERB(protect, "protect pictures, videos, raw frames: files in, a capture out") \
    VERB(verify, "judge a capture with its keys, and get the pictures back") \
    VERB(inspect, "show a capture field by field, without keys") \
    VERB(vectors, "check test vectors against this implementation")
/* clang-format on */

#define CLI_VERB_PROTOTYPE(name, help) int verb_##name(int argc, char **argv);
CLI_VERBS(CLI_VERB_PROTOTYPE)

#endif
