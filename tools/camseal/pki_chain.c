#include "pki_chain.h"

#include <stdio.h>
#include <string.h>

#include <openssl/x509v3.h>

#include "pki_cert.h"

enum { NAME_BYTES = PKI_CHAIN_NAME_BYTES };

struct description {
    char subject[NAME_BYTES], issuer[NAME_BYTES], serial[64], not_before[32], not_after[32];
};

/* Control characters and what is not ASCII come out escaped: the file may come from anybody. */
static void print_name(char out[NAME_BYTES], const X509_NAME *name)
{
    char *text = NULL;
    BIO *bio = BIO_new(BIO_s_mem());
    out[0] = 0;
    if (bio && X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253) >= 0) {
        long len = BIO_get_mem_data(bio, &text);
        snprintf(out, NAME_BYTES, "%.*s", (int)(len < NAME_BYTES ? len : NAME_BYTES - 1), text);
    }
    BIO_free(bio);
}

static void describe(struct description *d, const X509 *cert)
{
    const ASN1_INTEGER *serial = X509_get0_serialNumber(cert);
    const unsigned char *bytes = ASN1_STRING_get0_data(serial);
    size_t n = (size_t)ASN1_STRING_length(serial);
    print_name(d->subject, X509_get_subject_name(cert));
    print_name(d->issuer, X509_get_issuer_name(cert));
    d->serial[0] = 0;
    for (size_t i = 0; i < n && i < 31; i++)
        snprintf(d->serial + 2 * i, 3, "%02x", bytes[i]);
    pki_format_time(d->not_before, X509_get0_notBefore(cert));
    pki_format_time(d->not_after, X509_get0_notAfter(cert));
}

static bool is_device_info(const GENERAL_NAME *name, ASN1_OBJECT **oid, ASN1_TYPE **value)
{
    char text[64];
    return GENERAL_NAME_get0_otherName(name, oid, value) == 1 &&
           OBJ_obj2txt(text, sizeof text, *oid, 1) > 0 && !strcmp(text, PKI_OID_DEVICE_INFO) &&
           ASN1_TYPE_get(*value) == V_ASN1_UTF8STRING;
}

static void read_device_info(pki_chain *c, const X509 *leaf)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(leaf, NID_subject_alt_name, NULL, NULL);
    for (int i = 0; names && i < sk_GENERAL_NAME_num(names); i++) {
        ASN1_OBJECT *oid;
        ASN1_TYPE *value;
        if (!is_device_info(sk_GENERAL_NAME_value(names, i), &oid, &value))
            continue;
        const ASN1_UTF8STRING *utf8 = value->value.utf8string;
        const unsigned char *bytes = ASN1_STRING_get0_data(utf8);
        size_t n = (size_t)ASN1_STRING_length(utf8);
        for (size_t k = 0; k < n && k < NAME_BYTES - 1; k++)
            c->device_info[k] = bytes[k] >= 0x20 && bytes[k] < 0x7F ? (char)bytes[k] : '?';
    }
    GENERAL_NAMES_free(names);
}

camseal_status pki_chain_read(pki_chain *c, camseal_span der, size_t *broken_at)
{
    const unsigned char *at = der.data, *end = at + der.len;
    memset(c, 0, sizeof *c);
    c->bytes = der;
    while (at < end) {
        const unsigned char *start = at;
        *broken_at = (size_t)(start - der.data);
        if (c->n == PKI_CHAIN_MAX)
            return CAMSEAL_E_SPACE;
        c->cert[c->n] = d2i_X509(NULL, &at, end - at);
        if (!c->cert[c->n])
            return CAMSEAL_E_FORMAT;
        c->der[c->n++] = camseal_span_of(start, (size_t)(at - start));
    }
    if (c->n == 0)
        return CAMSEAL_E_FORMAT;
    read_device_info(c, c->cert[c->n - 1]);
    return CAMSEAL_OK;
}

void pki_chain_judge(pki_chain *c, camseal_span anchor, int64_t now)
{
    pki_judge(&c->verdict, c->bytes, c->der[c->n - 1], c->der[0], anchor, now);
    if (c->verdict.leaf_read)
        pki_pin_text(c->pin, c->verdict.leaf_spki);
}

void pki_chain_free(pki_chain *c)
{
    for (size_t i = 0; i < c->n; i++)
        X509_free(c->cert[i]);
    c->n = 0;
}

void pki_chain_print(const pki_chain *c)
{
    for (size_t i = 0; i < c->n; i++) {
        struct description d;
        describe(&d, c->cert[i]);
        printf("certificate %zu of %zu\n  subject  %s\n  issuer   %s\n  serial   %s\n"
               "  valid    %s to %s\n",
               i + 1, c->n, d.subject, d.issuer, d.serial, d.not_before, d.not_after);
    }
    if (c->device_info[0])
        printf("device %s\n", c->device_info);
    printf("rules\n");
    for (size_t i = 0; i < c->verdict.n; i++) {
        const struct pki_rule *rule = &c->verdict.rules[i];
        const char *mark = rule->decides ? rule->kept ? "pass" : "FAIL" : rule->kept ? "yes" : "no";
        printf("  %-4s  %-18s %s\n", mark, rule->name, rule->text);
    }
    if (c->pin[0])
        printf("pin %s\n", c->pin);
}

static json_t *json_certificates(const pki_chain *c)
{
    json_t *list = json_array();
    for (size_t i = 0; i < c->n; i++) {
        struct description d;
        describe(&d, c->cert[i]);
        json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s, s:s}", "subject", d.subject,
                                              "issuer", d.issuer, "serial", d.serial, "not_before",
                                              d.not_before, "not_after", d.not_after));
    }
    return list;
}

static json_t *json_rules(const struct pki_verdict *verdict)
{
    json_t *list = json_array();
    for (size_t i = 0; i < verdict->n; i++) {
        const struct pki_rule *rule = &verdict->rules[i];
        json_array_append_new(
            list, json_pack("{s:s, s:b, s:b, s:s}", "rule", rule->name, "pass", rule->kept,
                            "decides", rule->decides, "found", rule->text));
    }
    return list;
}

json_t *pki_chain_json(const pki_chain *c)
{
    return json_pack("{s:b, s:o, s:o, s:s?, s:s?}", "good", c->verdict.good, "certificates",
                     json_certificates(c), "rules", json_rules(&c->verdict), "device_info",
                     c->device_info[0] ? c->device_info : NULL, "pin", c->pin[0] ? c->pin : NULL);
}
