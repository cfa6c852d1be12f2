/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The words of both answers, which reports and fleets share. */
#include <k8sdns/model/scope/scope_facts.h>

const char *const scope_names[] = {"none", "whole-cluster", "some-nodes", "fixed-pods", "random-pods", NULL};
const char *const scope_confidence_names[] = {"low", "medium", "high", NULL};
