/* `camseal pki` as its users see it. Judges: the openssl command, and the chain check of the
 * library. */
#include "test.h"

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <jansson.h>

#include "camseal/openssl.h"

static char folder[64]; /* of this run; everything happens in it */
static char output[65536];

/* Runs a command line in the folder; stdout and stderr go to `output`. Returns its exit code. */
static int run_line(const char *line)
{
    FILE *pipe = popen(line, "r");
    assert_non_null(pipe);
    size_t n = fread(output, 1, sizeof output - 1, pipe);
    output[n] = 0;
    int status = pclose(pipe);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static int openssl(const char *arguments)
{
    char line[1024];
    snprintf(line, sizeof line, "cd %s && openssl %s 2>&1", folder, arguments);
    return run_line(line);
}

static int pki(const char *arguments)
{
    char line[1024];
    snprintf(line, sizeof line, "cd %s && %s pki %s 2>&1", folder, CAMSEAL_COMMAND, arguments);
    return run_line(line);
}

static int count_lines(void)
{
    int n = 0;
    for (const char *c = output; *c; c++)
        n += *c == '\n';
    return n;
}

#define assert_exit(call, expected)                                                  \
    do {                                                                             \
        int got_ = call;                                                             \
        if (got_ != (expected))                                                      \
            fail_msg("%s: exit code %d, not %d: %s", #call, got_, expected, output); \
    } while (0)

/* An error is one line that starts with the verb and holds `words`. */
#define assert_error(call, expected, words)                                                     \
    do {                                                                                        \
        assert_exit(call, expected);                                                            \
        if (count_lines() != 1 || strncmp(output, "camseal pki", 11) || !strstr(output, words)) \
            fail_msg("%s: not one line with '%s': %s", #call, words, output);                   \
    } while (0)

static void assert_says(const char *words)
{
    if (!strstr(output, words))
        fail_msg("'%s' is missing in: %s", words, output);
}

static size_t slurp(uint8_t *bytes, size_t capacity, const char *name)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    if (!file)
        fail_msg("%s is missing", path);
    size_t n = fread(bytes, 1, capacity, file);
    fclose(file);
    return n;
}

static void assert_mode(const char *name, mode_t mode)
{
    char path[256];
    struct stat info;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, mode);
}

static int make_folder(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/camseal-pki-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    char line[128];
    snprintf(line, sizeof line, "rm -r %s", folder);
    return system(line);
}

/* ---- what is made ---------------------------------------------------------------------------- */

static void openssl_accepts_what_is_made(void **state)
{
    (void)state;
    static const char *const algs[] = {"p256", "p384", "p521", "ed25519", "rsa3072"};
    for (size_t i = 0; i < sizeof algs / sizeof algs[0]; i++) {
        char line[512];
        snprintf(line, sizeof line, "init --out %s --alg %s --name 'House %s'", algs[i], algs[i],
                 algs[i]);
        assert_exit(pki(line), 0);
        snprintf(line, sizeof line,
                 "device --ca %s --out %s-dev --name front --serial 0042 --manufacturer Maker",
                 algs[i], algs[i]);
        assert_exit(pki(line), 0);
        snprintf(line, sizeof line,
                 "x509 -inform DER -in %s-dev/root.cert.der -out root.pem && openssl x509 -inform "
                 "DER -in "
                 "%s-dev/inter.cert.der -out inter.pem && openssl x509 -inform DER -in "
                 "%s-dev/device.cert.der -out device.pem",
                 algs[i], algs[i], algs[i]);
        assert_exit(openssl(line), 0);
        assert_exit(openssl("verify -x509_strict -CAfile root.pem -untrusted inter.pem device.pem"),
                    0);
        snprintf(line, sizeof line, "pkey -in %s-dev/device.key.pem -check -noout", algs[i]);
        assert_exit(openssl(line), 0);
    }
}

static void openssl_shows_the_spdm_identifiers(void **state)
{
    (void)state;
    assert_exit(pki("init --out ca"), 0);
    assert_exit(pki("device --ca ca --out sensor --name 'front, left' --serial S1"), 0);
    /* What the versions of openssl write alike. */
    assert_exit(
        openssl("x509 -inform DER -in sensor/device.cert.der -noout -text -nameopt RFC2253"), 0);
    assert_says("Version: 3 (0x2)");
    assert_says("CN=front\\, left");
    assert_says("X509v3 Basic Constraints: critical\n                CA:FALSE");
    assert_says("X509v3 Key Usage: critical\n                Digital Signature\n");
    assert_says("X509v3 Extended Key Usage: \n                1.3.6.1.4.1.412.274.3\n");
    assert_says("othername: 1.3.6.1.4.1.412.274.1:");
    assert_says(":camseal:front, left:S1");
    assert_says("1.3.6.1.4.1.412.274.6:");
    assert_exit(openssl("x509 -inform DER -in sensor/device.cert.der -noout -ext subjectAltName"),
                0);
    assert_null(strstr(output, "DNS:"));
    assert_exit(pki("device --ca ca --out ecu --name ecu --role requester"), 0);
    assert_exit(openssl("x509 -inform DER -in ecu/device.cert.der -noout -text"), 0);
    assert_says("X509v3 Extended Key Usage: \n                1.3.6.1.4.1.412.274.4\n");
    assert_exit(openssl("x509 -inform DER -in ca/inter.cert.der -noout -text"), 0);
    assert_says("CA:TRUE, pathlen:0");
    assert_says("Certificate Sign, CRL Sign");
}

static void the_files_belong_together(void **state)
{
    (void)state;
    static uint8_t root[4096], inter[4096], leaf[4096], chain[16384], key[4096];
    assert_exit(pki("init --out ca2"), 0);
    assert_exit(pki("device --ca ca2 --out dev2 --name x"), 0);
    size_t root_len = slurp(root, sizeof root, "dev2/root.cert.der");
    size_t inter_len = slurp(inter, sizeof inter, "dev2/inter.cert.der");
    size_t leaf_len = slurp(leaf, sizeof leaf, "dev2/device.cert.der");
    size_t chain_len = slurp(chain, sizeof chain, "dev2/device.chain.der");
    size_t key_len = slurp(key, sizeof key, "dev2/device.key.pem");
    assert_int_equal(chain_len, root_len + inter_len + leaf_len);
    assert_memory_equal(chain, root, root_len);
    assert_memory_equal(chain + root_len, inter, inter_len);
    assert_memory_equal(chain + root_len + inter_len, leaf, leaf_len);
    assert_int_equal(slurp(root, sizeof root, "ca2/root.cert.der"), root_len);
    assert_memory_equal(chain, root, root_len);

    const camseal_crypto *c = camseal_openssl();
    const camseal_span anchor = camseal_span_of(root, root_len);
    camseal_chain_job job;
    camseal_key_ref ref;
    camseal_sign_id sign;
    memset(&job, 0, sizeof job);
    job.chain = camseal_span_of(chain, chain_len);
    job.anchors = &anchor;
    job.n_anchors = 1;
    assert_status(c->chain(c->user, &job), CAMSEAL_OK);
    assert_int_equal(job.leaf_flags,
                     CAMSEAL_CHAIN_X509_V3 | CAMSEAL_CHAIN_HAS_EKU | CAMSEAL_CHAIN_EKU_RESPONDER |
                         CAMSEAL_CHAIN_HARDWARE_IDENTITY | CAMSEAL_CHAIN_HAS_KEY_USAGE |
                         CAMSEAL_CHAIN_DIGITAL_SIGNATURE | CAMSEAL_CHAIN_HAS_BASIC_CONSTRAINTS);
    assert_status(camseal_openssl_key_load(&ref, &sign, camseal_span_of(key, key_len)), CAMSEAL_OK);
    assert_status(camseal_openssl_key_matches(&ref, job.leaf_spki), CAMSEAL_OK);
    camseal_openssl_key_free(&ref);
}

static void the_pin_is_what_openssl_computes(void **state)
{
    (void)state;
    char pin[128] = {0};
    assert_exit(pki("init --out ca3 --alg p384"), 0);
    assert_exit(pki("device --ca ca3 --out dev3 --name x"), 0);
    assert_int_equal(slurp((uint8_t *)pin, sizeof pin, "dev3/device.pin"), 65);
    assert_int_equal(pin[64], '\n');
    pin[64] = 0;
    assert_exit(
        openssl("pkey -in dev3/device.key.pem -pubout -outform DER -out spki.der && openssl "
                "dgst -sha256 spki.der"),
        0);
    assert_says(pin);
    assert_exit(pki("show dev3/device.chain.der"), 0);
    assert_says(pin);
}

static void keys_are_private_and_stay(void **state)
{
    (void)state;
    uint8_t before[4096], after[4096];
    assert_exit(pki("init --out ca4"), 0);
    assert_exit(pki("device --ca ca4 --out dev4 --name x"), 0);
    assert_mode("ca4/root.key.pem", 0600);
    assert_mode("ca4/inter.key.pem", 0600);
    assert_mode("dev4/device.key.pem", 0600);
    size_t n = slurp(before, sizeof before, "dev4/device.key.pem");
    assert_error(pki("device --ca ca4 --out dev4 --name y"), 6, "--force");
    assert_error(pki("init --out ca4"), 6, "--force");
    assert_int_equal(slurp(after, sizeof after, "dev4/device.key.pem"), n);
    assert_memory_equal(after, before, n);
    assert_exit(pki("device --ca ca4 --out dev4 --name y --force"), 0);
    assert_int_equal(slurp(after, sizeof after, "dev4/device.key.pem"), n);
    assert_memory_not_equal(after, before, n);
    assert_mode("dev4/device.key.pem", 0600);
    char line[128];
    snprintf(line, sizeof line, "chmod 640 %s/ca4/inter.key.pem", folder);
    assert_int_equal(run_line(line), 0);
    assert_error(pki("device --ca ca4 --out dev5 --name x"), 4, "chmod 600");
    snprintf(line, sizeof line, "ls -A %s/dev5 2>&1", folder);
    assert_int_not_equal(run_line(line), 0); /* nothing was begun */
}

/* ---- what goes wrong ------------------------------------------------------------------------- */

static void validity_is_what_was_asked_for(void **state)
{
    (void)state;
    assert_exit(pki("init --out ca6"), 0);
    assert_exit(pki("device --ca ca6 --out old --name x --not-before 2020-02-29 --not-after "
                    "2021-01-01T12:30:00Z"),
                0);
    assert_exit(openssl("x509 -inform DER -in old/device.cert.der -noout -startdate -enddate"), 0);
    assert_says("notBefore=Feb 29 00:00:00 2020 GMT");
    assert_says("notAfter=Jan  1 12:30:00 2021 GMT");
    assert_exit(pki("show old/device.chain.der"), 1);
    assert_says("FAIL  validity           leaf certificate has expired");
    assert_exit(pki("device --ca ca6 --out later --name x --not-before 2060-12-31 --days 1"), 0);
    assert_exit(openssl("x509 -inform DER -in later/device.cert.der -noout -enddate"), 0);
    assert_says("notAfter=Jan  1 00:00:00 2061 GMT");
    assert_exit(pki("show later/device.chain.der"), 1);
    assert_says("leaf certificate is not yet valid");
    static const char *const bad[] = {
        "2021-02-29",  "2021-13-01",           "2021-00-01",          "2021-01-32", "yesterday",
        "2021-01-01T", "2021-01-01T24:00:00Z", "2021-01-01T00:00:00", "1969-12-31", "2021-01-01 "};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char line[256];
        snprintf(line, sizeof line, "device --ca ca6 --out never --name x --not-after '%s'",
                 bad[i]);
        assert_error(pki(line), 2, "is no time");
    }
    assert_error(pki("device --ca ca6 --out never --name x --not-after 2020-01-01"), 2,
                 "not after");
}

