/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../cluster/yaml_json.h"
#include <errno.h>
#include <jansson.h>
#include <k8sdns/base/escape.h>
#include <k8sdns/wire/metrics/web_config.h>
#include <string.h>

/* "$2y$", two digits of the cost, "$", 22 characters of salt and 31 of hash. Source: crypt(5). */
#define BCRYPT_LEN 60

struct reader {
    struct arena *arena;
    struct web_config *config;
    struct err *err;
};

static int refuse(struct reader *reader, const char *what, const char *name)
{
    char text[128];

    escape_line(text, sizeof(text), name, strlen(name));
    return err_set(reader->err, ERR_FORMAT, EBADMSG, "%s: %s", text, what);
}

static const char *text_of(struct reader *reader, const json_t *value)
{
    const char *text = json_string_value(value);

    return text && *text ? arena_text(reader->arena, text) : NULL;
}

static int read_client_auth(struct reader *reader, const char *word)
{
    static const struct {
        const char *word;
        int auth; /* -1: it would let anybody in who has a key of his own making */
    } words[] = {
        {"NoClientCert", WEB_CLIENT_NONE},
        {"RequestClientCert", WEB_CLIENT_NONE},
        {"VerifyClientCertIfGiven", WEB_CLIENT_ASKED},
        {"RequireAndVerifyClientCert", WEB_CLIENT_REQUIRED},
    };

    for (size_t i = 0; word && i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(words[i].word, word) == 0) {
            reader->config->client_auth = words[i].auth;
            return 0;
        }
    }
    return refuse(reader, "use NoClientCert, VerifyClientCertIfGiven or RequireAndVerifyClientCert",
                  "client_auth_type");
}

static int read_version(struct reader *reader, const char *word)
{
    reader->config->tls13 = word && strcmp(word, "TLS13") == 0;
    return reader->config->tls13 || (word && strcmp(word, "TLS12") == 0)
               ? 0
               : refuse(reader, "use TLS12 or TLS13", "min_version");
}

static int read_tls(struct reader *reader, json_t *section)
{
    struct web_config *config = reader->config;
    const char *key;
    json_t *value;
    int r = 0;

    json_object_foreach(section, key, value)
    {
        const char *text = text_of(reader, value);

        if (r < 0)
            return r;
        if (strcmp(key, "cert_file") == 0)
            config->cert_file = text;
        else if (strcmp(key, "key_file") == 0)
            config->key_file = text;
        else if (strcmp(key, "client_ca_file") == 0)
            config->client_ca_file = text;
        else if (strcmp(key, "client_auth_type") == 0)
            r = read_client_auth(reader, text);
        else if (strcmp(key, "min_version") == 0)
            r = read_version(reader, text);
        else
            r = refuse(reader, "is not known here", key);
    }
    if (r == 0 && (!config->cert_file || !config->key_file))
        r = refuse(reader, "needs cert_file and key_file", "tls_server_config");
    if (r == 0 && !config->client_ca_file != (config->client_auth == WEB_CLIENT_NONE))
        r = refuse(reader, "goes with a client_auth_type that verifies, and this with it", "client_ca_file");
    return r;
}

static bool is_bcrypt(const char *hash)
{
    return strlen(hash) == BCRYPT_LEN && hash[0] == '$' && hash[1] == '2' && strchr("abxy", hash[2]) &&
           hash[2] && hash[3] == '$' && hash[6] == '$';
}

static int read_users(struct reader *reader, json_t *section)
{
    struct web_config *config = reader->config;
    const char *name;
    json_t *value;

    if (json_object_size(section) > WEB_CONFIG_USERS_MAX)
        return refuse(reader, "has too many users", "basic_auth_users");
    json_object_foreach(section, name, value)
    {
        const char *hash = text_of(reader, value);

        if (!hash || !is_bcrypt(hash))
            return refuse(reader, "the password must be a hash of bcrypt, as htpasswd -nB prints it", name);
        *ARENA_PUSH(reader->arena, config->users, config->users_count) =
            (struct web_user){arena_text(reader->arena, name), hash};
    }
    return 0;
}

static int read_all(struct reader *reader, json_t *document)
{
    const char *key;
    json_t *section;
    int r = 0;

    json_object_foreach(document, key, section)
    {
        if (r < 0)
            return r;
        if (!json_is_object(section))
            r = refuse(reader, "has no members", key);
        else if (strcmp(key, "tls_server_config") == 0)
            r = read_tls(reader, section);
        else if (strcmp(key, "basic_auth_users") == 0)
            r = read_users(reader, section);
        else
            r = refuse(reader, "is not known here; tls_server_config and basic_auth_users are", key);
    }
    return r;
}

int web_config_read(struct arena *arena, const char *bytes, size_t len, struct web_config *ret_config,
                    struct err *err)
{
    struct web_config config = {0};
    struct reader reader = {arena, &config, err};
    json_t *documents;
    int r = yaml_json_read(bytes, len, false, &documents, err);

    if (r < 0)
        return r;
    if (json_array_size(documents) != 1 || !json_is_object(json_array_get(documents, 0)))
        r = err_set(err, ERR_FORMAT, EBADMSG, "it is no web configuration: one mapping is wanted");
    else
        r = read_all(&reader, json_array_get(documents, 0));
    json_decref(documents);
    if (r == 0)
        *ret_config = config;
    return r;
}
