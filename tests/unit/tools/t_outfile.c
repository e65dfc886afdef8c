/* Output files: whole under their final name, or not there at all. */
#include "test.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "outfile.h"

static char folder[64], path[96];

static int make_folder(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/camseal-outfile-XXXXXX");
    snprintf(path, sizeof path, "%s/result.json", mkdtemp(folder) ? folder : "?");
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(folder); /* fails when a temporary file was left */
}

static size_t files(void)
{
    size_t n = 0;
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    for (struct dirent *e = readdir(dir); e; e = readdir(dir))
        n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
    closedir(dir);
    return n;
}

static void assert_holds(const char *expected)
{
    char text[64] = "";
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    text[fread(text, 1, sizeof text - 1, f)] = 0;
    fclose(f);
    assert_string_equal(text, expected);
}

static void the_name_appears_with_the_content(void **state)
{
    (void)state;
    outfile f;
    struct stat st;
    mode_t mask = umask(022);
    assert_status(outfile_open(&f, path, false), CAMSEAL_OK);
    fputs("first", f.stream);
    fflush(f.stream);
    assert_int_equal(access(path, F_OK), -1);
    assert_status(outfile_commit(&f), CAMSEAL_OK);
    assert_holds("first");
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0644);
    assert_status(outfile_write(&f, path, true, "second", 6), CAMSEAL_OK);
    assert_holds("second");
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(files(), 1);
    umask(mask);
}

static void abort_leaves_what_was_there(void **state)
{
    (void)state;
    outfile f;
    assert_status(outfile_write(&f, path, false, "old", 3), CAMSEAL_OK);
    assert_status(outfile_open(&f, path, false), CAMSEAL_OK);
    fputs("new", f.stream);
    outfile_abort(&f);
    outfile_abort(&f);
    assert_holds("old");
    assert_int_equal(files(), 1);
}

/* A limit on the size of files stands for a full disk: write() fails with EFBIG. */
static void a_full_disk_leaves_what_was_there(void **state)
{
    (void)state;
    static char block[100000];
    outfile f;
    struct rlimit before, small;
    assert_status(outfile_write(&f, path, false, "old", 3), CAMSEAL_OK);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, SIG_IGN);
    small = before;
    small.rlim_cur = 4096;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    camseal_status at_once = outfile_write(&f, path, false, block, sizeof block);
    char said[sizeof f.error];
    strcpy(said, f.error);
    assert_status(outfile_open(&f, path, false), CAMSEAL_OK);
    size_t ignored = fwrite(block, 1, sizeof block, f.stream); /* a caller that does not look */
    camseal_status later = outfile_commit(&f);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    (void)ignored;
    assert_status(at_once, CAMSEAL_E_FILE);
    assert_non_null(strstr(said, "make room"));
    assert_status(later, CAMSEAL_E_FILE);
    assert_holds("old");
    assert_int_equal(files(), 1);
}

static void devices_are_written_directly(void **state)
{
    (void)state;
    outfile f;
    assert_status(outfile_write(&f, "/dev/null", false, "x", 1), CAMSEAL_OK);
    if (access("/dev/full", W_OK))
        skip();
    assert_status(outfile_write(&f, "/dev/full", false, "x", 1), CAMSEAL_E_FILE);
    assert_non_null(
        strstr(f.error, "/dev/full: cannot be written (No space left on device): make room"));
}

static void impossible_places_are_named(void **state)
{
    (void)state;
    outfile f;
    assert_status(outfile_open(&f, "/nonexistent/x", false), CAMSEAL_E_FILE);
    assert_non_null(strstr(f.error, "/nonexistent/x: cannot be made (No such file or directory)"));
    assert_null(f.stream);
    assert_status(outfile_open(&f, folder, false), CAMSEAL_E_FILE);
    assert_non_null(strstr(f.error, "Is a directory"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_name_appears_with_the_content),
        cmocka_unit_test(abort_leaves_what_was_there),
        cmocka_unit_test(a_full_disk_leaves_what_was_there),
        cmocka_unit_test(devices_are_written_directly),
        cmocka_unit_test(impossible_places_are_named),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
