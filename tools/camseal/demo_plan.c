#include "demo_plan.h"

#include <stdio.h>
#include <string.h>

#define FORGED(reason)                                  \
    {                                                   \
        CAMSEAL_VERDICT_FORGED, CAMSEAL_REASON_##reason \
    }
#define INCOMPLETE(reason)                                  \
    {                                                       \
        CAMSEAL_VERDICT_INCOMPLETE, CAMSEAL_REASON_##reason \
    }
#define GOOD                                    \
    {                                           \
        CAMSEAL_VERDICT_OK, CAMSEAL_REASON_NONE \
    }

#define ONE_LINE (DEMO_MESSAGES | DEMO_FRAME | DEMO_MISSING)
#define NOISE    (DEMO_MESSAGES | DEMO_UNREADABLE | DEMO_FRAME | DEMO_MISSING)

/* clang-format off */
/* replay takes the frame before its own: that one must have been left alone. */
const demo_attack demo_attacks[DEMO_DATA_ATTACKS] = {
    {"flip",              "flip",                   ONE_LINE,                    FORGED(TAG),            FORGED(TAG),            1, DEMO_ANYWHERE},
    {"flip-noise",        "flip-noise",             NOISE,                       INCOMPLETE(CRC16),      INCOMPLETE(GAP),        1, DEMO_ANYWHERE},
    {"header sv",         "header:field=sv,bit=2",  ONE_LINE,                    FORGED(VARIANT),        FORGED(VARIANT),        1, DEMO_ANYWHERE},
    {"header epoch",      "header:field=epoch",     ONE_LINE,                    FORGED(EPOCH),          FORGED(EPOCH),          1, DEMO_ANYWHERE},
    {"drop",              "drop",                   DEMO_FRAME | DEMO_MISSING,   GOOD,                   INCOMPLETE(GAP),        1, DEMO_ANYWHERE},
    {"repeat",            "repeat",                 DEMO_MESSAGES | DEMO_FRAME,  FORGED(REPLAY_MESSAGE), GOOD,                   1, DEMO_ANYWHERE},
    {"reorder",           "reorder",                ONE_LINE,                    FORGED(REPLAY_MESSAGE), FORGED(REPLAY_MESSAGE), 1, DEMO_MIDDLE},
    {"swap",              "swap",                   DEMO_MESSAGES | DEMO_FRAME | DEMO_NEXT_FRAME,
                                                                                 FORGED(REPLAY_FRAME),   INCOMPLETE(NO_END),     2, DEMO_ANYWHERE},
    {"inject",            "inject",                 DEMO_MESSAGES | DEMO_FRAME,  FORGED(TAG),            GOOD,                   2, DEMO_ANYWHERE},
    {"replay",            "replay",                 DEMO_MESSAGES | DEMO_FRAME,  FORGED(REPLAY_FRAME),   GOOD,                   2, DEMO_ANYWHERE},
    {"replay, replacing", "replay:mode=replace",    DEMO_MESSAGES | DEMO_GAP | DEMO_REPLACED,
                                                                                 FORGED(REPLAY_FRAME),   GOOD,                   2, DEMO_ANYWHERE},
    {"drop-frame",        "drop-frame",             DEMO_GAP,                    GOOD,                   GOOD,                   1, DEMO_ANYWHERE},
    {"truncate",          "truncate",               NOISE,                       INCOMPLETE(TRUNCATED),  INCOMPLETE(GAP),        1, DEMO_ANYWHERE},
    {"truncate, frame",   "truncate:mode=frame",    DEMO_FRAME | DEMO_MISSING,   GOOD,                   INCOMPLETE(NO_END),     2, DEMO_ANYWHERE},
    {"strip-tag",         "strip-tag",              ONE_LINE,                    FORGED(FLAGS),          FORGED(FLAGS),          1, DEMO_BAND},
    {"strip",             "strip",                  NOISE,                       FORGED(UNPROTECTED),    FORGED(UNPROTECTED),    1, DEMO_BAND},
    {"downgrade",         "downgrade",              DEMO_MESSAGES | DEMO_GAP,    FORGED(FLAGS),          GOOD,                   2, DEMO_ANYWHERE},
    {"future",            "future",                 ONE_LINE | DEMO_OTHER_FRAME, FORGED(TAG),            FORGED(TAG),            1, DEMO_ANYWHERE},
    {"remap (legal)",     "remap:to=5",             DEMO_FRAME,                  GOOD,                   GOOD,                   1, DEMO_ANYWHERE},
    {"rewrite-header (legal)", "rewrite-header:ls=1", DEMO_FRAME,                GOOD,                   GOOD,                   1, DEMO_ANYWHERE},
};

