/* `camseal inspect`: a capture field by field, as somebody without keys sees it. */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/load.h"
#include "camseal/spdm.h"
#include "camseal/transport.h"
#include "capture.h"
#include "cli.h"
#include "fsed_view.h"
#include "packet_view.h"
#include "verbs.h"
#include "wholefile.h"

enum { OPT_LIMIT = 1 };

static const cli_option options[] = {
    {OPT_LIMIT, 'n', "limit", "N", "stop after N packets"},
    {0, 0, NULL, NULL, NULL},
};

static const cli_verb verb = {
    "inspect",
    "[options] FILE.pcapng",
    "Decodes a capture: CSI-2 headers, fields of SEP and FSED, tags and checksums; SPDM messages "
    "by\n"
    "name; comments. Needs no keys and judges no tag.",
    options,
    "exit codes: 0 read to its end, 2 usage, 3 not a capture or a broken one, 6 cannot be read",
};

/* ---- JSON helpers ---------------------------------------------------------------------------- */

static json_t *text_of(camseal_span text)
{
    json_t *j = text.len ? json_stringn((const char *)text.data, text.len) : json_string("");
    return j ? j : json_string("(not UTF-8)");
}

static json_t *hex_of(const uint8_t *bytes, size_t len)
{
    char hex[2 * 64 + 1];
    size_t shown = len < 64 ? len : 64;
    for (size_t i = 0; i < shown; i++)
        snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
    hex[2 * shown] = 0;
    return json_string(hex);
}

static void put(json_t *j, const char *key, uint64_t value)
{
    json_object_set_new(j, key, json_integer((json_int_t)value));
}

static void put_text(json_t *j, const char *key, const char *value)
{
    json_object_set_new(j, key, json_string(value));
}

/* ---- decoding: one JSON object a packet; the text form prints the same object -----------------
 */

static const char *crc_name(sep_crc crc)
{
    static const char *const names[] = {"bad", "CRC-32C", "IEEE"};
    return names[crc];
}

static void decode_sep(json_t *j, const packet_view *v)
{
    json_t *sep = json_object();
    const uint8_t *header = packet_sep_header(v);
    for (int i = 0; i < SEP_FIELDS; i++)
        put(sep, sep_fields[i].name, sep_get(header, (enum sep_field_id)i));
    put(sep, "tag_length", v->tag_len);
    if (v->tag_len)
        json_object_set_new(sep, "tag",
                            hex_of(header + SEP_HEADER_BYTES + v->data_len + v->pad, v->tag_len));
    put_text(sep, "crc32", crc_name(packet_sep_crc(v)));
    json_object_set_new(j, "sep", sep);
}

static void decode_fsed(json_t *j, const fsed_view *v)
{
    json_t *fsed = json_object();
    for (size_t i = 0; i < v->n; i++)
        put(fsed, v->fields[i].name, v->fields[i].value);
    if (v->digest)
        json_object_set_new(fsed, "digest", hex_of(v->digest, 8));
    put(fsed, "tag_length", v->tag.len);
    if (v->tag.len)
        json_object_set_new(fsed, "tag", hex_of(v->tag.data, v->tag.len));
    put_text(fsed, "crc32", crc_name(v->crc));
    put_text(j, "fsed_packet", v->name);
    put_text(j, "carried", v->in_line ? "as an embedded line" : "as its own data type");
    json_object_set_new(j, "fsed", fsed);
}

static const char *field_name(uint8_t dt)
{
    if (!camseal_csi2_dt_is_short(dt))
        return "word_count";
    if (dt <= CAMSEAL_CSI2_FE)
        return "frame_number";
    return dt <= CAMSEAL_CSI2_LE ? "line_number" : "data_field";
}

static void decode_csi2(json_t *j, camseal_mspan bytes)
{
    packet_view v = packet_view_of(bytes);
    put_text(j, "kind", "CSI-2");
    put_text(j, "ecc", !v.header_ok ? "bad" : v.corrected ? "corrected" : "good");
    if (!v.header_ok)
        return;
    bool is_short = camseal_csi2_dt_is_short(v.dt);
    put(j, "vc", v.vc);
    put(j, "dt", v.dt);
    put_text(j, "dt_name", v.dt == CAMSEAL_CSI2_SEP ? "SEP" : camseal_csi2_dt_name(v.dt));
    put(j, field_name(v.dt), v.field);
    if (!v.fits)
        put_text(j, "length", "does not fit the header");
    if (!v.fits || is_short)
        return;
    put_text(j, "crc16", packet_crc16_ok(&v) ? "good" : "bad");
    const fsed_view fsed = fsed_view_of(&v);
    if (fsed.name)
        decode_fsed(j, &fsed);
    else if (v.sep)
        decode_sep(j, &v);
    else if (v.dt == CAMSEAL_CSI2_SEP)
        put_text(j, "sep", "lengths do not fit");
    else if (v.dt >= CAMSEAL_CSI2_FSH && v.dt <= CAMSEAL_CSI2_FTG)
        put_text(j, "fsed", "too short");
}

