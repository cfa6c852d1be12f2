/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_TERMINAL_TERMINAL_DESCRIPTION_H
#define K8SDNS_TERMINAL_TERMINAL_DESCRIPTION_H

/* A description that TERMINFO takes, for images without a database; generated at build time. */
struct terminal_description {
    const char *name;  /* of TERM */
    const char *value; /* "b64:..." */
};
extern const struct terminal_description terminal_descriptions[]; /* ends with one without a name */

/* The one of that name, else of its kind ("xterm-kitty" is an xterm), else vt100's; NULL when none is built
 * in. */
const struct terminal_description *terminal_description_find(const char *term);

#endif
