/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_SOURCE_OWN_PROCESS_H
#define K8SDNS_SOURCE_OWN_PROCESS_H

/* What this process takes of its machine; NAN for what cannot be seen. */
struct own_process {
    double cpu_seconds; /* with those processes of its that have ended */
    double resident_bytes, virtual_bytes;
    double open_files;
};

/* Sources: getrusage(2), /proc/self/statm, /proc/self/fd. */
void own_process_read(struct own_process *ret_process);

#endif
