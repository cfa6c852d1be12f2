/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "web_guard.h"
#include "crypt_library.h"
#include "tls_library.h"
#include <errno.h>
#include <k8sdns/base/clock.h>
#include <k8sdns/base/file.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Of a user's name and password. */
#define CREDENTIALS_MAX 512
/* After a wrong password no other is looked at for so many times as long as it took to check. */
#define SLOWDOWN 20

/* What a file was when it was read. */
struct file_mark {
    struct timespec changed;
    ino_t inode;
    off_t size;
};

/* What one reading of the configuration comes to. */
struct web_setup {
    struct arena *arena;
    struct web_config config;
    SSL_CTX *context; /* NULL: without TLS */
    struct file_mark marks[4];
};

struct web_guard {
    const char *path;
    struct web_setup setup;
    const struct tls_library *tls;
    const struct crypt_library *crypt;
    char admitted[CREDENTIALS_MAX * 2]; /* the last header that was right; "" for none */
    uint64_t busy_until_ns;
};

/* ---- files ---- */

static const char *file_of(const struct web_guard *guard, const struct web_config *config, size_t i)
{
    const char *const files[] = {guard->path, config->cert_file, config->key_file, config->client_ca_file};

    return files[i];
}

static struct file_mark mark_of(const char *path)
{
    struct stat st;

    if (!path || stat(path, &st) < 0)
        return (struct file_mark){0};
    return (struct file_mark){st.st_mtim, st.st_ino, st.st_size};
}

static bool same_mark(struct file_mark a, struct file_mark b)
{
    return a.changed.tv_sec == b.changed.tv_sec && a.changed.tv_nsec == b.changed.tv_nsec &&
           a.inode == b.inode && a.size == b.size;
}

static bool is_current(const struct web_guard *guard)
{
    for (size_t i = 0; i < 4; i++)
        if (!same_mark(guard->setup.marks[i], mark_of(file_of(guard, &guard->setup.config, i))))
            return false;
    return true;
}

/* ---- TLS ---- */

static int refuse_file(struct web_guard *guard, const char *path, const char *what, struct err *err)
{
    unsigned long code = guard->tls->ERR_get_error();
    const char *reason = code ? guard->tls->ERR_reason_error_string(code) : NULL;

    guard->tls->ERR_clear_error();
    return err_set(err, ERR_INPUT, EINVAL, "%s: %s%s%s", path, what, reason ? ": " : "",
                   reason ? reason : "");
}

static int set_up_clients(struct web_guard *guard, struct web_setup *setup, struct err *err)
{
    const struct web_config *config = &setup->config;
    int mode = SSL_VERIFY_PEER;

    if (config->client_auth == WEB_CLIENT_NONE)
        return 0;
    if (guard->tls->SSL_CTX_load_verify_locations(setup->context, config->client_ca_file, NULL) != 1)
        return refuse_file(guard, config->client_ca_file, "cannot be used as the authority of clients", err);
    if (config->client_auth == WEB_CLIENT_REQUIRED)
        mode |= SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
    guard->tls->SSL_CTX_set_verify(setup->context, mode, NULL);
    return 0;
}

static int set_up_tls(struct web_guard *guard, struct web_setup *setup, struct err *err)
{
    const struct web_config *config = &setup->config;
    long version = config->tls13 ? TLS1_3_VERSION : TLS1_2_VERSION;

    if (!config->cert_file)
        return 0;
    guard->tls = tls_library_load(err);
    if (!guard->tls)
        return -ENOENT;
    /* No openssl.cnf and no OPENSSL_CONF: they can name code to load. Source: OPENSSL_init_crypto(3). */
    if (guard->tls->OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) == 1)
        setup->context = guard->tls->SSL_CTX_new(guard->tls->TLS_server_method());
    if (!setup->context ||
        guard->tls->SSL_CTX_ctrl(setup->context, SSL_CTRL_SET_MIN_PROTO_VERSION, version, NULL) != 1)
        return err_set(err, ERR_INTERNAL, ENOMEM, "cannot set up TLS");
    guard->tls->ERR_clear_error();
    if (guard->tls->SSL_CTX_use_certificate_chain_file(setup->context, config->cert_file) != 1)
        return refuse_file(guard, config->cert_file, "cannot be used as a certificate", err);
    if (guard->tls->SSL_CTX_use_PrivateKey_file(setup->context, config->key_file, SSL_FILETYPE_PEM) != 1 ||
        guard->tls->SSL_CTX_check_private_key(setup->context) != 1)
        return refuse_file(guard, config->key_file, "cannot be used as the certificate's key", err);
    return set_up_clients(guard, setup, err);
}

/* ---- the configuration ---- */

static void setup_fini(struct web_guard *guard, struct web_setup *setup)
{
    if (setup->context)
        guard->tls->SSL_CTX_free(setup->context);
    arena_free(setup->arena);
}

