/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * usage: print_steps OBJECTS [NAMESERVER]
 *
 * What every rule would tell people to do in the cluster of these objects, a line of JSON each: the rules
 * that fire in one test are few, and what each of them prints has to be right everywhere.
 */
#include "../../lib/diag/steps/step.h"
#include <jansson.h>
#include <k8sdns/base/file.h>
#include <k8sdns/model/cluster/cluster_dns.h>
#include <stdio.h>

static void print(const char *rule, const char *title, const struct step *step)
{
    json_t *line = json_pack("{s:s, s:s, s:s, s:s?, s:s?}", "rule", rule, "title", title, "text", step->text,
                             "command", step->command, "undo", step->undo);

    json_dumpf(line, stdout, 0);
    putchar('\n');
    json_decref(line);
}

int main(int argc, char **argv)
{
    struct arena *arena = arena_new();
    struct kube_objects objects = {0};
    struct address asked;
    struct err err = {0};
    const char *nameserver = argc > 2 ? argv[2] : NULL,
               *search[] = {"shop.svc.cluster.local", "svc.cluster.local"};
    struct distribution_signs signs = {.objects = &objects};
    struct facts facts = {0};
    struct diagnosis d = {.arena = arena, .facts = &facts};
    char *bytes;
    size_t len;

    if (nameserver && address_parse(nameserver, 53, &asked, &err) == 0) {
        objects.wanted = (struct kube_wanted){.addresses = &asked, .addresses_count = 1};
        signs.nameservers = &nameserver;
        signs.nameservers_count = 1;
        signs.search = search;
        signs.search_count = 2;
    }
    if (argc < 2 || file_read(arena, argv[1], KUBE_JSON_MAX, &bytes, &len, &err) < 0 ||
        kube_objects_read(arena, bytes, len, &objects, &err) < 0) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    facts.dns = cluster_dns_from(arena, &signs, NULL, NULL, NULL);
    for (size_t i = 0; rules[i]; i++) {
        struct finding *finding = finding_new(&d, rules[i], "subject");

        steps_write(&d, finding);
        for (size_t k = 0; k < finding->steps_count; k++)
            print(finding->id, finding->title, &finding->steps[k]);
    }
    arena_free(arena);
    return 0;
}
