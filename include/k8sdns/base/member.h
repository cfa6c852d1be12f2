/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_BASE_MEMBER_H
#define K8SDNS_BASE_MEMBER_H

#include <stddef.h>

/*
 * offsetof(struct, member) for a table whose rows say by a word of what type the member is: a row with
 * another word does not compile. `wanted` is a type, or an expression of it. It can stand in a static
 * initializer.
 */
#define MEMBER_OFFSET(type, member, wanted)                                                                \
    (offsetof(type, member) +                                                                              \
     0 * sizeof(struct {                                                                                   \
         int checked;                                                                                      \
         _Static_assert(__builtin_types_compatible_p(__typeof__(((type *)0)->member), __typeof__(wanted)), \
                        "the member is of another type than its row says");                                \
     }))

/* Of a member that is a struct, or a pointer to one: nothing else has members to be told apart by. */
#define MEMBER_OFFSET_STRUCT(type, member)  MEMBER_OFFSET_CLASS(type, member, ((type *)0)->member)
#define MEMBER_OFFSET_POINTER(type, member) MEMBER_OFFSET_CLASS(type, member, *((type *)0)->member)
/* Source: GCC, __builtin_classify_type (gcc/typeclass.h), which clang has as well: 12 is a struct. */
#define MEMBER_OFFSET_CLASS(type, member, value)                                       \
    (offsetof(type, member) + 0 * sizeof(struct {                                      \
                                  int checked;                                         \
                                  _Static_assert(__builtin_classify_type(value) == 12, \
                                                 "the member is no struct");           \
                              }))

#endif
