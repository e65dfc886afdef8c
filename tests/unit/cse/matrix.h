/* The attack matrix: a sensor with two channels, an attacker without keys on the link, a sink, and
 * a judge who knows what the sensor made.
 *
 * matrix.c is the bench (sensor, sink, judge), matrix_bytes.c what anybody can do to packets
 * without a key, matrix_attacks.c the attacks.
 */
#ifndef CAMSEAL_TESTS_MATRIX_H
#define CAMSEAL_TESTS_MATRIX_H

#include "test.h"

#include "camseal/openssl.h"
#include "camseal/stream.h"
#include "cse/stream.h"

enum {
    MX_CHANNELS = 2,
    MX_FRAMES = 5,                  /* 1 .. 5 */
    MX_IMAGE = 4,                   /* lines of the image */
    MX_MESSAGES = MX_IMAGE + 2,     /* with one embedded line above and one below */
    MX_PER_FRAME = MX_MESSAGES + 3, /* at most: three packets of FSED, or three trailers */
    MX_PACKETS = MX_PER_FRAME + 2,  /* with FS and FE */
    MX_BYTES = 128,
    MX_MOST = 2 * MX_CHANNELS * MX_FRAMES * MX_PACKETS,
    MX_CTX = 7,
    MX_EVC = 0x31, /* eVC = MX_EVC + channel, on wire channel MX_VC + channel */
    MX_VC = 2,
    MX_RAW12 = 0x2C,
    MX_EMBEDDED = 0x12,
    MX_LINE = 80,         /* FSED in lines */
    MX_FRAME_US = 100000, /* one frame to the next */
    MX_PENDING = 64,
    MX_REASONS = 6
};

typedef struct mx_mode {
    const char *name;
    bool fsed, in_lines;
    uint8_t tag_mode;
} mx_mode;
enum { MX_MODES = 5 };
extern const mx_mode mx_modes[MX_MODES];

typedef struct mx_profile {
    const char *name;
    uint8_t suite;
    uint8_t sv[3];
    camseal_stride stride;
    bool partial; /* good frames are OK_PARTIAL */
} mx_profile;
enum { MX_FULL, MX_ENCRYPTED, MX_PARTIAL, MX_OPEN_BOTTOM, MX_PROFILES };
extern const mx_profile mx_profiles[MX_PROFILES];

typedef enum mx_role { MX_FS, MX_FSH, MX_MESSAGE, MX_TBT, MX_TRAILER, MX_FTG, MX_FE } mx_role;

/* A packet and what an observer of the link knows about it. */
typedef struct mx_packet {
    uint8_t bytes[MX_BYTES];
    size_t len;
    uint8_t channel, frame;
    uint8_t index; /* MX_MESSAGE: its number in the frame */
    mx_role role;
    uint64_t at_us; /* when the sink gets it */
} mx_packet;

typedef struct mx_stream {
    mx_packet p[MX_MOST];
    size_t n;
    bool fsed, in_lines;
    uint64_t seed;
} mx_stream;

/* What else is on the table of the attacker, and in which state the sink is. */
enum mx_setting {
    MX_ROTATES = 1,   /* the sensor goes to the next epoch with frame 3                     */
    MX_LATE = 2,      /* the sink is admitted with frame 3 as its least, in the same epoch  */
    MX_REBOOTED = 4,  /* ... with the next epoch, which starts with frame 3                 */
    MX_FRESHNESS = 8, /* the host tells the sink every frame how far the source is          */
    MX_TRAILERS = 16, /* SEP: frames end with trailer messages */
    MX_MAY_OPEN = 32  /* SV-5 is allowed in every partition, unverified frames are not */
};

/* Another sensor: what the attacker may splice in. */
typedef enum mx_other { MX_NOBODY, MX_OTHER_KEY, MX_OTHER_CONTEXT, MX_OTHER_PROTOCOL } mx_other;

typedef struct mx_sensor {
    camseal_context *ctx;
    camseal_source *source;
    void *memory[2];
    uint64_t seed;
} mx_sensor;

/* What the sensor made for one place. */
typedef struct mx_made {
    uint64_t frame;
    uint8_t data[MX_BYTES];
    size_t len;
    uint16_t edt;
    uint8_t sv;
    bool released;
} mx_made;

