/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/base/arena.h>
#include <k8sdns/render/resolver/name_view_text.h>

/* How the domain is known. */
static const char *source_text(struct arena *arena, const struct name_view *view)
{
    switch ((enum domain_source)view->source) {
    case DOMAIN_OPTION:
        return "--as-pod";
    case DOMAIN_RESOLV_CONF:
        return "resolv.conf";
    case DOMAIN_KUBELET:
        return arena_printf(arena, "kubelet: %s", view->where);
    case DOMAIN_COREFILE:
        return view->where;
    case DOMAIN_DNS:
        return arena_printf(arena, "PTR answer of %s", view->where);
    case DOMAIN_ASSUMED:
        break;
    }
    return "assumed; --as-pod NAMESPACE.svc.DOMAIN names another";
}

void name_view_print(const struct name_view *view, const char *label, struct printer *printer,
                     struct arena *arena)
{
    if (!view)
        return;
    if (view->space)
        printer_paragraph(printer, label,
                          "names are completed as in a Pod of namespace %s, cluster domain %s (%s)",
                          view->space, view->domain, source_text(arena, view));
    else
        printer_paragraph(
            printer, label,
            "this node's resolv.conf, not a Pod's; the kubelet's configuration does not tell what "
            "Pods have. --as-pod NAMESPACE completes names as in a Pod");
}
