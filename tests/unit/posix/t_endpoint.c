/* Endpoints: what is accepted, listening, connecting, what stays behind. */
#include "test.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "endpoint.h"

static char folder[64];

static int make_folder(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/camseal-endpoint-XXXXXX");
    return mkdtemp(folder) ? 0 : 1;
}

static int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder); /* fails, and with it the test, when something was left behind */
}

static camseal_endpoint unix_endpoint(const char *name)
{
    camseal_endpoint e;
    char text[128];
    snprintf(text, sizeof text, "unix:%s/%s", folder, name);
    assert_status(camseal_endpoint_parse(&e, text, false, NULL), CAMSEAL_OK);
    return e;
}

static void texts_are_accepted_or_refused(void **state)
{
    (void)state;
    char long_path[200] = "unix:/";
    memset(long_path + 6, 'x', 190);
    char longest[128] = "unix:/";
    memset(longest + 6, 'x', 106);
    const struct {
        const char *text;
        bool remote;
        camseal_status expected;
    } rows[] = {
        {"unix:/tmp/x", false, CAMSEAL_OK},
        {longest, false, CAMSEAL_OK},
        {"tcp:127.0.0.1:4000", false, CAMSEAL_OK},
        {"tcp:127.255.0.9:0", false, CAMSEAL_OK},
        {"tcp:localhost:65535", false, CAMSEAL_OK},
        {"tcp:[::1]:4000", false, CAMSEAL_OK},
        {"tcp:::1:4000", false, CAMSEAL_OK},
        {"tcp:192.0.2.1:4000", true, CAMSEAL_OK},
        {"tcp:192.0.2.1:4000", false, CAMSEAL_E_POLICY},
        {"tcp:0.0.0.0:4000", false, CAMSEAL_E_POLICY},
        {"tcp:127.0.0.1.example.org:4000", false, CAMSEAL_E_POLICY},
        {"tcp:[::]:4000", false, CAMSEAL_E_POLICY},
        {"tcp:127.0.0.1", false, CAMSEAL_E_ARGUMENT},
        {"tcp:127.0.0.1:65536", false, CAMSEAL_E_ARGUMENT},
        {"tcp:127.0.0.1:-1", false, CAMSEAL_E_ARGUMENT},
        {"tcp:127.0.0.1:", false, CAMSEAL_E_ARGUMENT},
        {"tcp::4000", false, CAMSEAL_E_ARGUMENT},
        {"tcp:", false, CAMSEAL_E_ARGUMENT},
        {"unix:", false, CAMSEAL_E_ARGUMENT},
        {long_path, false, CAMSEAL_E_ARGUMENT},
        {"", false, CAMSEAL_E_ARGUMENT},
        {"/tmp/x", false, CAMSEAL_E_ARGUMENT},
        {"udp:127.0.0.1:1", false, CAMSEAL_E_ARGUMENT},
        {"i2c:/dev/i2c-1", false, CAMSEAL_E_UNSUPPORTED},
        {"file:x.pcapng", false, CAMSEAL_E_UNSUPPORTED},
        {"emu:127.0.0.1:2323", false, CAMSEAL_E_UNSUPPORTED},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        camseal_endpoint e;
        camseal_posix_error error = {""};
        camseal_status status = camseal_endpoint_parse(&e, rows[i].text, rows[i].remote, &error);
        if (status != rows[i].expected)
            print_message("row %zu: %s\n", i, rows[i].text);
        assert_status(status, rows[i].expected);
        if (status != CAMSEAL_OK)
            assert_non_null(strstr(error.text, ": "));
    }
}