static void decode_spdm(json_t *j, camseal_span m)
{
    if (m.len < 4) {
        put_text(j, "message", "too short for SPDM");
        return;
    }
    char version[8];
    snprintf(version, sizeof version, "%u.%u", m.data[0] >> 4, m.data[0] & 15u);
    put_text(j, "message", camseal_spdm_code_name(m.data[1]));
    put_text(j, "version", version);
    put(j, "code", m.data[1]);
    put(j, "param1", m.data[2]);
    put(j, "param2", m.data[3]);
    if (m.data[1] == 0x7F)
        put_text(j, "error", camseal_spdm_error_name(m.data[2]));
}

/* DSP0277 over TCP: session id, length of what follows, ciphertext and tag. */
static void decode_secured(json_t *j, camseal_span m)
{
    put_text(j, "message", "SECURED");
    if (m.len < 6)
        return;
    put(j, "session_id", camseal_load_le32(m.data));
    put(j, "record_length", camseal_load_le16(m.data + 4));
}

static void decode_control(json_t *j, camseal_span bytes)
{
    uint8_t type;
    camseal_span payload;
    size_t frame_len;
    put_text(j, "kind", "DSP0287");
    if (camseal_tcp_parse(bytes, 65533, &type, &payload, &frame_len) != CAMSEAL_OK ||
        frame_len != bytes.len) {
        put_text(j, "message", "not a DSP0287 message");
        return;
    }
    put(j, "type", type);
    if (type == CAMSEAL_TCP_SPDM)
        decode_spdm(j, payload);
    else if (type == CAMSEAL_TCP_SECURED)
        decode_secured(j, payload);
    else
        put_text(j, "message", type == CAMSEAL_TCP_ROLE_INQUIRY ? "ROLE_INQUIRY" : "ERROR");
}

static bool is_named(camseal_span text, const char *name)
{
    return text.len == strlen(name) && !memcmp(text.data, name, text.len);
}

/* `file` is the writable memory in which the item's bytes lie. */
static json_t *decode(const pcapng_reader *r, const pcapng_item *item, uint64_t number,
                      uint64_t start_ns, uint8_t *file)
{
    static const char *const directions[] = {"", "in", "out", ""};
    json_t *j = json_object();
    put(j, "number", number);
    json_object_set_new(j, "time_us",
                        json_integer(((json_int_t)item->time_ns - (json_int_t)start_ns) / 1000));
    json_object_set_new(j, "interface", text_of(r->info[item->interface].name));
    put_text(j, "direction", directions[item->direction]);
    put(j, "bytes", item->bytes.len);
    if (is_named(item->dissector, CAPTURE_DISSECTOR_DATA))
        decode_csi2(j, camseal_mspan_of(file + (item->bytes.data - r->file.data), item->bytes.len));
    else if (is_named(item->dissector, CAPTURE_DISSECTOR_CONTROL))
        decode_control(j, item->bytes);
    else
        put_text(j, "kind", "unknown");
    if (item->comment.len)
        json_object_set_new(j, "comment", text_of(item->comment));
    return j;
}

/* ---- printing -------------------------------------------------------------------------------- */

static void print_value(const char *key, const json_t *value)
{
    if (json_is_integer(value)) {
        printf(" %s=%lld", key, (long long)json_integer_value(value));
        return;
    }
    printf(" %s=", key);
    for (const char *c = json_string_value(value); c && *c; c++)
        putchar((unsigned char)*c < ' ' || *c == 127 ? '?' : *c);
}

static void print_object(const char *name, json_t *object)
{
    const char *key;
    json_t *value;
    if (!json_is_object(object))
        return;
    printf("    %s", name);
    json_object_foreach(object, key, value) print_value(key, value);
    putchar('\n');
}

static void print_packet(json_t *j)
{
    const char *key;
    json_t *value;
    printf("#%lld %.6f %s %s:", (long long)json_integer_value(json_object_get(j, "number")),
           (double)json_integer_value(json_object_get(j, "time_us")) / 1e6,
           json_string_value(json_object_get(j, "interface")),
           json_string_value(json_object_get(j, "direction")));
    json_object_foreach(j, key, value) if (strcmp(key, "number") && strcmp(key, "time_us") &&
                                           strcmp(key, "interface") && strcmp(key, "direction") &&
                                           !json_is_object(value)) print_value(key, value);
    putchar('\n');
    print_object("SEP", json_object_get(j, "sep"));
    print_object(json_string_value(json_object_get(j, "fsed_packet")), json_object_get(j, "fsed"));
}