typedef struct mx_pending {
    camseal_record record;
    uint8_t data[MX_BYTES];
} mx_pending;

/* What the sink said of one frame of one channel. */
typedef struct mx_seen {
    unsigned records;
    uint8_t verdict, reason;
} mx_seen;

typedef struct mx_bench {
    const mx_mode *mode;
    const mx_profile *profile;
    unsigned settings;
    uint32_t hold;
    bool all_open; /* the sensor is at SV-5 throughout: FSED has no TBT then */
    camseal_context_config config;
    camseal_stream_map streams[2 * MX_CHANNELS];
    camseal_slot_map slots[3 * MX_CHANNELS];
    mx_sensor sensor;
    camseal_context *sink_ctx;
    camseal_sink *sink;
    camseal_worker *worker;
    camseal_record_ring ring;
    void *memory[4];
    mx_made made[MX_CHANNELS][8][MX_MESSAGES]; /* by frame modulo 8 */
    mx_pending pending[MX_CHANNELS][MX_PENDING];
    size_t n_pending[MX_CHANNELS];
    mx_seen seen[MX_CHANNELS][MX_FRAMES + 1];
    uint8_t refused[MX_REASONS]; /* reasons of refused messages, each once */
    size_t n_refused;
    uint64_t frames_missing; /* by events FRAME_GAP */
    uint64_t released;       /* messages, as verified */
    uint64_t frames_good, frames_bad;
    uint64_t next_status_us;
    uint64_t fed;
    const char *broken; /* first broken promise; NULL: none */
    char where[80];
} mx_bench;

void mx_init(mx_bench *b, const mx_mode *mode, const mx_profile *profile, unsigned settings,
             uint32_t hold);
void mx_free(mx_bench *b);
/* Appends frame `frame` of both channels, line by line in turn, to the stream. */
void mx_make(mx_bench *b, mx_stream *s, uint8_t frame);
/* MX_FRAMES frames, with what the settings ask for. */
void mx_make_all(mx_bench *b, mx_stream *s);
/* The same frames by somebody else. They are in nobody's ledger. */
void mx_make_other(const mx_bench *b, mx_other who, mx_stream *s);
/* Feeds packets in batches of 1 .. most, judges every record. */
void mx_feed(mx_bench *b, mx_stream *s, size_t most);
void mx_close(mx_bench *b);
uint8_t mx_good(const mx_bench *b); /* verdict of a good frame */

/* ---- what needs no key ---- */

enum { MX_NONE = 100000 };
/* Position of a packet of channel 0; MX_NONE: there is none. */
size_t mx_find(const mx_stream *s, unsigned frame, mx_role role, unsigned index);
void mx_remove(mx_stream *s, size_t at);
void mx_insert(mx_stream *s, size_t at, const mx_packet *p);
void mx_swap(mx_stream *s, size_t a, size_t b);
/* Corrects ECC, word count, CRC-32 (SEP; FSH, TBT, FTG) and CRC-16. */
void mx_reseal(const mx_stream *s, mx_packet *p);
/* FSED: makes the FTG's CRC of the payloads of this frame of channel 0 right. */
void mx_mend_ftg(mx_stream *s, unsigned frame);
void mx_set_wire(mx_packet *p, uint8_t vc, uint8_t dt);
uint8_t mx_dt(const mx_packet *p);
/* Bytes before the tag of FSH, TBT or FTG. */
size_t mx_own_bytes(mx_role role);
camseal_priv_header mx_header(const mx_packet *p);
void mx_set_header(const mx_stream *s, mx_packet *p, const camseal_priv_header *h);

/* ---- attacks ---- */

typedef struct mx_attack {
    const char *name, *does;
    void (*run)(mx_stream *s, const mx_stream *other);
    uint8_t touched; /* frames of channel 0 that need not be good: bit n = frame n */
    uint8_t shown;   /* frame that the table shows, 0: the first touched, or 2 */
    bool legal;      /* every frame must be good in every mode */
    mx_other other;
    unsigned settings;
    uint8_t profile; /* 0: any */
} mx_attack;
extern const mx_attack mx_attacks[];
extern const size_t mx_n_attacks;

#endif