static void control_links_may_reach_emulators(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        camseal_endpoint_kind kind;
        camseal_status expected;
    } rows[] = {
        {"emu:127.0.0.1:2323", CAMSEAL_ENDPOINT_EMU, CAMSEAL_OK},
        {"emu:[::1]:0", CAMSEAL_ENDPOINT_EMU, CAMSEAL_OK},
        {"emu:192.0.2.1:2323", CAMSEAL_ENDPOINT_EMU, CAMSEAL_E_POLICY},
        {"emu:127.0.0.1", CAMSEAL_ENDPOINT_EMU, CAMSEAL_E_ARGUMENT},
        {"emu:", CAMSEAL_ENDPOINT_EMU, CAMSEAL_E_ARGUMENT},
        {"tcp:127.0.0.1:1", CAMSEAL_ENDPOINT_TCP, CAMSEAL_OK},
        {"unix:/tmp/x", CAMSEAL_ENDPOINT_UNIX, CAMSEAL_OK},
        {"i2c:bus", CAMSEAL_ENDPOINT_I2C, CAMSEAL_OK},
        {"i2c:/tmp/bus", CAMSEAL_ENDPOINT_I2C, CAMSEAL_OK},
        {"i2c:", CAMSEAL_ENDPOINT_I2C, CAMSEAL_E_ARGUMENT},
        {"i2c:/dev/i2c-1", CAMSEAL_ENDPOINT_I2C, CAMSEAL_E_UNSUPPORTED},
        {"emulator:1:2", (camseal_endpoint_kind)0, CAMSEAL_E_ARGUMENT},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        camseal_endpoint e;
        camseal_posix_error error = {""};
        assert_status(camseal_endpoint_parse_control(&e, rows[i].text, false, &error),
                      rows[i].expected);
        assert_int_equal(e.kind, rows[i].kind);
        assert_int_equal(error.text[0] != 0, rows[i].expected != CAMSEAL_OK);
    }
    char text[400] = "emu:";
    camseal_endpoint e;
    memset(text + 4, '1', 395);
    assert_status(camseal_endpoint_parse_control(&e, text, false, NULL), CAMSEAL_E_ARGUMENT);
}

static void meet(const camseal_endpoint *wanted)
{
    camseal_listener l;
    camseal_posix_error error = {""};
    int client = -1, server = -1;
    assert_status(camseal_listener_open(&l, wanted, &error), CAMSEAL_OK);
    assert_string_not_equal(l.endpoint.port, "0");
    assert_status(camseal_endpoint_connect(&client, &l.endpoint, 0, -1, &error), CAMSEAL_OK);
    assert_status(camseal_listener_accept(&l, &server, 1000000, -1, &error), CAMSEAL_OK);
    assert_int_equal(write(client, "hello", 5), 5);
    char got[8] = "";
    for (int tries = 0; tries < 1000 && recv(server, got, sizeof got, 0) != 5; tries++)
        usleep(1000);
    assert_string_equal(got, "hello");
    assert_true(fcntl(client, F_GETFL) & O_NONBLOCK);
    assert_true(fcntl(server, F_GETFD) & FD_CLOEXEC);
    close(client);
    close(server);
    camseal_listener_close(&l);
    camseal_listener_close(&l);
}

static void all_kinds_meet(void **state)
{
    (void)state;
    camseal_endpoint e = unix_endpoint("meet");
    meet(&e);
    assert_int_equal(access(e.path, F_OK), -1);
    assert_status(camseal_endpoint_parse(&e, "tcp:127.0.0.1:0", false, NULL), CAMSEAL_OK);
    meet(&e);
    assert_status(camseal_endpoint_parse_control(&e, "emu:127.0.0.1:0", false, NULL), CAMSEAL_OK);
    meet(&e);
}

static void a_socket_file_is_for_its_owner(void **state)
{
    (void)state;
    struct stat st;
    camseal_listener l;
    camseal_endpoint e = unix_endpoint("private");
    assert_status(camseal_listener_open(&l, &e, NULL), CAMSEAL_OK);
    assert_int_equal(stat(e.path, &st), 0);
    assert_int_equal(st.st_mode & 077, 0);
    camseal_listener_close(&l);
}

