/* Inside of the attacks: shared by attack.c (names, parameters, choice of targets, log),
 * attack_data.c, attack_frames.c and attack_control.c (what they do). */
#ifndef CAMSEAL_TOOL_ATTACK_KINDS_H
#define CAMSEAL_TOOL_ATTACK_KINDS_H

#include "attack.h"
#include "packet_view.h"
#include "printf_like.h"

/* ---- parameters ------------------------------------------------------------------------------ */

enum attack_key {
    KEY_FRAME,
    KEY_EVERY,
    KEY_P,
    KEY_LINE,
    KEY_VC,
    KEY_OFFSET,
    KEY_BIT,
    KEY_BITS,
    KEY_BYTES,
    KEY_TIMES,
    KEY_FIELD,
    KEY_BACK,
    KEY_OF,
    KEY_MODE,
    KEY_BY,
    KEY_LINES,
    KEY_FROM,
    KEY_TO,
    KEY_LS,
    KEY_CONNECTION,
    KEY_MESSAGE,
    KEY_DIR,
    KEY_CLEAR,
    KEY_COUNT
};

/* Numbers and ranges ("7", "3-5", "all"), a probability in millionths (p), or a word. */
typedef struct attack_value {
    bool given;
    uint64_t first, last;
    char word[40];
} attack_value;

typedef struct attack attack;
typedef struct attack_packet attack_packet;

enum attack_unit {
    UNIT_LINE = 1, /* one chosen line of a chosen frame, or lines by probability */
    UNIT_FRAME,    /* chosen frames                                              */
    UNIT_ALL,      /* every frame, unless told                                   */
    UNIT_MESSAGE   /* control                                                    */
};

typedef struct attack_kind {
    const char *name;
    const char *keys; /* what it accepts: "frame every p ..." */
    const char *help;
    enum attack_unit unit;
    bool legal;
    void (*packet)(attack *a, attack_packet *p);
    void (*end)(attack *a); /* may be NULL */
    void (*message)(attack *a, attack_message *m, const char *name, uint32_t index);
    const char *default_message;
    const char *words; /* what mode= (or, for messages, field=) may be; NULL: no such key */
} attack_kind;

/* Tables end with a row without a name. */
extern const attack_kind attack_data_kinds[];
extern const attack_kind attack_frame_kinds[];
extern const attack_kind attack_control_kinds[];

/* ---- packets on their way -------------------------------------------------------------------- */

struct attack_packet {
    packet_view v;
    uint8_t channel;  /* wire VC on arrival: which frame it belongs to        */
    uint32_t frame;   /* on that channel, from 1; 0 before the first          */
    bool first, last; /* of its frame: FS or SOF, FE or (without FE) EOF      */
    bool carries;     /* a long packet that carries data: a target            */
    uint32_t line;    /* message_count, or the number of the long packet      */
    bool sep;         /* on arrival: the next three are known                 */
    uint8_t evc;
    uint32_t frame_count;
};

/* Packets held back: copies. */
typedef struct packet_list {
    attack_packet *items;
    size_t n, capacity, bytes;
} packet_list;

enum { CHANNELS = CAMSEAL_CSI2_VC_COUNT, BACK_MAX = 8 };

struct attack {
    const attack_kind *kind;
    attack_set *set;
    size_t index;
    char text[160];
    attack_value values[KEY_COUNT];
    uint64_t random;
    uint64_t hits;
    /* choice of targets, per channel */
    uint32_t decided[CHANNELS]; /* frame for which `active` and `chosen` hold */
    bool active[CHANNELS];
    uint32_t chosen[CHANNELS];
    /* what some keep */
    packet_list held;
    packet_list stored[BACK_MAX + 1];
    uint32_t stored_frame[BACK_MAX + 1];
    int channel; /* of what is held; -1 none */
    uint32_t counter[CHANNELS];
    uint8_t template_header[SEP_HEADER_BYTES];
    size_t template_tag;
    sep_crc template_crc;
    bool has_template;
    uint32_t seen_connection, seen_hits;
    packet_list messages; /* control: recorded, in v.bytes */
    size_t open_entry;    /* log entry of the present frame + 1 */
};

/* Frames of one wire virtual channel, as they pass. */
typedef struct channel {
    uint32_t frame;
    bool saw_fs;     /* frames start with FS here: SOF starts none       */
    uint32_t lines;  /* long packets so far in this frame                */
    uint32_t before; /* and in the frame before: to choose a line        */
} channel;

struct attack_set {
    uint64_t seed;
    attack *attacks[ATTACK_MAX];
    size_t n;
    channel channels[CHANNELS];
    attack_output *out;
    attack_entry *log;
    size_t n_log, log_capacity;
    uint64_t log_lost;
    uint32_t connection, messages;
    camseal_status status;
};

/* ---- what attack.c and attack_log.c offer the others
 * --------------------------------------------------------- */

/* Room for one more item in a growing array; false: no memory, the array is unchanged, the set
 * remembers. */
bool attack_grow(attack_set *set, void **items, size_t n, size_t *capacity, size_t item_bytes);
uint64_t attack_random(attack *a);
uint64_t attack_number(const attack *a, enum attack_key key, uint64_t otherwise);
bool attack_word(const attack *a, enum attack_key key, const char *word);
/* The frame is one of those that the parameters name. */
bool attack_frame_chosen(attack *a, const attack_packet *p);
/* Would be, for a later frame; true when that depends on chance. */
bool attack_frame_may_be(const attack *a, uint32_t frame);
/* ... and so is the line. For frame attacks every line, unless `line` was given. */
bool attack_line_chosen(attack *a, const attack_packet *p);

/* Lets a packet go to the next attack, or out. */
void attack_pass(attack *a, attack_packet *p);
void attack_pass_message(attack *a, const attack_message *m);
/* Memory of the present output; NULL: failed (the set remembers). */
uint8_t *attack_borrow(attack *a, size_t len);
/* A copy of p in such memory. */
bool attack_clone(attack *a, attack_packet *out, const attack_packet *p);
bool packet_list_add(attack *a, packet_list *list, const attack_packet *p);
void packet_list_clear(packet_list *list);

/* Logs one packet; offset and length are of the altered bytes. */
CAMSEAL_PRINTF_LIKE(5, 6)
void attack_note(attack *a, const attack_packet *p, size_t offset, size_t length,
                 const char *format, ...);
/* The same, but packets of one frame share an entry. */
void attack_note_frame(attack *a, const attack_packet *p, const char *detail);
CAMSEAL_PRINTF_LIKE(7, 8)
void attack_note_message(attack *a, const attack_message *m, const char *name, uint32_t index,
                         size_t offset, size_t length, const char *format, ...);

#endif