static int read_setup(struct web_guard *guard, struct web_setup *setup, struct err *err)
{
    char *bytes;
    size_t len;
    int r;

    *setup = (struct web_setup){.arena = arena_new()};
    setup->marks[0] = mark_of(guard->path);
    r = file_read(setup->arena, guard->path, WEB_CONFIG_BYTES_MAX, &bytes, &len, err);
    if (r == 0) {
        r = web_config_read(setup->arena, bytes, len, &setup->config, err);
        if (r < 0)
            r = err_prefix(err, r, "%s", guard->path);
    }
    for (size_t i = 1; r == 0 && i < 4; i++)
        setup->marks[i] = mark_of(file_of(guard, &setup->config, i));
    if (r == 0)
        r = set_up_tls(guard, setup, err);
    if (r == 0 && setup->config.users_count) {
        guard->crypt = crypt_library_load(err);
        r = guard->crypt ? 0 : -ENOENT;
    }
    if (r < 0)
        setup_fini(guard, setup);
    return r;
}

struct web_guard *web_guard_new(const char *path, struct err *err)
{
    struct web_guard *guard = calloc(1, sizeof(*guard));

    if (!guard)
        err_out_of_memory();
    guard->path = path;
    if (read_setup(guard, &guard->setup, err) < 0) {
        free(guard);
        return NULL;
    }
    return guard;
}

void web_guard_free(struct web_guard *guard)
{
    if (!guard)
        return;
    setup_fini(guard, &guard->setup);
    free(guard);
}

/* Connections that there are keep what they have: a context lives as long as its sessions. */
static void renew(struct web_guard *guard)
{
    struct web_setup fresh;
    struct err ignored = {0};

    if (is_current(guard) || read_setup(guard, &fresh, &ignored) < 0)
        return;
    setup_fini(guard, &guard->setup);
    guard->setup = fresh;
    guard->admitted[0] = '\0';
}

struct bufferevent *web_guard_connection(struct web_guard *guard, struct event_base *base)
{
    struct bufferevent *bev;
    SSL *session;

    renew(guard);
    if (!guard->setup.context)
        return bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
    session = guard->tls->SSL_new(guard->setup.context);
    if (!session)
        return NULL;
    bev = guard->tls->bufferevent_openssl_socket_new(base, -1, session, BUFFEREVENT_SSL_ACCEPTING,
                                                     BEV_OPT_CLOSE_ON_FREE);
    if (!bev)
        guard->tls->SSL_free(session);
    return bev;
}

/* ---- users ---- */

/* In a time that does not tell how much is the same. */
static bool same_secret(const char *a, const char *b)
{
    size_t len = strlen(a), differs = len ^ strlen(b);

    for (size_t i = 0; i < len && !(differs && b[i] == '\0'); i++)
        differs |= (size_t)(a[i] ^ b[i]);
    return differs == 0;
}

static int base64_value(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c ? strchr(digits, c) : NULL;

    return at ? (int)(at - digits) : -1;
}

/* Source: RFC 4648. False: it is none, or too long. */
static bool read_base64(const char *text, char *out, size_t size)
{
    unsigned bits = 0, held = 0;
    size_t len = 0;

    for (; *text && *text != '='; text++) {
        int value = base64_value(*text);

        if (value < 0 || len + 1 >= size)
            return false;
        bits = bits << 6 | (unsigned)value;
        held += 6;
        if (held >= 8) {
            held -= 8;
            out[len++] = (char)(bits >> held & 0xff);
            if (!out[len - 1])
                return false;
        }
    }
    out[len] = '\0';
    return true;
}

/* A user that is not there is checked as well, so that the time does not tell who is. */
static bool is_right(const struct web_guard *guard, const char *name, const char *password)
{
    const struct web_config *config = &guard->setup.config;
    const struct web_user *user = NULL;
    const char *hash;

    for (size_t i = 0; i < config->users_count; i++)
        if (strcmp(config->users[i].name, name) == 0)
            user = &config->users[i];
    hash = guard->crypt->crypt(password, user ? user->hash : config->users[0].hash);
    return user && hash && hash[0] != '*' && same_secret(hash, user->hash);
}

static bool check(const struct web_guard *guard, const char *authorization)
{
    char text[CREDENTIALS_MAX], *colon;
    bool right;

    if (strncasecmp(authorization, "Basic ", 6) != 0 || !read_base64(authorization + 6, text, sizeof(text)))
        return false;
    colon = strchr(text, ':');
    if (!colon)
        return false;
    *colon = '\0';
    right = is_right(guard, text, colon + 1);
    explicit_bzero(text, sizeof(text));
    return right;
}

enum web_admission web_guard_admits(struct web_guard *guard, const char *authorization, uint64_t now_ns)
{
    uint64_t took_ns;

    if (!guard->setup.config.users_count)
        return WEB_ADMITTED;
    if (!authorization || strlen(authorization) >= sizeof(guard->admitted))
        return WEB_REFUSED;
    if (guard->admitted[0] && same_secret(authorization, guard->admitted))
        return WEB_ADMITTED;
    if (now_ns < guard->busy_until_ns)
        return WEB_BUSY;
    if (check(guard, authorization)) {
        memcpy(guard->admitted, authorization, strlen(authorization) + 1);
        return WEB_ADMITTED;
    }
    took_ns = clock_monotonic_ns() - now_ns;
    guard->busy_until_ns = now_ns + took_ns * SLOWDOWN;
    return WEB_REFUSED;
}
