/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"
#include <dlfcn.h>
#include <k8sdns/base/file.h>
#include <k8sdns/wire/node/cgroup_path.h>
#include <k8sdns/wire/tracing/elf.h>
#include <netdb.h>
#include <string.h>

#define POD "0f5c3c9e-1b2d-4e5f-8a9b-0c1d2e3f4a5b"
#define ID  "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void test_cgroups(void **state)
{
    static const struct {
        const char *text, *pod_uid, *container;
    } rows[] = {
        {"0::/kubepods.slice/kubepods-besteffort.slice/"
         "kubepods-besteffort-pod0f5c3c9e_1b2d_4e5f_8a9b_0c1d2e3f4a5b.slice/cri-containerd-" ID ".scope\n",
         POD, ID},
        {"12:pids:/user.slice\n11:cpu:/kubepods/burstable/pod" POD "/" ID "\n", POD, ID},
        {"0::/kubepods/pod" POD "/" ID "/init.scope", POD, ID},
        {"0::/../../pod" POD "/" ID "\n", POD, ID},
        {"0::/kubepods/pod0123456789abcdef0123456789abcdef/" ID "\n", "0123456789abcdef0123456789abcdef", ID},
        {"0::/system.slice/docker-" ID ".scope\n", NULL, ID},
        {"0::/system.slice/tripod-" POD "x.service\n", NULL, NULL},
        {"0::/kubepods/pod0f5c3c9e-1b2d-4e5f-8a9b-0c1d2e3f4a5/short\n", NULL, NULL},
        {"0::/" ID "0\n", NULL, NULL},
        {"pod" POD, NULL, NULL},
        {"", NULL, NULL},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct cgroup_identity got = cgroup_path_read(*state, rows[i].text, strlen(rows[i].text));

        assert_true(!got.pod_uid == !rows[i].pod_uid && !got.container == !rows[i].container);
        if (got.pod_uid)
            assert_string_equal(got.pod_uid, rows[i].pod_uid);
        if (got.container)
            assert_string_equal(got.container, rows[i].container);
    }
}

/* A mount shows a part of the hierarchy, which the process may be outside of. */
static void test_unified_folders(void **state)
{
#define V1 "30 29 0:27 / /sys/fs/cgroup/cpu rw shared:9 - cgroup cgroup rw,cpu\n"
    static const struct {
        const char *groups, *mounts, *want;
    } rows[] = {
        {"0::/a/b\n", "29 25 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw\n",
         "/sys/fs/cgroup/a/b"},
        {"0::/\n", "29 25 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n", "/sys/fs/cgroup"},
        {"3:cpu:/x\n0::/y\n", V1 "31 29 0:28 / /run/u rw - cgroup2 none rw\n", "/run/u/y"},
        {"0::/pods/a/b\n", "29 25 0:26 /pods/a /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n", "/sys/fs/cgroup/b"},
        {"0::/pods/a\n", "29 25 0:26 /pods/a /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n", "/sys/fs/cgroup"},
        {"0::/pods/ab\n", "29 25 0:26 /pods/a /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n", NULL},
        {"0::/../a\n", "29 25 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n", NULL},
        {"3:cpu:/x\n", "29 25 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n", NULL},
        {"0::/a\n", V1 "29 25 - cgroup2 \n", NULL},
    };
#undef V1

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct text_list got = cgroup_unified_folders(*state, rows[i].groups, strlen(rows[i].groups),
                                                      rows[i].mounts, strlen(rows[i].mounts));

        assert_int_equal(got.count, rows[i].want ? 1 : 0);
        if (rows[i].want)
            assert_string_equal(got.items[0], rows[i].want);
    }
}

/* At the offset found there are the function's own bytes. */
static void test_functions(void **state)
{
    static const char *const names[] = {"getaddrinfo", "gethostbyname", "no_such_function"};
    const void *const functions[] = {(const void *)getaddrinfo, (const void *)gethostbyname};
    uint64_t offsets[3];
    struct err err = {0};
    Dl_info library;
    char *bytes;
    size_t len;

    assert_int_not_equal(dladdr(dlsym(RTLD_DEFAULT, "getaddrinfo"), &library), 0);
    assert_int_equal(file_read(*state, library.dli_fname, 32 << 20, &bytes, &len, &err), 0);
    assert_int_equal(elf_function_offsets((const uint8_t *)bytes, len, names, 3, offsets), 2);
    assert_int_equal(offsets[2], 0);
    for (size_t i = 0; i < 2; i++) {
        assert_true(offsets[i] > 0 && offsets[i] + 16 < len);
        /* The first is another while somebody watches the function (an uprobe's breakpoint, in every
         * process). */
        assert_memory_equal(bytes + offsets[i] + 1, (const char *)functions[i] + 1, 15);
    }
    assert_true(elf_function_offsets((const uint8_t *)bytes, 100, names, 3, offsets) < 0);
    assert_true(elf_function_offsets((const uint8_t *)"\x7f"
                                                      "ELF",
                                     4, names, 3, offsets) < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ARENA_TEST(test_cgroups),
        ARENA_TEST(test_unified_folders),
        ARENA_TEST(test_functions),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
