/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"
#include <k8sdns/wire/cluster/kubelet_config.h>
#include <string.h>

static void check(const struct kubelet_config *config, const char *domain, const char *first, size_t count)
{
    char text[ADDRESS_TEXT];

    if (domain)
        assert_string_equal(config->domain, domain);
    else
        assert_null(config->domain);
    assert_int_equal(config->servers_count, count);
    if (count) {
        assert_string_equal(address_format(&config->servers[0], text, sizeof(text)), first);
        assert_int_equal(config->servers[0].port, 53);
    }
}

static void test_files(void **state)
{
    static const struct {
        const char *text, *domain, *first;
        size_t count;
    } rows[] = {
        {"kind: KubeletConfiguration\nclusterDomain: cluster.local\nclusterDNS:\n- 10.96.0.10\n- fd00:96::a\n",
         "cluster.local", "10.96.0.10", 2},
        {"{\"clusterDomain\": \"k8s.example.\", \"clusterDNS\": [\"172.20.0.10\"]}", "k8s.example",
         "172.20.0.10", 1},
        {"\n\t{\"clusterDNS\": [\"172.20.0.10\"]}", NULL, "172.20.0.10", 1},
        {"cluster-domain: k3s.example\ncluster-dns: 10.43.0.10,10.43.0.11\n", "k3s.example", "10.43.0.10", 2},
        {"cluster-dns:\n  - 10.43.0.10\n", NULL, "10.43.0.10", 1},
        /* Another file of that name: kubeadm's kubelet.conf is a kubeconfig. */
        {"kind: Config\nclusters:\n- cluster:\n    server: https://10.0.0.1:6443\n", NULL, NULL, 0},
        {"clusterDomain: \"\"\nclusterDNS: []\n", NULL, NULL, 0},
        {"clusterDomain: a..b\nclusterDNS: [ten, 10.96.0.10]\n", NULL, "10.96.0.10", 1},
        {"clusterDomain: [x]\nclusterDNS: {a: b}\n", NULL, NULL, 0},
        {"- a\n- b\n", NULL, NULL, 0},
        {"", NULL, NULL, 0},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct kubelet_config config = {0};

        assert_int_equal(kubelet_config_read(*state, rows[i].text, strlen(rows[i].text), &config, NULL), 0);
        check(&config, rows[i].domain, rows[i].first, rows[i].count);
    }
}

static void test_damaged(void **state)
{
    static const char *const texts[] = {"{\"clusterDomain\": ", "a: [1, 2\nb: *c"};

    for (size_t i = 0; i < COUNT(texts); i++) {
        struct kubelet_config config = {0};
        struct err err = {0};

        assert_true(kubelet_config_read(*state, texts[i], strlen(texts[i]), &config, &err) < 0);
        assert_int_equal(err.kind, ERR_FORMAT);
    }
}

static void test_arguments(void **state)
{
    static const char words[] = "/usr/bin/kubelet\0--config=/etc/kubernetes/kubelet.yaml\0--cluster-domain\0"
                                "shop.example\0--cluster-domains=no\0--cluster-dns=10.0.0.10,10.0.0.11\0"
                                "--cluster-dns";
    struct kubelet_config config = {0};

    kubelet_arguments_read(*state, words, sizeof(words), &config);
    check(&config, "shop.example", "10.0.0.10", 2);
    assert_string_equal(config.file, "/etc/kubernetes/kubelet.yaml");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ARENA_TEST(test_files),
        ARENA_TEST(test_damaged),
        ARENA_TEST(test_arguments),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
