/* A picture that shows where tampering was found: bad lines tinted, a gutter, a legend. */
#ifndef CAMSEAL_TOOL_PICTURE_MARK_H
#define CAMSEAL_TOOL_PICTURE_MARK_H

#include "picture.h"

enum picture_line {
    PICTURE_LINE_OK = 0,
    PICTURE_LINE_FORGED,     /* the tag is wrong                  */
    PICTURE_LINE_REPLAYED,   /* a counter did not rise            */
    PICTURE_LINE_MISSING,    /* never arrived                     */
    PICTURE_LINE_MALFORMED,  /* breaks the format or the context  */
    PICTURE_LINE_NOISE,      /* CRC or ECC                        */
    PICTURE_LINE_UNVERIFIED, /* not covered by a tag             */
    /* Good lines, told apart where it matters how they were protected. */
    PICTURE_LINE_ENCRYPTED, /* verified, and was encrypted          */
    PICTURE_LINE_STRIPES,   /* verified, the payload in stripes     */
    PICTURE_LINE_BARE,      /* verified in place and size, not the payload */
    PICTURE_LINE_KINDS
};

/* A new 8-bit RGB picture: the lines of `rgb` (3 channels), those that are not OK tinted and
 * repeated in a gutter at both sides, and below it a legend with the number of lines of each kind.
 * `title` is one line of ASCII above the legend (cut to fit; may be NULL). lines[rgb->height] holds
 * enum picture_line. */
CAMSEAL_NODISCARD camseal_status picture_mark(picture *out, const picture *rgb,
                                              const uint8_t *lines, const char *title,
                                              picture_error *error);

#endif
