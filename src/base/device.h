/* The names of interfaces on the devices (devices.def), and what is typed for them. */
#ifndef BASE_DEVICE_H
#define BASE_DEVICE_H

#include "base/arena.h"
#include "base/text.h"

enum { DEVICE_NAME_SIZE = 64 };

/* In full: "gi0/1" and "gigabitethernet 0/1" are GigabitEthernet0/1. Nothing is added when it is no such name. */
void text_add_device(struct text *t, struct bytes typed);

/* The same, and what is no such name as it is. */
struct bytes device_in_full(struct bytes typed, struct arena *arena);

/* The names without their numbers, from 0; NULL: no more. */
const char *device_kind(size_t index);

/* Letters that begin such a name, of "gi 0/1" or of a name that is still typed. */
bool device_is_kind(struct bytes typed);

/* The numbers behind them: 0, 0/1, 0/1.100. An address is none. */
bool device_is_place(struct bytes typed);

/* What is typed means the interface of that name; other names are as they are typed. */
bool device_is_meant(struct bytes name, struct bytes typed);

#endif
