/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/*
 * Every program for the kernel passes this kernel's verifier: each is loaded by itself, as it comes, and
 * those of drops with all its settings on as well, since the verifier leaves out what a setting turns off.
 *
 * usage: test_programs OBJECT...
 *
 * Refused for another reason than the verifier's, a program is told of and left out: the machine forbids its
 * kind, or the kernel has not the function that it hangs on. Source: bpf(2).
 */
#define SKIP 77

static char last[4096];

__attribute__((format(printf, 2, 0))) static int keep_last(enum libbpf_print_level level, const char *fmt,
                                                           va_list args)
{
    if (level == LIBBPF_WARN)
        vsnprintf(last, sizeof(last), fmt, args);
    return 0;
}

/* Settings are in .rodata, most of them numbers of four bytes: each is one. */
static void turn_on(struct bpf_object *object)
{
    struct bpf_map *map;

    bpf_object__for_each_map(map, object)
    {
        static unsigned char ones[65536];
        const char *section = strchr(bpf_map__name(map), '.');
        size_t size = 0;

        /* Beside it are constant strings, in .rodata.str1.1. */
        if (!section || strcmp(section, ".rodata") != 0 || !bpf_map__initial_value(map, &size) ||
            size > sizeof(ones))
            continue;
        for (size_t i = 0; i < sizeof(ones); i += 4)
            ones[i] = 1;
        if (bpf_map__set_initial_value(map, ones, size) < 0)
            printf("  the settings could not be turned on\n");
    }
}

/* Load the `index`th program alone. Return 0, a negative errno, or 1 when there is no such program. */
static int load(const char *path, size_t index, bool on, char *ret_name, size_t size)
{
    struct bpf_object *object = bpf_object__open_file(path, NULL);
    struct bpf_program *program;
    size_t i = 0;
    int r = 1;

    if (!object)
        return -errno;
    bpf_object__for_each_program(program, object)
    {
        bpf_program__set_autoload(program, i == index);
        if (i++ != index)
            continue;
        snprintf(ret_name, size, "%s (%s)", bpf_program__name(program), bpf_program__section_name(program));
        r = 0;
    }
    if (on)
        turn_on(object);
    if (r == 0)
        r = bpf_object__load(object);
    bpf_object__close(object);
    return r;
}

/* Return how many failed. */
static int check(const char *path, bool on, int *loaded)
{
    char name[256];
    int failed = 0, r;

    for (size_t i = 0; (r = load(path, i, on, name, sizeof(name))) != 1; i++) {
        bool left_out = r == -EPERM || r == -ESRCH || r == -ENOENT;

        printf("  %s%s: %s\n", name, on ? ", all on" : "",
               r == 0     ? "loaded"
               : left_out ? "not on this machine"
                          : "REFUSED");
        *loaded += r == 0;
        failed += r < 0 && !left_out;
        if (r < 0 && !left_out)
            printf("    %s: %s\n", strerror(-r), last);
    }
    return failed;
}

int main(int argc, char **argv)
{
    int failed = 0, loaded = 0;

    libbpf_set_print(keep_last);
    for (int i = 1; i < argc; i++) {
        printf("%s\n", argv[i]);
        failed += check(argv[i], false, &loaded);
        if (strstr(argv[i], "drop"))
            failed += check(argv[i], true, &loaded);
    }
    if (!failed && !loaded) {
        printf("SKIP: no program may be loaded here\n");
        return SKIP;
    }
    return failed ? 1 : 0;
}