static void a_stale_socket_is_replaced_a_live_one_is_not(void **state)
{
    (void)state;
    camseal_listener first, second;
    camseal_posix_error error;
    camseal_endpoint e = unix_endpoint("stale");
    assert_status(camseal_listener_open(&first, &e, &error), CAMSEAL_OK);
    assert_status(camseal_listener_open(&second, &e, &error), CAMSEAL_E_CONNECT);
    assert_non_null(strstr(error.text, "another process listens there"));
    close(first.fd); /* as a killed process leaves it */
    assert_status(camseal_listener_open(&second, &e, &error), CAMSEAL_OK);
    first.fd = dup(0);
    camseal_listener_close(&first); /* not its file any more: must stay */
    assert_int_equal(access(e.path, F_OK), 0);
    camseal_listener_close(&second);
    assert_int_equal(access(e.path, F_OK), -1);
}

static void a_file_in_the_way_is_kept(void **state)
{
    (void)state;
    camseal_listener l;
    camseal_posix_error error;
    camseal_endpoint e = unix_endpoint("file");
    close(open(e.path, O_CREAT | O_WRONLY, 0600));
    assert_status(camseal_listener_open(&l, &e, &error), CAMSEAL_E_CONNECT);
    assert_non_null(strstr(error.text, "no socket"));
    assert_int_equal(unlink(e.path), 0);
}

static void nobody_there_is_said_in_time(void **state)
{
    (void)state;
    int fd;
    camseal_posix_error error;
    camseal_endpoint e = unix_endpoint("nobody");
    uint64_t before = camseal_posix_now_us();
    assert_status(camseal_endpoint_connect(&fd, &e, 60000, -1, &error), CAMSEAL_E_CONNECT);
    uint64_t took = camseal_posix_now_us() - before;
    assert_true(took >= 60000 && took < 5000000);
    assert_non_null(strstr(error.text, "cannot connect (No such file or directory)"));
    camseal_listener l;
    assert_status(camseal_listener_open(&l, &e, NULL), CAMSEAL_OK);
    assert_status(camseal_listener_accept(&l, &fd, 20000, -1, &error), CAMSEAL_E_TIMEOUT);
    assert_non_null(strstr(error.text, "nobody connected"));
    camseal_listener_close(&l);
}

static void a_late_listener_is_found(void **state)
{
    (void)state;
    camseal_endpoint e = unix_endpoint("late");
    pid_t child = fork();
    if (child == 0) {
        camseal_listener l;
        int fd;
        usleep(100000);
        int bad = camseal_listener_open(&l, &e, NULL) ||
                  camseal_listener_accept(&l, &fd, 5000000, -1, NULL);
        camseal_listener_close(&l);
        _exit(bad);
    }
    int fd;
    assert_status(camseal_endpoint_connect(&fd, &e, 5000000, -1, NULL), CAMSEAL_OK);
    close(fd);
    int how = -1;
    assert_int_equal(waitpid(child, &how, 0), child);
    assert_int_equal(how, 0);
}

static void a_wake_up_ends_every_wait(void **state)
{
    (void)state;
    int wake[2], fd;
    camseal_listener l;
    camseal_endpoint e = unix_endpoint("wake"), other = unix_endpoint("absent");
    assert_int_equal(pipe(wake), 0);
    assert_int_equal(write(wake[1], "", 1), 1);
    assert_status(camseal_listener_open(&l, &e, NULL), CAMSEAL_OK);
    assert_int_equal(camseal_listener_accept(&l, &fd, UINT64_MAX, wake[0], NULL), CAMSEAL_PENDING);
    assert_int_equal(camseal_endpoint_connect(&fd, &other, UINT64_MAX, wake[0], NULL),
                     CAMSEAL_PENDING);
    camseal_listener_close(&l);
    close(wake[0]);
    close(wake[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_accepted_or_refused),
        cmocka_unit_test(control_links_may_reach_emulators),
        cmocka_unit_test(all_kinds_meet),
        cmocka_unit_test(a_socket_file_is_for_its_owner),
        cmocka_unit_test(a_stale_socket_is_replaced_a_live_one_is_not),
        cmocka_unit_test(a_file_in_the_way_is_kept),
        cmocka_unit_test(nobody_there_is_said_in_time),
        cmocka_unit_test(a_late_listener_is_found),
        cmocka_unit_test(a_wake_up_ends_every_wait),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
