/* Reasons as one stable word for machines: "TAG", "REPLAY_FRAME" (the enum without its prefix); ""
 * for none. */
#ifndef CAMSEAL_TOOL_REASON_WORD_H
#define CAMSEAL_TOOL_REASON_WORD_H

const char *reason_word(unsigned reason);
unsigned reason_of_word(const char *word); /* CAMSEAL_REASON_COUNT for a word that is none */

#endif
