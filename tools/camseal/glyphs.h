/* A bitmap font of 5 x 7 dots for legends: capital letters, digits, a little punctuation. */
#ifndef CAMSEAL_TOOL_GLYPHS_H
#define CAMSEAL_TOOL_GLYPHS_H

#include <stdbool.h>

enum { GLYPH_WIDTH = 5, GLYPH_HEIGHT = 7, GLYPH_STEP = 6 /* columns from letter to letter */ };

/* Small letters look like capitals; characters that are not there like a space. */
bool glyph_dot(char letter, unsigned x, unsigned y);

#endif
