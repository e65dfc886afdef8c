#include "der.h"

/* Reads the length octets at p[1]; false unless definite, shortest and within 3 octets. */
static bool length_of(camseal_span in, size_t *header, size_t *len)
{
    if (in.len < 2)
        return false;
    size_t first = in.data[1];
    *header = 2;
    *len = first;
    if (first < 0x80)
        return true;
    size_t octets = first & 0x7F;
    if (octets == 0 || octets > 3 || octets > in.len - 2)
        return false;
    *len = 0;
    for (size_t i = 0; i < octets; i++)
        *len = *len << 8 | in.data[2 + i];
    *header += octets;
    size_t needed = *len < 0x80 ? 0u : *len < 0x100 ? 1u : *len < 0x10000 ? 2u : 3u;
    return octets == needed;
}

bool der_take(camseal_span *rest, unsigned tag, camseal_span *whole, camseal_span *contents)
{
    size_t header;
    size_t len;
    if (!length_of(*rest, &header, &len) || rest->data[0] != tag || len > rest->len - header)
        return false;
    if (whole)
        *whole = camseal_span_of(rest->data, header + len);
    if (contents)
        *contents = camseal_span_of(rest->data + header, len);
    *rest = camseal_span_of(rest->data + header + len, rest->len - header - len);
    return true;
}

bool der_certificate_spki(camseal_span certificate, camseal_span *spki)
{
    camseal_span at;
    camseal_span tbs;
    if (!der_take(&certificate, DER_SEQUENCE, NULL, &at) ||
        !der_take(&at, DER_SEQUENCE, NULL, &tbs))
        return false;
    (void)der_take(&tbs, DER_CONTEXT_0, NULL, NULL);   /* version: absent means v1 */
    return der_take(&tbs, DER_INTEGER, NULL, NULL) &&  /* serialNumber */
           der_take(&tbs, DER_SEQUENCE, NULL, NULL) && /* signature algorithm */
           der_take(&tbs, DER_SEQUENCE, NULL, NULL) && /* issuer */
           der_take(&tbs, DER_SEQUENCE, NULL, NULL) && /* validity */
           der_take(&tbs, DER_SEQUENCE, NULL, NULL) && /* subject */
           der_take(&tbs, DER_SEQUENCE, spki, NULL);
}
