/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netlink_attribute.h"
#include <errno.h>
#include <k8sdns/wire/node/neighbour_message.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>

int neighbour_table_read(const uint8_t *bytes, size_t len, struct neighbour_table *ret)
{
    struct attribute_cursor cursor = attribute_behind(bytes, len, NLMSG_ALIGN(sizeof(struct ndtmsg)));
    struct ndt_config config;
    struct ndt_stats stats;
    struct attribute a;

    *ret = (struct neighbour_table){
        .entries = NEIGHBOUR_UNSET, .threshold3 = NEIGHBOUR_UNSET, .fulls = NEIGHBOUR_UNSET};
    while (attribute_next(&cursor, &a)) {
        switch (a.type) {
        case NDTA_NAME:
            memcpy(ret->name, a.value, a.len < sizeof(ret->name) ? a.len : sizeof(ret->name) - 1);
            break;
        case NDTA_THRESH3:
            ret->threshold3 = attribute_number(&a, NEIGHBOUR_UNSET);
            break;
        case NDTA_CONFIG:
            if (a.len >= sizeof(config)) {
                memcpy(&config, a.value, sizeof(config));
                ret->entries = config.ndtc_entries;
            }
            break;
        case NDTA_STATS:
            if (a.len >= sizeof(stats)) {
                memcpy(&stats, a.value, sizeof(stats));
                ret->fulls = stats.ndts_table_fulls;
            }
            break;
        default:
            break;
        }
    }
    return cursor.damaged || !ret->name[0] ? -EBADMSG : 0;
}
