/* Loading of small files and private keys, and the rules of `camseal pki show` on chains with one
 * fault each. */
#include "test.h"

#include <sys/stat.h>
#include <unistd.h>

#include <openssl/pem.h>

#include "keyfile.h"
#include "pki_rules.h"
#include "test_pki.h"

static char path[64];

static int make_path(void **state)
{
    (void)state;
    snprintf(path, sizeof path, "/tmp/camseal-key-XXXXXX");
    int fd = mkstemp(path);
    return fd < 0 ? -1 : close(fd);
}

static int remove_path(void **state)
{
    (void)state;
    return unlink(path);
}

static void write_file(const void *bytes, size_t n, mode_t mode)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, n, file), n);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, mode), 0);
}

static void sizes_are_limited(void **state)
{
    (void)state;
    uint8_t bytes[101];
    pki_file file;
    uint64_t seed = 3;
    test_fill(&seed, bytes, sizeof bytes);
    write_file(bytes, 100, 0644);
    assert_status(pki_load_file(&file, path, 100), CAMSEAL_OK);
    assert_int_equal(file.len, 100);
    assert_memory_equal(file.data, bytes, 100);
    assert_int_equal(file.data[100], 0);
    pki_file_free(&file);
    pki_file_free(&file);
    write_file(bytes, 101, 0644);
    assert_status(pki_load_file(&file, path, 100), CAMSEAL_E_FORMAT);
    assert_non_null(strstr(file.error, path));
    assert_null(file.data);
    write_file(bytes, 0, 0644);
    assert_status(pki_load_file(&file, path, 100), CAMSEAL_E_FORMAT);
    assert_status(pki_load_file(&file, "/nowhere/at/all", 100), CAMSEAL_E_FILE);
    assert_status(pki_load_file(&file, "/", 100), CAMSEAL_E_FILE);
    pki_file_free(&file);
}

static size_t pem_of_new_key(char *text, size_t capacity)
{
    char *bytes = NULL;
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-384");
    BIO *bio = BIO_new(BIO_s_mem());
    assert_int_equal(PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL), 1);
    size_t n = (size_t)BIO_get_mem_data(bio, &bytes);
    assert_in_range(n, 1, capacity);
    memcpy(text, bytes, n);
    BIO_free(bio);
    EVP_PKEY_free(key);
    return n;
}

static void only_the_owner_may_read_a_key(void **state)
{
    (void)state;
    char text[2048];
    pki_key key;
    size_t n = pem_of_new_key(text, sizeof text);
    static const mode_t good[] = {0600, 0400, 0700}, bad[] = {0640, 0604, 0620, 0610, 0666, 0440};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        write_file(text, n, 0600);
        assert_int_equal(chmod(path, good[i]), 0);
        assert_status(pki_load_key_file(&key, path), CAMSEAL_OK);
        assert_int_equal(key.sign, CAMSEAL_SIGN_ECDSA_P384);
        pki_key_free(&key);
        pki_key_free(&key);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(chmod(path, bad[i]), 0);
        assert_status(pki_load_key_file(&key, path), CAMSEAL_E_POLICY);
        assert_non_null(strstr(key.error, "chmod 600"));
        assert_null(key.ref.provider);
    }
}

static void what_is_no_key_is_refused(void **state)
{
    (void)state;
    pki_key key;
    write_file("garbage", 7, 0600);
    assert_status(pki_load_key_file(&key, path), CAMSEAL_E_KEY);
    assert_non_null(strstr(key.error, path));
    write_file("", 0, 0600);
    assert_status(pki_load_key_file(&key, path), CAMSEAL_E_FORMAT);
    assert_status(pki_load_key_file(&key, "/nowhere/at/all"), CAMSEAL_E_FILE);
}

/* Each fault breaks the rules named here and no other. */
static void rules_name_the_fault(void **state)
{
    (void)state;
    static const struct {
        unsigned fault;
        const char *broken; /* names, separated by commas */
    } cases[] = {
        {TEST_PKI_GOOD, ""},
        {TEST_PKI_NO_EKU, ""},
        {TEST_PKI_MUTABLE, ""},
        {TEST_PKI_NO_CONSTRAINTS, ""},
        {TEST_PKI_REQUESTER, "as responder,"},
        {TEST_PKI_WRONG_EKU, "as responder,"},
        {TEST_PKI_EXPIRED, "validity,"},
        {TEST_PKI_NOT_YET_VALID, "validity,"},
        {TEST_PKI_INTER_EXPIRED, "validity,"},
        {TEST_PKI_OTHER_ROOT, "trust,"},
        {TEST_PKI_BROKEN_SIGNATURE, "signatures,trust,"},
        {TEST_PKI_TAMPERED_INTER, "signatures,trust,"},
        {TEST_PKI_CA_LEAF, "basic constraints,"},
        {TEST_PKI_NO_KEY_USAGE, "key usage,"},
        {TEST_PKI_WRONG_KEY_USAGE, "key usage,"},
        {TEST_PKI_NO_KEY_USAGE | TEST_PKI_EXPIRED, "validity,key usage,"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct test_pki pki;
        struct pki_verdict v;
        char broken[256] = "";
        bool decisive = false;
        test_pki_make(&pki, TEST_PKI_P256, cases[i].fault);
        const camseal_span first =
            camseal_span_of(pki.chain.data, (size_t)(pki.inter.data - pki.chain.data));
        pki_judge(&v, pki.chain, pki.leaf, first, pki.root, TEST_PKI_NOW);
        for (size_t r = 0; r < v.n; r++) {
            if (v.rules[r].kept || !strcmp(v.rules[r].name, "as requester"))
                continue;
            strcat(strcat(broken, v.rules[r].name), ",");
            decisive |= v.rules[r].decides;
        }
        assert_string_equal(broken, cases[i].broken);
        assert_true(v.good == !decisive);
        assert_true(v.leaf_read && v.leaf_key == CAMSEAL_SIGN_ECDSA_P256);
        test_pki_free(&pki);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_are_limited),
        cmocka_unit_test(only_the_owner_may_read_a_key),
        cmocka_unit_test(what_is_no_key_is_refused),
        cmocka_unit_test(rules_name_the_fault),
    };
    return cmocka_run_group_tests(tests, make_path, remove_path);
}
