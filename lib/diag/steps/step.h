/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_DIAG_STEP_H
#define K8SDNS_DIAG_STEP_H

#include <k8sdns/diag/rule.h>

/*
 * Steps and commands with names in place of what stands in braces: the words of cluster_words.h, the actions
 * of step_action.h (a command that is one of these alone), and
 *
 *     {pod} {node} {address}  of the server that the finding is about
 *     {more}                  a number of replicas, one more than now
 *     {clusterip}             the ClusterIP of the cluster DNS
 *     {self}                  this Pod
 *     {k8sdns}                what kubectl's output is piped to: k8sdns, or k8sdns in this Pod
 *
 * What the facts do not tell is the usual name where there is one, else a word in capitals to be filled in:
 * POD, NODE, ADDRESS, CLUSTER-IP. What cannot be done in this cluster is left out.
 */
const char *step_expand(const struct diagnosis *diagnosis, const struct finding *finding, const char *text);

/* The rule's steps for this finding, and its remedies in words where it has none of its own. */
void steps_write(struct diagnosis *diagnosis, struct finding *finding);

/* A step where nothing is known: usual names, and words in capitals. */
struct step step_usual(struct arena *arena, const struct step *step);

/* One step as a phrase: "look at the Pod: kubectl ...; undo: ...". */
const char *step_phrase(struct arena *arena, const struct step *step);

#endif
