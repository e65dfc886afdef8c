#include "endpoint.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/try.h"
#include "printf_like.h"
#include "wait.h"

enum { BACKLOG = 8, RETRY_US = 20000 };

/* Returns `status`, so that a failure is one statement. */
CAMSEAL_PRINTF_LIKE(3, 4)
static camseal_status failed(camseal_posix_error *error, camseal_status status, const char *format,
                             ...)
{
    if (!error)
        return status;
    va_list values;
    va_start(values, format);
    vsnprintf(error->text, sizeof error->text, format, values);
    va_end(values);
    return status;
}

/* ---- parsing --------------------------------------------------------------------------------- */

static bool is_loopback(const char *host)
{
    struct in_addr four;
    struct in6_addr six;
    if (inet_pton(AF_INET, host, &four) == 1)
        return ntohl(four.s_addr) >> 24 == 127;
    return inet_pton(AF_INET6, host, &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six);
}

static bool is_port(const char *text)
{
    size_t n = strspn(text, "0123456789");
    return n > 0 && n <= 5 && text[n] == 0 && strtoul(text, NULL, 10) <= 65535;
}

static camseal_status parse_tcp(camseal_endpoint *out, const char *rest, bool allow_remote,
                                camseal_posix_error *error)
{
    const char *colon = strrchr(rest, ':');
    if (!colon || colon == rest || !is_port(colon + 1))
        return failed(error, CAMSEAL_E_ARGUMENT, "%s: no host and port: write %.3s:HOST:PORT",
                      out->text, out->text);
    size_t len = (size_t)(colon - rest);
    if (rest[0] == '[' && len > 2 && rest[len - 1] == ']') {
        rest++;
        len -= 2;
    }
    if (len >= sizeof out->host)
        return failed(error, CAMSEAL_E_ARGUMENT, "%s: the host name is too long", out->text);
    memcpy(out->host, rest, len);
    snprintf(out->port, sizeof out->port, "%s", colon + 1);
    /* No resolver stands between "localhost" and the loopback interface. */
    if (!strcmp(out->host, "localhost"))
        strcpy(out->host, "127.0.0.1");
    if (!allow_remote && !is_loopback(out->host))
        return failed(error, CAMSEAL_E_POLICY,
                      "%s: not a loopback address: use 127.0.0.1, or --allow-remote if you mean it",
                      out->text);
    return CAMSEAL_OK;
}

static camseal_status parse_unix(camseal_endpoint *out, const char *rest,
                                 camseal_posix_error *error)
{
    if (rest[0] == 0)
        return failed(error, CAMSEAL_E_ARGUMENT, "%s: no path: write unix:PATH", out->text);
    if (strlen(rest) >= sizeof out->path)
        return failed(error, CAMSEAL_E_ARGUMENT,
                      "%s: longer than the %zu bytes of a socket path: use a shorter path",
                      out->text, sizeof out->path - 1);
    strcpy(out->path, rest);
    return CAMSEAL_OK;
}

camseal_status camseal_endpoint_parse(camseal_endpoint *out, const char *text, bool allow_remote,
                                      camseal_posix_error *error)
{
    memset(out, 0, sizeof *out);
    if (strlen(text) >= sizeof out->text)
        return failed(error, CAMSEAL_E_ARGUMENT, "endpoint of more than %zu characters",
                      sizeof out->text - 1);
    strcpy(out->text, text);
    if (!strncmp(text, "unix:", 5)) {
        out->kind = CAMSEAL_ENDPOINT_UNIX;
        return parse_unix(out, text + 5, error);
    }
    if (!strncmp(text, "tcp:", 4)) {
        out->kind = CAMSEAL_ENDPOINT_TCP;
        return parse_tcp(out, text + 4, allow_remote, error);
    }
    bool i2c = !strncmp(text, "i2c:", 4);
    if (i2c || !strncmp(text, "file:", 5)) {
        out->kind = i2c ? CAMSEAL_ENDPOINT_I2C : CAMSEAL_ENDPOINT_FILE;
        return failed(error, CAMSEAL_E_UNSUPPORTED,
                      "%s: this version knows no such links yet: use unix:PATH or tcp:HOST:PORT",
                      text);
    }
    if (!strncmp(text, "emu:", 4))
        return failed(error, CAMSEAL_E_UNSUPPORTED,
                      "%s: this link does not speak with emulators: use unix:PATH or tcp:HOST:PORT",
                      text);
    return failed(error, CAMSEAL_E_ARGUMENT, "%s: no endpoint: write unix:PATH or tcp:HOST:PORT",
                  text);
}

