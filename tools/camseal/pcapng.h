/* pcapng files: a writer for captures and a bounded reader.
 *
 * Writer: one interface per stream, link type 252 (WIRESHARK_UPPER_PDU), timestamps in nanoseconds,
 * comments on packets, a decryption-secrets block. Reader: whole file in memory, both byte orders;
 * every length is checked. Knows blocks and options, not what the packets hold (inspect.c does).
 */
#ifndef CAMSEAL_TOOL_PCAPNG_H
#define CAMSEAL_TOOL_PCAPNG_H

#include <stdbool.h>
#include <stdio.h>

#include "camseal/bytes.h"
#include "camseal/status.h"

#define PCAPNG_LINKTYPE_UPPER_PDU 252u
#define PCAPNG_LINKTYPE_I2C_LINUX 209u

/* ---- writer ---------------------------------------------------------------------------------- */

typedef struct pcapng_writer {
    FILE *stream;
    uint32_t interfaces;
    camseal_status status; /* sticky: the first failed write; later calls do nothing */
} pcapng_writer;

/* Writes the section header. The stream stays the caller's (outfile.stream). */
void pcapng_begin(pcapng_writer *w, FILE *stream, const char *application);

/* Returns the interface's number. `name` ("data", "control"), `description` (endpoint) may be NULL.
 */
uint32_t pcapng_interface(pcapng_writer *w, uint16_t link_type, const char *name,
                          const char *description);

enum pcapng_direction { PCAPNG_UNKNOWN = 0, PCAPNG_INBOUND = 1, PCAPNG_OUTBOUND = 2 };

/* One packet of several spans (at most 8). `comment` (UTF-8) may be NULL. */
void pcapng_packet(pcapng_writer *w, uint32_t interface, uint64_t time_ns,
                   enum pcapng_direction direction, const camseal_span *spans, size_t n,
                   const char *comment);

/* One packet of an exported-PDU interface (link type 252): puts the tags in front that name the
 * dissector, e.g. "data" or "spdm", so that Wireshark shows it. */
void pcapng_pdu(pcapng_writer *w, uint32_t interface, uint64_t time_ns,
                enum pcapng_direction direction, const char *dissector, const camseal_span *spans,
                size_t n, const char *comment);

/* Decryption secrets: type "camseal key log", or any other 32-bit type. */
#define PCAPNG_SECRETS_CAMSEAL 0x43534B4Cu /* our own: "CSKL"; no registered type fits */
void pcapng_secrets(pcapng_writer *w, uint32_t type, camseal_span bytes);

/* OK, or the first failure (IO). */
CAMSEAL_NODISCARD camseal_status pcapng_end(pcapng_writer *w);

/* ---- reader ---------------------------------------------------------------------------------- */

enum { PCAPNG_INTERFACES_MAX = 64 };

typedef struct pcapng_interface_info {
    uint16_t link_type;
    uint8_t ts_resolution; /* as in the option: 9 = nanoseconds, 6 = microseconds (default) */
    camseal_span name, description; /* into the file; not NUL-terminated */
} pcapng_interface_info;

typedef struct pcapng_reader {
    camseal_span file;
    size_t at;
    bool big_endian;
    uint32_t interfaces;
    pcapng_interface_info info[PCAPNG_INTERFACES_MAX];
} pcapng_reader;

enum pcapng_item_kind { PCAPNG_PACKET = 1, PCAPNG_SECRETS, PCAPNG_END };

typedef struct pcapng_item {
    enum pcapng_item_kind kind;
    uint32_t interface; /* index into reader->info */
    uint64_t time_ns;
    enum pcapng_direction direction;
    camseal_span bytes; /* packet or secrets, into the file */
    uint32_t original_len;
    uint32_t secrets_type;
    camseal_span
        dissector;        /* link type 252: the name in the tags; bytes are what follows the tags */
    camseal_span comment; /* the first one; empty when none */
} pcapng_item;

/* FORMAT when this is no pcapng file. */
CAMSEAL_NODISCARD camseal_status pcapng_open(pcapng_reader *r, camseal_span file);
/* The next packet or secrets block; other blocks are skipped; kind END at the end. TRUNCATED or
 * FORMAT for a broken block. */
CAMSEAL_NODISCARD camseal_status pcapng_next(pcapng_reader *r, pcapng_item *item);

#endif
