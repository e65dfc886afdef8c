#include "product.h"

#include "test.h"

#include "camseal/context.h"

enum { MAX_LEVELS = 6, TRIES = 400 };

const uint8_t product_levels[P_ALL] = {
    [P_PROTOCOL] = 5, [P_SUITE] = 6,  [P_TOP] = 5,  [P_IMAGE] = 5, [P_BOTTOM] = 5, [P_FORMAT] = 5,
    [P_CHANNELS] = 3, [P_CHANGE] = 2, [P_HOLD] = 2, [P_TAG] = 3,   [P_CRC] = 2};

static const char *const names[P_ALL] = {"protocol", "suite",    "FP-2", "FP-3", "FP-4", "format",
                                         "channels", "changing", "held", "tag",  "crc"};

static bool has_variant(const product_case *c, unsigned sv)
{
    for (unsigned p = P_TOP; p <= P_BOTTOM; p++)
        if (c->value[p] + 1u == sv)
            return true;
    return false;
}

/* §1 and §4: SV-1 needs a suite that encrypts, SV-3 and SV-4 do not mix, GMAC tags have 12 bytes at
 * least, tags over more than a message 16. To hold messages makes sense where tags come later. */
bool product_is_legal(const product_case *c)
{
    if (has_variant(c, 1) && c->value[P_SUITE] < 4)
        return false;
    if (has_variant(c, 3) && has_variant(c, 4))
        return false;
    if (c->value[P_TAG] && c->value[P_PROTOCOL])
        return false;
    if (c->value[P_TAG] == 2 && c->value[P_SUITE] >= 2)
        return false;
    return !(c->value[P_HOLD] && c->value[P_PROTOCOL] == 0);
}

const char *product_describe(const product_case *c)
{
    static char text[160];
    size_t n = 0;
    for (unsigned p = 0; p < P_ALL; p++)
        n += (size_t)snprintf(text + n, sizeof text - n, "%s %u%s", names[p], c->value[p],
                              p + 1 < P_ALL ? ", " : "");
    return text;
}

/* ---- pairs ---- */

/* seen[p][x][q][y], p < q */
static bool legal[P_ALL][MAX_LEVELS][P_ALL][MAX_LEVELS];
static bool seen[P_ALL][MAX_LEVELS][P_ALL][MAX_LEVELS];

/* The rest of a case in which some values are fixed (`open`: bits of those that are not), tried in
 * order from a random start: true when a legal one was found. */
static bool complete(product_case *c, unsigned open, uint64_t *seed)
{
    for (unsigned t = 0; t < TRIES; t++) {
        for (unsigned p = 0; p < P_ALL; p++)
            if (open >> p & 1u)
                c->value[p] = (uint8_t)((test_random(seed) >> 33) % product_levels[p]);
        if (product_is_legal(c))
            return true;
    }
    return false;
}

/* Which pairs are legal at all: some whole case holds them. The rules look at the variants, suite,
 * protocol, tag and hold only, so the others may stand at 0. */
static void find_legal_pairs(void)
{
    static const uint8_t ruled[] = {P_PROTOCOL, P_SUITE, P_TOP, P_IMAGE, P_BOTTOM, P_HOLD, P_TAG};
    product_case c = {{0}};
    memset(legal, 0, sizeof legal);
    size_t i = 0;
    do {
        product_case any = c;
        if (product_is_legal(&any))
            for (unsigned p = 0; p < P_ALL; p++)
                for (unsigned q = p + 1; q < P_ALL; q++)
                    legal[p][any.value[p]][q][any.value[q]] = true;
        for (i = 0; i < sizeof ruled; i++) {
            if (++c.value[ruled[i]] < product_levels[ruled[i]])
                break;
            c.value[ruled[i]] = 0;
        }
    } while (i < sizeof ruled);
    const unsigned others[] = {P_FORMAT, P_CHANNELS, P_CHANGE, P_CRC};
    for (size_t k = 0; k < 4; k++)
        for (unsigned q = 0; q < P_ALL; q++)
            for (unsigned x = 0; x < product_levels[others[k]]; x++)
                for (unsigned y = 0; y < product_levels[q]; y++) {
                    if (q < others[k])
                        legal[q][y][others[k]][x] = true;
                    if (q > others[k])
                        legal[others[k]][x][q][y] = true;
                }
}

static size_t mark(const product_case *c, bool really)
{
    size_t fresh = 0;
    for (unsigned p = 0; p < P_ALL; p++)
        for (unsigned q = p + 1; q < P_ALL; q++) {
            bool *at = &seen[p][c->value[p]][q][c->value[q]];
            fresh += !*at;
            *at = *at || really;
        }
    return fresh;
}

/* Among random completions of one missing pair, the case with the most pairs that are new. */
static product_case best_with(unsigned p, unsigned x, unsigned q, unsigned y, uint64_t *seed)
{
    product_case best = {{0}};
    size_t most = 0;
    for (unsigned t = 0; t < 60; t++) {
        product_case c;
        c.value[p] = (uint8_t)x;
        c.value[q] = (uint8_t)y;
        if (!complete(&c, ((1u << P_ALL) - 1) & ~(1u << p | 1u << q), seed))
            continue;
        const size_t fresh = mark(&c, false);
        if (fresh > most) {
            most = fresh;
            best = c;
        }
    }
    if (most == 0)
        fail_msg("no case for %s %u, %s %u", names[p], x, names[q], y);
    return best;
}

static size_t count_missing(void)
{
    size_t n = 0;
    for (unsigned p = 0; p < P_ALL; p++)
        for (unsigned q = p + 1; q < P_ALL; q++)
            for (unsigned x = 0; x < product_levels[p]; x++)
                for (unsigned y = 0; y < product_levels[q]; y++)
                    n += legal[p][x][q][y] && !seen[p][x][q][y];
    return n;
}

size_t product_cover(product_case *out, size_t capacity, size_t *pairs)
{
    uint64_t seed = 20261124;
    size_t n = 0;
    memset(seen, 0, sizeof seen);
    find_legal_pairs();
    *pairs = count_missing();
    for (unsigned p = 0; p < P_ALL; p++)
        for (unsigned q = p + 1; q < P_ALL; q++)
            for (unsigned x = 0; x < product_levels[p]; x++)
                for (unsigned y = 0; y < product_levels[q]; y++) {
                    if (!legal[p][x][q][y] || seen[p][x][q][y])
                        continue;
                    assert_true(n < capacity);
                    out[n] = best_with(p, x, q, y, &seed);
                    mark(&out[n++], true);
                }
    assert_int_equal(count_missing(), 0);
    return n;
}
