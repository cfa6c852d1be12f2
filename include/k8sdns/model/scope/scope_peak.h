/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_SCOPE_PEAK_H
#define K8SDNS_MODEL_SCOPE_PEAK_H

#include <k8sdns/model/scope/scope_facts.h>

/*
 * Whether failures follow a load that the reports have seen. Pure.
 *
 * Time is cut into at most 48 windows over all places. For each kind of load the windows' mean load is
 * compared with the share of their reports that fail, by rank; the chance of as much is found by shuffling.
 * They follow when the correlation is 0.5 or more, the chance under 1 % (shared among the kinds), and the
 * busier half of the windows has four fifths of the failures and half as much load again.
 *
 * Fill `*ret_peak` with the kind that shows most. Return false when there are under six windows for every
 * kind, which can tell nothing; then only the number of windows is filled.
 */
bool scope_peak(struct arena *arena, const struct scope_report *reports, size_t count,
                struct scope_peak_facts *ret_peak);

/* A stretch of time over all places. */
struct peak_window {
    double load, bad_ratio;
    double reports, failing; /* how many */
};
#define PEAK_WINDOWS_MAX 48

/*
 * The same test of windows that are there already, each with something in it; they are sorted by load.
 * `chances`: so many loads are tried. False when there are under six.
 */
bool peak_windows_judge(struct peak_window *windows, size_t count, int load, double chances,
                        struct scope_peak_facts *ret_peak);

#endif
