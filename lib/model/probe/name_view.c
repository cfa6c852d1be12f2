/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/model/probe/name_view.h>

const char *const domain_source_names[] = {"option", "resolv.conf", "kubelet", "corefile",
                                           "dns",    "assumed",     NULL};

static const struct shape_field fields[] = {
    SHAPE_FIELD_TEXT(struct name_view, space, "namespace",
                     "of the Pod as which names are completed; null: as this node itself does"),
    SHAPE_FIELD_TEXT(struct name_view, domain, "domain", "of the cluster"),
    SHAPE_FIELD_WORD(struct name_view, source, "source", domain_source_names, "how the domain is known"),
    SHAPE_FIELD_TEXT(struct name_view, where, "where", "file, ConfigMap or server that says so"),
};
const struct shape name_view_shape = SHAPE(struct name_view, fields, "name_view");
