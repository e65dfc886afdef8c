/* The smallest SPDM responder: one certificate chain, one private key, one TCP connection after
 * another.
 *
 * usage: minimal_responder PORT CHAIN.der KEY.pem
 * The engine turns messages into messages; this program only moves bytes (DSP0287 framing) between
 * it and a socket.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <camseal/openssl.h>
#include <camseal/spdm.h>
#include <camseal/transport.h>

static CAMSEAL_ALIGNED(64) uint8_t memory[32768];

static camseal_span read_file(const char *path)
{
    static uint8_t storage[2][8192];
    static int used;
    FILE *f = used < 2 ? fopen(path, "rb") : NULL;
    if (!f) {
        fprintf(stderr, "minimal_responder: cannot read %s\n", path);
        exit(6);
    }
    size_t n = fread(storage[used], 1, sizeof storage[used], f);
    fclose(f);
    return camseal_span_of(storage[used++], n);
}

static int listen_on(const char *port)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    int on = 1;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    address.sin_port = htons((uint16_t)atoi(port));
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) || listen(fd, 1)) {
        perror("minimal_responder");
        exit(6);
    }
    return fd;
}

/* Reads one frame; 0 when the peer went away or sends something that is no DSP0287 stream. */
static size_t read_frame(int fd, uint8_t *buffer, size_t capacity, uint8_t *type,
                         camseal_span *payload)
{
    size_t len = 0, frame = 0;
    for (;;) {
        camseal_status status =
            camseal_tcp_parse(camseal_span_of(buffer, len), capacity - 4, type, payload, &frame);
        if (status == CAMSEAL_OK)
            return frame;
        if (status != CAMSEAL_PENDING)
            return 0;
        ssize_t n =
            read(fd, buffer + len, frame > len ? frame - len : CAMSEAL_TCP_HEADER_BYTES - len);
        if (n <= 0)
            return 0;
        len += (size_t)n;
    }
}

static void serve(camseal_spdm_responder *responder, int fd)
{
    static uint8_t in[4200], out[4200];
    uint8_t type = 0;
    camseal_span message;
    while (read_frame(fd, in, sizeof in, &type, &message)) {
        camseal_step step = {
            .in = message,
            .in_secured = type == CAMSEAL_TCP_SECURED,
            .out = {out + CAMSEAL_TCP_HEADER_BYTES, sizeof out - CAMSEAL_TCP_HEADER_BYTES, 0}};
        if (camseal_spdm_responder_step(responder, &step) != CAMSEAL_OK)
            return;
        if (step.next != CAMSEAL_NEXT_SEND)
            continue;
        if (camseal_tcp_header(out, step.out_secured ? CAMSEAL_TCP_SECURED : CAMSEAL_TCP_SPDM,
                               step.out.len) != CAMSEAL_OK ||
            write(fd, out, CAMSEAL_TCP_HEADER_BYTES + step.out.len) < 0)
            return;
    }
}

static void say(void *user, camseal_status status, const char *area, const char *what,
                const char *detail, uint64_t a, uint64_t b)
{
    (void)user, (void)a, (void)b;
    printf("%s %s %s %s\n", area, what, camseal_status_name(status), detail ? detail : "");
    fflush(stdout);
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        fprintf(stderr, "usage: minimal_responder PORT CHAIN.der KEY.pem\n");
        return 2;
    }
    camseal_spdm_identity identity = {.chain = read_file(argv[2])};
    camseal_status status =
        camseal_openssl_key_load(&identity.key, &identity.sign, read_file(argv[3]));
    const camseal_trace trace = {.event = say};
    const camseal_spdm_responder_config config = {
        .struct_size = sizeof config,
        .crypto = camseal_openssl(),
        .binding = &camseal_spdm_binding_tcp,
        .trace = &trace,
        .identities = &identity,
        .n_identities = 1,
    };
    camseal_spdm_responder *responder = NULL;
    if (status == CAMSEAL_OK)
        status = camseal_spdm_responder_init(&responder, memory, sizeof memory, &config);
    if (status != CAMSEAL_OK) {
        fprintf(stderr, "minimal_responder: %s\n", camseal_status_text(status));
        return camseal_status_exit_code(status);
    }
    int listener = listen_on(argv[1]);
    for (;;) {
        int fd = accept(listener, NULL, NULL);
        if (fd < 0)
            return 6;
        serve(responder, fd);
        close(fd);
    }
}
