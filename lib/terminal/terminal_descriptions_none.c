/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Built where there is no infocmp: the terminfo database is all there is. */
#include "terminal_description.h"

const struct terminal_description terminal_descriptions[] = {{0}};
