#include "version.h"

#include <jansson.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

#include "camseal/bulk.h"
#include "camseal/openssl.h"
#include "camseal/version.h"
#include "cli.h"

int version_print(int argc, char **argv)
{
    if (argc > 1 || (argc == 1 && strcmp(argv[0], "--json") != 0))
        return cli_usage(NULL, "--version takes nothing but --json");
    const char *libcrypto = OpenSSL_version(OPENSSL_VERSION_STRING);
    const char *bulk = camseal_bulk_choose(CAMSEAL_BULK_ALLOW_ALL)->name;
    const char *lacks = camseal_openssl_lacks();
    int failed;
    if (argc == 0) {
        failed = printf("camseal %s\nwire format %s\nlibcrypto %s%s%s\nbulk provider %s\n",
                        CAMSEAL_VERSION, CAMSEAL_WIRE_FORMAT, libcrypto, *lacks ? ": no " : "",
                        lacks, bulk) < 0;
    } else {
        json_t *object = json_pack("{s:s, s:s, s:s, s:s, s:s}", "version", CAMSEAL_VERSION,
                                   "wire_format", CAMSEAL_WIRE_FORMAT, "libcrypto", libcrypto,
                                   "libcrypto_lacks", lacks, "bulk", bulk);
        failed = !object || json_dumpf(object, stdout, JSON_INDENT(2)) || putchar('\n') == EOF;
        json_decref(object);
    }
    if (fflush(stdout) || failed)
        return cli_fail(NULL, CAMSEAL_E_IO, "cannot write to stdout");
    return CLI_EXIT_OK;
}
