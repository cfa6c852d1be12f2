/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <k8sdns/base/clock.h>
#include <k8sdns/model/facts_read.h>
#include <k8sdns/model/shape/shape_json.h>
#include <k8sdns/top/subprocess.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define READ_BYTES 65536

/* ---- the child ---- */

static void be_quiet(void)
{
    static const int signals[] = {SIGINT,   SIGTERM, SIGHUP,  SIGQUIT, SIGTSTP,
                                  SIGWINCH, SIGCONT, SIGCHLD, SIGABRT, SIGSEGV};
    int null = open("/dev/null", O_RDWR);
    sigset_t none;

    /* Nothing of it may reach the screen, or outlive it. */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
        signal(signals[i], SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (null < 0 || dup2(null, fd) < 0)
            close(fd);
}

static int write_all(int fd, const char *bytes, size_t len)
{
    while (len) {
        ssize_t n = write(fd, bytes, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        bytes += n;
        len -= (size_t)n;
    }
    return 0;
}

static void answer(int fd, const struct facts *facts, const struct err *err)
{
    json_t *message = json_object();
    char *text;

    if (facts)
        json_object_set_new(message, "facts", shape_to_json(&facts_shape, facts));
    else
        json_object_set_new(message, "error",
                            json_pack("{s:i, s:s}", "kind", (int)err->kind, "text", err->text));
    text = json_dumps(message, JSON_COMPACT);
    if (text)
        (void)!write_all(fd, text, strlen(text));
    free(text);
    json_decref(message);
}

static void silence(int severity, const char *message)
{
    (void)severity;
    (void)message;
}

__attribute__((noreturn)) static void child(const struct subprocess *look, const struct survey *parent,
                                            int fd)
{
    struct survey survey = {.arena = arena_new(),
                            .started_ns = clock_realtime_ns(),
                            .began_ns = clock_monotonic_ns(),
                            .pid = parent->pid,
                            .process = parent->process,
                            .resolv_conf = parent->resolv_conf,
                            .names = parent->names,
                            .names_count = parent->names_count,
                            .host = parent->host};
    struct facts *facts = ARENA_NEW(survey.arena, struct facts);
    char time[CLOCK_TEXT];
    int r;

    be_quiet();
    event_set_log_callback(silence);
    r = look->look(&survey, look->user, facts);
    facts->host = *survey.host;
    facts->time = arena_text(survey.arena, clock_format(survey.started_ns, time, sizeof(time)));
    facts->unobserved = survey.unobserved;
    facts->unobserved_count = survey.unobserved_count;
    answer(fd, r < 0 ? NULL : facts, &survey.err);
    _exit(0);
}

/* ---- the parent ---- */

static bool reap(struct subprocess *look)
{
    if (look->dying && waitpid(look->dying, NULL, WNOHANG) != 0)
        look->dying = 0;
    return !look->dying;
}

static void clean(struct subprocess *look)
{
    if (look->readable)
        event_free(look->readable);
    look->readable = NULL;
    if (look->pid) {
        close(look->fd);
        look->dying = look->pid;
        reap(look);
        look->took_ns = clock_monotonic_ns() - look->began_ns;
    }
    look->pid = 0;
}

static int understand(struct arena *arena, const struct text *received, struct facts *facts, struct err *err)
{
    json_error_t where;
    json_t *message = json_loadb(text_string(received), received->len, 0, &where), *error;
    int r;

    if (!message)
        return err_set(err, ERR_INTERNAL, EPROTO, "the process that looked ended early");
    error = json_object_get(message, "error");
    if (error)
        r = err_set(err, (enum err_kind)json_integer_value(json_object_get(error, "kind")), ENODATA, "%s",
                    json_string_value(json_object_get(error, "text")));
    else
        r = facts_from_json(arena, json_object_get(message, "facts"), facts, err);
    json_decref(message);
    return r;
}

static void finish(struct subprocess *look, const struct err *failed)
{
    struct arena *arena = arena_new();
    struct facts *facts = ARENA_NEW(arena, struct facts);
    struct err err = {0};
    int r = -EPROTO;

    clean(look);
    if (failed)
        err = *failed;
    else
        r = understand(arena, &look->received, facts, &err);
    text_fini(&look->received);
    look->received = (struct text){0};
    if (r < 0) {
        arena_free(arena);
        arena = NULL;
        facts = NULL;
    }
    look->done(look->user, look, arena, facts, &err);
}

static void on_readable(evutil_socket_t fd, short what, void *user)
{
    static char bytes[READ_BYTES];
    struct subprocess *look = user;
    ssize_t n = read(fd, bytes, sizeof(bytes));
    struct err err = {0};

    (void)what;
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n > 0 && look->received.len + (size_t)n <= SUBPROCESS_BYTES_MAX) {
        text_add_n(&look->received, bytes, (size_t)n);
        return;
    }
    if (n > 0) {
        (void)!err_set(&err, ERR_INTERNAL, EFBIG, "what was seen is more than %d bytes",
                       SUBPROCESS_BYTES_MAX);
        kill(look->pid, SIGKILL);
        finish(look, &err);
        return;
    }
    finish(look, NULL);
}

int subprocess_begin(struct subprocess *look, const struct survey *survey, struct event_base *base)
{
    int ends[2];
    pid_t pid;

    if (look->pid || !reap(look))
        return 0;
    if (pipe2(ends, O_CLOEXEC) < 0)
        return -errno;
    pid = fork();
    if (pid < 0) {
        int r = -errno;

        close(ends[0]);
        close(ends[1]);
        return r;
    }
    if (pid == 0) {
        close(ends[0]);
        if (look->forked)
            look->forked(look->forked_user);
        child(look, survey, ends[1]);
    }
    close(ends[1]);
    look->pid = pid;
    look->fd = ends[0];
    look->began_ns = clock_monotonic_ns();
    look->readable = event_new(base, ends[0], EV_READ | EV_PERSIST, on_readable, look);
    if (!look->readable || event_add(look->readable, NULL) < 0) {
        subprocess_stop(look);
        return -ENOMEM;
    }
    return 0;
}

void subprocess_check(struct subprocess *look, uint64_t now_ns)
{
    struct err err = {0};

    if (!look->pid || now_ns - look->began_ns <= look->timeout_ns)
        return;
    (void)!err_set(&err, ERR_UNOBSERVED, ETIMEDOUT, "%s took more than %.0f s and was given up", look->name,
                   (double)look->timeout_ns / 1e9);
    kill(look->pid, SIGKILL);
    finish(look, &err);
}

void subprocess_stop(struct subprocess *look)
{
    if (look->pid)
        kill(look->pid, SIGKILL);
    clean(look);
    text_fini(&look->received);
    look->received = (struct text){0};
}
