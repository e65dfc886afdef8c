/* Measures the bulk providers and OpenSSL in one run. A round visits every contender of one mode
 * and length before the next round, so that a noisy machine disturbs all alike; results must agree
 * before anything is timed. Speed in GB/s (10^9 bytes of message a second): median and the range
 * from the 10th to the 90th percentile. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/crypto.h>

#include "work.h"

#define CONTENDERS 3u
#define ROUNDS_MAX 1000u
#define SAMPLE_NS  500000.0

static const size_t lengths[] = {64, 1440, 5760};

typedef struct options {
    size_t rounds;
    bool json;
} options;

typedef struct contender {
    const char *name;
    const camseal_bulk *bulk; /* NULL: OpenSSL */
    bool here;                /* takes part in the present mode */
    work work;
    size_t calls;              /* a sample */
    double speeds[ROUNDS_MAX]; /* GB/s, sorted at the end */
} contender;

static double now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static double time_calls(contender *c)
{
    double start = now_ns();
    work_run(&c->work, c->calls);
    return now_ns() - start;
}

static void calibrate(contender *c)
{
    for (c->calls = 1; time_calls(c) < SAMPLE_NS; c->calls *= 2)
        ;
}

static int rising(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static double percentile(const contender *c, size_t rounds, size_t percent)
{
    return c->speeds[(rounds - 1) * percent / 100];
}

static void open_all(contender *all, const work_mode *mode, size_t bytes)
{
    const contender *first = NULL;
    for (size_t i = 0; i < CONTENDERS; i++) {
        contender *c = &all[i];
        bool exists = c->bulk || strcmp(c->name, "openssl") == 0;
        c->here = exists && work_open(&c->work, mode, c->bulk, bytes);
        if (!c->here)
            continue;
        work_run(&c->work, 1);
        if (first && !work_agrees(&first->work, &c->work)) {
            fprintf(stderr, "camseal-bench: %s: %s and %s disagree\n", mode->name, first->name,
                    c->name);
            exit(4);
        }
        first = c;
        calibrate(c);
    }
}

static void measure(contender *all, size_t rounds)
{
    for (size_t round = 0; round < rounds; round++) {
        for (size_t i = 0; i < CONTENDERS; i++) {
            contender *c = &all[i];
            if (!c->here)
                continue;
            size_t bytes = c->calls * c->work.mode->batch * c->work.bytes;
            c->speeds[round] = (double)bytes / time_calls(c);
        }
    }
    for (size_t i = 0; i < CONTENDERS; i++)
        if (all[i].here)
            qsort(all[i].speeds, rounds, sizeof all[i].speeds[0], rising);
}

static void print_row(const contender *all, const work_mode *mode, size_t bytes, size_t rounds)
{
    printf("%-13s %5zu %5zu ", mode->name, mode->batch, bytes);
    for (size_t i = 0; i < CONTENDERS; i++) {
        if (all[i].here)
            printf("  %7.3f (%7.3f-%7.3f)", percentile(&all[i], rounds, 50),
                   percentile(&all[i], rounds, 10), percentile(&all[i], rounds, 90));
        else
            printf("  %7s %17s", "-", "");
    }
    printf("\n");
}

static void print_json(const contender *all, const work_mode *mode, size_t bytes, size_t rounds,
                       bool *first)
{
    for (size_t i = 0; i < CONTENDERS; i++) {
        if (!all[i].here)
            continue;
        printf("%s\n    {\"mode\": \"%s\", \"batch\": %zu, \"bytes\": %zu, \"provider\": \"%s\", "
               "\"median\": %.4f, \"p10\": %.4f, \"p90\": %.4f}",
               *first ? "" : ",", mode->name, mode->batch, bytes, all[i].name,
               percentile(&all[i], rounds, 50), percentile(&all[i], rounds, 10),
               percentile(&all[i], rounds, 90));
        *first = false;
    }
}

static void print_head(const options *o, const contender *all)
{
    if (o->json) {
        printf("{\"schema\": 1, \"unit\": \"GB/s\", \"rounds\": %zu, \"openssl\": \"%s\", "
               "\"results\": [",
               o->rounds, OpenSSL_version(OPENSSL_VERSION_STRING));
        return;
    }
    printf("GB/s of message: median (10th-90th percentile) of %zu rounds; OpenSSL %s\n", o->rounds,
           OpenSSL_version(OPENSSL_VERSION_STRING));
    printf("%-13s %5s %5s ", "mode", "batch", "bytes");
    for (size_t i = 0; i < CONTENDERS; i++)
        printf("  %-25s", all[i].name);
    printf("\n");
}

static void run_all(const options *o, contender *all)
{
    bool first = true;
    print_head(o, all);
    for (size_t m = 0; m < n_work_modes; m++) {
        for (size_t l = 0; l < sizeof lengths / sizeof lengths[0]; l++) {
            open_all(all, &work_modes[m], lengths[l]);
            measure(all, o->rounds);
            if (o->json)
                print_json(all, &work_modes[m], lengths[l], o->rounds, &first);
            else
                print_row(all, &work_modes[m], lengths[l], o->rounds);
            for (size_t i = 0; i < CONTENDERS; i++)
                if (all[i].here)
                    work_close(&all[i].work);
        }
    }
    if (o->json)
        printf("\n]}\n");
}

static void usage(FILE *to)
{
    fprintf(to, "usage: camseal-bench [--json] [--rounds N]\n"
                "Measures CMAC, GMAC, CTR and the CRCs of each bulk provider beside OpenSSL.\n"
                "  --json      machine-readable, stable\n"
                "  --rounds N  samples of each cell, 1 to 1000 (21)\n");
}

static bool parse(options *o, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0) {
            o->json = true;
            continue;
        }
        if (strcmp(argv[i], "--rounds") != 0 || i + 1 == argc)
            return false;
        char *end = NULL;
        o->rounds = strtoul(argv[++i], &end, 10);
        if (*end != '\0' || o->rounds < 1 || o->rounds > ROUNDS_MAX)
            return false;
    }
    return true;
}

int main(int argc, char **argv)
{
    static contender all[CONTENDERS];
    options o = {21, false};
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        usage(stdout);
        return 0;
    }
    if (!parse(&o, argc, argv)) {
        usage(stderr);
        return 2;
    }
    all[0].name = "soft";
    all[0].bulk = camseal_bulk_soft();
    all[1].name = "x86-aesni";
    all[1].bulk = camseal_bulk_x86();
    all[2].name = "openssl";
    run_all(&o, all);
    return 0;
}
