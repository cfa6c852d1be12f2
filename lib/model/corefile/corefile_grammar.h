/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_COREFILE_GRAMMAR_H
#define K8SDNS_MODEL_COREFILE_GRAMMAR_H

#include <stdbool.h>
#include <stddef.h>

/*
 * What the plugins of CoreDNS take, as tables. Arguments are written as patterns:
 *
 *     "dur:2s.. dur?"                 one after the other; behind each may stand ? (may be missing), * or +
 *     "any / =weighted any"           one of these forms
 *     "any;"                          what follows on the line is read as further options
 *
 *     any         whatever it is                       hostport   HOST:PORT or :PORT
 *     dur:A..B    a duration with its unit             ip         an address
 *     sec:A..B    the same, or a number of seconds     iport      an address, perhaps with a port
 *     wsec:A..B   a duration of whole seconds          zone       a zone, perhaps with a port behind it
 *     int:A..B    a whole number                       xfer       the same, or *
 *     uint:BITS   one without a sign                   cidr       an address and the length of its prefix
 *     float:A..B  a number                             ip6prefix  the same, for DNS64
 *     percent     "10%" to "90%"                       bind       an address or the name of an interface
 *     bool        "true", "0" and their like           regex, gotmpl, rtype, class, rcode, opcode
 *     =a|b        one of these words                   parts:N    N texts with colons between them
 *     ~a|b        the same in any case                 selector   of labels
 *
 * Behind a word may stand the version that it came with: "=a|b@1.11.0".
 */

/* A second line of the plugin in one server block. */
enum grammar_again {
    AGAIN_TAKEN,
    AGAIN_REFUSED,
    AGAIN_PASSED_OVER, /* CoreDNS reads the first alone */
};

struct option_grammar {
    const char *name;      /* "*" for any line */
    const char *arguments; /* NULL: it takes none, and what follows on its line is read as further options */
    const char *since;     /* "1.11.0"; NULL for what every version has that matters */
};

struct plugin_grammar {
    const char *name, *since;
    const char *arguments;
    enum grammar_again again;
    bool braces_passed_over;              /* CoreDNS does not look at its braces */
    const char *needs;                    /* an option that must be there; "" for any; NULL */
    const char *once;                     /* options that may stand once, with blanks between them; NULL */
    const struct option_grammar *options; /* ends without a name; NULL: it takes no braces */
};

/* NULL for a plugin that the default build of CoreDNS does not have. */
const struct plugin_grammar *grammar_find(const char *plugin);
const struct option_grammar *grammar_option(const struct plugin_grammar *grammar, const char *name);
/* Whether a plugin has an option of exactly this name; `grammar` may be NULL. */
bool grammar_has_option(const struct plugin_grammar *grammar, const char *name);
/* The names of a plugin's options, at most `max`; for suggestions. */
#define GRAMMAR_OPTIONS_MAX 32
/* plugin/errors, plugin/template, plugin/rewrite and others: a longer pattern is refused. */
#define COREFILE_REGEX_MAX 10000

enum argument_fault {
    ARGUMENT_FINE,
    ARGUMENT_MISSING,
    ARGUMENT_WRONG,
    ARGUMENT_SURPLUS,
    ARGUMENT_TOO_NEW, /* a word that the version does not have */
};

struct argument_finding {
    enum argument_fault fault;
    size_t at;        /* of the argument */
    const char *item; /* of the pattern */
    size_t item_len;
    const char *since; /* of ARGUMENT_TOO_NEW; it ends at a '|' or a blank */
};

/* Compare arguments with a pattern. `version` may be NULL: the newest. */
struct argument_finding arguments_match(const char *pattern, const char *const *args, size_t count,
                                        const char *version);

/* Whether what a text will be is only known elsewhere: {$VARIABLE}, __PILLAR__X__, ${X}, {{ .Values.x }}. */
bool argument_is_placeholder(const char *text);

#endif
