/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"
#include <k8sdns/model/tracing/drop_place.h>

#define FRAMES 12

/* Stacks as bpf_get_stack() gives them on 6.18 and 6.1, cut where they tell no more. */
struct row {
    const char *names[FRAMES];
    const char *reason;
    int judge;
    bool tracked, confirmed;
    const char *function;
    int hook, cause;
    bool sure, sender;
};

#define FREED "bpf_prog_6deef7357e7b4530_freed [bpf]", "bpf_trace_run4", "sk_skb_reason_drop"

static const struct row rows[] = {
    /* 6.18: nft carries its verdict out itself. */
    {{FREED, "nft_do_chain", "nft_do_chain_ipv4", "nf_hook_slow", "ip_forward", "ip_rcv"},
     "NETFILTER_DROP",
     -1,
     true,
     false,
     "nft_do_chain",
     HOOK_FORWARD,
     CAUSE_RULE,
     true,
     false},
    {{FREED, "nft_do_chain", "nft_do_chain_ipv4", "nf_hook_slow", "__ip_local_out", "ip_send_skb",
      "udp_send_skb.isra.0", "udp_sendmsg"},
     "NETFILTER_DROP",
     -1,
     true,
     false,
     "nft_do_chain",
     HOOK_OUTPUT,
     CAUSE_RULE,
     true,
     true},
    {{FREED, "nft_do_chain", "nft_do_chain_ipv4", "nf_hook_slow", "br_nf_pre_routing", "br_handle_frame"},
     "NETFILTER_DROP",
     -1,
     false,
     false,
     "nft_do_chain",
     HOOK_PREROUTING,
     CAUSE_RULE,
     true,
     false},
    /* Verdicts that nf_hook_slow carries out, and what their hook lets conclude. */
    {{FREED, "nf_hook_slow", "ip_rcv", "__netif_receive_skb_one_core"},
     "NETFILTER_DROP",
     -1,
     false,
     false,
     "nf_hook_slow",
     HOOK_PREROUTING,
     CAUSE_CONNTRACK_FULL,
     false,
     false},
    {{FREED, "nf_hook_slow", "ip_output", "ip_forward_finish"},
     "NETFILTER_DROP",
     -1,
     true,
     false,
     "nf_hook_slow",
     HOOK_POSTROUTING,
     CAUSE_CONNTRACK_INSERT,
     false,
     false},
    {{FREED, "nf_hook_slow", "ip_local_deliver", "ip_rcv"},
     "NETFILTER_DROP",
     -1,
     false,
     false,
     "nf_hook_slow",
     HOOK_INPUT,
     CAUSE_IPVS,
     false,
     false},
    {{FREED, "nf_hook_slow", "ip_forward", "ip_rcv"},
     "NETFILTER_DROP",
     -1,
     true,
     false,
     "nf_hook_slow",
     HOOK_FORWARD,
     CAUSE_RULE,
     false,
     false},
    /* A probe saw the verdict. */
    {{"bpf_prog_1_freed", "__bpf_trace_kfree_skb", "kfree_skb_reason", "nf_hook_slow.part.0 [nf]",
      "ip_output"},
     "NETFILTER_DROP",
     CAUSE_IPTABLES,
     true,
     false,
     "nf_hook_slow.part.0 [nf]",
     HOOK_POSTROUTING,
     CAUSE_IPTABLES,
     true,
     false},
    /* Before 5.17 there is no reason. */
    {{"bpf_prog_1_freed", "kfree_skb", "nf_hook_slow", "ip_forward"},
     NULL,
     CAUSE_RULE,
     true,
     false,
     "nf_hook_slow",
     HOOK_FORWARD,
     CAUSE_RULE,
     true,
     false},
    {{"bpf_prog_1_freed", "kfree_skb", "ip_error", "ip_rcv_finish"},
     "NOT_SPECIFIED",
     -1,
     false,
     false,
     "ip_error",
     -1,
     CAUSE_NO_ROUTE,
     true,
     false},
    /* A bridge's hook is no place of a drop that comes behind it. */
    {{FREED, "ip_forward", "ip_sabotage_in", "nf_hook_slow", "ip_rcv"},
     "PKT_TOO_BIG",
     -1,
     true,
     false,
     "ip_forward",
     -1,
     CAUSE_TOO_BIG,
     true,
     false},
    {{FREED, "udp_queue_rcv_one_skb"},
     "SOCKET_RCVBUFF",
     -1,
     false,
     false,
     "udp_queue_rcv_one_skb",
     -1,
     CAUSE_BUFFER,
     true,
     false},
    {{FREED, "__udp6_lib_rcv"},
     "NO_SOCKET",
     -1,
     false,
     false,
     "__udp6_lib_rcv",
     -1,
     CAUSE_NO_LISTENER,
     true,
     false},
    {{FREED, "neigh_invalidate"},
     "NEIGH_FAILED",
     -1,
     false,
     false,
     "neigh_invalidate",
     -1,
     CAUSE_NEIGHBOUR,
     true,
     false},
    /* Others' packets are handled in the softirq of whoever sends. */
    {{FREED, "__udp4_lib_rcv", "handle_softirqs", "udp_sendmsg"},
     "NO_SOCKET",
     -1,
     false,
     false,
     "__udp4_lib_rcv",
     -1,
     CAUSE_NO_LISTENER,
     true,
     false},
    {{FREED, "some_driver"}, "NEVER_HEARD_OF", -1, false, false, "some_driver", -1, CAUSE_OTHER, true, false},
    /* A kernel that gives no names. */
    {{"", "", ""}, "NETFILTER_DROP", -1, true, true, NULL, -1, CAUSE_RULE, false, false},
    {{NULL}, NULL, -1, false, false, NULL, -1, CAUSE_OTHER, true, false},
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct row *row = &rows[i];
        struct drop_evidence evidence = {.names = row->names,
                                         .reason = row->reason,
                                         .judge = row->judge,
                                         .tracked = row->tracked,
                                         .confirmed = row->confirmed};
        struct drop_place place;

        while (evidence.names_count < FRAMES && row->names[evidence.names_count])
            evidence.names_count++;
        drop_place_find(&evidence, &place);
        print_message("row %zu\n", i);
        if (row->function)
            assert_string_equal(place.function, row->function);
        else
            assert_null(place.function);
        assert_int_equal(place.hook, row->hook);
        assert_int_equal(place.cause, row->cause);
        assert_int_equal(place.sure, row->sure);
        assert_int_equal(place.sender, row->sender);
    }
}

static void test_words(void **state)
{
    (void)state;
    for (int i = 0; i < DROP_CAUSES; i++) {
        assert_non_null(drop_cause_names[i]);
        assert_true(*drop_cause_text(i));
    }
    assert_null(drop_cause_names[DROP_CAUSES]);
    assert_null(drop_hook_names[DROP_HOOKS]);
    assert_string_equal(drop_cause_names[CAUSE_OTHER], "other");
    assert_string_equal(drop_hook_names[HOOK_EGRESS], "egress");
    assert_int_equal(drop_place_symbol_len("nf_hook_slow.constprop.0 [nf]"), 12);
    assert_int_equal(drop_place_symbol_len(""), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows), cmocka_unit_test(test_words)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