static void authorities_that_do_not_fit_are_refused(void **state)
{
    (void)state;
    char line[256];
    assert_exit(pki("init --out one"), 0);
    assert_exit(pki("init --out two"), 0);
    assert_error(pki("device --ca missing --out never --name x"), 6, "missing/root.cert.der");
    snprintf(line, sizeof line, "cd %s && cp two/root.cert.der one/", folder);
    assert_int_equal(run_line(line), 0);
    assert_error(pki("device --ca one --out never --name x"), 4, "the authority cannot be used");
    snprintf(line, sizeof line, "cd %s && cp two/inter.key.pem one/", folder);
    assert_int_equal(run_line(line), 0);
    assert_error(pki("device --ca one --out never --name x"), 5, "does not belong");
    snprintf(line, sizeof line, "cd %s && printf x >> two/inter.cert.der", folder);
    assert_int_equal(run_line(line), 0);
    assert_error(pki("device --ca two --out never --name x"), 3, "is not one DER certificate");
}

static void wrong_use_is_one_line(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",
        "nonsense",
        "init",
        "init --out x extra",
        "init --out x --alg rsa",
        "init --out x --days 0",
        "init --out x --days 1x",
        "init --out x --name ''",
        "init --out x --bogus",
        "init --out x --name 012345678901234567890123456789012345678901234567890",
        "device",
        "device --ca a --out b",
        "device --ca a --out b --name a:b",
        "device --ca a --name b",
        "device --ca a --out b --name c --role both",
        "device --ca a --out b --name c --serial 'x\ty'",
        "show",
        "show a b",
        "show --anchor",
        "init --out",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_error(pki(wrong[i]), 2, "--help");
    assert_error(pki("init --out /dev/null/x"), 6, "cannot make the folder");
    assert_error(pki("init --out /dev/null"), 6, "is not a folder");
    assert_exit(pki("--help"), 0);
    assert_exit(pki("init --help"), 0);
    assert_exit(pki("device --help"), 0);
    assert_exit(pki("show --help"), 0);
}

