/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_WIRE_PASTED_TEXT_H
#define K8SDNS_WIRE_PASTED_TEXT_H

#include <k8sdns/base/arena.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * What pages, mailers, editors and shells leave around a text that somebody copied:
 *
 *     margins, on every line     "> ", "+" of a diff, numbers ("  12  "), the box of a terminal ("│ ... │")
 *     fences                     ``` and ~~~ of Markdown, {noformat} and {code} of Jira: what is in them
 * counts shells                     "$ kubectl get ...", and a here document (<<EOF ... EOF): what is in it
 * counts letters                    &lt; &gt; &amp; &quot; &#39; &nbsp;, blanks that do not break, those of
 * no width
 */

/* Nobody copies more by hand; each line takes some memory. */
#define PASTED_TEXT_MAX (2U * 1024 * 1024)

/*
 * A copy of a file without these, ended by a NUL; what is larger is given as it is. Each line stands in the
 * line that it stood in; one that is none of the text is empty.
 */
const char *pasted_text_read(struct arena *arena, const char *bytes, size_t len, size_t *ret_len);

/* The same for a text whose letters count as they stand: margins, fences and shells alone. */
const char *pasted_frame_read(struct arena *arena, const char *bytes, size_t len, size_t *ret_len);

/*
 * Undo in place what became of the letters of one line of a log: those above, quotes that an editor bent, and
 * the tags <pre>, <code>, <br>, <p>, <div>, <span>, <li>, <td>. Return its length then, which is `len` when
 * there is none of them.
 */
size_t pasted_line_plain(char *text, size_t len);

/* Whether a line is a fence, or any other that only marks where the text begins or ends. */
bool pasted_line_is_fence(const char *text, size_t len);

#endif
