/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <k8sdns/base/file.h>
#include <k8sdns/source/kernel/socket_programs.h>
#include <k8sdns/wire/node/cgroup_path.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    GROUPS_MAX = 65536,
    MOUNTS_MAX = 1 << 20,
    /* The kernel lets as many be attached to one group (BPF_CGROUP_MAX_PROGS), and those above have theirs.
     */
    PROGRAMS_MAX = 64,
};

static const struct {
    const char *name;
    enum bpf_attach_type type;
} hooks[] = {
    {"connect4", BPF_CGROUP_INET4_CONNECT},
    {"connect6", BPF_CGROUP_INET6_CONNECT},
    {"sendmsg4", BPF_CGROUP_UDP4_SENDMSG},
    {"sendmsg6", BPF_CGROUP_UDP6_SENDMSG},
};

/* What was learned with privileges that are given up. */
static struct {
    uint32_t id;
    char name[BPF_OBJ_NAME_LEN];
} learned[PROGRAMS_MAX];
static size_t learned_count;

static int bpf(enum bpf_cmd command, union bpf_attr *attr)
{
    return (int)syscall(SYS_bpf, command, attr, sizeof(*attr));
}

static const char *name_of(struct arena *arena, uint32_t id)
{
    union bpf_attr by_id = {.prog_id = id}, by_fd = {0};
    struct bpf_prog_info info = {0};
    int fd, r;

    for (size_t i = 0; i < learned_count; i++)
        if (learned[i].id == id)
            return arena_text(arena, learned[i].name);
    fd = bpf(BPF_PROG_GET_FD_BY_ID, &by_id);
    if (fd < 0)
        return NULL;
    by_fd.info.bpf_fd = (uint32_t)fd;
    by_fd.info.info_len = sizeof(info);
    by_fd.info.info = (uintptr_t)&info;
    r = bpf(BPF_OBJ_GET_INFO_BY_FD, &by_fd);
    close(fd);
    return r == 0 && info.name[0] ? arena_text_n(arena, info.name, strnlen(info.name, sizeof(info.name)))
                                  : NULL;
}

static int list(struct arena *arena, int group, struct socket_program_facts **ret, size_t *ret_count)
{
    for (size_t i = 0; i < sizeof(hooks) / sizeof(hooks[0]); i++) {
        uint32_t ids[PROGRAMS_MAX];
        union bpf_attr query = {.query = {.target_fd = (uint32_t)group,
                                          .attach_type = hooks[i].type,
                                          .query_flags = BPF_F_QUERY_EFFECTIVE,
                                          .prog_ids = (uintptr_t)ids,
                                          .prog_cnt = PROGRAMS_MAX}};

        /* More than there is room for: the first of them are there. */
        if (bpf(BPF_PROG_QUERY, &query) < 0 && errno != ENOSPC)
            return -errno;
        for (uint32_t p = 0; p < query.query.prog_cnt && p < PROGRAMS_MAX; p++)
            *ARENA_PUSH(arena, *ret, *ret_count) = (struct socket_program_facts){
                .hook = hooks[i].name, .id = ids[p], .name = name_of(arena, ids[p])};
    }
    return 0;
}

int socket_programs_list(struct arena *arena, struct socket_program_facts **ret, size_t *ret_count)
{
    const char *groups = file_text(arena, "/proc/self/cgroup", GROUPS_MAX);
    const char *mounts = file_text(arena, "/proc/self/mountinfo", MOUNTS_MAX);
    struct text_list folders = cgroup_unified_folders(arena, groups, strlen(groups), mounts, strlen(mounts));

    *ret = NULL;
    *ret_count = 0;
    /* A mount may lie under a later one, where the folder is not. */
    for (size_t i = 0; i < folders.count; i++) {
        int group = open(folders.items[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC), r;

        if (group < 0)
            continue;
        r = list(arena, group, ret, ret_count);
        close(group);
        return r;
    }
    return -ENOENT;
}

void socket_programs_learn_names(void)
{
    struct arena *arena = arena_new();
    struct socket_program_facts *programs;
    size_t count;

    if (socket_programs_list(arena, &programs, &count) < 0)
        count = 0;
    for (size_t i = 0; i < count && learned_count < PROGRAMS_MAX; i++) {
        if (!programs[i].name)
            continue;
        learned[learned_count].id = (uint32_t)programs[i].id;
        (void)snprintf(learned[learned_count++].name, BPF_OBJ_NAME_LEN, "%s", programs[i].name);
    }
    arena_free(arena);
}