/* ---- show ------------------------------------------------------------------------------------ */

static void show_reports_as_json(void **state)
{
    (void)state;
    assert_exit(pki("init --out ca7"), 0);
    assert_exit(pki("device --ca ca7 --out dev7 --name x --serial 7"), 0);
    assert_exit(pki("show --json dev7/device.chain.der --anchor ca7/root.cert.der"), 0);
    json_t *root = json_loads(output, 0, NULL);
    assert_non_null(root);
    assert_true(json_is_true(json_object_get(root, "good")));
    assert_int_equal(json_array_size(json_object_get(root, "certificates")), 3);
    assert_string_equal(json_string_value(json_object_get(root, "device_info")), "camseal:x:7");
    assert_int_equal(strlen(json_string_value(json_object_get(root, "pin"))), 64);
    json_decref(root);
    assert_exit(pki("init --out ca8"), 0);
    assert_exit(pki("show --json dev7/device.chain.der --anchor ca8/root.cert.der"), 1);
    root = json_loads(output, 0, NULL);
    assert_true(json_is_false(json_object_get(root, "good")));
    json_decref(root);
    assert_says("root is not a trust anchor");
}

static void show_names_what_is_wrong_with_a_file(void **state)
{
    (void)state;
    char line[512];
    assert_exit(pki("init --out ca9"), 0);
    assert_exit(pki("device --ca ca9 --out dev9 --name x"), 0);
    snprintf(
        line, sizeof line,
        "cd %s && : > empty && printf garbage > garbage && head -c 170000 /dev/zero > huge && "
        "openssl x509 -inform DER -in ca9/root.cert.der -out pem && (cat dev9/device.chain.der; "
        "printf x) > trailing && cat dev9/inter.cert.der dev9/root.cert.der "
        "dev9/device.cert.der > shuffled",
        folder);
    assert_int_equal(run_line(line), 0);
    assert_error(pki("show absent"), 6, "No such file");
    assert_error(pki("show empty"), 3, "is empty");
    assert_error(pki("show garbage"), 3, "no DER certificate at byte 0");
    assert_error(pki("show huge"), 3, "longer than 163840");
    assert_error(pki("show pem"), 3, "openssl x509 -outform DER");
    assert_error(pki("show trailing"), 3, "no DER certificate at byte");
    assert_error(pki("show ."), 6, "cannot read");
    assert_exit(pki("show shuffled"), 1);
    assert_says("FAIL  signatures         the certificates are not in order");
    assert_exit(pki("show ca9/root.cert.der"), 1);
    assert_says("FAIL  basic constraints  CA:TRUE");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(openssl_accepts_what_is_made),
        cmocka_unit_test(openssl_shows_the_spdm_identifiers),
        cmocka_unit_test(the_files_belong_together),
        cmocka_unit_test(the_pin_is_what_openssl_computes),
        cmocka_unit_test(keys_are_private_and_stay),
        cmocka_unit_test(validity_is_what_was_asked_for),
        cmocka_unit_test(authorities_that_do_not_fit_are_refused),
        cmocka_unit_test(wrong_use_is_one_line),
        cmocka_unit_test(show_reports_as_json),
        cmocka_unit_test(show_names_what_is_wrong_with_a_file),
    };
    if (system("openssl version > /dev/null 2>&1") != 0)
        test_skip_program("the openssl command is not installed");
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
