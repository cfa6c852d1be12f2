/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_WIRE_COREFILE_H
#define K8SDNS_WIRE_COREFILE_H

#include <k8sdns/base/arena.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * The text of a Corefile as CoreDNS reads it: server blocks of directives, which may have blocks of options.
 *
 *     (snippet) {                  words are divided by blanks; a word in quotes may hold blanks and newlines
 *         errors                   # a word that begins with it starts a comment
 *     }
 *     .:53, example.org {          keys of a server block, divided by blanks or commas
 *         import snippet           the snippet's words stand here; other names are files, which are not read
 *         forward . {$UPSTREAM} {  a directive, its arguments, its options; {$X} is of CoreDNS's environment
 *             max_concurrent 1000
 *         }
 *     }
 *
 * CoreDNS stops at the first error, and so does this: `fault` then says what it is, and what was read before
 * it is given. What is plain in spite of an error is read as it was meant, and is among `slips`. Source:
 * github.com/coredns/caddy, caddyfile/lexer.go and parse.go.
 */

/* A ConfigMap holds no more (kubernetes.io/docs/concepts/configuration/configmap). */
#define COREFILE_MAX (1024 * 1024)
/* Of words after all imports; a snippet that imports others could else grow without end. */
#define COREFILE_WORDS_MAX 200000
/* Of different variables; further ones are not listed. */
#define COREFILE_VARIABLES_MAX 256
/* Of slips; further ones are not listed. */
#define COREFILE_SLIPS_MAX 200

/*
 * A line in a directive's braces. A closing brace at its end is one more of its arguments, which is what a
 * plugin makes of it.
 */
struct corefile_option {
    const char *name;
    const char **args;
    size_t args_count;
    uint64_t line;
};

struct corefile_directive {
    const char *name;
    const char **args;
    size_t args_count;
    struct corefile_option *options;
    size_t options_count;
    uint64_t line;
    bool imported; /* it stands in a snippet */
    bool braces;   /* it has some, be there options in them or none */
};

struct corefile_block {
    const char **keys;
    size_t keys_count;
    struct corefile_directive *directives;
    size_t directives_count;
    const char **imports; /* files that were not read */
    size_t imports_count;
    uint64_t line, open_line,
        end_line; /* of the keys, of its brace, and of the last word; open_line 0 without a brace */
};

/* An error that does not hide what was meant: a brace that is glued to a word. */
struct corefile_slip {
    uint64_t line;
    const char *text, *why, *write; /* what is wrong; the line as it should be, NULL */
    bool one_line;                  /* several directives stand on it, which may have been lines */
};

struct corefile {
    struct corefile_block *blocks;
    size_t blocks_count;
    const char **variables; /* of the environment, each once */
    size_t variables_count;
    const char **imports; /* files that stand for whole server blocks, and were not read */
    size_t imports_count;
    const struct corefile_file *files;
    size_t files_count;
    uint64_t lines;
    const char *fault; /* NULL when CoreDNS could read it all */
    uint64_t fault_line;
    bool one_line; /* the fault is a server block that stands on one line */
    struct corefile_slip *slips;
    size_t slips_count;
};

/* A file that an import may name: a key of a ConfigMap, "test.override". */
struct corefile_file {
    const char *name, *text;
    size_t len;
};

/*
 * Read `len` bytes. Nothing here fails: any bytes are a Corefile to some extent. An import takes the files
 * whose name is the end of its path, or fits its pattern there, in the order of their names; those must
 * outlive `*ret_corefile`. A line in the file i has (i + 1) << 32 added to its number.
 */
void corefile_read(struct arena *arena, const char *bytes, size_t len, const struct corefile_file *files,
                   size_t files_count, struct corefile *ret_corefile);

/* What such a number means: 0 for the Corefile itself, else 1 and up for a file; and the line there. */
static inline size_t corefile_line_file(uint64_t line)
{
    return (size_t)(line >> 32);
}

static inline uint64_t corefile_line_number(uint64_t line)
{
    return line & UINT32_MAX;
}

/* Over which protocol a key serves, or a target is asked. */
enum corefile_transport {
    COREFILE_DNS,
    COREFILE_TLS,
    COREFILE_HTTPS,
    COREFILE_GRPC,
    COREFILE_QUIC,
    COREFILE_HTTPS3,
};

/* "dns://.:53" and what it means. */
struct corefile_key {
    int transport;    /* enum corefile_transport */
    const char *zone; /* lower case, with a final dot */
    uint16_t port;
};

/* Read a key of a server block. False when its port is none. */
bool corefile_key_read(struct arena *arena, const char *text, struct corefile_key *ret_key);

/* Cut "tls://" and its like off. Return the transport. */
int corefile_transport_cut(const char **text);

#endif
