/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files below a root: links stay in it, with openat2(2) and where a filter refuses that. */
#include "unit.h"
#include <errno.h>
#include <fcntl.h>
#include <k8sdns/source/resolver/observed_process.h>
#include <k8sdns/source/resolver/process_root.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[] = "/tmp/k8sdns-root.XXXXXX";

static void put(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

static const struct {
    const char *path, *text; /* NULL: refused */
    int error;
} cases[] = {
    {"/etc/name", "inside", 0},       {"etc/name", "inside", 0},
    {"//etc/./name", "inside", 0},    {"/etc/../etc/name", "inside", 0},
    {"/../../etc/name", "inside", 0}, {"/absolute", "inside", 0}, /* -> /etc/name, which is of this root */
    {"/relative/name", "inside", 0},                              /* -> etc */
    {"/climbs", "inside", 0},                                     /* -> ../../../etc/name */
    {"/chain", "inside", 0},                                      /* -> /absolute */
    {"/outside", NULL, -ENOENT}, /* -> a path that exists, but not below this root */
    {"/loop", NULL, -ELOOP},     /* -> loop */
    {"/etc", NULL, -EINVAL},     /* no regular file */
    {"/fifo", NULL, -EINVAL},    /* and nobody is waited for */
    {"/nothing", NULL, -ENOENT},      {"/etc/name/deeper", NULL, -ENOTDIR},
};

static int check_all(void)
{
    int root = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC), wrong = 0;
    struct arena *arena = arena_new();

    for (size_t i = 0; i < COUNT(cases); i++) {
        char *bytes = NULL;
        size_t len = 0;
        int r = process_root_read(arena, root, cases[i].path, 100, &bytes, &len);

        if (r != cases[i].error || (r == 0 && strcmp(bytes, cases[i].text) != 0)) {
            print_message("%s: %d (%s)\n", cases[i].path, r, r == 0 ? bytes : strerror(-r));
            wrong++;
        }
    }
    arena_free(arena);
    close(root);
    return wrong;
}

static void test_with_openat2(void **state)
{
    (void)state;
    assert_int_equal(check_all(), 0);
}

/* As a seccomp profile does that does not know the call: ENOSYS or EPERM. */
static void refuse_openat2(int error)
{
    struct sock_filter rows[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)error),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {COUNT(rows), rows};

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
        _exit(100);
}

static void check_without(int error)
{
    pid_t child = fork();
    int status;

    if (child == 0) {
        refuse_openat2(error);
        _exit(check_all());
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void test_without_openat2(void **state)
{
    (void)state;
    check_without(ENOSYS);
    check_without(EPERM);
}

/* What is known of a process is of that one alone: when it has ended, its number says nothing more. */
static void test_ended(void **state)
{
    struct observed_process process;
    struct err err = {0};
    pid_t child = fork();

    if (child == 0) {
        pause();
        _exit(0);
    }
    assert_true(child > 0);
    assert_int_equal(observed_process_open(*state, (uint64_t)child, NULL, &process, &err), 0);
    assert_int_equal(observed_process_check(&process, &err), 0);
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_int_equal(observed_process_check(&process, &err), -ESRCH);
    assert_int_equal(err.kind, ERR_INPUT);
    observed_process_close(&process);
    /* Of none nothing can end. */
    assert_int_equal(observed_process_check(&process, &err), 0);
}

static int make_root(void **state)
{
    (void)state;
    if (!mkdtemp(folder) || chdir(folder) != 0 || mkdir("etc", 0700) != 0 || mkfifo("fifo", 0600) != 0)
        return -1;
    put("etc/name", "inside");
    return symlink("/etc/name", "absolute") || symlink("etc", "relative") ||
           symlink("../../../etc/name", "climbs") || symlink("/absolute", "chain") ||
           symlink(folder, "outside") || symlink("loop", "loop");
}

static int remove_root(void **state)
{
    static const char *const names[] = {"etc/name", "absolute", "relative", "climbs",
                                        "chain",    "outside",  "loop",     "fifo"};

    (void)state;
    for (size_t i = 0; i < COUNT(names); i++)
        unlink(names[i]);
    return rmdir("etc") || chdir("/") || rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_with_openat2),
        cmocka_unit_test(test_without_openat2),
        ARENA_TEST(test_ended),
    };

    return cmocka_run_group_tests(tests, make_root, remove_root);
}