const demo_control_attack demo_control_attacks[DEMO_CONTROL_ATTACKS] = {
    {"spdm-version",              "spdm-version",                                 {CAMSEAL_E_VERSION}},
    {"spdm-caps",                 "spdm-caps",                                    {CAMSEAL_E_FORMAT, CAMSEAL_E_POLICY}},
    {"spdm-algs hash",            "spdm-algs:field=hash",                         {CAMSEAL_E_POLICY, CAMSEAL_E_TRAILING, CAMSEAL_E_TRUNCATED}},
    {"spdm-cert",                 "spdm-cert:offset=200",                         {CAMSEAL_E_CERTIFICATE}},
    {"spdm-truncate",             "spdm-truncate",                                {CAMSEAL_E_TRUNCATED}},
    {"spdm-garbage",              "spdm-garbage",                                 {CAMSEAL_E_VERSION, CAMSEAL_E_UNEXPECTED, CAMSEAL_E_FORMAT}},
    {"spdm-flip CHALLENGE_AUTH",  "spdm-flip:message=CHALLENGE_AUTH,offset=60",   {CAMSEAL_E_SIGNATURE}},
    {"spdm-flip KEY_EXCHANGE_RSP", "spdm-flip:message=KEY_EXCHANGE_RSP,offset=12", {CAMSEAL_E_SIGNATURE}},
    {"spdm-drop",                 "spdm-drop",                                    {CAMSEAL_E_TIMEOUT}},
    {"spdm-repeat",               "spdm-repeat",                                  {CAMSEAL_E_UNEXPECTED}},
    {"spdm-record-flip",          "spdm-record-flip:dir=rsp",                     {CAMSEAL_E_AUTH}},
};
/* clang-format on */

unsigned demo_plan_least_frames(void)
{
    unsigned frames = DEMO_LEAD + DEMO_TAIL;
    for (size_t i = 0; i < DEMO_DATA_ATTACKS; i++)
        frames += demo_attacks[i].frames;
    return frames;
}

static void choose(demo_plan *plan, const char *only)
{
    size_t len = only ? strlen(only) : 0;
    for (size_t i = 0; i < DEMO_CONTROL_ATTACKS; i++)
        if (!only || !strncmp(demo_control_attacks[i].name, only, len))
            plan->control[plan->n_control++] = &demo_control_attacks[i];
    for (size_t i = 0; i < DEMO_DATA_ATTACKS; i++)
        if (!only || !strncmp(demo_attacks[i].name, only, len))
            plan->data[plan->n_data++] = &demo_attacks[i];
}

static char separator(const char *text)
{
    return strchr(text, ':') ? ',' : ':';
}

static void write_data_text(demo_plan *plan, size_t i)
{
    const demo_attack *a = plan->data[i];
    char *out = plan->data_text[i];
    int n = snprintf(out, DEMO_TEXT, "%s%cframe=%u", a->text, separator(a->text), plan->at[i]);
    unsigned third = plan->lines / 3u;
    if (a->place == DEMO_MIDDLE)
        snprintf(out + n, DEMO_TEXT - (size_t)n, ",line=%u", third);
    if (a->place == DEMO_BAND)
        snprintf(out + n, DEMO_TEXT - (size_t)n, ",line=%u-%u", third, third + plan->lines / 8u);
}

bool demo_plan_make(demo_plan *plan, const char *only, unsigned frames, unsigned lines)
{
    memset(plan, 0, sizeof *plan);
    plan->frames = frames;
    plan->lines = lines;
    choose(plan, only);
    unsigned needed = DEMO_LEAD + DEMO_TAIL;
    for (size_t i = 0; i < plan->n_data; i++)
        needed += plan->data[i]->frames;
    if (frames < needed || plan->n_control + plan->n_data == 0)
        return false;
    /* The frames that no attack needs are spread between the attacks. */
    unsigned spare = frames - needed, next = DEMO_LEAD + 1u, n = (unsigned)plan->n_data;
    for (unsigned i = 0; i < n; i++) {
        plan->at[i] = next + spare * i / n;
        next += plan->data[i]->frames;
        write_data_text(plan, i);
    }
    for (unsigned i = 0; i < plan->n_control; i++)
        snprintf(plan->control_text[i], DEMO_TEXT, "%s%cconnection=%u", plan->control[i]->text,
                 separator(plan->control[i]->text), i + 1u);
    return true;
}
