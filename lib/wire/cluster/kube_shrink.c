/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../spans/json_cursor.h"
#include <k8sdns/wire/cluster/kube_shrink.h>
#include <string.h>

/*
 * The members that any reader of this folder looks at, wherever they stand; kube_keep.c has their paths. Of
 * a list of Pods a tenth is left: no managed fields, environments, volumes, annotations.
 */
static const char *const wanted[] = {"addresses",
                                     "apiVersion",
                                     "args",
                                     "availableReplicas",
                                     "cidrs",
                                     "clusterIP",
                                     "clusterIPs",
                                     "command",
                                     "conditions",
                                     "containerPort",
                                     "containerStatuses",
                                     "containers",
                                     "continue",
                                     "count",
                                     "cpu",
                                     "creationTimestamp",
                                     "data",
                                     "deletionTimestamp",
                                     "desiredNumberScheduled",
                                     "egress",
                                     "endpoints",
                                     "eventTime",
                                     "exitCode",
                                     "finishedAt",
                                     "image",
                                     "ingress",
                                     "initContainerStatuses",
                                     "internalTrafficPolicy",
                                     "involvedObject",
                                     "ip",
                                     "items",
                                     "kernelVersion",
                                     "kind",
                                     "kubeletVersion",
                                     "labels",
                                     "lastState",
                                     "lastTimestamp",
                                     "limits",
                                     "managedFields",
                                     "message",
                                     "metadata",
                                     "name",
                                     "namespace",
                                     "nodeInfo",
                                     "nodeName",
                                     "notReadyAddresses",
                                     "note",
                                     "numberAvailable",
                                     "osImage",
                                     "ownerReferences",
                                     "phase",
                                     "podIP",
                                     "podIPs",
                                     "podSelector",
                                     "policyTypes",
                                     "port",
                                     "ports",
                                     "protocol",
                                     "providerID",
                                     "ready",
                                     "reason",
                                     "regarding",
                                     "replicas",
                                     "resources",
                                     "restartCount",
                                     "selector",
                                     "serviceAccountName",
                                     "spec",
                                     "startTime",
                                     "state",
                                     "status",
                                     "subresource",
                                     "subsets",
                                     "targetRef",
                                     "template",
                                     "terminated",
                                     "terminating",
                                     "time",
                                     "type",
                                     "waiting"};
/* What is below these has names of its own. */
static const char *const whole[] = {"labels", "selector", "data", "podSelector", "ingress", "egress"};

static bool is_one_of(const char *name, size_t len, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strlen(words[i]) == len && memcmp(words[i], name, len) == 0)
            return true;
    return false;
}

bool kube_wants(const char *name, size_t len)
{
    return is_one_of(name, len, wanted, sizeof(wanted) / sizeof(wanted[0]));
}

bool kube_wants_whole(const char *name, size_t len)
{
    return is_one_of(name, len, whole, sizeof(whole) / sizeof(whole[0]));
}

struct shrinking {
    struct json_cursor cursor;
    char *to;   /* never ahead of what was read; NULL: to see whether all can be read */
    bool known; /* the document has what every object has, or is a list */
};

static void put(struct shrinking *s, const char *from, size_t len)
{
    if (!s->to)
        return;
    memmove(s->to, from, len);
    s->to += len;
}

static void put_as_it_is(struct shrinking *s)
{
    const char *from;

    json_blanks(&s->cursor);
    from = s->cursor.at;
    json_skip(&s->cursor);
    put(s, from, (size_t)(s->cursor.at - from));
}

static void shrink_value(struct shrinking *s);

static bool is_named(const struct json_text *name, const char *word)
{
    return name->len == strlen(word) && memcmp(name->at, word, name->len) == 0;
}

/* The member behind this name; a name with escapes may be any. */
static void shrink_member(struct shrinking *s, const struct json_text *name, bool *first)
{
    /* Asked before anything is moved, which may be over the name. */
    bool as_it_is = name->escaped || kube_wants_whole(name->at, name->len);

    if (!name->escaped && !kube_wants(name->at, name->len)) {
        json_skip(&s->cursor);
        return;
    }
    s->known = s->known || (s->cursor.within == 1 && (is_named(name, "kind") || is_named(name, "items")));
    put(s, ",", *first ? 0 : 1);
    *first = false;
    put(s, name->at - 1, name->len + 2);
    put(s, ":", 1);
    if (as_it_is)
        put_as_it_is(s);
    else
        shrink_value(s);
}

/* Not deeper than json_cursor goes, which refuses what is. */
static void shrink_value(struct shrinking *s)
{
    struct json_text name;
    bool first = true;

    if (json_enter(&s->cursor, '{')) {
        put(s, "{", 1);
        while (json_next_key(&s->cursor, &name))
            shrink_member(s, &name, &first);
        put(s, "}", 1);
    } else if (s->cursor.state == JSON_GOOD && json_enter(&s->cursor, '[')) {
        put(s, "[", 1);
        while (json_next_element(&s->cursor)) {
            put(s, ",", first ? 0 : 1);
            first = false;
            shrink_value(s);
        }
        put(s, "]", 1);
    } else {
        put_as_it_is(s);
    }
}

/* Documents one behind another, perhaps with commas between them. Return the end of what was written. */
static char *shrink_all(const char *text, size_t len, char *to, enum json_state *ret_state)
{
    struct shrinking s = {.cursor = {.at = text, .end = text + len}, .to = to};

    json_blanks(&s.cursor);
    while (s.cursor.state == JSON_GOOD && s.cursor.at < s.cursor.end) {
        if (*s.cursor.at != '{' && *s.cursor.at != '[')
            json_fail(&s.cursor, "an object should be here");
        s.known = false;
        shrink_value(&s);
        if (!s.known)
            json_fail(&s.cursor, "it is no object of Kubernetes");
        json_blanks(&s.cursor);
        while (s.cursor.at < s.cursor.end && *s.cursor.at == ',') {
            s.cursor.at++;
            json_blanks(&s.cursor);
        }
    }
    *ret_state = (enum json_state)s.cursor.state;
    return s.to;
}

size_t kube_shrink(char *text, size_t len)
{
    enum json_state state;
    char *end;

    /* Nothing is written over before all of it could be read. */
    shrink_all(text, len, NULL, &state);
    if (state != JSON_GOOD)
        return len;
    end = shrink_all(text, len, text, &state);
    return (size_t)(end - text);
}
