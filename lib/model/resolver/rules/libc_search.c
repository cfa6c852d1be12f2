/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What goes through glibc, but not through getaddrinfo(): dns_get_record() of PHP (res_search() for A and
 * then for AAAA), getent hosts (AAAA first, A when there is none), and nslookup of BusyBox 1.28
 * (getaddrinfo(), with PTR queries for the server before and for each address behind).
 */
#include "rules.h"
#include <string.h>

static const char NOT_VALID[] = "this is no valid name: nothing is asked";

/* glibc leaves the search list at a domain that makes no valid name, and asks for the name as it is. */
static bool make_list(struct lookup_run *run, int families)
{
    int list = rules_usual_list(run);

    run->families = families;
    for (size_t i = 0; i < run->view->search_count; i++)
        if (!*run->view->search[i])
            list &= ~LIST_AS_IS_LAST; /* the root in the list is the name as it is */
    return rules_make_list(run, LIST_AS_IS_FIRST) && (rules_make_list(run, list) || run->candidates_count);
}

/* Search for one family, beside what was found before. */
static int search_more(struct lookup_run *run)
{
    struct lookup_result *result = run->result;
    const char **before = result->addresses;
    size_t count = result->addresses_count;
    int got;

    result->addresses = NULL;
    result->addresses_count = 0;
    got = glibc_search(run);
    for (size_t i = 0; i < count; i++)
        *ARENA_PUSH(run->arena, result->addresses, result->addresses_count) = before[i];
    return got;
}

static void php_look_up(struct lookup_run *run)
{
    struct lookup_result *result = run->result;
    int asked = run->families;

    for (int family = FAMILY_A; family <= FAMILY_AAAA; family <<= 1) {
        int got = H_NO_RECOVERY;

        if (!(asked & family))
            continue;
        if (make_list(run, family))
            got = search_more(run);
        else
            result->note = NOT_VALID;
        if (got == H_TRY_AGAIN || got == H_NO_RECOVERY) {
            result->ok = false;
            result->addresses_count = 0;
            result->error = got == H_TRY_AGAIN ? "A temporary server error occurred."
                                               : "An unexpected server failure occurred.";
            return;
        }
        result->ok = result->ok || got == H_OK;
    }
    if (!result->ok)
        result->error = "an empty list, without an error";
}

/* inet:getaddrs() for one family and then for the other, by a helper that calls the C library. */
static void erlang_look_up(struct lookup_run *run)
{
    struct lookup_result *result = run->result;
    int asked = run->families;

    if (rules_is_classic_address(run))
        return;
    for (int family = FAMILY_A; family <= FAMILY_AAAA; family <<= 1)
        if (asked & family && make_list(run, family))
            result->ok = search_more(run) == H_OK || result->ok;
    if (!result->ok)
        result->error = "nxdomain";
}

static void getent_look_up(struct lookup_run *run)
{
    int got = H_NO_RECOVERY, asked = run->families;

    if (rules_is_classic_address(run))
        return;
    for (int family = FAMILY_AAAA; family >= FAMILY_A && got != H_OK; family >>= 1) {
        if (!(asked & family))
            continue;
        if (!make_list(run, family)) {
            run->result->note = NOT_VALID;
            break;
        }
        run->result->addresses_count = 0;
        got = glibc_search(run);
    }
    run->result->ok = got == H_OK;
    if (got != H_OK)
        run->result->error = "exit status 2, without a word";
}

static void ask_pointer(struct lookup_run *run, const char *address)
{
    const char *name = rules_reverse_name(run->arena, address);

    if (!name)
        return;
    run->candidates_count = 0;
    *ARENA_PUSH(run->arena, run->candidates, run->candidates_count) =
        (struct lookup_candidate){.name = name, .types = {DNS_TYPE_PTR}, .types_count = 1, .as_is = true};
    (void)glibc_search(run);
}

static void busybox_look_up(struct lookup_run *run)
{
    struct lookup_result *result = run->result;
    const char **addresses;
    size_t count;

    if (run->view->nameservers_count)
        ask_pointer(run, run->view->nameservers[0]);
    if (!rules_is_classic_address(run)) {
        if (make_list(run, run->families))
            result->ok = glibc_search(run) == H_OK;
        else
            result->note = NOT_VALID;
    }
    addresses = result->addresses;
    count = result->ok ? result->addresses_count : 0;
    result->addresses = NULL;
    result->addresses_count = 0;
    /* Addresses are sorted, IPv6 before IPv4. */
    for (int v6 = 1; v6 >= 0; v6--)
        for (size_t i = 0; i < count; i++)
            if ((strchr(addresses[i], ':') != NULL) == v6)
                ask_pointer(run, addresses[i]);
    result->addresses = addresses;
    result->addresses_count = count;
    if (!result->ok)
        result->error = arena_printf(run->arena, "can't resolve '%s'", run->name);
}

const struct resolver_rules rules_php = {
    .about = "dns_get_record() of PHP 8.4 on glibc, A and then AAAA",
    .read = resolv_glibc_read,
    .look_up = php_look_up,
    .connects = true,
    .hears_routes = true,
};

const struct resolver_rules rules_erlang_native = {
    .about = "inet:getaddrs() of Erlang/OTP 27, the default, for inet and inet6, on glibc",
    .read = resolv_glibc_read,
    .look_up = erlang_look_up,
    .connects = true,
    .hears_routes = true,
    .reads_hosts = true,
    .reads_nsswitch = true,
    .left_open = "after 8 s it gives up while the helper goes on",
};

const struct resolver_rules rules_getent_hosts = {
    .about = "getent hosts of glibc",
    .read = resolv_glibc_read,
    .look_up = getent_look_up,
    .connects = true,
    .hears_routes = true,
    .reads_hosts = true,
    .reads_nsswitch = true,
    .tool = true,
};

const struct resolver_rules rules_busybox_old = {
    .about = "nslookup of BusyBox 1.28, which calls getaddrinfo() (recorded on glibc)",
    .read = resolv_glibc_read,
    .look_up = busybox_look_up,
    .connects = true,
    .hears_routes = true,
    .reads_hosts = true,
    .reads_nsswitch = true,
    .tool = true,
};
