/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_DRIVER_LIMIT_H
#define K8SDNS_MODEL_DRIVER_LIMIT_H

/* A limit of the cloud on what a machine may send, which the driver of its interface counts when it is
 * exceeded. */
struct driver_limit {
    const char *counter; /* as `ethtool -S` names it */
    const char *id, *label, *affects;
};

/*
 * Those of Amazon's ena driver; ends with one without a counter. Source: Linux
 * Documentation/networking/device_drivers/ethernet/amazon/ena.rst, and AWS' documentation of the limits.
 */
extern const struct driver_limit driver_limits[];

/* The index of the limit with this counter; -1: it is none. */
int driver_limit_find(const char *counter);

#endif