camseal_status camseal_endpoint_parse_control(camseal_endpoint *out, const char *text,
                                              bool allow_remote, camseal_posix_error *error)
{
    bool i2c = !strncmp(text, "i2c:", 4) && strncmp(text, "i2c:/dev/", 9) != 0;
    bool emu = !strncmp(text, "emu:", 4);
    if ((!i2c && !emu) || strlen(text) >= sizeof out->text)
        return camseal_endpoint_parse(out, text, allow_remote, error);
    memset(out, 0, sizeof *out);
    strcpy(out->text, text);
    out->kind = i2c ? CAMSEAL_ENDPOINT_I2C : CAMSEAL_ENDPOINT_EMU;
    return i2c ? parse_unix(out, text + 4, error) : parse_tcp(out, text + 4, allow_remote, error);
}

/* Its socket is a file. */
static bool has_path(const camseal_endpoint *e)
{
    return e->kind == CAMSEAL_ENDPOINT_UNIX || e->kind == CAMSEAL_ENDPOINT_I2C;
}

/* ---- sockets --------------------------------------------------------------------------------- */

typedef struct address {
    struct sockaddr_storage storage;
    socklen_t len;
} address;

static camseal_status resolve(address *out, const camseal_endpoint *e, bool passive,
                              camseal_posix_error *error)
{
    memset(out, 0, sizeof *out);
    if (has_path(e)) {
        struct sockaddr_un un = {.sun_family = AF_UNIX};
        memcpy(un.sun_path, e->path, sizeof un.sun_path);
        memcpy(&out->storage, &un, sizeof un);
        out->len = sizeof un;
        return CAMSEAL_OK;
    }
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    hints.ai_flags = AI_NUMERICSERV | (passive ? AI_PASSIVE : 0);
    int code = getaddrinfo(e->host, e->port, &hints, &found);
    if (code)
        return failed(error, CAMSEAL_E_CONNECT, "%s: cannot resolve the host (%s): check the name",
                      e->text, gai_strerror(code));
    memcpy(&out->storage, found->ai_addr, found->ai_addrlen);
    out->len = found->ai_addrlen;
    freeaddrinfo(found);
    return CAMSEAL_OK;
}