static void print_interfaces(const pcapng_reader *r, bool json)
{
    json_t *list = json_array();
    for (uint32_t i = 0; i < r->interfaces; i++)
        json_array_append_new(list, json_pack("{s:o, s:o, s:i}", "name", text_of(r->info[i].name),
                                              "description", text_of(r->info[i].description),
                                              "link_type", (int)r->info[i].link_type));
    size_t i;
    json_t *one;
    if (json) {
        printf("],\n\"interfaces\": ");
        json_dumpf(list, stdout, JSON_COMPACT);
    } else {
        json_array_foreach(list, i, one)
            printf("interface %zu: %s %s\n", i, json_string_value(json_object_get(one, "name")),
                   json_string_value(json_object_get(one, "description")));
    }
    json_decref(list);
}

static void emit(const cli_args *args, json_t *j, bool first)
{
    if (args->json) {
        printf(first ? "\n" : ",\n");
        json_dumpf(j, stdout, JSON_COMPACT);
    } else if (!args->quiet) {
        print_packet(j);
    }
    json_decref(j);
}

/* ---- running --------------------------------------------------------------------------------- */

static camseal_status walk(const cli_args *args, pcapng_reader *r, uint8_t *file, uint64_t limit,
                           uint64_t *packets)
{
    uint64_t start_ns = 0;
    while (*packets < limit && !cli_interrupted()) {
        pcapng_item item;
        camseal_status status = pcapng_next(r, &item);
        if (status != CAMSEAL_OK || item.kind == PCAPNG_END)
            return status;
        if (item.kind == PCAPNG_SECRETS && !args->json && !args->quiet)
            printf("decryption secrets: %zu bytes\n", item.bytes.len);
        if (item.kind != PCAPNG_PACKET)
            continue;
        start_ns = *packets ? start_ns : item.time_ns;
        ++*packets;
        emit(args, decode(r, &item, *packets, start_ns, file), *packets == 1);
    }
    return CAMSEAL_OK;
}

static int inspect(const cli_args *args, const char *path, uint8_t *file, size_t len,
                   uint64_t limit)
{
    static pcapng_reader r;
    uint64_t packets = 0;
    if (pcapng_open(&r, camseal_span_of(file, len)) != CAMSEAL_OK)
        return cli_fail(verb.name, CAMSEAL_E_FORMAT,
                        "%s: not a pcapng file: give one made with --capture", path);
    if (args->json)
        printf("{\"verb\": \"inspect\", \"packets\": [");
    camseal_status status = walk(args, &r, file, limit, &packets);
    if (args->json || !args->quiet)
        print_interfaces(&r, args->json);
    if (args->json)
        printf(",\n\"count\": %llu, \"status\": \"%s\"}\n", (unsigned long long)packets,
               camseal_status_name(status));
    else if (!args->quiet)
        printf("%llu packets\n", (unsigned long long)packets);
    if (fflush(stdout) || ferror(stdout))
        return cli_fail(verb.name, CAMSEAL_E_IO, "cannot write to stdout");
    if (status != CAMSEAL_OK)
        return cli_fail(verb.name, status,
                        "%s: broken at byte %zu (%s): only what stands before was shown", path,
                        r.at, camseal_status_text(status));
    return cli_interrupted() ? CLI_EXIT_INTERRUPTED : CLI_EXIT_OK;
}

int verb_inspect(int argc, char **argv)
{
    cli_args args;
    uint64_t limit = UINT64_MAX;
    char **operands;
    int id;
    cli_begin(&args, &verb, argc, argv);
    while ((id = cli_next(&args)) > 0)
        if (id == OPT_LIMIT && !cli_number(&args, 0, UINT64_MAX, &limit))
            return args.exit;
    if (id < 0)
        return args.exit;
    if (cli_operands(&args, &operands) != 1)
        return cli_usage(verb.name, "give one capture file");
    uint8_t *file = NULL;
    size_t len = 0;
    int exit_code;
    if (wholefile_read(operands[0], &file, &len) != CAMSEAL_OK)
        exit_code = cli_fail(verb.name, CAMSEAL_E_FILE, "%s: cannot be read: %s", operands[0],
                             strerror(errno));
    else
        exit_code = inspect(&args, operands[0], file, len, limit);
    free(file);
    return exit_code;
}