static void prepare(int fd, int family)
{
    int on = 1;
    (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
    (void)fcntl(fd, F_SETFL, O_NONBLOCK);
    if (family != AF_UNIX)
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

static int open_socket(const address *a)
{
    int fd = socket(a->storage.ss_family, SOCK_STREAM, 0);
    if (fd >= 0)
        prepare(fd, a->storage.ss_family);
    return fd;
}

static int connect_now(int fd, const address *a)
{
    return connect(fd, (const struct sockaddr *)&a->storage, a->len);
}

/* ---- listening ------------------------------------------------------------------------------- */

/* Makes room for a socket file: removes one that nobody listens on. */
static camseal_status clear_path(const camseal_endpoint *e, const address *a,
                                 camseal_posix_error *error)
{
    struct stat st;
    if (lstat(e->path, &st))
        return CAMSEAL_OK;
    if (!S_ISSOCK(st.st_mode))
        return failed(error, CAMSEAL_E_CONNECT,
                      "%s: there is a file that is no socket: use another path", e->text);
    int fd = open_socket(a);
    bool stale = fd >= 0 && connect_now(fd, a) && errno == ECONNREFUSED;
    if (fd >= 0)
        close(fd);
    if (!stale)
        return failed(error, CAMSEAL_E_CONNECT,
                      "%s: another process listens there: end it, or use another path", e->text);
    (void)unlink(e->path);
    return CAMSEAL_OK;
}

static camseal_status bind_and_listen(camseal_listener *l, const address *a,
                                      camseal_posix_error *error)
{
    int on = 1;
    bool is_unix = has_path(&l->endpoint);
    if (is_unix)
        (void)fchmod(l->fd, S_IRUSR | S_IWUSR); /* before bind: the file is never open to others */
    else
        (void)setsockopt(l->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(l->fd, (const struct sockaddr *)&a->storage, a->len) || listen(l->fd, BACKLOG))
        return failed(error, CAMSEAL_E_CONNECT, "%s: cannot listen (%s): check the %s",
                      l->endpoint.text, strerror(errno), is_unix ? "folder" : "port");
    return CAMSEAL_OK;
}

/* What close needs to know of our socket file, and the port that the system chose. */
static void remember(camseal_listener *l)
{
    camseal_endpoint *e = &l->endpoint;
    struct stat st;
    struct sockaddr_storage bound;
    socklen_t len = sizeof bound;
    if (has_path(e)) {
        if (!lstat(e->path, &st)) {
            l->device = st.st_dev;
            l->inode = st.st_ino;
            l->made = st.st_mtim;
        }
        return;
    }
    if (strcmp(e->port, "0") != 0 || getsockname(l->fd, (struct sockaddr *)&bound, &len))
        return;
    (void)getnameinfo((struct sockaddr *)&bound, len, NULL, 0, e->port, sizeof e->port,
                      NI_NUMERICSERV);
    const char *scheme = e->kind == CAMSEAL_ENDPOINT_EMU ? "emu" : "tcp";
    snprintf(e->text, sizeof e->text, strchr(e->host, ':') ? "%s:[%s]:%s" : "%s:%s:%s", scheme,
             e->host, e->port);
}

camseal_status camseal_listener_open(camseal_listener *out, const camseal_endpoint *endpoint,
                                     camseal_posix_error *error)
{
    address a;
    memset(out, 0, sizeof *out);
    out->fd = -1;
    out->endpoint = *endpoint;
    CAMSEAL_TRY(resolve(&a, endpoint, true, error));
    if (has_path(endpoint))
        CAMSEAL_TRY(clear_path(endpoint, &a, error));
    out->fd = open_socket(&a);
    if (out->fd < 0)
        return failed(error, CAMSEAL_E_CONNECT, "%s: no socket (%s)", endpoint->text,
                      strerror(errno));
    camseal_status status = bind_and_listen(out, &a, error);
    if (status != CAMSEAL_OK) {
        close(out->fd);
        out->fd = -1;
        return status;
    }
    remember(out);
    return CAMSEAL_OK;
}

camseal_status camseal_listener_accept(camseal_listener *l, int *fd, uint64_t timeout_us,
                                       int wake_fd, camseal_posix_error *error)
{
    uint64_t deadline = camseal_posix_deadline(timeout_us);
    *fd = -1;
    for (;;) {
        *fd = accept(l->fd, NULL, NULL);
        if (*fd >= 0)
            break;
        if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR && errno != ECONNABORTED)
            return failed(error, CAMSEAL_E_CONNECT, "%s: cannot accept (%s)", l->endpoint.text,
                          strerror(errno));
        camseal_status status =
            camseal_posix_wait_one(l->fd, false, camseal_posix_left(deadline), wake_fd);
        if (status == CAMSEAL_E_TIMEOUT)
            return failed(error, status, "%s: nobody connected in time: start the other side",
                          l->endpoint.text);
        if (status != CAMSEAL_OK)
            return status;
    }
    prepare(*fd, has_path(&l->endpoint) ? AF_UNIX : AF_INET);
    return CAMSEAL_OK;
}

static bool is_ours(const camseal_listener *l)
{
    struct stat st;
    return has_path(&l->endpoint) && !lstat(l->endpoint.path, &st) && st.st_dev == l->device &&
           st.st_ino == l->inode && st.st_mtim.tv_sec == l->made.tv_sec &&
           st.st_mtim.tv_nsec == l->made.tv_nsec;
}

void camseal_listener_close(camseal_listener *l)
{
    if (l->fd < 0)
        return;
    if (is_ours(l))
        (void)unlink(l->endpoint.path);
    close(l->fd);
    l->fd = -1;
}

/* ---- connecting ------------------------------------------------------------------------------ */

/* One attempt: 0, or an errno. *status is set when the wait ended early. */
static int attempt(int fd, const address *a, uint64_t left_us, int wake_fd, camseal_status *status)
{
    int code = 0;
    socklen_t len = sizeof code;
    if (!connect_now(fd, a))
        return 0;
    if (errno != EINPROGRESS)
        return errno;
    *status = camseal_posix_wait_one(fd, true, left_us, wake_fd);
    if (*status == CAMSEAL_E_TIMEOUT) {
        *status = CAMSEAL_OK;
        return ETIMEDOUT;
    }
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &len))
        return errno;
    return code;
}

/* Reasons that pass when the other side comes up. */
static bool may_pass(int code)
{
    return code == ECONNREFUSED || code == ENOENT || code == EAGAIN || code == EINTR;
}

camseal_status camseal_endpoint_connect(int *fd, const camseal_endpoint *e, uint64_t timeout_us,
                                        int wake_fd, camseal_posix_error *error)
{
    address a;
    uint64_t deadline = camseal_posix_deadline(timeout_us);
    *fd = -1;
    CAMSEAL_TRY(resolve(&a, e, false, error));
    for (;;) {
        camseal_status status = CAMSEAL_OK;
        int s = open_socket(&a);
        int code = s < 0 ? errno : attempt(s, &a, camseal_posix_left(deadline), wake_fd, &status);
        if (status == CAMSEAL_OK && code == 0) {
            *fd = s;
            return CAMSEAL_OK;
        }
        if (s >= 0)
            close(s);
        if (status != CAMSEAL_OK)
            return status;
        uint64_t left = camseal_posix_left(deadline);
        if (!may_pass(code) || left == 0)
            return failed(error, CAMSEAL_E_CONNECT,
                          "%s: cannot connect (%s): start the other side, or correct the endpoint",
                          e->text, strerror(code));
        status = camseal_posix_wait_one(-1, false, left < RETRY_US ? left : RETRY_US, wake_fd);
        if (status != CAMSEAL_E_TIMEOUT)
            return status;
    }
}
